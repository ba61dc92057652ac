/// Reads the repetition or definition levels of one data page.
///
/// Levels are in the RLE / bit-packing hybrid; files of old writers have them bit-packed from the most
/// significant bit on (Parquet, "Encodings", BIT_PACKED = 4, deprecated).
enum LevelDecoder {
  /// All levels are zero: the schema has no higher one, or the page says that there is no null.
  case constant(UInt8)
  case hybrid(RLEBitPackedDecoder)
  case bitPacked(start: Int, end: Int, width: Int, index: Int)

  /// Makes a decoder of the levels at `range`, of which `maximum` is the highest.
  init(hybrid range: Range<Int>, maximum: Int) throws(FileFormatError) {
    self = .hybrid(
      try RLEBitPackedDecoder(
        width: LevelDecoder.width(of: maximum), position: range.lowerBound, end: range.upperBound))
  }

  /// The bits that levels up to `maximum` take.
  static func width(of maximum: Int) -> Int { Int.bitWidth - maximum.leadingZeroBitCount }

  /// Decodes `count` levels of 0 or 1 as bits, where all bits are zero so far.
  ///
  /// - Returns: How many are 1.
  mutating func decodeBits(
    _ bytes: Span<UInt8>, count: Int, into words: inout MutableSpan<UInt64>, at first: Int
  ) throws(FileFormatError) -> Int {
    switch self {
    case .constant(let level):
      if level == 1 { words.setBits(first, count: count) }
      return level == 1 ? count : 0
    case .hybrid(var decoder):
      let setCount = try decoder.decodeBits(bytes, count: count, into: &words, at: first)
      self = .hybrid(decoder)
      return setCount
    case .bitPacked(let start, let end, let width, let index):
      var setCount = 0
      for row in 0..<count
      where try LevelDecoder.packed(bytes, start: start, end: end, width: width, index: index + row) == 1 {
        words.setBits(first + row, count: 1)
        setCount += 1
      }
      self = .bitPacked(start: start, end: end, width: width, index: index + count)
      return setCount
    }
  }

  /// Passes over `count` levels of 0 or 1.
  ///
  /// - Returns: How many are 1.
  mutating func skipBits(_ bytes: Span<UInt8>, count: Int) throws(FileFormatError) -> Int {
    switch self {
    case .constant(let level): return level == 1 ? count : 0
    case .hybrid(var decoder):
      let setCount = try decoder.skipBits(bytes, count: count)
      self = .hybrid(decoder)
      return setCount
    case .bitPacked(let start, let end, let width, let index):
      var setCount = 0
      for row in 0..<count {
        setCount += try LevelDecoder.packed(bytes, start: start, end: end, width: width, index: index + row)
      }
      self = .bitPacked(start: start, end: end, width: width, index: index + count)
      return setCount
    }
  }

  /// Decodes `count` levels.
  mutating func decode(
    _ bytes: Span<UInt8>, count: Int, into levels: inout MutableSpan<UInt8>, at first: Int
  ) throws(FileFormatError) {
    switch self {
    case .constant(let level): levels.fill(first, count: count, with: level)
    case .hybrid(var decoder):
      try decoder.decode(bytes, count: count, into: &levels, at: first)
      self = .hybrid(decoder)
    case .bitPacked(let start, let end, let width, let index):
      for row in 0..<count {
        levels[first + row] = UInt8(
          truncatingIfNeeded:
            try LevelDecoder.packed(bytes, start: start, end: end, width: width, index: index + row))
      }
      self = .bitPacked(start: start, end: end, width: width, index: index + count)
    }
  }

  /// Whether the next `count` levels are known to be `level` by their one run.
  mutating func areAll(
    _ level: Int, _ bytes: Span<UInt8>, count: Int
  ) throws(FileFormatError) -> Bool {
    switch self {
    case .constant(let constant): return Int(constant) == level
    case .hybrid(var decoder):
      guard count > 0 else { return true }
      let value = try decoder.peekRepeated(bytes, count: count)
      self = .hybrid(decoder)
      return value.map { Int($0) } == level
    case .bitPacked: return false
    }
  }

  private static func packed(
    _ bytes: Span<UInt8>, start: Int, end: Int, width: Int, index: Int
  ) throws(FileFormatError) -> Int {
    var level = 0
    for bit in index * width..<(index + 1) * width {
      guard start + bit >> 3 < end else { throw .damagedEncoding("bit-packed levels are cut short") }
      level = level << 1 | Int(bytes[start + bit >> 3] >> UInt8(7 - bit & 7) & 1)
    }
    return level
  }
}
