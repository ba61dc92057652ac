/// Arithmetic on CRC-32 checksums: they are polynomials over GF(2) modulo that of ISO 3309, highest power lowest bit.
enum CRC32 {
  private static let polynomial: UInt32 = 0xEDB8_8320
  private static let one: UInt32 = 1 << 31

  /// x to the power of 2 to the power of the index; they repeat after 32.
  private static let powers: [UInt32] = {
    var powers = [one >> 1]
    while powers.count < 32 { powers.append(product(powers[powers.count - 1], powers[powers.count - 1])) }
    return powers
  }()

  private static func product(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var (result, shifted, mask) = (UInt32(0), right, one)
    while mask != 0 {
      if left & mask != 0 { result ^= shifted }
      shifted = shifted & 1 == 0 ? shifted >> 1 : shifted >> 1 ^ polynomial
      mask >>= 1
    }
    return result
  }

  /// The checksum of two texts, one after the other, from theirs.
  ///
  /// - Parameters:
  ///   - first: That of the first text.
  ///   - second: That of the second.
  ///   - count: How many bytes the second text has.
  /// - Returns: The checksum.
  static func combined(_ first: UInt32, _ second: UInt32, count: Int) -> UInt32 {
    // Each bit behind the first text multiplies its polynomial by x.
    var (shift, bits, power) = (one, count, 3)
    while bits != 0 {
      if bits & 1 != 0 { shift = product(powers[power & 31], shift) }
      (bits, power) = (bits >> 1, power + 1)
    }
    return product(shift, first) ^ second
  }
}
