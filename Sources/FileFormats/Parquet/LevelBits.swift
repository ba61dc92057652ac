/// Counts and bits of levels, eight bytes at a time.
///
/// For bytes below 128 and *t* up to 128, bit 7 of `(x | 0x80) - t` is set exactly where `x >= t`, and no
/// byte borrows from the next (after Hacker's Delight, 2nd ed., §2-18).
enum LevelBits {
  /// The highest level of a schema whose columns can be read.
  static let limit = 127

  private static let tops: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// Returns a word whose bytes have bit 7 set where the level is at least `least`.
  @inline(__always) private static func reached(_ levels: UInt64, _ least: UInt8) -> UInt64 {
    ((levels | tops) &- ones &* UInt64(least)) & tops
  }

  /// Whether no level of `entries` is above `most`.
  static func areAll(_ levels: Span<UInt8>, _ entries: Range<Int>, atMost most: UInt8) -> Bool {
    precondition(most <= limit)
    var (surplus, entry) = (UInt64(0), entries.lowerBound)
    while entry &+ 8 <= entries.upperBound {
      let word = levels.word(at: entry)
      surplus |= reached(word, most &+ 1) | word & tops
      entry &+= 8
    }
    while entry < entries.upperBound {
      surplus |= levels[entry] > most ? 1 : 0
      entry &+= 1
    }
    return surplus == 0
  }

  /// How many levels of `entries`, all of them up to ``limit``, are at least `least`.
  static func count(_ levels: Span<UInt8>, _ entries: Range<Int>, atLeast least: UInt8) -> Int {
    var (total, entry) = (0, entries.lowerBound)
    while entry &+ 8 <= entries.upperBound {
      total &+= reached(levels.word(at: entry), least).nonzeroBitCount
      entry &+= 8
    }
    while entry < entries.upperBound {
      total &+= levels[entry] >= least ? 1 : 0
      entry &+= 1
    }
    return total
  }

  /// Sets bit `first + i` where level *i* of `entries` is at least `least`; all bits are zero before.
  static func write(
    _ levels: Span<UInt8>, _ entries: Range<Int>, atLeast least: UInt8, into words: inout MutableSpan<UInt64>,
    at first: Int
  ) {
    var entry = entries.lowerBound
    var place = first
    while entry &+ 8 <= entries.upperBound {
      // Gathers bit 7 of each byte, the first byte lowest.
      let bits = ((reached(levels.word(at: entry), least) &>> 7) &* 0x0102_0408_1020_4080) &>> 56
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
