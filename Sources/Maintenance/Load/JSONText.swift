internal import Columnar
internal import FileFormats

/// JSON as columns keep it.
enum JSONText {
  /// Appends a value that was read before without the white space between its parts, so that equal values make
  /// equal text.
  static func appendCompact(_ text: Span<UInt8>, _ slot: JSONSlot, to bytes: inout [UInt8]) {
    let before = bytes.count
    var start = slot.start
    var at = start
    var isInside = false
    while at < slot.end {
      let byte = text[at]
      if byte == UInt8(ascii: "\"") {
        isInside.toggle()
      } else if byte == UInt8(ascii: "\\") {
        // One character has many spellings with escapes: the writer has one.
        var scanner = JSONScanner(at: slot.start)
        if let value = try? JSONParser.value(text, &scanner) {
          bytes.removeLast(bytes.count - before)
          JSONWriter.append(value, to: &bytes)
        }
        return
      } else if !isInside && (byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A) {
        bytes.append(bytes: text.extracting(start..<at))
        start = at &+ 1
      }
      at &+= 1
    }
    bytes.append(bytes: text.extracting(start..<slot.end))
  }
}
