/// Reads integers as differences, packed by block (Parquet, "Encodings", DELTA_BINARY_PACKED = 5).
///
/// ```
/// header    := varint block size, varint miniblocks a block, varint count, zigzag first value
/// block     := zigzag least difference, one width byte a miniblock, the miniblocks
/// miniblock := block size / miniblocks values of its width, packed
/// ```
/// Sums wrap, as the format demands; a 32-bit column takes the low half.
struct DeltaBinaryPackedDecoder {
  /// How many values the header announces.
  let totalCount: Int
  /// Where the next byte is read.
  private(set) var position: Int
  private let end: Int
  private let miniblockCount: Int
  private let miniblockSize: Int
  private var value: Int64
  private var taken = 0
  private var leastDelta: Int64 = 0
  private var widthsStart = 0
  private var miniblock = 0
  private var deltas: [UInt64] = []
  private var deltaIndex = 0

  /// Reads the header at `position`.
  init(_ bytes: Span<UInt8>, position: Int, end: Int) throws(FileFormatError) {
    var next = position
    let blockSize = try ULEB128.read(bytes, at: &next, end: end)
    let miniblocks = try ULEB128.read(bytes, at: &next, end: end)
    let count = try ULEB128.read(bytes, at: &next, end: end)
    value = try ULEB128.readZigzag(bytes, at: &next, end: end)
    // Writers use 128 to 65,536; a size that no page could hold is damage, not a reason to allocate.
    guard
      blockSize > 0 && blockSize <= 1 << 20 && blockSize % 128 == 0 && miniblocks > 0
        && blockSize % miniblocks == 0 && (blockSize / miniblocks) % 32 == 0 && count <= UInt64(Int32.max)
    else {
      throw .damagedEncoding(
        "a delta block of \(blockSize) values in \(miniblocks) miniblocks, \(count) values in all")
    }
    (totalCount, miniblockCount) = (Int(count), Int(miniblocks))
    (self.position, self.end, miniblockSize) = (next, end, Int(blockSize / miniblocks))
    miniblock = miniblockCount
  }

  /// Decodes the next `count` values into `values` from `first` on.
  mutating func decode<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>, count: Int, into values: inout MutableSpan<Value>, at first: Int
  ) throws(FileFormatError) {
    guard count <= totalCount - taken else {
      throw .damagedEncoding("\(totalCount) delta-encoded values, \(taken + count) needed")
    }
    guard count > 0 else { return }
    var done = 0
    if taken == 0 {
      values[first] = Value(truncatingIfNeeded: value)
      (taken, done) = (1, 1)
    }
    while done < count {
      if deltaIndex == deltas.count { try readMiniblock(bytes) }
      let length = min(count &- done, deltas.count &- deltaIndex)
      var sum = value
      let (least, start, target) = (leastDelta, deltaIndex, first &+ done)
      let block = deltas
      precondition(start + length <= block.count && target + length <= values.count)
      unsafe values.withUnsafeMutableBufferPointer { room in
        unsafe block.withUnsafeBufferPointer { block in
          guard let room = room.baseAddress, let block = block.baseAddress else { return }
          // SAFETY: both ends are checked above.
          for index in 0..<length {
            sum = sum &+ (least &+ Int64(bitPattern: unsafe block[start &+ index]))
            unsafe room[target &+ index] = Value(truncatingIfNeeded: sum)
          }
        }
      }
      value = sum
      deltaIndex &+= length
      done &+= length
      taken &+= length
    }
  }

  private mutating func readMiniblock(_ bytes: Span<UInt8>) throws(FileFormatError) {
    if miniblock == miniblockCount {
      leastDelta = try ULEB128.readZigzag(bytes, at: &position, end: end)
      widthsStart = position
      guard end - position >= miniblockCount else { throw .damagedEncoding("a delta block is cut short") }
      position += miniblockCount
      miniblock = 0
    }
    let width = Int(bytes[widthsStart + miniblock])
    miniblock += 1
    guard width <= 64 else { throw .damagedEncoding("a delta of \(width) bits") }
    // The last miniblock may be cut off behind the last value.
    let needed = min(miniblockSize, totalCount - taken)
    let byteCount = min(end - position, miniblockSize * width / 8)
    guard byteCount >= (needed * width + 7) / 8 else { throw .damagedEncoding("a miniblock is cut short") }
    deltaIndex = 0
    // Taken out while it is written.
    var block: [UInt64] = []
    swap(&block, &deltas)
    if block.count != needed { block = [UInt64](repeating: 0, count: needed) }
    defer { swap(&block, &deltas) }
    var room = block.mutableSpan
    if width == 0 {
      room.fill(0, count: needed, with: 0)
    } else {
      BitUnpacker.unpack(bytes, at: position, width: width, count: needed, into: &room, at: 0)
    }
    position += byteCount
  }

  /// Passes over all values that are left, to where the data behind them begins.
  mutating func skipToEnd(_ bytes: Span<UInt8>) throws(FileFormatError) {
    if taken == 0 && totalCount > 0 { taken = 1 }
    taken += deltas.count - deltaIndex
    deltaIndex = deltas.count
    while taken < totalCount {
      try readMiniblock(bytes)
      taken += deltas.count
      deltaIndex = deltas.count
    }
  }
}
