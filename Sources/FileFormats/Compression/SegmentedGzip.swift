/// Gzip files made of segments, which are copied from one file into the next instead of being compressed again.
///
/// A segment refers to nothing before it and ends at a byte, with the empty stored block that other libraries
/// call a full flush (RFC 1951, §3.2.4). Readers see one ordinary gzip member.
public enum SegmentedGzip {
  /// The most bytes of text in one segment.
  ///
  /// So short a text becomes one block.
  public static let segmentLimit = 32 * 1024

  /// A segment of a file that was read.
  public struct Segment: Sendable {
    /// Where its text is in that of the file.
    public var text: Range<Int>
    /// Its compressed bytes, a part of the file.
    public var packed: ArraySlice<UInt8>
  }

  /// What a file holds.
  public struct Contents: Sendable {
    /// The text of all segments.
    public var text: [UInt8] = []
    /// The segments in order.
    public var segments: [Segment] = []
  }

  private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
  private static let emptyBlock: [UInt8] = [0, 0, 0xFF, 0xFF]
  private static let lastBlock: [UInt8] = [1, 0, 0, 0xFF, 0xFF]
  /// Length and checksum of the text.
  private static let trailerSize = 8

  /// Compresses text to one segment or, when it is longer than ``segmentLimit``, to several.
  public static func pack(_ text: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    let (compressor, checker) = (try Deflate.Compressor(level: 1), try Deflate.Decompressor())
    var packed: [UInt8] = []
    var start = 0
    while start < text.count {
      let end = min(text.count, start + segmentLimit)
      packed += try segment(text.extracting(start..<end), compressor, checker)
      start = end
    }
    return packed
  }

  private static func segment(
    _ text: Span<UInt8>, _ compressor: Deflate.Compressor, _ checker: Deflate.Decompressor
  ) throws(FileFormatError) -> [UInt8] {
    var block = try compressor.compress(text, .raw)
    // The library makes whole streams only: its last block, which is its only one, becomes one with more behind it.
    block[0] &= ~1
    // The three bits that begin the empty block fit into the block's last byte, or take one of their own.
    for start in [block, block + [0]] {
      let segment = start + emptyBlock
      if unpack(segment, room: text.count, checker).map({ isSame($0, text) }) == true { return segment }
    }
    let (low, high) = (UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8))
    var stored = [0, low, high, ~low, ~high]
    for index in text.indices { stored.append(text[index]) }
    return stored + [0] + emptyBlock
  }

  private static func isSame(_ left: [UInt8], _ right: Span<UInt8>) -> Bool {
    left.count == right.count && JSONScanner.isSame(left.span, at: 0, as: right, 0..<right.count)
  }

  private static func unpack(
    _ segment: [UInt8], room: Int, _ decompressor: Deflate.Decompressor
  ) -> [UInt8]? {
    var text = [UInt8](repeating: 0, count: room)
    var target = text.mutableSpan
    guard let size = decompressor.fill(&target, from: (segment + lastBlock).span) else { return nil }
    text.removeLast(room - size)
    return text
  }

  /// Reads a file that a ``Writer`` made.
  ///
  /// - Parameters:
  ///   - file: All bytes of the file.
  ///   - limit: The most bytes of text.
  /// - Returns: What it holds; `nil` for any other file, which may be whole all the same.
  public static func read(_ file: [UInt8], limit: Int) -> Contents? {
    let bytes = file.span
    let end = file.count - trailerSize - lastBlock.count
    guard end >= header.count, JSONScanner.isSame(bytes, at: 0, as: header.span, header.indices),
      JSONScanner.isSame(bytes, at: end, as: lastBlock.span, lastBlock.indices),
      let decompressor = try? Deflate.Decompressor()
    else { return nil }
    var total = 0
    for index in 1...4 { total = total << 8 | Int(file[file.count - index]) }
    // Metadata shrinks to a seventh; a file that says much more of itself is read by the way that believes none.
    guard total <= limit, total <= max(1 << 20, 16 * file.count) else { return nil }
    var contents = Contents()
    // Once, in its size: growing text is a cost of each commit.
    contents.text = [UInt8](repeating: 0, count: total)
    var (start, filled) = (header.count, 0)
    var stream: [UInt8] = []
    while start < end {
      guard let next = segmentEnd(bytes, start, end) else { return nil }
      let packed = file[start..<next]
      stream.removeAll(keepingCapacity: true)
      stream += packed
      stream += lastBlock
      var text = contents.text.mutableSpan
      var room = text._mutatingExtracting(filled..<min(total, filled + segmentLimit))
      guard let size = decompressor.fill(&room, from: stream.span) else { return nil }
      contents.segments.append(Segment(text: filled..<filled + size, packed: packed))
      filled += size
      start = next
    }
    guard filled == total else { return nil }
    let trailer = trailer(Deflate.crc32(contents.text.span), contents.text.count)
    let isWhole = JSONScanner.isSame(
      bytes, at: file.count - trailerSize, as: trailer.span, trailer.indices)
    return isWhole ? contents : nil
  }

  private static func segmentEnd(_ file: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var last = start + emptyBlock.count - 1
    while last < end {
      // What the last byte of the four can be says how far the next place for them is.
      switch file[last] {
      case 0xFF:
        if file[last - 1] == 0xFF, file[last - 2] == 0, file[last - 3] == 0 { return last + 1 }
        last += 1
      case 0: last += 2
      default: last += emptyBlock.count
      }
    }
    return nil
  }

  private static func trailer(_ checksum: UInt32, _ count: Int) -> [UInt8] {
    let value = UInt64(checksum) | UInt64(UInt32(truncatingIfNeeded: count)) << 32
    return (0..<trailerSize).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  /// Makes a file of texts that come one after the other.
  public struct Writer {
    private var bytes = SegmentedGzip.header
    private var checksum: UInt32 = 0
    private var count = 0

    /// Begins a file.
    public init() {}

    /// Adds text and what ``SegmentedGzip/pack(_:)`` made of it.
    public mutating func append(_ text: Span<UInt8>, packed: ArraySlice<UInt8>) {
      checksum = Deflate.crc32(text, initial: checksum)
      count += text.count
      bytes += packed
    }

    /// The whole file.
    public consuming func finish() -> [UInt8] {
      bytes + SegmentedGzip.lastBlock + SegmentedGzip.trailer(checksum, count)
    }
  }
}
