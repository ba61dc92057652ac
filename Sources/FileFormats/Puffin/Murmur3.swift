/// MurmurHash3 for x64 with 128 bits (Appleby 2011, public domain).
public enum Murmur3 {
  private static let c1: UInt64 = 0x87C3_7B91_1142_53D5
  private static let c2: UInt64 = 0x4CF5_AD43_2745_937F

  /// Returns the two halves of the hash of `bytes`.
  public static func hash128(_ bytes: Span<UInt8>, seed: UInt64 = 0) -> (first: UInt64, second: UInt64) {
    var (h1, h2) = (seed, seed)
    var at = 0
    while at &+ 16 <= bytes.count {
      mix(&h1, &h2, word(bytes, at, 8), word(bytes, at &+ 8, 8))
      at &+= 16
    }
    let rest = bytes.count &- at
    if rest > 8 { h2 ^= second(word(bytes, at &+ 8, rest &- 8)) }
    if rest > 0 { h1 ^= first(word(bytes, at, min(rest, 8))) }
    return finish(h1, h2, UInt64(bytes.count))
  }

  /// Returns the hash of the eight little-endian bytes of a number.
  public static func hash128(_ value: Int64, seed: UInt64 = 0) -> (first: UInt64, second: UInt64) {
    finish(seed ^ first(UInt64(bitPattern: value)), seed, 8)
  }

  private static func word(_ bytes: Span<UInt8>, _ at: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[at &+ index]) &<< UInt64(8 &* index) }
    return value
  }

  private static func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 {
    value &<< by | value &>> (64 &- by)
  }

  private static func first(_ k: UInt64) -> UInt64 { rotate(k &* c1, 31) &* c2 }

  private static func second(_ k: UInt64) -> UInt64 { rotate(k &* c2, 33) &* c1 }

  private static func mix(_ h1: inout UInt64, _ h2: inout UInt64, _ k1: UInt64, _ k2: UInt64) {
    h1 = (rotate(h1 ^ first(k1), 27) &+ h2) &* 5 &+ 0x52DC_E729
    h2 = (rotate(h2 ^ second(k2), 31) &+ h1) &* 5 &+ 0x3849_5AB5
  }

  private static func finish(_ h1: UInt64, _ h2: UInt64, _ count: UInt64) -> (UInt64, UInt64) {
    var (h1, h2) = (h1 ^ count, h2 ^ count)
    h1 &+= h2
    h2 &+= h1
    h1 = scramble(h1)
    h2 = scramble(h2)
    h1 &+= h2
    return (h1, h2 &+ h1)
  }

  private static func scramble(_ value: UInt64) -> UInt64 {
    var k = (value ^ value &>> 33) &* 0xFF51_AFD7_ED55_8CCD
    k = (k ^ k &>> 33) &* 0xC4CE_B9FE_1A85_EC53
    return k ^ k &>> 33
  }
}
