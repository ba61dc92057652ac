/// Differences in blocks of 128, packed by 32 to the bits they need (Encodings.md, "Delta Encoding").
///
/// ```
///  128 | 4 | value count | first value | block | block | …          varints; values zig-zag
///  block: least difference | 4 widths, a byte each | 32 differences less the least, packed | … four times
/// ```
enum DeltaBinaryPackedEncoder {
  private static let blockSize = 128
  private static let miniblockCount = 4
  private static let miniblockSize = 32

  /// Appends the values; differences wrap around at the type's width, as readers of it expect.
  static func append<Value: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _ values: Span<Value>, to bytes: inout [UInt8]
  ) where Value.Magnitude: BitwiseCopyable {
    bytes.appendVarint(UInt64(blockSize))
    bytes.appendVarint(UInt64(miniblockCount))
    bytes.appendVarint(UInt64(values.count))
    bytes.appendZigZag(values.isEmpty ? 0 : Int64(values[0]))
    var excess = [Value.Magnitude](repeating: 0, count: blockSize)
    var row = 1
    while row < values.count {
      let count = min(blockSize, values.count - row)
      var least = Value.max
      for index in 0..<count {
        let difference = values[row &+ index] &- values[row &+ index &- 1]
        least = min(least, difference)
      }
      for index in 0..<count {
        let difference = values[row &+ index] &- values[row &+ index &- 1]
        excess[index] = Value.Magnitude(truncatingIfNeeded: difference &- least)
      }
      for index in count..<blockSize { excess[index] = 0 }
      bytes.appendZigZag(Int64(least))
      appendMiniblocks(excess.span, count: count, to: &bytes)
      row += count
    }
  }

  private static func appendMiniblocks<Excess: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ excess: Span<Excess>, count: Int, to bytes: inout [UInt8]
  ) {
    let usedCount = (count + miniblockSize - 1) / miniblockSize
    let widthsAt = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: miniblockCount))
    for miniblock in 0..<usedCount {
      let part = excess.extracting(miniblock * miniblockSize..<(miniblock + 1) * miniblockSize)
      var union: Excess = 0
      for index in part.indices { union |= part[index] }
      let width = Excess.bitWidth - union.leadingZeroBitCount
      bytes[widthsAt + miniblock] = UInt8(width)
      BitPacker.append(part, bitWidth: width, byteCount: miniblockSize / 8 * width, to: &bytes)
    }
  }
}
