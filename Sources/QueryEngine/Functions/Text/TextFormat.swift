internal import Columnar

/// Values put into a text by C's `%` notation.
enum TextFormat {
  /// One `%` with what stands behind it.
  private struct Field {
    var isLeft = false
    var hasZeros = false
    var hasSign = false
    var hasSpace = false
    var hasGroups = false
    var width = 0
    var precision: Int?
    var kind: Character = "s"
    var index: Int?
  }

  /// Appends a pattern with its fields replaced by values in order, or by number as in `%2$s`.
  static func append(
    _ pattern: String, _ values: [(value: ScalarValue, type: LogicalType)], to text: inout [UInt8]
  ) throws(QueryError) {
    var rest = Substring(pattern)
    var next = 0
    while let character = rest.popFirst() {
      guard character == "%" else {
        text.append(contentsOf: String(character).utf8)
        continue
      }
      if rest.first == "%" {
        rest.removeFirst()
        text.append(UInt8(ascii: "%"))
        continue
      }
      guard let field = parse(&rest) else {
        throw QueryError(.invalidParameter, "the format \"\(pattern)\" ends within a field", value: pattern)
      }
      if field.kind == "n" {
        text.append(0x0A)
        continue
      }
      let index = field.index ?? next
      if field.index == nil { next += 1 }
      guard index < values.count else {
        throw QueryError(
          .invalidParameter, "the format \"\(pattern)\" has more fields than there are arguments",
          value: pattern)
      }
      let shown = try show(values[index].value, values[index].type, field, pattern)
      pad(shown, field, to: &text)
    }
  }

  private static func parse(_ rest: inout Substring) -> Field? {
    var field = Field()
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    if !digits.isEmpty, rest.dropFirst(digits.count).first == "$", let index = Int(digits), index > 0 {
      field.index = index - 1
      rest = rest.dropFirst(digits.count + 1)
    }
    while let flag = rest.first, "-0+ ,#".contains(flag) {
      switch flag {
      case "-": field.isLeft = true
      case "0": field.hasZeros = true
      case "+": field.hasSign = true
      case " ": field.hasSpace = true
      case ",": field.hasGroups = true
      default: break
      }
      rest.removeFirst()
    }
    func number() -> Int? {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return Int(digits)
    }
    field.width = min(number() ?? 0, 10_000)
    if rest.first == "." {
      rest.removeFirst()
      field.precision = min(number() ?? 0, 300)
    }
    while let length = rest.first, "lhqjzt".contains(length) { rest.removeFirst() }
    guard let kind = rest.popFirst() else { return nil }
    field.kind = kind
    return field
  }

  private static func show(
    _ value: ScalarValue, _ type: LogicalType, _ field: Field, _ pattern: String
  ) throws(QueryError) -> String {
    if value.isNull { return "NULL" }
    switch field.kind {
    case "s", "S", "v":
      let text = ValueText.string(value, as: type)
      let cut = field.precision.map { String(text.unicodeScalars.prefix($0).map(Character.init)) } ?? text
      return field.kind == "S" ? cut.uppercased() : cut
    case "d", "i", "u":
      guard let whole = whole(value, type) else { break }
      return signed(grouped("\(whole.magnitude)", field), whole < 0, field)
    case "x", "X", "o", "c", "b":
      guard let whole = whole(value, type), let bits = Int64(exactly: whole) else { break }
      switch field.kind {
      case "x": return String(UInt64(bitPattern: bits), radix: 16)
      case "X": return String(UInt64(bitPattern: bits), radix: 16, uppercase: true)
      case "o": return String(UInt64(bitPattern: bits), radix: 8)
      case "b": return String(UInt64(bitPattern: bits), radix: 2)
      default: return UInt32(exactly: bits).flatMap { Unicode.Scalar($0) }.map { String($0) } ?? "?"
      }
    case "f", "F":
      if let exact = exact(value, type, field.precision ?? 6) {
        return signed(grouped(exact.text, field), exact.isNegative, field)
      }
      guard let number = double(value, type) else { break }
      if !number.isFinite { return ValueText.string(.double(number), as: .double) }
      return signed(
        grouped(DecimalText.fixed(abs(number), field.precision ?? 6), field), number.sign == .minus, field)
    case "e", "E", "g", "G":
      guard let number = double(value, type) else { break }
      if !number.isFinite { return ValueText.string(.double(number), as: .double) }
      let text =
        field.kind == "e" || field.kind == "E"
        ? DecimalText.exponential(abs(number), field.precision ?? 6)
        : DecimalText.general(abs(number), max(1, field.precision ?? 6))
      return signed(field.kind.isUppercase ? text.uppercased() : text, number.sign == .minus, field)
    default:
      throw QueryError(
        .invalidParameter, "\"%\(field.kind)\" means nothing in the format \"\(pattern)\"", value: pattern)
    }
    throw QueryError(
      .invalidParameter, "\"%\(field.kind)\" of the format \"\(pattern)\" cannot show a \(type)",
      hint: "%s shows any value",
      value: pattern)
  }

  private static func whole(_ value: ScalarValue, _ type: LogicalType) -> Int128? {
    switch value {
    case .integer(let value) where type.isInteger: Int128(value)
    case .decimal(let value): Decimal128.rescale(value, from: type.decimalScale, to: 0)
    case .double(let value) where abs(value) < 1e30: Int128(value.rounded())
    case .real(let value) where abs(value) < 1e30: Int128(value.rounded())
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  private static func double(_ value: ScalarValue, _ type: LogicalType) -> Double? {
    switch value {
    case .double(let value): value
    case .real(let value): Double(value)
    case .decimal(let value): Double(value) / Double(type.decimalUnit)
    case .integer(let value) where type.isInteger: Double(value)
    default: nil
    }
  }

  /// A decimal or integer with so many digits behind the point, half to even as C rounds.
  private static func exact(
    _ value: ScalarValue, _ type: LogicalType, _ digits: Int
  ) -> (text: String, isNegative: Bool)? {
    let scale = type.decimalScale
    let unscaled: Int128
    switch value {
    case .decimal(let value): unscaled = value
    case .integer(let value) where type.isInteger: unscaled = Int128(value)
    default: return nil
    }
    guard digits <= 30 else { return nil }
    var result = unscaled
    if digits < scale {
      let unit = Decimal128.power(scale - digits)
      let (quotient, rest) = unscaled.quotientAndRemainder(dividingBy: unit)
      let twice = rest.magnitude * 2
      let isUp = twice > unit.magnitude || (twice == unit.magnitude && quotient & 1 == 1)
      result = quotient + (isUp ? (unscaled < 0 ? -1 : 1) : 0)
    } else {
      let (product, overflow) = unscaled.multipliedReportingOverflow(by: Decimal128.power(digits - scale))
      if overflow { return nil }
      result = product
    }
    let absolute = Int128(truncatingIfNeeded: result.magnitude)
    return (ValueText.string(.decimal(absolute), as: .decimal(precision: 38, scale: digits)), unscaled < 0)
  }

  private static func signed(_ digits: String, _ isNegative: Bool, _ field: Field) -> String {
    (isNegative ? "-" : field.hasSign ? "+" : field.hasSpace ? " " : "") + digits
  }

  private static func grouped(_ digits: String, _ field: Field) -> String {
    guard field.hasGroups else { return digits }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    var result = ""
    for (index, digit) in parts[0].enumerated() {
      if index > 0 && (parts[0].count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return parts.count > 1 ? result + "." + parts[1] : result
  }

  private static func pad(_ shown: String, _ field: Field, to text: inout [UInt8]) {
    let missing = max(0, field.width - shown.unicodeScalars.count)
    if field.isLeft {
      text.append(contentsOf: shown.utf8)
      text.append(contentsOf: repeatElement(0x20, count: missing))
    } else if field.hasZeros, "diufFeEgGxXob".contains(field.kind) {
      let hasSign = shown.first == "-" || shown.first == "+" || shown.first == " "
      if hasSign { text.append(contentsOf: shown.utf8.prefix(1)) }
      text.append(contentsOf: repeatElement(0x30, count: missing))
      text.append(contentsOf: shown.utf8.dropFirst(hasSign ? 1 : 0))
    } else {
      text.append(contentsOf: repeatElement(0x20, count: missing))
      text.append(contentsOf: shown.utf8)
    }
  }
}

extension LogicalType {
  /// The digits behind the point of a decimal, 0 for other types.
  var decimalScale: Int { if case .decimal(_, let scale) = self { scale } else { 0 } }
}
