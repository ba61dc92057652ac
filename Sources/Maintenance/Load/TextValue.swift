internal import Columnar
internal import FileFormats

/// Reads values of a column's type out of text and JSON.
enum TextValue {
  /// Returns the value that a text stands for; `nil` if it is none of the type.
  static func parse(_ text: String, as type: LogicalType) -> ScalarValue? {
    switch type {
    case .varchar: return .text(text)
    case .binary: return .bytes(Array(text.utf8))
    case .boolean:
      switch text.lowercased() {
      case "true", "t", "1", "yes": return .boolean(true)
      case "false", "f", "0", "no": return .boolean(false)
      default: return nil
      }
    case .tinyint: return Int8(text).map { .integer(Int64($0)) }
    case .smallint: return Int16(text).map { .integer(Int64($0)) }
    case .integer: return Int32(text).map { .integer(Int64($0)) }
    case .bigint: return Int64(text).map { .integer($0) }
    case .real: return Float(text).map { .real($0) }
    case .double: return Double(text).map { .double($0) }
    case .decimal(let precision, let scale):
      let bytes = Array(text.utf8)
      return Decimal128.parse(bytes.span, precision: precision, scale: scale).map { .decimal($0) }
    case .date:
      let bytes = Array(text.utf8)
      return CivilDate.parse(bytes.span).map { .integer(Int64($0)) }
    case .timestamp, .timestampTZ: return Timestamp.utcMicros(text).map { .integer($0) }
    case .time:
      let bytes = Array(text.utf8)
      return Timestamp.parseTime(bytes.span).map { .integer($0) }
    default: return nil
    }
  }

  /// Returns the value that a piece of JSON stands for; `nil` if it is none of the type.
  static func convert(_ json: JSONValue, to type: LogicalType) -> ScalarValue? {
    switch (json, type) {
    case (.null, _): return .null
    case (.string(let text), _): return parse(text, as: type)
    case (.bool(let flag), .boolean): return .boolean(flag)
    case (.integer(let number), .double): return .double(Double(number))
    case (.integer(let number), .real): return .real(Float(number))
    case (.integer(let number), _) where type.isInteger:
      return parse("\(number)", as: type)
    case (.array(let elements), .list(let element)):
      var values: [ScalarValue] = []
      for one in elements {
        guard let value = convert(one, to: element) else { return nil }
        values.append(value)
      }
      return .list(values)
    case (.object(let object), .struct(let fields)):
      var values: [ScalarValue] = []
      for field in fields {
        guard let value = convert(object[field.name] ?? .null, to: field.type) else { return nil }
        values.append(value)
      }
      return .struct(values)
    default: return parse(JSONWriter.string(json), as: type)
    }
  }

  /// Returns the narrowest type that holds a text; `nil` for an empty one.
  static func inferredType(_ text: String) -> LogicalType? {
    if text.isEmpty { return nil }
    if Int64(text) != nil { return .bigint }
    if Double(text) != nil { return .double }
    if text == "true" || text == "false" { return .boolean }
    let bytes = Array(text.utf8)
    if text.utf8.count == 10, CivilDate.parse(bytes.span) != nil { return .date }
    if let parsed = Timestamp.parse(bytes.span), parsed.hasTime {
      return parsed.hasOffset ? .timestampTZ : .timestamp
    }
    return .varchar
  }

  /// Returns the type that holds the values of both.
  static func common(_ left: LogicalType?, _ right: LogicalType?) -> LogicalType? {
    guard let left else { return right }
    guard let right, left != right else { return left }
    switch (left, right) {
    case (.bigint, .double), (.double, .bigint): return .double
    case (.date, .timestamp), (.timestamp, .date): return .timestamp
    default: return .varchar
    }
  }
}
