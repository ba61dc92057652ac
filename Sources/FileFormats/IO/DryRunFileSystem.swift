internal import Synchronization

/// A file system that reads what another holds and keeps away from it what is written.
///
/// Files whose names say that they are read again, as later steps do with metadata, are kept in memory; of all
/// others only the length is known. What would be removed stays.
public final class DryRunFileSystem: FileSystem {
  private let real: any FileSystem
  private let kept = InMemoryFileSystem()
  private let isKept: @Sendable (_ path: String) -> Bool
  private let lengths = Mutex<[String: Int]>([:])

  /// Covers a file system.
  ///
  /// - Parameters:
  ///   - real: What is read.
  ///   - isKept: Whether the bytes of a new file are wanted again.
  public init(over real: any FileSystem, keeping isKept: @escaping @Sendable (_ path: String) -> Bool) {
    (self.real, self.isKept) = (real, isKept)
  }

  /// The bytes of all files that were written and not removed.
  public var writtenByteCount: Int { lengths.withLock { $0.values.reduce(0, +) } }

  private func isWritten(_ path: String) -> Bool { lengths.withLock { $0[path] != nil } }

  /// Opens a file of the real file system, or one that was kept.
  public func open(_ path: String) throws(FileFormatError) -> any RandomAccessFile {
    isWritten(path) ? try kept.open(path) : try real.open(path)
  }

  /// Begins a file that will not be there; one that is there or was begun is an error.
  public func create(_ path: String) throws(FileFormatError) -> any WritableFile {
    let isThere = try real.status(path) != nil
    guard !isThere, !isWritten(path) else {
      throw FileFormatError(.alreadyExists, "the file exists already", file: path)
    }
    lengths.withLock { $0[path] = 0 }
    let inner = isKept(path) ? try kept.create(path) : nil
    return CountingFile(inner) { length in self.lengths.withLock { $0[path] = length } }
  }

  /// Returns what is known of a file, be it real or written.
  public func status(_ path: String) throws(FileFormatError) -> FileStatus? {
    guard let length = lengths.withLock({ $0[path] }) else { return try real.status(path) }
    return FileStatus(path: path, byteCount: length, modifiedMicros: 0, isDirectory: false)
  }

  /// Lists the real files.
  public func list(_ directory: String, recursively: Bool) throws(FileFormatError) -> [FileStatus] {
    try real.list(directory, recursively: recursively)
  }

  /// Forgets a file that was written; a real one stays.
  public func remove(_ path: String) throws(FileFormatError) {
    guard lengths.withLock({ $0.removeValue(forKey: path) }) != nil, isKept(path) else { return }
    try kept.remove(path)
  }

  /// Gives a file that was written another name.
  public func rename(_ from: String, to: String) throws(FileFormatError) {
    guard let length = lengths.withLock({ $0.removeValue(forKey: from) }) else {
      throw FileFormatError(.notFound, "is not written here, and real files keep their names", file: from)
    }
    if isKept(from) { try kept.rename(from, to: to) }
    lengths.withLock { $0[to] = length }
  }

  /// Does nothing.
  public func createDirectory(_ path: String) throws(FileFormatError) {}

  /// Does nothing.
  public func synchronizeDirectory(_ path: String) throws(FileFormatError) {}
}

/// A file of which the length counts.
private final class CountingFile: WritableFile {
  private let inner: (any WritableFile)?
  private let note: (Int) -> Void
  private(set) var position = 0

  init(_ inner: (any WritableFile)?, _ note: @escaping (Int) -> Void) {
    (self.inner, self.note) = (inner, note)
  }

  func write(_ bytes: Span<UInt8>) throws(FileFormatError) {
    position += bytes.count
    try inner?.write(bytes)
  }

  func synchronize() throws(FileFormatError) {
    note(position)
    try inner?.synchronize()
  }

  func close() throws(FileFormatError) {
    note(position)
    try inner?.close()
  }
}
