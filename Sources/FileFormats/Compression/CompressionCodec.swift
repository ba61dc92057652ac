/// A way in which pages, blocks and blobs are compressed.
public enum CompressionCodec: String, Hashable, Sendable, CaseIterable {
  case uncompressed
  case snappy
  /// Gzip members (RFC 1952); reading takes zlib streams too.
  case gzip
  /// One LZ4 block, as Parquet's `LZ4_RAW`.
  case lz4Raw
  /// LZ4 blocks with Hadoop's lengths before them, as Parquet's deprecated `LZ4`; reading takes an LZ4
  /// frame or a bare block too.
  case lz4Hadoop
  case zstd

  /// The most bytes that one compressed byte can stand for, by the design of the format.
  var expansionLimit: Int {
    switch self {
    case .uncompressed: 1
    // A copy element of three bytes yields 64.
    case .snappy: 24
    // A match of 258 bytes can be coded in two bits.
    case .gzip: 1032
    case .lz4Raw, .lz4Hadoop: 256
    // An RLE block of four bytes yields 128 KiB.
    case .zstd: 1 << 15
    }
  }

  /// The most bytes that one call decompresses.
  public static let sizeLimit = Int(Int32.max)

  /// Throws unless `compressed` bytes can become `size` bytes; before memory is taken for them.
  func check(size: Int, compressed: Int) throws(FileFormatError) {
    guard size >= 0, size <= Self.sizeLimit else {
      throw FileFormatError(.tooLarge, "a \(rawValue) block of \(size) bytes is too large")
    }
    guard size / expansionLimit <= compressed + 64 else {
      throw .damaged("\(compressed) bytes of \(rawValue) cannot hold \(size) bytes")
    }
  }

  /// Decompresses bytes whose length is known.
  ///
  /// Readers of many pages keep a ``Decompressor``, which does not make its tables anew each time.
  ///
  /// - Parameters:
  ///   - bytes: The compressed bytes.
  ///   - size: The length they stand for.
  /// - Returns: `size` bytes.
  /// - Throws: If the bytes are damaged or stand for another length.
  public func decompress(_ bytes: Span<UInt8>, size: Int) throws(FileFormatError) -> [UInt8] {
    try check(size: size, compressed: bytes.count)
    var result = [UInt8](repeating: 0, count: size)
    var room = result.mutableSpan
    try Decompressor().decompress(bytes, self, into: &room)
    return result
  }

  /// Compresses bytes; writers of many pages keep a ``Compressor``.
  ///
  /// - Parameters:
  ///   - bytes: What to compress.
  ///   - level: The codec's own scale; `nil` for its default.
  /// - Returns: The compressed bytes.
  /// - Throws: If the codec cannot take that many bytes, or `level` is not one of its levels.
  public func compress(_ bytes: Span<UInt8>, level: Int? = nil) throws(FileFormatError) -> [UInt8] {
    try Compressor(self, level: level).compress(bytes)
  }
}
