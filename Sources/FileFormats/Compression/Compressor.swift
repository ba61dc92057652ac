internal import Columnar

/// One worker's compression with one codec and level.
public final class Compressor {
  /// The codec.
  public let codec: CompressionCodec
  private let zstd: Zstd.Compressor?
  private let deflate: Deflate.Compressor?

  /// Makes a compressor.
  ///
  /// - Parameters:
  ///   - codec: The codec.
  ///   - level: Its own scale (zstd -7 to 22, gzip 0 to 12); `nil` for its default (1 and 6). The other
  ///     codecs have no levels and ignore it.
  /// - Throws: If `level` is outside the codec's scale.
  public init(_ codec: CompressionCodec, level: Int? = nil) throws(FileFormatError) {
    self.codec = codec
    zstd = codec == .zstd ? try Zstd.Compressor(level: level ?? Zstd.defaultLevel) : nil
    deflate = codec == .gzip ? try Deflate.Compressor(level: level ?? Deflate.defaultLevel) : nil
  }

  /// Compresses bytes.
  ///
  /// - Parameter bytes: What to compress.
  /// - Returns: The compressed bytes.
  /// - Throws: If the codec cannot take that many bytes.
  public func compress(_ bytes: Span<UInt8>) throws(FileFormatError) -> [UInt8] {
    switch codec {
    case .uncompressed: return bytes.copied()
    case .snappy: return try Snappy.compress(bytes)
    case .lz4Raw: return try Lz4.compressBlock(bytes)
    case .lz4Hadoop: return try Lz4.compressHadoop(bytes)
    case .gzip:
      guard let deflate else { throw FileFormatError(.internal, "no deflate context") }
      return try deflate.compress(bytes, .gzip)
    case .zstd:
      guard let zstd else { throw FileFormatError(.internal, "no zstd context") }
      return try zstd.compress(bytes)
    }
  }
}
