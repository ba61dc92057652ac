public import Columnar
internal import Glibc

/// A split block bloom filter (BloomFilter.md): blocks of eight 32-bit words, one bit a word and value.
public struct BloomFilter: Sendable {
  private var words: [UInt32]

  private static let salts: [8 of UInt32] = [
    0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
  ]

  /// The fewest and most bytes of a filter that is written.
  static let byteRange = 32...(128 << 20)

  /// Makes an empty filter of `byteCount` bytes, a multiple of 32.
  public init(byteCount: Int) {
    precondition(byteCount >= 32 && byteCount % 32 == 0)
    words = [UInt32](repeating: 0, count: byteCount / 4)
  }

  /// Makes a filter of the bits in a file.
  ///
  /// - Parameter bytes: The bits, without header.
  /// - Throws: If they are no whole number of blocks.
  public init(bytes: Span<UInt8>) throws(FileFormatError) {
    guard bytes.count >= 32, bytes.count % 32 == 0 else {
      throw .damaged("a bloom filter of \(bytes.count) bytes")
    }
    words = [UInt32](repeating: 0, count: bytes.count / 4)
    for index in words.indices {
      let at = index &* 4
      words[index] =
        UInt32(bytes[at]) | UInt32(bytes[at &+ 1]) &<< 8 | UInt32(bytes[at &+ 2]) &<< 16
        | UInt32(bytes[at &+ 3]) &<< 24
    }
  }

  /// Returns the bytes that a filter needs, a power of two (BloomFilter.md, "Sizing an SBBF").
  ///
  /// - Parameters:
  ///   - distinctCount: Values that go in.
  ///   - falsePositiveProbability: How often it may say that a value occurs which does not.
  ///   - limit: Bytes, at most.
  /// - Returns: The size.
  public static func byteCount(
    distinctCount: Int, falsePositiveProbability: Double, limit: Int = 128 << 20
  ) -> Int {
    let probability = min(max(falsePositiveProbability, 1e-9), 0.999)
    let bits = -8.0 * Double(max(distinctCount, 1)) / log(1 - pow(probability, 1.0 / 8))
    var byteCount = byteRange.lowerBound
    while Double(byteCount) * 8 < bits && byteCount * 2 <= min(limit, byteRange.upperBound) { byteCount *= 2 }
    return byteCount
  }

  /// Adds a value by its hash.
  public mutating func insert(hash: UInt64) {
    let first = block(of: hash) &* 8
    let key = UInt32(truncatingIfNeeded: hash)
    for lane in 0..<8 { words[first &+ lane] |= 1 &<< ((key &* BloomFilter.salts[lane]) &>> 27) }
  }

  /// Returns whether a value may have been added; `false` is certain.
  public func mightContain(hash: UInt64) -> Bool {
    let first = block(of: hash) &* 8
    let key = UInt32(truncatingIfNeeded: hash)
    for lane in 0..<8 where words[first &+ lane] & (1 &<< ((key &* BloomFilter.salts[lane]) &>> 27)) == 0 {
      return false
    }
    return true
  }

  private func block(of hash: UInt64) -> Int {
    Int(truncatingIfNeeded: ((hash &>> 32) &* UInt64(words.count / 8)) &>> 32)
  }

  /// Bytes of the bits.
  public var byteCount: Int { words.count * 4 }

  /// The bits as they stand in a file, without header.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(words.count * 4)
    for word in words { bytes.appendLittleEndian(word) }
    return bytes
  }
}

extension BloomFilter {
  /// Returns the hash that a filter of a column holds for a value.
  ///
  /// - Parameters:
  ///   - value: A value of the column's type.
  ///   - leaf: The column's storage.
  /// - Returns: The hash; `nil` for null, for booleans, and for values that the storage cannot hold.
  public static func hash(of value: ScalarValue, in leaf: ParquetLeaf) -> UInt64? {
    switch (value, leaf.physicalType) {
    case (.integer(let number), .int32):
      // Unsigned 32-bit columns widen to 64 bits on reading; four bytes are what was hashed.
      guard let narrow = Int32(exactly: number) ?? UInt32(exactly: number).map({ Int32(bitPattern: $0) })
      else { return nil }
      return XxHash64.hash(UInt32(bitPattern: narrow))
    case (.integer(let number), .int64):
      // Other units than the engine's would have to be converted back.
      switch leaf.annotation {
      case .time(.nanos, _), .timestamp(.millis, _): return nil
      default: return XxHash64.hash(UInt64(bitPattern: number))
      }
    case (.decimal(let number), .int32):
      return Int32(exactly: number).map { XxHash64.hash(UInt32(bitPattern: $0)) }
    case (.decimal(let number), .int64):
      return Int64(exactly: number).map { XxHash64.hash(UInt64(bitPattern: $0)) }
    case (.decimal(let number), .fixedLengthByteArray):
      var bytes = [UInt8](repeating: number < 0 ? 0xFF : 0, count: leaf.typeLength)
      var rest = number
      for index in bytes.indices.reversed() {
        bytes[index] = UInt8(truncatingIfNeeded: rest)
        rest >>= 8
      }
      return XxHash64.hash(bytes.span)
    case (.real(let number), .float): return XxHash64.hash(number.bitPattern)
    case (.double(let number), .double): return XxHash64.hash(number.bitPattern)
    case (.bytes(let bytes), .byteArray): return XxHash64.hash(bytes.span)
    case (.bytes(let bytes), .fixedLengthByteArray):
      return bytes.count == leaf.typeLength ? XxHash64.hash(bytes.span) : nil
    default: return nil
    }
  }
}
