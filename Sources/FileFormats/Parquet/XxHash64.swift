/// The 64-bit xxHash with seed 0, which bloom filters are made of (xxHash specification 0.1.1, "XXH64").
public enum XxHash64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  /// Returns the hash of bytes.
  public static func hash(_ bytes: Span<UInt8>) -> UInt64 {
    let count = bytes.count
    var offset = 0
    var state: UInt64
    if count >= 32 {
      var (a, b, c, d) = (prime1 &+ prime2, prime2, UInt64(0), 0 &- prime1)
      while offset &+ 32 <= count {
        a = round(a, word(bytes, offset))
        b = round(b, word(bytes, offset &+ 8))
        c = round(c, word(bytes, offset &+ 16))
        d = round(d, word(bytes, offset &+ 24))
        offset &+= 32
      }
      state = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
      for lane in [a, b, c, d] { state = (state ^ round(0, lane)) &* prime1 &+ prime4 }
    } else {
      state = prime5
    }
    state = state &+ UInt64(count)
    while offset &+ 8 <= count {
      state = mix(state, word: word(bytes, offset))
      offset &+= 8
    }
    if offset &+ 4 <= count {
      state = mix(state, half: half(bytes, offset))
      offset &+= 4
    }
    while offset < count {
      state = rotate(state ^ (UInt64(bytes[offset]) &* prime5), 11) &* prime1
      offset &+= 1
    }
    return avalanche(state)
  }

  /// Returns the hash of eight bytes, the lowest first.
  public static func hash(_ value: UInt64) -> UInt64 { avalanche(mix(prime5 &+ 8, word: value)) }

  /// Returns the hash of four bytes, the lowest first.
  public static func hash(_ value: UInt32) -> UInt64 { avalanche(mix(prime5 &+ 4, half: UInt64(value))) }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
  }

  private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ input &* prime2, 31) &* prime1
  }

  private static func mix(_ state: UInt64, word: UInt64) -> UInt64 {
    rotate(state ^ round(0, word), 27) &* prime1 &+ prime4
  }

  private static func mix(_ state: UInt64, half: UInt64) -> UInt64 {
    rotate(state ^ (half &* prime1), 23) &* prime2 &+ prime3
  }

  private static func avalanche(_ state: UInt64) -> UInt64 {
    var hash = (state ^ state &>> 33) &* prime2
    hash = (hash ^ hash &>> 29) &* prime3
    return hash ^ hash &>> 32
  }

  private static func half(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
    UInt64(bytes[offset]) | UInt64(bytes[offset &+ 1]) &<< 8 | UInt64(bytes[offset &+ 2]) &<< 16
      | UInt64(bytes[offset &+ 3]) &<< 24
  }

  private static func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
    half(bytes, offset) | half(bytes, offset &+ 4) &<< 32
  }
}
