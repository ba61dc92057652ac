/// A new file that one thread writes from front to back.
public protocol WritableFile: AnyObject {
  /// Bytes written so far.
  var position: Int { get }

  /// Appends `bytes`.
  func write(_ bytes: Span<UInt8>) throws(FileFormatError)

  /// Returns once all bytes are on stable storage.
  func synchronize() throws(FileFormatError)

  /// Ends the writing; a second call does nothing.
  func close() throws(FileFormatError)
}

extension WritableFile {
  /// Appends `bytes`.
  public func write(_ bytes: [UInt8]) throws(FileFormatError) { try write(bytes.span) }
}
