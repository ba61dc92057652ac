internal import Columnar

/// The end of a Parquet file.
/// ```
///  "PAR1" | pages, indexes, filters … | metadata (thrift) | length, 4 bytes | "PAR1"
/// ```
public enum ParquetFooter {
  /// Bytes at both ends of the file.
  static let magic: [UInt8] = Array("PAR1".utf8)
  /// Bytes read from the end at once: what the footers of most files fit in.
  ///
  /// A second read is cheap, memory that is touched for nothing is not.
  static let guess = 16 * 1024
  /// The longest footer that is read.
  static let byteLimit = 1 << 30

  /// Reads the metadata of a Parquet file.
  ///
  /// - Parameter file: The file.
  /// - Returns: Its metadata.
  /// - Throws: If the file is no Parquet file, damaged or encrypted.
  public static func read(_ file: any RandomAccessFile) throws(FileFormatError) -> ParquetFileMetadata {
    guard file.byteCount >= 12 else {
      throw .damaged("not a Parquet file: it has \(file.byteCount) bytes", file: file.path, offset: 0)
    }
    let tailStart = max(0, file.byteCount - guess)
    let tail = try file.read(at: tailStart, count: file.byteCount - tailStart)
    try check(tail.bytes, at: file.byteCount - tailStart - 4, file, "ends")
    if tailStart == 0 {
      try check(tail.bytes, at: 0, file, "begins")
    } else {
      let head = try file.read(at: 0, count: 4)
      try check(head.bytes, at: 0, file, "begins")
    }
    let lengthAt = file.byteCount - tailStart - 8
    var length = 0
    for index in 0..<4 { length |= Int(tail.bytes[lengthAt + index]) << (8 * index) }
    guard length > 0, length <= file.byteCount - 12 else {
      throw .damaged(
        "the footer's length is \(length), the file has \(file.byteCount) bytes", file: file.path,
        offset: file.byteCount - 8)
    }
    guard length <= byteLimit else {
      throw FileFormatError(.tooLarge, "the footer has \(length) bytes", file: file.path)
    }
    let start = file.byteCount - 8 - length
    do {
      if start >= tailStart {
        let range = start - tailStart..<lengthAt
        var reader = ThriftReader(tail, range: range, fileOffset: tailStart)
        return try ParquetFileMetadata.decode(from: &reader)
      }
      let bytes = try file.read(at: start, count: length)
      var reader = ThriftReader(bytes, range: 0..<length, fileOffset: start)
      return try ParquetFileMetadata.decode(from: &reader)
    } catch {
      throw error.inFile(file.path)
    }
  }

  private static func check(
    _ bytes: Span<UInt8>, at offset: Int, _ file: any RandomAccessFile, _ verb: String
  ) throws(FileFormatError) {
    var found: [UInt8] = []
    for index in 0..<4 { found.append(bytes[offset + index]) }
    if found == magic { return }
    if found == Array("PARE".utf8) {
      throw .unsupported("encrypted Parquet files are not supported", file: file.path)
    }
    throw .damaged(
      "not a Parquet file: it \(verb) without PAR1", file: file.path,
      offset: verb == "begins" ? 0 : file.byteCount - 4)
  }
}
