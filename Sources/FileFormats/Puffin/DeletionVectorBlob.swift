internal import Columnar

/// The Puffin blob `deletion-vector-v1` (Puffin specification, "Blob types").
///
/// ```
///  | length of magic + vector: u32 big-endian | D1 D3 39 64 | vector: portable roaring, 64 bits |
///  | CRC-32 of magic + vector: u32 big-endian |
/// ```
/// Blobs are never compressed, so a manifest's `content_offset` and `content_size_in_bytes` lead to them
/// without the file's footer.
public enum DeletionVectorBlob {
  /// The blob's type.
  public static let type = "deletion-vector-v1"
  private static let magic: [UInt8] = [0xD1, 0xD3, 0x39, 0x64]

  /// Reads the vector that a manifest entry points at.
  ///
  /// - Parameters:
  ///   - file: A Puffin file.
  ///   - offset: The entry's `content_offset`.
  ///   - byteCount: The entry's `content_size_in_bytes`.
  /// - Returns: The deleted positions.
  /// - Throws: If there is no intact deletion vector.
  public static func read(
    _ file: any RandomAccessFile, at offset: Int, byteCount: Int
  ) throws(FileFormatError) -> RoaringBitmap64 {
    let buffer = try file.read(at: offset, count: byteCount)
    do {
      return try decode(buffer.bytes.extracting(0..<byteCount))
    } catch {
      throw error.inFile(file.path, at: offset)
    }
  }

  /// Decodes a blob.
  ///
  /// - Parameter blob: The whole blob.
  /// - Returns: The deleted positions.
  /// - Throws: If length, magic or checksum are wrong or the bitmap is damaged.
  public static func decode(_ blob: Span<UInt8>) throws(FileFormatError) -> RoaringBitmap64 {
    guard blob.count >= 12 else { throw .damaged("a deletion vector of \(blob.count) bytes", offset: 0) }
    let length = Int(bigEndian(blob, at: 0))
    guard length == blob.count - 8 else {
      throw .damaged("a deletion vector states \(length) bytes, there are \(blob.count - 8)", offset: 0)
    }
    for index in 0..<4 where blob[4 + index] != magic[index] {
      throw .damaged("a deletion vector without its magic number", offset: 4)
    }
    let checksum = Deflate.crc32(blob.extracting(4..<4 + length))
    guard checksum == bigEndian(blob, at: 4 + length) else {
      throw .damaged("the deletion vector has another checksum than it states", offset: 4 + length)
    }
    do {
      return try RoaringBitmap64(portable: blob.extracting(8..<4 + length))
    } catch {
      var error = error
      error.offset = error.offset.map { $0 + 8 }
      throw error
    }
  }

  /// Returns the blob of deleted positions.
  public static func encode(_ positions: RoaringBitmap64) throws(FileFormatError) -> [UInt8] {
    let body = magic + positions.portable
    guard let length = UInt32(exactly: body.count) else {
      throw FileFormatError(.tooLarge, "a deletion vector of \(body.count) bytes")
    }
    return bytes(length) + body + bytes(Deflate.crc32(body.span))
  }

  private static func bigEndian(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<4 { value = value &<< 8 | UInt32(bytes[offset + index]) }
    return value
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value &>> UInt32(24 - 8 * $0)) }
  }
}
