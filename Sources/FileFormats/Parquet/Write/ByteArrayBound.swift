/// Bounds of text and bytes that are shorter than the values they bound.
enum ByteArrayBound {
  /// Returns a lower bound: a prefix, of text cut between characters.
  static func lower(_ value: [UInt8], limit: Int, isText: Bool) -> (bytes: [UInt8], isExact: Bool) {
    guard value.count > limit else { return (value, true) }
    return (Array(value[..<cut(value, limit, isText)]), false)
  }

  /// Returns an upper bound: a prefix whose last byte or character is raised, or the value itself if none
  /// can be.
  static func upper(_ value: [UInt8], limit: Int, isText: Bool) -> (bytes: [UInt8], isExact: Bool) {
    guard value.count > limit else { return (value, true) }
    let prefix = Array(value[..<cut(value, limit, isText)])
    guard let raised = isText ? raisedText(prefix) : raisedBytes(prefix) else { return (value, true) }
    return (raised, false)
  }

  /// Returns where to cut so that no character of UTF-8 is split.
  private static func cut(_ value: [UInt8], _ limit: Int, _ isText: Bool) -> Int {
    guard isText else { return limit }
    var end = limit
    while end > 0, value[end] & 0xC0 == 0x80 { end -= 1 }
    // Bytes that are no UTF-8 at all are cut anywhere.
    return end == 0 ? limit : end
  }

  private static func raisedBytes(_ prefix: [UInt8]) -> [UInt8]? {
    var raised = prefix
    while let last = raised.popLast() {
      if last < 0xFF { return raised + [last + 1] }
    }
    return nil
  }

  /// Raises the last character that can be, past the surrogates, and drops what follows it.
  private static func raisedText(_ prefix: [UInt8]) -> [UInt8]? {
    guard let text = String(validating: prefix, as: UTF8.self) else { return raisedBytes(prefix) }
    var scalars = Array(text.unicodeScalars)
    while let last = scalars.popLast() {
      let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
      guard let raised = Unicode.Scalar(next) else { continue }
      var result = String.UnicodeScalarView()
      result.append(contentsOf: scalars)
      result.append(raised)
      return Array(String(result).utf8)
    }
    return nil
  }
}
