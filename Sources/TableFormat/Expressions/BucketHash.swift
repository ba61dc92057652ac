internal import Columnar

/// The 32-bit hash of the `bucket` transform: Murmur3 x86, seed 0 (Iceberg specification, appendix B).
enum BucketHash {
  /// Hashes integers, dates, times and timestamps as 8 little-endian bytes.
  static func hash(_ value: Int64) -> UInt32 {
    let bits = UInt64(bitPattern: value)
    var state = mix(0, UInt32(truncatingIfNeeded: bits))
    state = mix(state, UInt32(truncatingIfNeeded: bits &>> 32))
    return finish(state, byteCount: 8)
  }

  /// Hashes a decimal's unscaled value as the fewest big-endian two's-complement bytes.
  static func hash(_ value: Int128) -> UInt32 {
    let magnitude = value < 0 ? ~value : value
    let bitCount = 128 - magnitude.leadingZeroBitCount + 1
    let byteCount = (bitCount + 7) / 8
    var bytes: [UInt8] = []
    for index in (0..<byteCount).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value &>> Int128(index * 8)))
    }
    return hash(bytes.span)
  }

  /// Hashes text, binary, fixed and uuid.
  static func hash(_ bytes: Span<UInt8>) -> UInt32 {
    let count = bytes.count
    var state: UInt32 = 0
    var offset = 0
    while offset &+ 4 <= count {
      let low = UInt32(bytes[offset]) | UInt32(bytes[offset &+ 1]) &<< 8
      let high = UInt32(bytes[offset &+ 2]) &<< 16 | UInt32(bytes[offset &+ 3]) &<< 24
      state = mix(state, low | high)
      offset &+= 4
    }
    var tail: UInt32 = 0
    var shift: UInt32 = 0
    while offset < count {
      tail |= UInt32(bytes[offset]) &<< shift
      shift &+= 8
      offset &+= 1
    }
    if shift > 0 { state ^= scramble(tail) }
    return finish(state, byteCount: count)
  }

  private static func scramble(_ word: UInt32) -> UInt32 {
    let product = word &* 0xCC9E_2D51
    return (product &<< 15 | product &>> 17) &* 0x1B87_3593
  }

  private static func mix(_ state: UInt32, _ word: UInt32) -> UInt32 {
    let mixed = state ^ scramble(word)
    return (mixed &<< 13 | mixed &>> 19) &* 5 &+ 0xE654_6B64
  }

  private static func finish(_ state: UInt32, byteCount: Int) -> UInt32 {
    var hash = state ^ UInt32(truncatingIfNeeded: byteCount)
    hash ^= hash &>> 16
    hash = hash &* 0x85EB_CA6B
    hash ^= hash &>> 13
    hash = hash &* 0xC2B2_AE35
    return hash ^ hash &>> 16
  }
}
