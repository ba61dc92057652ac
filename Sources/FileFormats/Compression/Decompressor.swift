public import Columnar

/// One worker's decompression: contexts are made once, when their codec is first met.
public final class Decompressor {
  private var zstd: Zstd.Decompressor?
  private var deflate: Deflate.Decompressor?

  /// Makes a decompressor without contexts.
  public init() {}

  /// Decompresses bytes that stand for exactly `room.count` bytes.
  ///
  /// - Parameters:
  ///   - bytes: The compressed bytes.
  ///   - codec: How they are compressed.
  ///   - room: Where the result goes; on error its contents are unspecified.
  /// - Throws: If the bytes are damaged or stand for another length.
  public func decompress(
    _ bytes: Span<UInt8>, _ codec: CompressionCodec, into room: inout MutableSpan<UInt8>
  ) throws(FileFormatError) {
    switch codec {
    case .uncompressed:
      guard bytes.count == room.count else {
        throw .damaged("\(bytes.count) uncompressed bytes where \(room.count) should be")
      }
      // SAFETY: both live for the call and are of one length.
      unsafe room.withUnsafeMutableBytes { target in
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
      }
    case .snappy: try Snappy.decompress(bytes, into: &room)
    case .gzip:
      if deflate == nil { deflate = try Deflate.Decompressor() }
      try deflate?.decompress(bytes, .detect, into: &room)
    case .lz4Raw: try Lz4.decompressBlock(bytes, into: &room)
    case .lz4Hadoop: try Lz4.decompressHadoop(bytes, into: &room)
    case .zstd:
      if zstd == nil { zstd = try Zstd.Decompressor() }
      try zstd?.decompress(bytes, into: &room)
    }
  }

  /// Decompresses bytes whose length is known into a buffer.
  ///
  /// - Parameters:
  ///   - bytes: The compressed bytes.
  ///   - codec: How they are compressed.
  ///   - size: The length they stand for.
  /// - Returns: A buffer whose first `size` bytes are the data.
  /// - Throws: If the bytes are damaged or stand for another length.
  public func decompress(
    _ bytes: Span<UInt8>, _ codec: CompressionCodec, size: Int
  ) throws(FileFormatError) -> Buffer {
    try codec.check(size: size, compressed: bytes.count)
    var buffer = WritableBuffer(byteCount: size)
    var room = buffer.elements(as: UInt8.self, count: size)
    try decompress(bytes, codec, into: &room)
    return buffer.freeze()
  }
}
