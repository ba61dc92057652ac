/// Base64 (RFC 4648, section 4), strict about its alphabet and padding.
enum Base64 {
  /// Returns the bytes, or `nil` if the text is not base64.
  ///
  /// Line breaks are ignored.
  static func decode(_ text: String) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count / 4 * 3)
    var group: UInt32 = 0
    var count = 0
    var padding = 0
    for byte in text.utf8 {
      let value: UInt32
      switch byte {
      case 0x41...0x5A: value = UInt32(byte) - 0x41
      case 0x61...0x7A: value = UInt32(byte) - 0x61 + 26
      case 0x30...0x39: value = UInt32(byte) - 0x30 + 52
      case 0x2B, 0x2D: value = 62
      case 0x2F, 0x5F: value = 63
      case 0x3D:
        padding += 1
        continue
      case 0x0A, 0x0D: continue
      default: return nil
      }
      if padding > 0 { return nil }
      group = group << 6 | value
      count += 1
      if count == 4 {
        result.append(UInt8(truncatingIfNeeded: group >> 16))
        result.append(UInt8(truncatingIfNeeded: group >> 8))
        result.append(UInt8(truncatingIfNeeded: group))
        (group, count) = (0, 0)
      }
    }
    switch (count, padding) {
    case (0, 0): break
    case (2, 0), (2, 2): result.append(UInt8(truncatingIfNeeded: group >> 4))
    case (3, 0), (3, 1):
      result.append(UInt8(truncatingIfNeeded: group >> 10))
      result.append(UInt8(truncatingIfNeeded: group >> 2))
    default: return nil
    }
    return result
  }
}
