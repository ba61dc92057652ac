/// Gzip files made of segments, which are copied from one file into the next instead of being compressed again.
///
/// A segment refers to nothing before it and ends at a byte, with the empty stored block that other libraries
/// call a full flush (RFC 1951, §3.2.4). The text is a JSON object whose last member is an index of the segments, so
/// that a reader decompresses those that it wants. Others see one ordinary gzip member, and a member of the object
/// that they do not know. (The header's extra field would be the place for it, but DuckDB refuses files that have one.)
public enum SegmentedGzip {
  /// The most bytes of text in one block.
  ///
  /// So short a text becomes one block of the library's.
  public static let blockLimit = 32 * 1024

  /// A text that was compressed.
  public struct Segment: Sendable {
    /// The compressed blocks.
    public var packed: ArraySlice<UInt8>
    /// CRC-32 of `packed`.
    public var packedChecksum: UInt32
    /// How many bytes the text has.
    public var textCount: Int
    /// CRC-32 of the text.
    public var textChecksum: UInt32

    /// Decompresses the text.
    ///
    /// - Returns: `textCount` bytes.
    /// - Throws: If the blocks hold another text.
    public func text() throws(FileFormatError) -> [UInt8] {
      guard textCount > 0 else { return [] }
      var text = [UInt8](repeating: 0, count: textCount)
      var room = text.mutableSpan
      var stream: [UInt8] = []
      stream.reserveCapacity(packed.count + lastBlock.count)
      stream += packed
      stream += lastBlock
      guard try Deflate.Decompressor().fill(&room, from: stream.span) == textCount,
        Deflate.crc32(text.span) == textChecksum
      else { throw .damaged("a segment of a gzip file is damaged") }
      return text
    }
  }

  static let emptyBlock: [UInt8] = [0, 0, 0xFF, 0xFF]
  static let lastBlock: [UInt8] = [1, 0, 0, 0xFF, 0xFF]

  /// Compresses a text to a segment.
  public static func pack(_ text: Span<UInt8>) throws(FileFormatError) -> Segment {
    let (compressor, checker) = (try Deflate.Compressor(level: 1), try Deflate.Decompressor())
    var packed: [UInt8] = []
    var start = 0
    while start < text.count {
      let end = min(text.count, start + blockLimit)
      packed += try block(text.extracting(start..<end), compressor, checker)
      start = end
    }
    return Segment(
      packed: packed[...], packedChecksum: Deflate.crc32(packed.span), textCount: text.count,
      textChecksum: Deflate.crc32(text))
  }

  private static func block(
    _ text: Span<UInt8>, _ compressor: Deflate.Compressor, _ checker: Deflate.Decompressor
  ) throws(FileFormatError) -> [UInt8] {
    var block = try compressor.compress(text, .raw)
    // The library makes whole streams only: its last block, which is its only one, becomes one with more behind it.
    block[0] &= ~1
    var room = [UInt8](repeating: 0, count: text.count)
    // The three bits that begin the empty block fit into the block's last byte, or take one of their own.
    for start in [block, block + [0]] {
      let packed = start + emptyBlock
      var target = room.mutableSpan
      if checker.fill(&target, from: (packed + lastBlock).span) == text.count,
        JSONScanner.isSame(room.span, at: 0, as: text, text.indices)
      {
        return packed
      }
    }
    let (low, high) = (UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8))
    var stored = [0, low, high, ~low, ~high]
    for index in text.indices { stored.append(text[index]) }
    return stored + [0] + emptyBlock
  }
}
