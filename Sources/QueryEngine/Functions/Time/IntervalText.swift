package import Columnar

/// Intervals as people write them.
package enum IntervalText {
  /// Reads an interval: `7 days`, `1 year 2 months -3 hours`, `1-2` (years and months), `3 04:05:06`, `04:05`,
  /// ISO 8601's `P1Y2M3DT4H5M6S`; `ago` behind it turns the sign; a bare number is seconds.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - unit: What a bare number counts, for `INTERVAL '7' DAY`.
  /// - Returns: The interval, `nil` if the text is none.
  package static func parse(_ text: String, unit: DateUnit = .second) -> Interval? {
    var words = text.lowercased().split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "," }.map(
      String.init)
    guard !words.isEmpty else { return nil }
    if words.count == 1, words[0].hasPrefix("p") { return parseISO(text) }
    if words.first == "@" { words.removeFirst() }
    var isAgo = false
    if words.last == "ago" {
      isAgo = true
      words.removeLast()
    }
    var sum = IntervalSum()
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word.contains(":") {
        guard let micros = clock(word) else { return nil }
        sum.micros += micros
        continue
      }
      if let dash = word.dropFirst().firstIndex(of: "-") {
        // SQL's year-month form.
        let isNegative = word.hasPrefix("-")
        let years = word[..<dash].drop { $0 == "-" || $0 == "+" }
        guard let yearCount = Int64(years), let months = Int64(word[word.index(after: dash)...]), months < 12
        else { return nil }
        sum.months += Int128((isNegative ? -1 : 1)) * (Int128(yearCount) * 12 + Int128(months))
        continue
      }
      let digits = word.prefix { "+-.0123456789e".contains($0) }
      guard let number = IntervalNumber(String(digits)) else { return nil }
      let rest = word.dropFirst(digits.count)
      if !rest.isEmpty {
        guard let unit = DateUnit(String(rest)) else { return nil }
        sum.add(number, unit)
      } else if index < words.count, let unit = DateUnit(words[index]) {
        index += 1
        sum.add(number, unit)
      } else if index < words.count, words[index].contains(":") {
        // Days before a clock time: `3 04:05:06`.
        sum.add(number, .day)
      } else {
        guard index == words.count else { return nil }
        sum.add(number, unit)
      }
    }
    return sum.interval(negated: isAgo)
  }

  /// `[-]h:mm[:ss[.f]]` in microseconds.
  private static func clock(_ word: String) -> Int128? {
    let isNegative = word.hasPrefix("-")
    let parts = word.drop { $0 == "-" || $0 == "+" }.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let hours = Int64(parts[0]), let minutes = Int64(parts[1]),
      (0..<60).contains(minutes), hours >= 0
    else { return nil }
    var micros = (Int128(hours) * 60 + Int128(minutes)) * 60_000_000
    if parts.count == 3 {
      guard let seconds = IntervalNumber(String(parts[2])), seconds.scaled >= 0 else { return nil }
      micros += seconds.scaled
    }
    return isNegative ? -micros : micros
  }

  /// ISO 8601: `P[nY][nM][nW][nD][T[nH][nM][nS]]`.
  private static func parseISO(_ text: String) -> Interval? {
    var sum = IntervalSum()
    var isTime = false
    var digits = ""
    var hasPart = false
    for character in text.uppercased().dropFirst() {
      switch character {
      case "T":
        guard digits.isEmpty else { return nil }
        isTime = true
      case "0"..."9", "-", "+", ".": digits.append(character)
      default:
        guard let number = IntervalNumber(digits) else { return nil }
        let unit: DateUnit
        switch (character, isTime) {
        case ("Y", false): unit = .year
        case ("M", false): unit = .month
        case ("W", false): unit = .week
        case ("D", false): unit = .day
        case ("H", true): unit = .hour
        case ("M", true): unit = .minute
        case ("S", true): unit = .second
        default: return nil
        }
        sum.add(number, unit)
        digits = ""
        hasPart = true
      }
    }
    return hasPart && digits.isEmpty ? sum.interval(negated: false) : nil
  }

  /// Returns the interval of so many units.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - unit: The unit.
  /// - Returns: `nil` if it does not fit.
  package static func interval(_ count: Int64, _ unit: DateUnit) -> Interval? {
    var sum = IntervalSum()
    sum.add(IntervalNumber(whole: count), unit)
    return sum.interval(negated: false)
  }
}

/// A number with at most six digits behind the point, exact.
struct IntervalNumber {
  /// Millionths.
  let scaled: Int128

  init(whole: Int64) { scaled = Int128(whole) * 1_000_000 }

  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let value = Decimal128.parse(bytes.span, precision: 30, scale: 6) else { return nil }
    scaled = value
  }
}

/// Adds up the parts of an interval; fractions go to the next smaller part, as PostgreSQL has it.
struct IntervalSum {
  var months: Int128 = 0
  var days: Int128 = 0
  var micros: Int128 = 0

  mutating func add(_ number: IntervalNumber, _ unit: DateUnit) {
    let million: Int128 = 1_000_000
    let (whole, rest) = number.scaled.quotientAndRemainder(dividingBy: million)
    switch unit {
    case .millennium, .century, .decade, .year, .quarter, .month:
      let total = number.scaled * Int128(unit.monthCount)
      months += total / million
      // A part of a month counts in days of a thirtieth.
      addDays(total % million * 30)
    case .week: addDays(number.scaled * 7)
    case .day: addDays(number.scaled)
    default:
      micros += whole * Int128(unit.microCount) + rest * Int128(unit.microCount) / million
    }
  }

  private mutating func addDays(_ scaled: Int128) {
    days += scaled / 1_000_000
    micros += scaled % 1_000_000 * 86_400
  }

  func interval(negated: Bool) -> Interval? {
    let sign: Int128 = negated ? -1 : 1
    guard let months = Int32(exactly: months * sign), let days = Int32(exactly: days * sign),
      let micros = Int64(exactly: micros * sign)
    else { return nil }
    return Interval(months: months, days: days, micros: micros)
  }
}
