/// Finds a fixed text in others.
///
/// Eight places at a time are tried by comparing the needle's first and last byte in 64-bit words; only
/// where both agree are the bytes between compared.
struct SubstringSearch {
  let needle: [UInt8]
  private let first: UInt64
  private let last: UInt64

  init(_ needle: [UInt8]) {
    self.needle = needle
    first = 0x0101_0101_0101_0101 &* UInt64(needle.first ?? 0)
    last = 0x0101_0101_0101_0101 &* UInt64(needle.last ?? 0)
  }

  /// Returns the first place at or after `start` where the needle lies in `text`, `nil` if there is none.
  @inline(__always) func find(in text: Span<UInt8>, from start: Int = 0) -> Int? {
    let length = needle.count
    let end = text.count &- length
    if length == 0 { return start <= text.count ? start : nil }
    guard start <= end else { return nil }
    var place = start
    let raw = unsafe text.bytes
    while place &+ 7 <= end {
      // SAFETY: eight bytes from `place` and from `place + length - 1` lie within the text, by the condition.
      let head = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
      let tail = unsafe raw.unsafeLoadUnaligned(
        fromUncheckedByteOffset: place &+ length &- 1, as: UInt64.self)
      let difference = (head ^ first) | (tail ^ last)
      // A zero byte marks a candidate (Hacker's Delight, 2nd ed., §6-1, the exact form).
      var zeros =
        ~(((difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F) | difference
        | 0x7F7F_7F7F_7F7F_7F7F)
      while zeros != 0 {
        let candidate = place &+ zeros.trailingZeroBitCount &>> 3
        if matches(text, at: candidate) { return candidate }
        zeros &= zeros &- 1
      }
      place &+= 8
    }
    while place <= end {
      if text[place] == needle[0] && matches(text, at: place) { return place }
      place &+= 1
    }
    return nil
  }

  @inline(__always) private func matches(_ text: Span<UInt8>, at place: Int) -> Bool {
    for index in needle.indices where text[place &+ index] != needle[index] { return false }
    return true
  }
}

extension Span<UInt8> {
  /// Whether the bytes from `place` on begin with `part`.
  @inline(__always) func hasBytes(_ part: [UInt8], at place: Int) -> Bool {
    guard place >= 0, count &- place >= part.count else { return false }
    for index in part.indices where self[place &+ index] != part[index] { return false }
    return true
  }

  /// Whether the bytes from `place` on begin with `part`.
  @inline(__always) func hasBytes(_ part: Span<UInt8>, at place: Int) -> Bool {
    guard place >= 0, count &- place >= part.count else { return false }
    for index in part.indices where self[place &+ index] != part[index] { return false }
    return true
  }

  /// Whether all bytes are below 128.
  var isASCII: Bool {
    var place = 0
    let raw = unsafe bytes
    var high: UInt64 = 0
    while place &+ 8 <= count {
      // SAFETY: eight bytes remain by the condition.
      high |= unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
      place &+= 8
    }
    var rest: UInt8 = 0
    while place < count {
      rest |= self[place]
      place &+= 1
    }
    return high & 0x8080_8080_8080_8080 == 0 && rest < 0x80
  }

  /// How many code points the UTF-8 holds: bytes that do not continue one.
  var codePointCount: Int {
    var total = 0
    var place = 0
    let raw = unsafe bytes
    while place &+ 8 <= count {
      // SAFETY: eight bytes remain by the condition.
      let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
      // Bit 7 set and bit 6 clear: a continuation byte.
      let continued = word & ~(word &<< 1) & 0x8080_8080_8080_8080
      total &+= 8 &- continued.nonzeroBitCount
      place &+= 8
    }
    while place < count {
      if self[place] & 0xC0 != 0x80 { total &+= 1 }
      place &+= 1
    }
    return total
  }

  /// The place of the code point that is `count` code points behind the one at `place`, at most the end.
  @inline(__always) func advance(_ place: Int, codePoints: Int) -> Int {
    var (place, left) = (place, codePoints)
    while left > 0 && place < count {
      place &+= 1
      while place < count && self[place] & 0xC0 == 0x80 { place &+= 1 }
      left &-= 1
    }
    return place
  }
}
