/// Values as text without loss: what a shell prints and a cast to `VARCHAR` gives.
///
/// | type | text |
/// |---|---|
/// | boolean | `true` |
/// | double | shortest digits that read back the same; `nan`, `inf`, `-inf` |
/// | timestamp | `2026-01-31 04:05:06.5`, with zone `+00` behind it |
/// | binary | printable ASCII as it is, other bytes `\xAA` |
/// | interval | `1 year 2 months 3 days 04:05:06` |
/// | list, struct, map | `[1, 2, NULL]`, `{'a': 1, 'b': x}`, `{k=v}` |
///
/// Within lists, structs and maps a text that could be misread is put in single quotes, doubled inside.
public enum ValueText {
  /// Returns a value's text as a string, for messages.
  public static func string(_ value: ScalarValue, as type: LogicalType) -> String {
    var text: [UInt8] = []
    append(value, as: type, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends a value; null is `NULL`.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - type: What it means.
  ///   - text: Where to append.
  public static func append(_ value: ScalarValue, as type: LogicalType, to text: inout [UInt8]) {
    switch value {
    case .null: text.append(contentsOf: "NULL".utf8)
    case .boolean(let value): append(value, to: &text)
    case .integer(let value): append(integer: value, type, to: &text)
    case .decimal(let value): Decimal128.append(value, scale: type.scale, to: &text)
    case .real(let value): DoubleText.append(value, to: &text)
    case .double(let value): DoubleText.append(value, to: &text)
    case .bytes(let bytes): append(bytes.span, type, to: &text)
    case .interval(let value): append(value, to: &text)
    case .list(let elements):
      let element = type.childTypes.first ?? .null
      text.append(UInt8(ascii: "["))
      for (place, value) in elements.enumerated() {
        separate(place, &text)
        appendElement(value, as: element, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .struct(let values):
      text.append(UInt8(ascii: "{"))
      if case .struct(let fields) = type {
        for (place, field) in fields.enumerated() where place < values.count {
          separate(place, &text)
          appendName(field.name, to: &text)
          appendElement(values[place], as: field.type, to: &text)
        }
      }
      text.append(UInt8(ascii: "}"))
    case .map(let keys, let values):
      text.append(UInt8(ascii: "{"))
      if case .map(let keyType, let valueType) = type {
        for place in keys.indices where place < values.count {
          separate(place, &text)
          appendElement(keys[place], as: keyType, to: &text)
          text.append(UInt8(ascii: "="))
          appendElement(values[place], as: valueType, to: &text)
        }
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  /// Appends one row of a column, whatever its encoding; null is `NULL`.
  ///
  /// - Parameters:
  ///   - vector: The column.
  ///   - row: A row below its count.
  ///   - type: What the values mean.
  ///   - text: Where to append.
  public static func appendRow(of vector: Vector, row: Int, type: LogicalType, to text: inout [UInt8]) {
    if vector.mayHaveNulls, vector.isNull(at: row) { return text.append(contentsOf: "NULL".utf8) }
    if vector.encoding != .flat {
      guard let base = vector.base else { return }
      let place = vector.encoding == .constant ? 0 : Int(vector.codes[row])
      return appendRow(of: base, row: place, type: type, to: &text)
    }
    switch vector.type {
    case .bit: append(vector.bits[row], to: &text)
    case .int32: append(integer: Int64(vector.int32s[row]), type, to: &text)
    case .int64:
      if case .decimal(_, let scale) = type {
        return Decimal128.append(Int128(vector.int64s[row]), scale: scale, to: &text)
      }
      append(integer: vector.int64s[row], type, to: &text)
    case .int128: Decimal128.append(vector.int128s[row], scale: type.scale, to: &text)
    case .float: DoubleText.append(vector.floats[row], to: &text)
    case .double: DoubleText.append(vector.doubles[row], to: &text)
    case .string: vector.strings[row].withBytes { append($0, type, to: &text) }
    case .interval: append(vector.intervals[row], to: &text)
    case .list: appendList(of: vector, row: row, type: type, to: &text)
    case .struct:
      text.append(UInt8(ascii: "{"))
      if case .struct(let fields) = type {
        let children = vector.fields
        for (place, field) in fields.enumerated() {
          separate(place, &text)
          appendName(field.name, to: &text)
          appendElement(of: children[place], row: row, type: field.type, to: &text)
        }
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  private static func appendList(
    of vector: Vector, row: Int, type: LogicalType, to text: inout [UInt8]
  ) {
    let range = Int(vector.offsets[row])..<Int(vector.offsets[row + 1])
    let elements = vector.elements
    guard case .map(let keyType, let valueType) = type else {
      let element = type.childTypes.first ?? .null
      text.append(UInt8(ascii: "["))
      for place in range {
        separate(place - range.lowerBound, &text)
        appendElement(of: elements, row: place, type: element, to: &text)
      }
      return text.append(UInt8(ascii: "]"))
    }
    text.append(UInt8(ascii: "{"))
    if !range.isEmpty {
      let entries = elements.flattened().fields
      for place in range {
        separate(place - range.lowerBound, &text)
        appendElement(of: entries[0], row: place, type: keyType, to: &text)
        text.append(UInt8(ascii: "="))
        appendElement(of: entries[1], row: place, type: valueType, to: &text)
      }
    }
    text.append(UInt8(ascii: "}"))
  }

  private static func append(_ value: Bool, to text: inout [UInt8]) {
    text.append(contentsOf: (value ? "true" : "false").utf8)
  }

  private static func append(integer value: Int64, _ type: LogicalType, to text: inout [UInt8]) {
    switch type {
    case .date: CivilDate(days: Int(value)).append(to: &text)
    case .time: Timestamp.appendTime(micros: value, to: &text)
    case .timestamp: Timestamp.append(micros: value, isUTC: false, to: &text)
    case .timestampTZ: Timestamp.append(micros: value, isUTC: true, to: &text)
    case .timestampNanos: Timestamp.append(nanos: value, isUTC: false, to: &text)
    case .timestampTZNanos: Timestamp.append(nanos: value, isUTC: true, to: &text)
    default: IntegerText.append(value, to: &text)
    }
  }

  private static func append(_ bytes: Span<UInt8>, _ type: LogicalType, to text: inout [UInt8]) {
    switch type {
    case .binary, .fixed:
      for index in bytes.indices {
        let byte = bytes[index]
        if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x27, byte != 0x5C {
          text.append(byte)
        } else {
          text.append(contentsOf: "\\x".utf8)
          text.append(hexDigit(byte &>> 4, upper: true))
          text.append(hexDigit(byte & 15, upper: true))
        }
      }
    case .uuid:
      for index in bytes.indices {
        if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
        text.append(hexDigit(bytes[index] &>> 4, upper: false))
        text.append(hexDigit(bytes[index] & 15, upper: false))
      }
    default:
      // SAFETY: the bytes live for the call, and the array copies them.
      unsafe bytes.withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
    }
  }

  private static func hexDigit(_ value: UInt8, upper: Bool) -> UInt8 {
    value < 10 ? 0x30 &+ value : (upper ? 0x37 : 0x57) &+ value
  }

  private static func append(_ value: Interval, to text: inout [UInt8]) {
    let start = text.count
    func part(_ count: Int32, _ unit: StaticString) {
      guard count != 0 else { return }
      if text.count > start { text.append(0x20) }
      IntegerText.append(Int64(count), to: &text)
      text.append(0x20)
      text.append(contentsOf: unit.description.utf8)
      if count != 1 && count != -1 { text.append(UInt8(ascii: "s")) }
    }
    part(value.months / 12, "year")
    part(value.months % 12, "month")
    part(value.days, "day")
    if value.micros != 0 || text.count == start {
      if text.count > start { text.append(0x20) }
      Timestamp.appendTime(micros: value.micros, to: &text)
    }
  }

  private static func separate(_ place: Int, _ text: inout [UInt8]) {
    if place > 0 { text.append(contentsOf: ", ".utf8) }
  }

  private static func appendName(_ name: String, to text: inout [UInt8]) {
    let start = text.count
    text.append(contentsOf: name.utf8)
    quote(from: start, &text)
    text.append(contentsOf: ": ".utf8)
  }

  private static func appendElement(_ value: ScalarValue, as type: LogicalType, to text: inout [UInt8]) {
    let start = text.count
    append(value, as: type, to: &text)
    if !value.isNull && !type.isNested && needsQuotes(from: start, text) { quote(from: start, &text) }
  }

  private static func appendElement(of vector: Vector, row: Int, type: LogicalType, to text: inout [UInt8]) {
    let start = text.count
    appendRow(of: vector, row: row, type: type, to: &text)
    if type.isNested || type.isNumeric { return }
    // Only a null may spell NULL without quotes.
    if needsQuotes(from: start, text), !vector.mayHaveNulls || !vector.isNull(at: row) {
      quote(from: start, &text)
    }
  }

  /// Returns whether the text from `start` on is empty, spells `NULL`, has spaces around it or holds a
  /// character of the notation.
  private static func needsQuotes(from start: Int, _ text: [UInt8]) -> Bool {
    guard start < text.count else { return true }
    if CivilTextCursor.isSpace(text[start]) || CivilTextCursor.isSpace(text[text.count - 1]) { return true }
    if text.count - start == 4, text[start] | 0x20 == UInt8(ascii: "n"),
      text[start + 1] | 0x20 == UInt8(ascii: "u"), text[start + 2] | 0x20 == UInt8(ascii: "l"),
      text[start + 3] | 0x20 == UInt8(ascii: "l")
    {
      return true
    }
    for place in start..<text.count {
      switch text[place] {
      case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
        UInt8(ascii: "'"), UInt8(ascii: "="), UInt8(ascii: ":"):
        return true
      default: break
      }
    }
    return false
  }

  private static func quote(from start: Int, _ text: inout [UInt8]) {
    let body = Array(text[start...])
    text.removeLast(body.count)
    text.append(UInt8(ascii: "'"))
    for byte in body {
      if byte == UInt8(ascii: "'") { text.append(byte) }
      text.append(byte)
    }
    text.append(UInt8(ascii: "'"))
  }
}

extension LogicalType {
  /// The digits behind the point of a decimal, 0 for other types.
  fileprivate var scale: Int {
    guard case .decimal(_, let scale) = self else { return 0 }
    return scale
  }
}
