/// UTF-8 as bytes (Unicode 16, table 3-7).
public enum UTF8Text {
  /// Returns the length of the well-formed sequence at `place`, 0 if it is damaged.
  @inlinable public static func sequenceLength(_ bytes: Span<UInt8>, at place: Int) -> Int {
    let first = bytes[place]
    if first < 0x80 { return 1 }
    let rest = bytes.count &- place
    guard first >= 0xC2, rest >= 2 else { return 0 }
    let second = bytes[place &+ 1]
    if first < 0xE0 { return second & 0xC0 == 0x80 ? 2 : 0 }
    guard rest >= 3, bytes[place &+ 2] & 0xC0 == 0x80 else { return 0 }
    if first < 0xF0 {
      // E0 would be overlong below A0, ED a surrogate above 9F.
      let low: UInt8 = first == 0xE0 ? 0xA0 : 0x80
      let high: UInt8 = first == 0xED ? 0x9F : 0xBF
      return second >= low && second <= high ? 3 : 0
    }
    guard first <= 0xF4, rest >= 4, bytes[place &+ 3] & 0xC0 == 0x80 else { return 0 }
    // F0 would be overlong below 90, F4 above U+10FFFF from 90 on.
    let low: UInt8 = first == 0xF0 ? 0x90 : 0x80
    let high: UInt8 = first == 0xF4 ? 0x8F : 0xBF
    return second >= low && second <= high ? 4 : 0
  }

  /// Returns the place of the first damaged byte, `nil` if all is well-formed.
  public static func firstDamage(in bytes: Span<UInt8>) -> Int? {
    var place = 0
    let raw = unsafe bytes.bytes
    while place < bytes.count {
      if place &+ 8 <= bytes.count {
        // Safe by the condition: eight bytes of plain data.
        let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
        if word & 0x8080_8080_8080_8080 == 0 {
          place &+= 8
          continue
        }
      }
      let length = sequenceLength(bytes, at: place)
      if length == 0 { return place }
      place &+= length
    }
    return nil
  }

  /// Appends the UTF-8 of a code point, which is no surrogate.
  @inlinable public static func append(_ character: UInt32, to bytes: inout [UInt8]) {
    func part(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: (character &>> shift) & 0x3F) }
    switch character {
    case 0..<0x80: bytes.append(UInt8(truncatingIfNeeded: character))
    case 0x80..<0x800:
      bytes.append(0xC0 | UInt8(truncatingIfNeeded: character &>> 6))
      bytes.append(part(0))
    case 0x800..<0x10000:
      bytes.append(0xE0 | UInt8(truncatingIfNeeded: character &>> 12))
      bytes.append(part(6))
      bytes.append(part(0))
    default:
      bytes.append(0xF0 | UInt8(truncatingIfNeeded: (character &>> 18) & 7))
      bytes.append(part(12))
      bytes.append(part(6))
      bytes.append(part(0))
    }
  }
}
