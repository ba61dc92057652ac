internal import Columnar
internal import Glibc
internal import Synchronization

/// Files that live as long as this object: for tests and for sessions without a directory.
///
/// Directories exist once something was made in them. A file being written is seen by nobody before it
/// is closed or synchronised.
public final class InMemoryFileSystem: FileSystem {
  private struct State {
    var files: [String: Entry] = [:]
    var directories: Set<String> = ["/", "."]
  }

  private struct Entry {
    var bytes: [UInt8]
    var modifiedMicros: Int64
  }

  private let state = Mutex(State())

  /// Makes an empty file system.
  public init() {}

  /// Opens an existing file for reading.
  public func open(_ path: String) throws(FileFormatError) -> any RandomAccessFile {
    let path = Self.normal(path)
    guard let entry = state.withLock({ $0.files[path] }) else {
      throw FileFormatError(.notFound, "there is no file of this name", file: path)
    }
    return InMemoryFile(path: path, bytes: entry.bytes)
  }

  /// Makes a new file, and its parent directories.
  public func create(_ path: String) throws(FileFormatError) -> any WritableFile {
    let path = Self.normal(path)
    let exists = state.withLock { state in
      if state.files[path] != nil || state.directories.contains(path) { return true }
      state.files[path] = Entry(bytes: [], modifiedMicros: Self.now())
      Self.addDirectories(to: FilePath.parent(of: path), in: &state)
      return false
    }
    if exists { throw FileFormatError(.alreadyExists, "a file of this name exists", file: path) }
    return InMemoryWritableFile(path: path) { [self] bytes in
      state.withLock { $0.files[path] = Entry(bytes: bytes, modifiedMicros: Self.now()) }
    }
  }

  /// Returns what is known about `path`, `nil` when nothing is there.
  public func status(_ path: String) throws(FileFormatError) -> FileStatus? {
    let path = Self.normal(path)
    return state.withLock { state in
      if let entry = state.files[path] { return Self.status(path, entry) }
      guard state.directories.contains(path) else { return nil }
      return FileStatus(path: path, byteCount: 0, modifiedMicros: 0, isDirectory: true)
    }
  }

  /// Returns the files and directories in `directory`, ordered by path.
  public func list(_ directory: String, recursively: Bool) throws(FileFormatError) -> [FileStatus] {
    let directory = Self.normal(directory)
    let prefix = directory == "/" ? "/" : directory == "." ? "" : directory + "/"
    let found: [FileStatus]? = state.withLock { state in
      guard state.directories.contains(directory) else { return nil }
      func isWanted(_ path: String) -> Bool {
        guard path != directory, path.hasPrefix(prefix) else { return false }
        return recursively || !path.utf8.dropFirst(prefix.utf8.count).contains(UInt8(ascii: "/"))
      }
      let files = state.files.filter { isWanted($0.key) }.map { Self.status($0.key, $0.value) }
      let directories = state.directories.filter(isWanted).map {
        FileStatus(path: $0, byteCount: 0, modifiedMicros: 0, isDirectory: true)
      }
      return files + directories
    }
    guard let found else {
      throw FileFormatError(.notFound, "there is no directory of this name", file: directory)
    }
    return found.sorted { $0.path < $1.path }
  }

  /// Removes a file or an empty directory; one that is absent is no error.
  public func remove(_ path: String) throws(FileFormatError) {
    let path = Self.normal(path)
    let isFull = state.withLock { state in
      if state.files.removeValue(forKey: path) != nil { return false }
      guard state.directories.contains(path) else { return false }
      let prefix = path + "/"
      if state.files.keys.contains(where: { $0.hasPrefix(prefix) })
        || state.directories.contains(where: { $0.hasPrefix(prefix) })
      {
        return true
      }
      state.directories.remove(path)
      return false
    }
    if isFull { throw FileFormatError(.alreadyExists, "the directory is not empty", file: path) }
  }

  /// Gives a file another path in one step, in place of whatever file has it.
  public func rename(_ from: String, to: String) throws(FileFormatError) {
    let (from, to) = (Self.normal(from), Self.normal(to))
    let isDone = state.withLock { state in
      guard state.directories.contains(FilePath.parent(of: to)), !state.directories.contains(to),
        let entry = state.files.removeValue(forKey: from)
      else { return false }
      state.files[to] = entry
      return true
    }
    if !isDone { throw FileFormatError(.notFound, "cannot be renamed to \(to)", file: from) }
  }

  /// Makes a directory and its parents; one that exists is no error.
  public func createDirectory(_ path: String) throws(FileFormatError) {
    let path = Self.normal(path)
    let isFile = state.withLock { state in
      if state.files[path] != nil { return true }
      Self.addDirectories(to: path, in: &state)
      return false
    }
    if isFile { throw FileFormatError(.alreadyExists, "is no directory", file: path) }
  }

  /// Returns once the names in a directory are on stable storage.
  public func synchronizeDirectory(_ path: String) throws(FileFormatError) {}

  private static func status(_ path: String, _ entry: Entry) -> FileStatus {
    FileStatus(
      path: path, byteCount: entry.bytes.count, modifiedMicros: entry.modifiedMicros, isDirectory: false)
  }

  private static func addDirectories(to path: String, in state: inout State) {
    var path = path
    while state.directories.insert(path).inserted { path = FilePath.parent(of: path) }
  }

  /// Returns the path without repeated and trailing separators, so that one file has one name.
  private static func normal(_ path: String) -> String {
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map {
      String(decoding: Array($0), as: UTF8.self)
    }
    .filter { $0 != "." }
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    if parts.isEmpty { return isAbsolute ? "/" : "." }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }

  private static func now() -> Int64 {
    var time = timespec()
    // SAFETY: `time` lives for the call.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec / 1000)
  }
}

/// The bytes of a file as they were when it was opened, or any bytes that shall be read as a file.
public struct InMemoryFile: RandomAccessFile {
  /// The name given, for messages.
  public let path: String
  private let bytes: [UInt8]

  /// Makes a file of `bytes`; `path` is for messages.
  public init(path: String = "<memory>", bytes: [UInt8]) { (self.path, self.bytes) = (path, bytes) }

  /// The length.
  public var byteCount: Int { bytes.count }

  /// Fills `room` with the bytes from `offset` on.
  public func read(at offset: Int, into room: inout MutableSpan<UInt8>) throws(FileFormatError) {
    try check(offset: offset, count: room.count)
    let source = bytes.span.extracting(offset..<offset + room.count)
    for index in source.indices { room[index] = source[index] }
  }
}

final class InMemoryWritableFile: WritableFile {
  private let path: String
  private let publish: ([UInt8]) -> Void
  private var bytes: [UInt8] = []
  private var isOpen = true

  init(path: String, publish: @escaping ([UInt8]) -> Void) { (self.path, self.publish) = (path, publish) }

  var position: Int { bytes.count }

  func write(_ new: Span<UInt8>) throws(FileFormatError) {
    guard isOpen else { throw FileFormatError(.internal, "is written after its end", file: path) }
    // SAFETY: `new` lives for the call, and the array copies it.
    unsafe new.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  func synchronize() throws(FileFormatError) { publish(bytes) }

  func close() throws(FileFormatError) {
    if isOpen { publish(bytes) }
    isOpen = false
  }
}
