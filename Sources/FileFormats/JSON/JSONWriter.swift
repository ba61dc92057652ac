internal import Columnar

/// Writes JSON text: members in the order of their object, UTF-8 as it is.
public enum JSONWriter {
  /// How the text is laid out.
  public enum Layout: Sendable {
    /// No white space.
    case compact
    /// One member a line, indented by two spaces.
    case pretty
  }

  /// Returns the text of a value.
  public static func write(_ value: JSONValue, _ layout: Layout = .compact) -> [UInt8] {
    var text: [UInt8] = []
    append(value, layout, indent: 0, to: &text)
    return text
  }

  /// Returns the text of a value as a string.
  public static func string(_ value: JSONValue, _ layout: Layout = .compact) -> String {
    String(decoding: write(value, layout), as: UTF8.self)
  }

  /// Appends the text of a value without white space.
  public static func append(_ value: JSONValue, to text: inout [UInt8]) {
    append(value, .compact, indent: 0, to: &text)
  }

  private static func append(
    _ value: JSONValue, _ layout: Layout, indent: Int, to text: inout [UInt8]
  ) {
    switch value {
    case .null: text.append(contentsOf: "null".utf8)
    case .bool(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): IntegerText.append(value, to: &text)
    case .number(let number): text.append(contentsOf: number.utf8)
    case .string(let string): appendQuoted(string, to: &text)
    case .array(let elements):
      text.append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        separate(place, layout, indent + 1, &text)
        append(element, layout, indent: indent + 1, to: &text)
      }
      if !elements.isEmpty { separate(0, layout, indent, &text) }
      text.append(UInt8(ascii: "]"))
    case .object(let object):
      text.append(UInt8(ascii: "{"))
      for (place, member) in object.members.enumerated() {
        separate(place, layout, indent + 1, &text)
        appendQuoted(member.key, to: &text)
        text.append(UInt8(ascii: ":"))
        if layout == .pretty { text.append(0x20) }
        append(member.value, layout, indent: indent + 1, to: &text)
      }
      if !object.isEmpty { separate(0, layout, indent, &text) }
      text.append(UInt8(ascii: "}"))
    }
  }

  private static func separate(_ place: Int, _ layout: Layout, _ indent: Int, _ text: inout [UInt8]) {
    if place > 0 { text.append(UInt8(ascii: ",")) }
    guard layout == .pretty else { return }
    text.append(0x0A)
    for _ in 0..<indent * 2 { text.append(0x20) }
  }

  /// Appends a string in quotes, escaped.
  public static func appendQuoted(_ string: String, to text: inout [UInt8]) {
    var string = string
    // SAFETY: the buffer is used within the call only.
    string.withUTF8 { appendQuoted(unsafe $0.span, to: &text) }
  }

  /// Appends bytes that should be UTF-8 in quotes, escaped; each damaged byte becomes U+FFFD.
  public static func appendQuoted(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
    text.append(0x22)
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      if byte >= 0x80 {
        let length = UTF8Text.sequenceLength(bytes, at: at)
        if length == 0 {
          UTF8Text.append(0xFFFD, to: &text)
          at += 1
        } else {
          for index in at..<at + length { text.append(bytes[index]) }
          at += length
        }
        continue
      }
      switch byte {
      case 0x22, 0x5C:
        text.append(0x5C)
        text.append(byte)
      case 0x0A: text.append(contentsOf: "\\n".utf8)
      case 0x0D: text.append(contentsOf: "\\r".utf8)
      case 0x09: text.append(contentsOf: "\\t".utf8)
      case 0x08: text.append(contentsOf: "\\b".utf8)
      case 0x0C: text.append(contentsOf: "\\f".utf8)
      case 0..<0x20:
        text.append(contentsOf: "\\u00".utf8)
        text.append(0x30 + (byte &>> 4))
        text.append(byte & 15 < 10 ? 0x30 + (byte & 15) : 0x57 + (byte & 15))
      default: text.append(byte)
      }
      at += 1
    }
    text.append(0x22)
  }
}
