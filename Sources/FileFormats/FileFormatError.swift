/// What went wrong with a file: with its bytes, its place or the system beneath it.
public struct FileFormatError: Error, Sendable {
  /// The families that programs tell apart.
  public enum Kind: String, Sendable {
    /// The bytes are not what their format says.
    case damaged
    /// The bytes may be right, but need something that we do not do.
    case unsupported
    case notFound
    case alreadyExists
    case permission
    case diskFull
    case inputOutput
    /// A size is above what we are willing to hold.
    case tooLarge
    /// We have a bug.
    case `internal`
  }

  /// The family.
  public var kind: Kind
  /// One sentence, lower case, no full stop.
  public var message: String
  /// The file, as the file system knows it.
  public var file: String?
  /// Where in the file, or in the bytes given when `file` is `nil`.
  public var offset: Int?
  /// What to do about it.
  public var hint: String?
  /// The error beneath.
  public var cause: (any Error)?

  /// Makes an error.
  public init(
    _ kind: Kind, _ message: String, file: String? = nil, offset: Int? = nil, hint: String? = nil,
    cause: (any Error)? = nil
  ) {
    (self.kind, self.message, self.file, self.offset) = (kind, message, file, offset)
    (self.hint, self.cause) = (hint, cause)
  }

  /// Makes an error that says that bytes are damaged.
  public static func damaged(_ message: String, file: String? = nil, offset: Int? = nil) -> FileFormatError {
    FileFormatError(.damaged, message, file: file, offset: offset)
  }

  /// Makes an error that names what we do not support.
  public static func unsupported(
    _ message: String, file: String? = nil, offset: Int? = nil
  ) -> FileFormatError {
    FileFormatError(.unsupported, message, file: file, offset: offset)
  }

  /// Returns the error with the file named, if none was, and its offset moved on.
  ///
  /// - Parameters:
  ///   - file: The file that holds the bytes.
  ///   - base: Where in it byte 0 of the decoded part lies.
  /// - Returns: The error, as its reader shall see it.
  public func inFile(_ file: String, at base: Int = 0) -> FileFormatError {
    guard self.file == nil else { return self }
    var error = self
    error.file = file
    error.offset = (offset ?? 0) + base
    return error
  }
}

extension FileFormatError: CustomStringConvertible {
  /// The message with its place: `t/data.parquet, byte 4: the footer is cut off`.
  public var description: String {
    let place = [file, offset.map { "byte \($0)" }].compactMap { $0 }.joined(separator: ", ")
    return place.isEmpty ? message : "\(place): \(message)"
  }
}
