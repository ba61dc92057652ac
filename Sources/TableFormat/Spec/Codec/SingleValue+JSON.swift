package import Columnar
package import FileFormats

/// Defaults in schemas (Iceberg spec, "JSON single-value serialization").
extension SingleValue {
  package static func decode(
    json value: JSONValue, as type: IcebergType, in object: MetadataObject, at key: String
  ) throws(TableFormatError) -> ScalarValue? {
    guard let result = decode(json: value, as: type) else {
      throw object.damaged(key, "\(object.place(key)) is no value of the type \(type)")
    }
    return result.isNull ? nil : result
  }

  /// Reads a value; `nil` when it does not fit the type.
  package static func decode(json value: JSONValue, as type: IcebergType) -> ScalarValue? {
    if value.isNull { return .null }
    switch (type, value) {
    case (.boolean, .bool(let flag)): return .boolean(flag)
    case (.int, .integer(let number)): return Int32(exactly: number).map { .integer(Int64($0)) }
    case (.long, .integer(let number)): return .integer(number)
    case (.float, _): return (value.doubleValue ?? special(value)).map { .real(Float($0)) }
    case (.double, _): return (value.doubleValue ?? special(value)).map { .double($0) }
    case (.decimal(_, let scale), .string(let text)), (.decimal(_, let scale), .number(let text)):
      return decimal(text, scale: scale).map { .decimal($0) }
    case (.decimal(_, let scale), .integer(let number)):
      return decimal(String(number), scale: scale).map { .decimal($0) }
    case (.date, .string(let text)): return CivilText.days(text).map { .integer(Int64($0)) }
    case (.time, .string(let text)):
      return CivilText.nanos(ofDay: Substring(text)).map { .integer($0 / 1000) }
    case (.timestamp, .string(let text)), (.timestamptz, .string(let text)):
      return CivilText.instant(text, perSecond: 1_000_000).map { .integer($0) }
    case (.timestampNanos, .string(let text)), (.timestamptzNanos, .string(let text)):
      return CivilText.instant(text, perSecond: 1_000_000_000).map { .integer($0) }
    case (.string, .string(let text)): return .text(text)
    case (.uuid, .string(let text)):
      return bytes(hexadecimal: text.filter { $0 != "-" }).flatMap { $0.count == 16 ? .bytes($0) : nil }
    case (.fixed(let length), .string(let text)):
      return bytes(hexadecimal: text).flatMap { $0.count == length ? .bytes($0) : nil }
    case (.binary, .string(let text)): return bytes(hexadecimal: text).map { .bytes($0) }
    case (.struct(let fields), .object(let members)):
      return .struct(
        fields.map { field in
          members[String(field.id.rawValue)].flatMap { decode(json: $0, as: field.type) }
            ?? field.initialDefault ?? .null
        })
    case (.list(let element), .array(let elements)):
      return .list(elements.map { decode(json: $0, as: element.type) ?? .null })
    case (.map(let key, let item), .object(let members)):
      guard let keys = members["keys"]?.arrayValue, let values = members["values"]?.arrayValue,
        keys.count == values.count
      else { return nil }
      return .map(
        keys: keys.map { decode(json: $0, as: key.type) ?? .null },
        values: values.map { decode(json: $0, as: item.type) ?? .null })
    default: return nil
    }
  }

  /// The JSON of a value.
  package static func json(_ value: ScalarValue, as type: IcebergType) -> JSONValue {
    switch (type, value) {
    case (_, .boolean(let flag)): return .bool(flag)
    case (.int, .integer(let number)), (.long, .integer(let number)): return .integer(number)
    case (_, .real(let number)): return .double(Double(number))
    case (_, .double(let number)): return .double(number)
    case (.decimal(_, let scale), .decimal(let unscaled)): return .string(text(unscaled, scale: scale))
    case (.date, .integer(let days)): return .string(CivilText.date(days))
    case (.time, .integer(let micros)): return .string(CivilText.time(micros, perSecond: 1_000_000))
    case (.timestamp, .integer(let micros)):
      return .string(CivilText.timestamp(micros, perSecond: 1_000_000))
    case (.timestamptz, .integer(let micros)):
      return .string(CivilText.timestamp(micros, perSecond: 1_000_000) + "+00:00")
    case (.timestampNanos, .integer(let nanos)):
      return .string(CivilText.timestamp(nanos, perSecond: 1_000_000_000))
    case (.timestamptzNanos, .integer(let nanos)):
      return .string(CivilText.timestamp(nanos, perSecond: 1_000_000_000) + "+00:00")
    case (.string, .bytes(let bytes)): return .string(String(decoding: bytes, as: UTF8.self))
    case (.uuid, .bytes(let bytes)):
      let digits = hexadecimal(bytes)
      guard digits.count == 32 else { return .string(digits) }
      var (text, at) = ("", 0)
      for digit in digits {
        if at == 8 || at == 12 || at == 16 || at == 20 { text += "-" }
        text.append(digit)
        at += 1
      }
      return .string(text)
    case (_, .bytes(let bytes)): return .string(hexadecimal(bytes))
    case (.struct(let fields), .struct(let values)):
      var object = JSONObject()
      for (field, value) in zip(fields, values) where !value.isNull {
        object[String(field.id.rawValue)] = json(value, as: field.type)
      }
      return .object(object)
    case (.list(let element), .list(let values)): return .array(values.map { json($0, as: element.type) })
    case (.map(let key, let item), .map(let keys, let values)):
      return [
        "keys": .array(keys.map { json($0, as: key.type) }),
        "values": .array(values.map { json($0, as: item.type) }),
      ]
    default: return .null
    }
  }

  private static func special(_ value: JSONValue) -> Double? {
    value.stringValue.flatMap { Double($0) }
  }

  private static func decimal(_ text: String, scale: Int) -> Int128? {
    let isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" || $0 == "+" }.split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first else { return nil }
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    guard fraction.count <= scale, whole.count + scale <= 38 else { return nil }
    let digits = whole + fraction + String(repeating: "0", count: scale - fraction.count)
    guard let value = Int128(digits) else { return nil }
    return isNegative ? -value : value
  }

  private static func text(_ unscaled: Int128, scale: Int) -> String {
    guard scale > 0 else { return String(unscaled) }
    var digits = String(unscaled.magnitude)
    if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
    return (unscaled < 0 ? "-" : "") + digits.dropLast(scale) + "." + digits.suffix(scale)
  }

  package static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  package static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.utf8.map { UInt8($0) }
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[at...at + 1], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }
}
