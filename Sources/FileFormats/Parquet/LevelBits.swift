/// Counts and bits of levels, eight bytes at a time.
///
/// For bytes below 128, bit 7 of `(x | 0x80) - t` is set exactly where `x >= t` (Hacker's Delight, 2nd ed.,
/// §2-18); schemas nest 64 deep at most, so that no level is higher.
enum LevelBits {
  private static let tops: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// The highest level of `entries`, 0 for none.
  static func highest(_ levels: Span<UInt8>, _ entries: Range<Int>) -> UInt8 {
    var highest: UInt8 = 0
    for entry in entries { highest = max(highest, levels[entry]) }
    return highest
  }

  /// How many levels of `entries` are at least `least`.
  static func count(_ levels: Span<UInt8>, _ entries: Range<Int>, atLeast least: UInt8) -> Int {
    var total = 0
    for entry in entries { total &+= levels[entry] >= least ? 1 : 0 }
    return total
  }

  /// Sets bit `first + i` where level *i* of `entries` is at least `least`; all bits are zero before.
  static func write(
    _ levels: Span<UInt8>, _ entries: Range<Int>, atLeast least: UInt8, into words: inout MutableSpan<UInt64>,
    at first: Int
  ) {
    let subtrahend = ones &* UInt64(least & 0x7F)
    var entry = entries.lowerBound
    var place = first
    while entry &+ 8 <= entries.upperBound {
      let reached = ((levels.word(at: entry) | tops) &- subtrahend) & tops
      // Gathers bit 7 of each byte, the first byte lowest.
      let bits = ((reached &>> 7) &* 0x0102_0408_1020_4080) &>> 56
      let shift = UInt64(place & 63)
      words[place &>> 6] |= bits &<< shift
      if shift > 56 && bits &>> (64 &- shift) != 0 { words[place &>> 6 &+ 1] |= bits &>> (64 &- shift) }
      entry &+= 8
      place &+= 8
    }
    while entry < entries.upperBound {
      words[place &>> 6] |= (levels[entry] >= least ? 1 : 0) &<< UInt64(place & 63)
      entry &+= 1
      place &+= 1
    }
  }
}
