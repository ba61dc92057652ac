/// Reads the RLE / bit-packing hybrid: dictionary codes, levels and booleans (Parquet, "Encodings").
///
/// ```
/// run      := varint header, then
///   header & 1 == 0:  one value in ceil(width / 8) bytes, (header >> 1) times
///   header & 1 == 1:  (header >> 1) groups of 8 values in `width` bytes each
/// ```
/// The decoder keeps positions only; the page's bytes are handed in with each call.
struct RLEBitPackedDecoder {
  /// Bits of a value, 0...32.
  let width: Int
  /// Where the next run begins.
  private(set) var position: Int
  /// Where the last run ends.
  let end: Int
  private var repeatedCount = 0
  private var repeatedValue: UInt32 = 0
  private var packedCount = 0
  private var packedStart = 0
  private var packedIndex = 0

  /// Makes a decoder of the runs at `position ..< end`.
  init(width: Int, position: Int, end: Int) throws(FileFormatError) {
    guard width >= 0 && width <= 32 else { throw .damagedEncoding("a bit width of \(width) in an RLE run") }
    (self.width, self.position, self.end) = (width, position, end)
  }

  /// What the rest of the current run is.
  enum Run {
    /// `count` times the same value.
    case repeated(UInt32, count: Int)
    /// `count` packed values, the first of them number `index` of those that begin at byte `start`.
    case packed(start: Int, index: Int, count: Int)
  }

  /// Takes at most `limit` values of the current run, reading the next run's header if it is used up.
  @inline(__always)
  mutating func next(_ bytes: Span<UInt8>, limit: Int) throws(FileFormatError) -> Run {
    while true {
      if repeatedCount > 0 {
        let count = min(repeatedCount, limit)
        repeatedCount &-= count
        return .repeated(repeatedValue, count: count)
      }
      if packedCount > 0 {
        let count = min(packedCount, limit)
        let run = Run.packed(start: packedStart, index: packedIndex, count: count)
        packedCount &-= count
        packedIndex &+= count
        return run
      }
      try readHeader(bytes)
    }
  }

  private mutating func readHeader(_ bytes: Span<UInt8>) throws(FileFormatError) {
    if width == 0 {
      // The one value there is takes no bits; some writers leave the runs out.
      (repeatedCount, repeatedValue) = (.max, 0)
      return
    }
    let header = try ULEB128.read(bytes, at: &position, end: end)
    let count = Int(header >> 1)
    guard header <= UInt64(UInt32.max) else {
      throw .damagedEncoding("an RLE run of \(header >> 1) values")
    }
    if header & 1 == 0 {
      let byteCount = (width + 7) / 8
      guard end - position >= byteCount else { throw .damagedEncoding("an RLE run is cut short") }
      var value: UInt32 = 0
      for index in 0..<byteCount { value |= UInt32(bytes[position + index]) &<< UInt32(index * 8) }
      guard width == 32 || value >> UInt32(width) == 0 else {
        throw .damagedEncoding("an RLE run repeats \(value), which does not fit \(width) bits")
      }
      position += byteCount
      (repeatedCount, repeatedValue) = (count, value)
    } else {
      // The last group may be cut off behind the last value that is needed.
      let available = (end - position) * 8 / width
      packedStart = position
      packedIndex = 0
      packedCount = min(count * 8, available)
      guard packedCount > 0 || count == 0 else { throw .damagedEncoding("a bit-packed run is cut short") }
      position = min(end, position + count * width)
    }
  }

  /// Decodes `count` values into `values` from `first` on.
  mutating func decode(
    _ bytes: Span<UInt8>, count: Int, into values: inout MutableSpan<UInt32>, at first: Int
  ) throws(FileFormatError) {
    var done = 0
    while done < count {
      switch try next(bytes, limit: count &- done) {
      case .repeated(let value, let length):
        values.fill(first &+ done, count: length, with: value)
        done &+= length
      case .packed(let start, var index, let length):
        let stop = index &+ length
        // Only a read that began within a page stands within a group.
        while index & 7 != 0 && index < stop {
          values[first &+ done] = UInt32(
            truncatingIfNeeded: BitUnpacker.value(bytes, at: start, width: width, index: index))
          index &+= 1
          done &+= 1
        }
        guard index < stop else { continue }
        BitUnpacker.unpack(
          bytes, at: start &+ index / 8 &* width, width: width, count: stop &- index, into: &values,
          at: first &+ done)
        done &+= stop &- index
      }
    }
  }

  /// Decodes `count` values of at most 8 bits.
  mutating func decode(
    _ bytes: Span<UInt8>, count: Int, into values: inout MutableSpan<UInt8>, at first: Int
  ) throws(FileFormatError) {
    precondition(width <= 8)
    var done = 0
    while done < count {
      switch try next(bytes, limit: count &- done) {
      case .repeated(let value, let length):
        values.fill(first &+ done, count: length, with: UInt8(truncatingIfNeeded: value))
        done &+= length
      case .packed(let start, var index, let length):
        let stop = index &+ length
        while index & 7 != 0 && index < stop {
          values[first &+ done] = UInt8(
            truncatingIfNeeded: BitUnpacker.value(bytes, at: start, width: width, index: index))
          index &+= 1
          done &+= 1
        }
        guard index < stop else { continue }
        BitUnpacker.unpack(
          bytes, at: start &+ index / 8 &* width, width: width, count: stop &- index, into: &values,
          at: first &+ done)
        done &+= stop &- index
      }
    }
  }

  /// Decodes `count` values of one bit into `words` from bit `first` on, where all bits are zero so far.
  ///
  /// - Returns: How many of them are set.
  mutating func decodeBits(
    _ bytes: Span<UInt8>, count: Int, into words: inout MutableSpan<UInt64>, at first: Int
  ) throws(FileFormatError) -> Int {
    precondition(width == 1)
    var (done, setCount) = (0, 0)
    while done < count {
      switch try next(bytes, limit: count &- done) {
      case .repeated(let value, let length):
        if value == 1 {
          words.setBits(first &+ done, count: length)
          setCount &+= length
        }
        done &+= length
      case .packed(let start, let index, let length):
        setCount &+= words.copyBits(bytes, from: start &* 8 &+ index, count: length, to: first &+ done)
        done &+= length
      }
    }
    return setCount
  }

  /// Passes over `count` values of one bit.
  ///
  /// - Returns: How many of them are set.
  mutating func skipBits(_ bytes: Span<UInt8>, count: Int) throws(FileFormatError) -> Int {
    precondition(width == 1)
    var (done, setCount) = (0, 0)
    while done < count {
      switch try next(bytes, limit: count &- done) {
      case .repeated(let value, let length):
        setCount &+= value == 1 ? length : 0
        done &+= length
      case .packed(let start, let index, let length):
        for bit in start &* 8 &+ index..<start &* 8 &+ index &+ length {
          setCount &+= Int(bytes[bit &>> 3] &>> UInt8(bit & 7) & 1)
        }
        done &+= length
      }
    }
    return setCount
  }

  /// Passes over `count` values.
  mutating func skip(_ bytes: Span<UInt8>, count: Int) throws(FileFormatError) {
    var left = count
    while left > 0 {
      switch try next(bytes, limit: left) {
      case .repeated(_, let length), .packed(_, _, let length): left &-= length
      }
    }
  }

  /// The length of the value that the next `count` values all have, without taking them; `nil` if they
  /// are not one run.
  mutating func peekRepeated(_ bytes: Span<UInt8>, count: Int) throws(FileFormatError) -> UInt32? {
    while repeatedCount == 0 && packedCount == 0 { try readHeader(bytes) }
    return repeatedCount >= count ? repeatedValue : nil
  }
}

/// Unsigned numbers of 7 bits a byte, lowest first.
enum ULEB128 {
  /// Reads a number of at most 64 bits and moves `position` behind it.
  @inline(__always)
  static func read(_ bytes: Span<UInt8>, at position: inout Int, end: Int) throws(FileFormatError) -> UInt64 {
    var (value, shift) = (UInt64(0), UInt64(0))
    while position < end && shift < 70 {
      let byte = bytes[position]
      position &+= 1
      if shift == 63 && byte > 1 { break }
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
    throw .damagedEncoding("a variable-length number is cut short or too long")
  }

  /// Reads a number in zigzag form, in which 0, -1, 1, -2 are 0 to 3.
  @inline(__always)
  static func readZigzag(
    _ bytes: Span<UInt8>, at position: inout Int, end: Int
  ) throws(FileFormatError) -> Int64 {
    let value = try read(bytes, at: &position, end: end)
    return Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1)
  }
}
