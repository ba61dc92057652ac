internal import CLz4

/// LZ4 blocks, bare, in Hadoop's framing or in the LZ4 frame format.
///
/// Hadoop's framing, all lengths big-endian, repeated until the data ends:
/// ```
///  0                    4                  8
///  | uncompressed bytes | compressed bytes | block … | compressed bytes | block … |
/// ```
/// Blocks follow until the uncompressed bytes of the group are there; most writers put one in each.
public enum Lz4 {
  /// Decompresses one block that holds exactly `room.count` bytes.
  static func decompressBlock(
    _ block: Span<UInt8>, into room: inout MutableSpan<UInt8>
  ) throws(FileFormatError) {
    let size = decompressPart(block, into: &room, at: 0, count: room.count)
    guard size >= 0 else { throw .damaged("damaged LZ4 block") }
    guard size == room.count else {
      throw .damaged("an LZ4 block holds \(size) bytes where \(room.count) should be")
    }
  }

  /// Decompresses one block to `count` bytes of `room` at most; returns its length, or less than 0.
  private static func decompressPart(
    _ block: Span<UInt8>, into room: inout MutableSpan<UInt8>, at offset: Int, count: Int
  ) -> Int {
    guard block.count <= Int(Int32.max), count <= Int(Int32.max) else { return -1 }
    // SAFETY: both are live for the call; the library reads and writes at most the counts given.
    return unsafe room.withUnsafeMutableBytes { target in
      unsafe block.withUnsafeBytes { source in
        let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + count])
        let room = unsafe part.assumingMemoryBound(to: CChar.self)
        let start = unsafe source.assumingMemoryBound(to: CChar.self)
        return Int(
          unsafe LZ4_decompress_safe(
            start.baseAddress, room.baseAddress, Int32(start.count), Int32(room.count)))
      }
    }
  }

  /// Decompresses what Parquet's deprecated codec `LZ4` may be: Hadoop's framing, an LZ4 frame or a block.
  static func decompressHadoop(
    _ bytes: Span<UInt8>, into room: inout MutableSpan<UInt8>
  ) throws(FileFormatError) {
    if decompressGroups(bytes, into: &room) { return }
    if isFrame(bytes) { return try decompressFrame(bytes, into: &room) }
    try decompressBlock(bytes, into: &room)
  }

  /// Returns whether `bytes` are Hadoop groups that fill `room`.
  private static func decompressGroups(_ bytes: Span<UInt8>, into room: inout MutableSpan<UInt8>) -> Bool {
    func bigEndian(at offset: Int) -> Int {
      var value = 0
      for index in 0..<4 { value = value &<< 8 | Int(bytes[offset &+ index]) }
      return value
    }
    var (used, written) = (0, 0)
    while used < bytes.count {
      guard bytes.count - used >= 4 else { return false }
      var rest = bigEndian(at: used)
      used += 4
      guard rest <= room.count - written else { return false }
      if rest == 0, bytes.count - used >= 4 {
        // A group of nothing may still have a block, of one byte.
        let length = bigEndian(at: used)
        guard length <= 1, length <= bytes.count - used - 4 else { return false }
        used += 4 + length
      }
      while rest > 0 {
        guard bytes.count - used >= 4 else { return false }
        let length = bigEndian(at: used)
        used += 4
        guard length > 0, length <= bytes.count - used else { return false }
        let block = bytes.extracting(used..<used + length)
        let size = decompressPart(block, into: &room, at: written, count: rest)
        guard size > 0 else { return false }
        used += length
        written += size
        rest -= size
      }
    }
    return written == room.count
  }

  static func compressBlock(_ bytes: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    try compress(bytes, headerByteCount: 0)
  }

  static func compressHadoop(_ bytes: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    var result = try compress(bytes, headerByteCount: 8)
    let lengths = (UInt32(bytes.count), UInt32(result.count - 8))
    for index in 0..<4 {
      result[index] = UInt8(truncatingIfNeeded: lengths.0 &>> UInt32(24 - index * 8))
      result[4 + index] = UInt8(truncatingIfNeeded: lengths.1 &>> UInt32(24 - index * 8))
    }
    return result
  }

  private static func compress(
    _ bytes: Span<UInt8>, headerByteCount: Int
  ) throws(FileFormatError) -> [UInt8] {
    guard bytes.count <= Int(LZ4_MAX_INPUT_SIZE) else {
      throw FileFormatError(.tooLarge, "LZ4 takes 2 GiB at most")
    }
    let bound = Int(LZ4_compressBound(Int32(bytes.count)))
    let result = unsafe [UInt8](unsafeUninitializedCapacity: headerByteCount + bound) { target, count in
      // SAFETY: both are live for the call, and `bound` bytes lie behind the header, which is zeroed.
      let size = unsafe bytes.withUnsafeBytes { source in
        let room = unsafe UnsafeMutableRawBufferPointer(target).assumingMemoryBound(to: CChar.self)
        let start = unsafe source.assumingMemoryBound(to: CChar.self)
        guard let first = room.baseAddress else { return Int32(0) }
        for index in 0..<headerByteCount { unsafe first[index] = 0 }
        return unsafe LZ4_compress_default(
          start.baseAddress, first + headerByteCount, Int32(start.count), Int32(bound))
      }
      count = size > 0 ? headerByteCount + Int(size) : 0
    }
    guard !result.isEmpty else { throw FileFormatError(.internal, "LZ4 cannot compress") }
    return result
  }
}
