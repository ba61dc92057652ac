/// Builds the tree of a JSON text (RFC 8259).
///
/// Integers keep all their 64 bits and other numbers their text; damaged UTF-8, lone surrogates and deep
/// nesting are errors with line and column. Of a key that occurs twice the last value counts.
public enum JSONParser {
  /// Returns the value that a text holds.
  ///
  /// - Parameters:
  ///   - text: UTF-8; a byte order mark is passed over.
  ///   - file: Where the text comes from, for messages.
  ///   - depthLimit: The most containers that may be open.
  /// - Returns: The value.
  /// - Throws: `.damaged` if the text is no JSON.
  public static func parse(
    _ text: Span<UInt8>, file: String? = nil, depthLimit: Int = 256
  ) throws(FileFormatError) -> JSONValue {
    let hasMark = text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF
    var scanner = JSONScanner(at: hasMark ? 3 : 0, depthLimit: depthLimit)
    do {
      let value = try value(text, &scanner)
      try scanner.finish(text)
      return value
    } catch {
      throw file.map { error.inFile($0) } ?? error
    }
  }

  /// Returns the value that a text holds; see the form that takes a span.
  public static func parse(
    _ text: [UInt8], file: String? = nil, depthLimit: Int = 256
  ) throws(FileFormatError) -> JSONValue {
    try parse(text.span, file: file, depthLimit: depthLimit)
  }

  /// Returns the value that a text holds; see the form that takes a span.
  public static func parse(_ text: String, file: String? = nil) throws(FileFormatError) -> JSONValue {
    try parse(Array(text.utf8), file: file)
  }

  /// Returns the value at the scanner's position.
  public static func value(
    _ text: Span<UInt8>, _ scanner: inout JSONScanner
  ) throws(FileFormatError) -> JSONValue {
    switch scanner.peek(text) {
    case UInt8(ascii: "{"):
      var object = JSONObject()
      if try scanner.beginObject(text) {
        repeat {
          let key = try scanner.key(text)
          object[JSONScanner.string(text, key)] = try value(text, &scanner)
        } while try scanner.continueObject(text)
      }
      return .object(object)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      if try scanner.beginArray(text) {
        repeat { elements.append(try value(text, &scanner)) } while try scanner.continueArray(text)
      }
      return .array(elements)
    default:
      return scalar(text, try scanner.value(text))
    }
  }

  private static func scalar(_ text: Span<UInt8>, _ slot: JSONSlot) -> JSONValue {
    switch slot.kind {
    case .missing, .null, .array, .object: .null
    case .true: .bool(true)
    case .false: .bool(false)
    case .integer:
      JSONScanner.integer(text, slot).map { .integer($0) } ?? .number(JSONScanner.string(text, slot))
    case .number: .number(JSONScanner.string(text, slot))
    case .string, .escapedString: .string(JSONScanner.string(text, slot))
    }
  }
}
