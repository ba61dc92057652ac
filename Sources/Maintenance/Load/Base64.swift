/// Base64 (RFC 4648, sections 4 and 5), strict about its alphabet and padding.
enum Base64 {
  /// For each byte the six bits that it stands for, 255 if it is no letter of the alphabets.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (number, letter) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
      .enumerated()
    {
      values[Int(letter)] = UInt8(number)
    }
    (values[0x2D], values[0x5F]) = (62, 63)
    return values
  }()

  /// Returns the bytes, or `nil` if the text is not base64.
  ///
  /// Line breaks are ignored.
  static func decode(_ text: Span<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3 + 3)
    let values = values
    var group: UInt32 = 0
    var count = 0
    var padding = 0
    for index in text.indices {
      let byte = text[index]
      let value = values[Int(byte)]
      if value == 255 {
        if byte == 0x3D { padding += 1 } else if byte != 0x0A && byte != 0x0D { return nil }
        continue
      }
      if padding > 0 { return nil }
      group = group &<< 6 | UInt32(value)
      count += 1
      if count == 4 {
        result.append(UInt8(truncatingIfNeeded: group &>> 16))
        result.append(UInt8(truncatingIfNeeded: group &>> 8))
        result.append(UInt8(truncatingIfNeeded: group))
        (group, count) = (0, 0)
      }
    }
    switch (count, padding) {
    case (0, 0): break
    case (2, 0), (2, 2): result.append(UInt8(truncatingIfNeeded: group &>> 4))
    case (3, 0), (3, 1):
      result.append(UInt8(truncatingIfNeeded: group &>> 10))
      result.append(UInt8(truncatingIfNeeded: group &>> 2))
    default: return nil
    }
    return result
  }
}
