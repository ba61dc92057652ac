internal import Columnar

extension Binder {
  /// `100`: INTEGER, or BIGINT if it does not fit, or DECIMAL(n,0) beyond.
  func integerLiteral(_ digits: String, at range: SourceRange) throws(QueryError) -> BoundExpression {
    if let value = Int64(digits) {
      return .literal(.integer(value), Int32(exactly: value) != nil ? .integer : .bigint)
    }
    return try decimalLiteral(digits, at: range)
  }

  /// `100.0`: DECIMAL with the digits and the scale as written.
  func decimalLiteral(_ text: String, at range: SourceRange) throws(QueryError) -> BoundExpression {
    var unscaled: Int128 = 0
    var scale = 0
    var digits = 0
    var seenPoint = false
    for byte in text.utf8 where byte != UInt8(ascii: "-") {
      if byte == UInt8(ascii: ".") {
        seenPoint = true
        continue
      }
      if digits > 0 || byte != UInt8(ascii: "0") { digits += 1 }
      if seenPoint { scale += 1 }
      guard digits <= 38, scale <= 38 else {
        throw QueryError(
          .numericOutOfRange, "the number has more than 38 digits", hint: "write it as DOUBLE: \(text)e0",
          at: range)
      }
      unscaled = unscaled * 10 + Int128(byte - UInt8(ascii: "0"))
    }
    if text.hasPrefix("-") { unscaled = -unscaled }
    // `0.5` has one digit before the point, as written.
    let precision = max(digits, scale + (seenPoint && scale < 38 ? 1 : 0), 1)
    return .literal(.decimal(unscaled), .decimal(precision: min(38, precision), scale: scale))
  }

  func floatLiteral(_ text: String, at range: SourceRange) throws(QueryError) -> BoundExpression {
    guard let value = Double(text), value.isFinite else {
      throw QueryError(.numericOutOfRange, "\(text) is out of the range of DOUBLE", at: range)
    }
    return .literal(.double(value), .double)
  }

  /// `INTERVAL '7' DAY`, `INTERVAL n DAY`, `INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL '7 days'`.
  func intervalLiteral(
    _ value: ExpressionSyntax, unit: Identifier?, to: Identifier?, at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    func invalid(_ text: String) -> QueryError {
      QueryError(
        .invalidDatetime, "\"\(text)\" is no interval\(unit.map { " of \($0.text)" } ?? "")",
        hint: "as INTERVAL '7' DAY or INTERVAL '1 day 02:30:00'", at: range, value: text)
    }
    switch value.kind {
    case .string(let text):
      let parsed: Interval? =
        if let unit { IntervalLiteral.parse(text, unit: unit.text, to: to?.text) } else {
          IntervalLiteral.parse(text)
        }
      guard let parsed else { throw invalid(text) }
      return .literal(.interval(parsed), .interval)
    case .integer(let digits), .decimal(let digits):
      guard let unit, let parsed = IntervalLiteral.parse(digits, unit: unit.text, to: nil) else {
        throw invalid(digits)
      }
      return .literal(.interval(parsed), .interval)
    default:
      guard let unit, let one = IntervalLiteral.parse("1", unit: unit.text, to: nil) else {
        throw invalid("…")
      }
      let amount = try bind(value, in: context)
      return try call(
        "multiply", [.literal(.interval(one), .interval), amount], at: range)
    }
  }
}

/// Reads intervals as text (PostgreSQL manual, 8.5.4 "Interval Input", without ISO 8601's form).
enum IntervalLiteral {
  /// Months, days and microseconds of one unit; a name in any case, singular or plural.
  private static func unit(_ name: String) -> (months: Int64, days: Int64, micros: Int64)? {
    var name = name.lowercased()
    if let known = units[name] { return known }
    if name.hasSuffix("s") {
      name.removeLast()
      return units[name]
    }
    return nil
  }

  private static let units: [String: (months: Int64, days: Int64, micros: Int64)] = [
    "millennium": (12_000, 0, 0), "millennia": (12_000, 0, 0), "century": (1_200, 0, 0),
    "centurie": (1_200, 0, 0), "decade": (120, 0, 0), "year": (12, 0, 0), "yr": (12, 0, 0), "y": (12, 0, 0),
    "quarter": (3, 0, 0), "month": (1, 0, 0), "mon": (1, 0, 0), "week": (0, 7, 0), "w": (0, 7, 0),
    "day": (0, 1, 0), "d": (0, 1, 0), "hour": (0, 0, 3_600_000_000), "hr": (0, 0, 3_600_000_000),
    "h": (0, 0, 3_600_000_000), "minute": (0, 0, 60_000_000), "min": (0, 0, 60_000_000),
    "m": (0, 0, 60_000_000), "second": (0, 0, 1_000_000), "sec": (0, 0, 1_000_000), "s": (0, 0, 1_000_000),
    "millisecond": (0, 0, 1_000), "ms": (0, 0, 1_000), "microsecond": (0, 0, 1), "us": (0, 0, 1),
  ]

  /// Reads a number in units of `unit`, or the fields from `unit` to `to`.
  static func parse(_ text: String, unit name: String, to: String?) -> Interval? {
    let text = text.trimmed
    if let to { return fields(text, from: name.lowercased(), to: to.lowercased()) }
    if let plain = Interval(text, of: unit(name)) { return plain }
    // `INTERVAL '04:05' HOUR` and the like: the text says more than the unit.
    return parse(text)
  }

  /// `'1-2' YEAR TO MONTH`, `'3 04:05:06' DAY TO SECOND`, `'04:05' HOUR TO MINUTE`.
  private static func fields(_ text: String, from: String, to: String) -> Interval? {
    if from.hasPrefix("year"), to.hasPrefix("month") {
      let isNegative = text.hasPrefix("-")
      let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: "-")
      guard parts.count == 2, let years = Int32(parts[0]), let months = Int32(parts[1]), years < 1_000_000
      else {
        return nil
      }
      let total = years * 12 + months
      return Interval(months: isNegative ? -total : total)
    }
    if from.hasPrefix("minute"), to.hasPrefix("second") { return parse("00:" + text) }
    if from.hasPrefix("day") {
      let parts = text.split(separator: " ")
      guard parts.count == 2, let days = Int32(parts[0]) else { return parse(text) }
      guard var clock = parse(parts[1].contains(":") ? String(parts[1]) : String(parts[1]) + ":00") else {
        return nil
      }
      clock.days = days
      return clock
    }
    return parse(text)
  }

  /// Reads `1 year 2 months -3 days 04:05:06.5`, `7 days`, `04:05:06`, `90 minutes ago`.
  static func parse(_ text: String) -> Interval? {
    var total = Interval()
    var words = text.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
    guard !words.isEmpty else { return nil }
    var isAgo = false
    if words.last?.lowercased() == "ago" {
      isAgo = true
      words.removeLast()
    }
    var index = 0
    while index < words.count {
      let word = words[index]
      if word.contains(":") {
        guard let clock = clock(word) else { return nil }
        guard let sum = total.adding(Interval(micros: clock)) else { return nil }
        total = sum
        index += 1
        continue
      }
      // `7days` as well as `7 days`.
      let number = word.prefix { "+-.0123456789".contains($0) }
      var name = String(word.dropFirst(number.count))
      index += 1
      if name.isEmpty {
        guard index < words.count else { return nil }
        name = words[index]
        index += 1
      }
      guard let part = Interval(String(number), of: unit(name)), let sum = total.adding(part) else {
        return nil
      }
      total = sum
    }
    if isAgo { total = Interval(months: 0 &- total.months, days: 0 &- total.days, micros: 0 &- total.micros) }
    return total
  }

  /// `[-]HH:MM[:SS[.ffffff]]` in microseconds.
  private static func clock(_ text: String) -> Int64? {
    let isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hours = Int64(parts[0]), let minutes = Int64(parts[1]),
      hours >= 0,
      hours < 2_000_000_000, (0..<60).contains(minutes)
    else { return nil }
    var micros = (hours * 60 + minutes) * 60_000_000
    if parts.count == 3 {
      let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
      guard seconds.count <= 2, let whole = Int64(seconds[0]), (0..<60).contains(whole) else { return nil }
      micros += whole * 1_000_000
      if seconds.count == 2 {
        let digits = seconds[1].prefix(6)
        guard let fraction = Int64(digits), !digits.hasPrefix("-"), !digits.hasPrefix("+") else { return nil }
        var scaled = fraction
        for _ in digits.count..<6 { scaled *= 10 }
        micros += scaled
      }
    }
    return isNegative ? -micros : micros
  }
}

extension Interval {
  /// Multiplies a unit by a decimal number; parts of months become days of 30, parts of days hours.
  fileprivate init?(_ number: String, of unit: (months: Int64, days: Int64, micros: Int64)?) {
    guard let unit, !number.isEmpty else { return nil }
    if let whole = Int64(number) {
      let (months, first) = unit.months.multipliedReportingOverflow(by: whole)
      let (days, second) = unit.days.multipliedReportingOverflow(by: whole)
      let (micros, third) = unit.micros.multipliedReportingOverflow(by: whole)
      guard !first, !second, !third, let months = Int32(exactly: months), let days = Int32(exactly: days)
      else { return nil }
      self.init(months: months, days: days, micros: micros)
      return
    }
    guard let value = Double(number), abs(value) < 1e12, number.allSatisfy({ "+-.0123456789".contains($0) })
    else { return nil }
    let months = (Double(unit.months) * value)
    let days = Double(unit.days) * value + (months - months.rounded(.towardZero)) * 30
    let micros = Double(unit.micros) * value + (days - days.rounded(.towardZero)) * 86_400_000_000
    guard abs(months) < 2e9, abs(days) < 2e9, abs(micros) < 9e18 else { return nil }
    self.init(
      months: Int32(months.rounded(.towardZero)), days: Int32(days.rounded(.towardZero)),
      micros: Int64(micros.rounded()))
  }

  fileprivate func adding(_ other: Interval) -> Interval? {
    let (months, first) = self.months.addingReportingOverflow(other.months)
    let (days, second) = self.days.addingReportingOverflow(other.days)
    let (micros, third) = self.micros.addingReportingOverflow(other.micros)
    return first || second || third ? nil : Interval(months: months, days: days, micros: micros)
  }
}

extension String {
  /// The text without spaces at its ends.
  fileprivate var trimmed: String {
    var view = self[...]
    while view.first?.isWhitespace == true { view.removeFirst() }
    while view.last?.isWhitespace == true { view.removeLast() }
    return String(view)
  }
}
