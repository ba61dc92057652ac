internal import Columnar

/// What a file system knows about a file without opening it.
public struct FileStatus: Hashable, Sendable {
  /// The path, beginning as that of the directory that was asked for.
  public var path: String
  /// The length; of a directory unspecified.
  public var byteCount: Int
  /// The time of the last change, in microseconds since 1970.
  public var modifiedMicros: Int64
  /// Whether it is a directory.
  public var isDirectory: Bool

  /// Makes a status.
  public init(path: String, byteCount: Int, modifiedMicros: Int64, isDirectory: Bool) {
    (self.path, self.byteCount) = (path, byteCount)
    (self.modifiedMicros, self.isDirectory) = (modifiedMicros, isDirectory)
  }
}

/// Where files are; paths are plain, separated by `/`.
public protocol FileSystem: Sendable {
  /// Opens an existing file for reading.
  func open(_ path: String) throws(FileFormatError) -> any RandomAccessFile

  /// Makes a new file, and its parent directories; an existing one is an `.alreadyExists` error.
  func create(_ path: String) throws(FileFormatError) -> any WritableFile

  /// Returns what is known about `path`, `nil` when nothing is there.
  func status(_ path: String) throws(FileFormatError) -> FileStatus?

  /// Returns the files and directories in `directory`, ordered by path; `.notFound` if it is absent.
  ///
  /// Links to directories are listed as directories and not followed.
  func list(_ directory: String, recursively: Bool) throws(FileFormatError) -> [FileStatus]

  /// Removes a file or an empty directory; one that is absent is no error.
  func remove(_ path: String) throws(FileFormatError)

  /// Gives a file another path in one step, in place of whatever file has it.
  func rename(_ from: String, to: String) throws(FileFormatError)

  /// Makes a directory and its parents; one that exists is no error.
  func createDirectory(_ path: String) throws(FileFormatError)

  /// Returns once the names in a directory are on stable storage.
  func synchronizeDirectory(_ path: String) throws(FileFormatError)
}

extension FileSystem {
  /// Returns all bytes of a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes that are read; a longer file is a `.tooLarge` error.
  /// - Returns: The bytes.
  /// - Throws: If the file is absent, too large or cannot be read.
  public func readAll(_ path: String, limit: Int = 1 << 31) throws(FileFormatError) -> [UInt8] {
    let file = try open(path)
    guard file.byteCount <= limit else {
      throw FileFormatError(
        .tooLarge, "the file has \(file.byteCount) bytes, more than the \(limit) that are read at once",
        file: path)
    }
    var bytes = [UInt8](repeating: 0, count: file.byteCount)
    var room = bytes.mutableSpan
    try file.read(at: 0, into: &room)
    return bytes
  }

  /// Makes a new file of `bytes` that is on stable storage, name included, when the call returns.
  ///
  /// - Parameters:
  ///   - path: The file; an existing one is an `.alreadyExists` error.
  ///   - bytes: All it shall hold.
  /// - Throws: If it exists or cannot be written; what was begun is removed then.
  public func writeNew(_ path: String, _ bytes: Span<UInt8>) throws(FileFormatError) {
    let file = try create(path)
    do {
      try file.write(bytes)
      try finish(file, path)
    } catch {
      try? file.close()
      try? remove(path)
      throw error
    }
  }

  /// Makes a new file of parts; see the form that takes a span.
  public func writeNew(_ path: String, parts: [ArraySlice<UInt8>]) throws(FileFormatError) {
    let file = try create(path)
    do {
      for part in parts { try file.write(part.span) }
      try finish(file, path)
    } catch {
      try? file.close()
      try? remove(path)
      throw error
    }
  }

  private func finish(_ file: any WritableFile, _ path: String) throws(FileFormatError) {
    try file.synchronize()
    try file.close()
    try synchronizeDirectory(FilePath.parent(of: path))
  }

  /// Writes a file so that readers see the old bytes or the new ones, whatever happens.
  ///
  /// - Parameters:
  ///   - path: The file, replaced if it exists.
  ///   - bytes: All it shall hold.
  /// - Throws: If it cannot be written; the old file is left as it was then.
  public func writeAtomically(_ path: String, _ bytes: Span<UInt8>) throws(FileFormatError) {
    let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    let file = try create(draft)
    do {
      try file.write(bytes)
      try file.synchronize()
      try file.close()
      try rename(draft, to: path)
    } catch {
      try? file.close()
      try? remove(draft)
      throw error
    }
    try synchronizeDirectory(FilePath.parent(of: path))
  }
}

/// Plain paths, as text.
public enum FilePath {
  /// Returns the directory that `path` lies in: `/a` for `/a/b`, `.` for `b`.
  public static func parent(of path: String) -> String {
    let bytes = Array(path.utf8)
    var end = bytes.count
    while end > 1, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
    while end > 0, bytes[end - 1] != UInt8(ascii: "/") { end -= 1 }
    if end == 0 { return "." }
    while end > 1, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
    return String(decoding: bytes[0..<end], as: UTF8.self)
  }

  /// Returns `name` in `directory`.
  public static func join(_ directory: String, _ name: String) -> String {
    if directory.isEmpty || directory == "." { return name }
    return directory.utf8.last == UInt8(ascii: "/") ? directory + name : directory + "/" + name
  }
}
