internal import Columnar

/// Reads Puffin files, which hold statistics and indexes of tables (Puffin specification, version 1).
///
/// ```
///  | "PFA1" | blob | blob … | footer |
///  footer:  | "PFA1" | payload: JSON | payload bytes: i32 | flags: 4 bytes | "PFA1" |     (little-endian)
///           bit 0 of flags: the payload is an LZ4 frame
/// ```
public struct PuffinReader: Sendable {
  /// The blobs.
  public let blobs: [PuffinBlob]
  /// What is said of the file, such as `created-by`.
  public let properties: [String: String]
  /// The length of the footer, magic numbers included.
  public let footerByteCount: Int
  private let file: any RandomAccessFile
  static let magic: [UInt8] = [0x50, 0x46, 0x41, 0x31]
  private static let sizeLimit = 1 << 30

  /// Reads a file's footer.
  ///
  /// - Parameter file: The file.
  /// - Throws: If it is damaged or uses what the specification does not know.
  public init(_ file: any RandomAccessFile) throws(FileFormatError) {
    self.file = file
    let end = file.byteCount
    guard end >= 20 else { throw .damaged("a Puffin file of \(end) bytes", file: file.path) }
    let head = try file.read(at: 0, count: 4)
    guard Self.isMagic(head.bytes, at: 0) else {
      throw .damaged("the file does not begin as a Puffin file", file: file.path, offset: 0)
    }
    let trailer = try file.read(at: end - 12, count: 12)
    let bytes = trailer.bytes
    guard Self.isMagic(bytes, at: 8) else {
      throw .damaged("the file does not end as a Puffin file", file: file.path, offset: end - 4)
    }
    var size: UInt32 = 0
    for index in 0..<4 { size |= UInt32(bytes[index]) &<< UInt32(8 * index) }
    guard Int(size) <= end - 20 else {
      throw .damaged(
        "a Puffin footer of \(size) bytes in a file of \(end)", file: file.path, offset: end - 12)
    }
    guard bytes[4] <= 1, bytes[5] == 0, bytes[6] == 0, bytes[7] == 0 else {
      throw .unsupported("unknown flags in a Puffin footer", file: file.path, offset: end - 8)
    }
    let start = end - 12 - Int(size) - 4
    let footer = try file.read(at: start, count: Int(size) + 4)
    do throws(FileFormatError) {
      guard Self.isMagic(footer.bytes, at: 0) else {
        throw .damaged("a Puffin footer does not begin as one")
      }
      let payload = footer.bytes.extracting(4..<4 + Int(size))
      let text = bytes[4] == 1 ? try Lz4.decompressFrame(payload, limit: Self.sizeLimit) : payload.copied()
      let json = try JSONParser.parse(text)
      guard let list = json["blobs"]?.arrayValue else {
        throw .damaged("a footer without \"blobs\"")
      }
      var blobs: [PuffinBlob] = []
      for item in list {
        let blob = try PuffinBlob(json: item)
        guard blob.offset >= 4, blob.byteCount >= 0, blob.byteCount <= start,
          blob.offset <= start - blob.byteCount
        else {
          throw .damaged(
            "a blob at \(blob.offset) of \(blob.byteCount) bytes is not in the file")
        }
        blobs.append(blob)
      }
      (self.blobs, properties) = (blobs, PuffinBlob.properties(json["properties"]))
    } catch {
      throw error.inFile(file.path, at: start)
    }
    footerByteCount = end - start
  }

  private static func isMagic(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    for index in 0..<4 where bytes[offset + index] != magic[index] { return false }
    return true
  }

  /// Returns a blob's bytes, decompressed.
  ///
  /// - Parameter blob: One of ``blobs``.
  /// - Returns: The bytes.
  /// - Throws: If they are damaged.
  public func read(_ blob: PuffinBlob) throws(FileFormatError) -> [UInt8] {
    let buffer = try file.read(at: blob.offset, count: blob.byteCount)
    let bytes = buffer.bytes.extracting(0..<blob.byteCount)
    do {
      switch blob.codec {
      case nil: return bytes.copied()
      case .lz4: return try Lz4.decompressFrame(bytes, limit: Self.sizeLimit)
      case .zstd: return try Zstd.decompress(bytes, limit: Self.sizeLimit)
      }
    } catch {
      throw error.inFile(file.path, at: blob.offset)
    }
  }
}
