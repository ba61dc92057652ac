public import Columnar

/// A file whose bytes can be read anywhere, by several threads at once.
public protocol RandomAccessFile: Sendable {
  /// The path as the file system knows it, for messages.
  var path: String { get }
  /// The length when the file was opened.
  var byteCount: Int { get }

  /// Fills `room` with the bytes from `offset` on.
  ///
  /// - Parameters:
  ///   - offset: The first byte.
  ///   - room: What to fill, wholly.
  /// - Throws: `.damaged` if the file ends before that, `.inputOutput` if it cannot be read.
  func read(at offset: Int, into room: inout MutableSpan<UInt8>) throws(FileFormatError)
}

extension RandomAccessFile {
  /// Reads exactly `count` bytes.
  ///
  /// - Parameters:
  ///   - offset: The first byte.
  ///   - count: How many.
  /// - Returns: A buffer whose first `count` bytes are the data.
  /// - Throws: `.damaged` if the file ends before that, `.inputOutput` if it cannot be read.
  public func read(at offset: Int, count: Int) throws(FileFormatError) -> Buffer {
    try check(offset: offset, count: count)
    var buffer = WritableBuffer(byteCount: count)
    var room = buffer.elements(as: UInt8.self, count: count)
    try read(at: offset, into: &room)
    return buffer.freeze()
  }

  /// Throws if the file does not hold `count` bytes from `offset` on: before memory is taken for them.
  public func check(offset: Int, count: Int) throws(FileFormatError) {
    guard offset >= 0, count >= 0, count <= byteCount, offset <= byteCount - count else {
      throw .damaged(
        "the file has \(byteCount) bytes, where \(count) from byte \(offset) on should be", file: path,
        offset: offset)
    }
  }
}
