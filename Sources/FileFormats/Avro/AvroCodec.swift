internal import Columnar

/// How the blocks of an Avro container are compressed.
public enum AvroCodec: String, Hashable, Sendable {
  case null
  case deflate
  case snappy
  case zstandard

  /// The most bytes that a block may become.
  private static let sizeLimit = 1 << 30

  /// Returns the contents of a block.
  func decompress(_ block: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    switch self {
    case .null: return block.copied()
    case .deflate: return try Deflate.decompress(block, .raw, limit: Self.sizeLimit)
    case .zstandard: return try Zstd.decompress(block, limit: Self.sizeLimit)
    case .snappy:
      // The block is followed by the big-endian CRC-32 of its contents.
      guard block.count >= 4 else { throw .damaged("a snappy block is shorter than its checksum") }
      let body = block.extracting(0..<block.count - 4)
      let size = try Snappy.contentSize(of: body)
      guard size <= Self.sizeLimit else { throw FileFormatError(.tooLarge, "an Avro block of \(size) bytes") }
      let contents = try CompressionCodec.snappy.decompress(body, size: size)
      var stated: UInt32 = 0
      for index in block.count - 4..<block.count { stated = stated &<< 8 | UInt32(block[index]) }
      guard Deflate.crc32(contents.span) == stated else {
        throw .damaged("an Avro block has another checksum")
      }
      return contents
    }
  }

  /// Returns a block for contents.
  func compress(_ contents: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    switch self {
    case .null: return contents.copied()
    case .deflate: return try Deflate.compress(contents, .raw)
    case .zstandard: return try CompressionCodec.zstd.compress(contents)
    case .snappy:
      var block = try CompressionCodec.snappy.compress(contents)
      let checksum = Deflate.crc32(contents)
      for index in 0..<4 { block.append(UInt8(truncatingIfNeeded: checksum &>> UInt32(24 - 8 * index))) }
      return block
    }
  }
}
