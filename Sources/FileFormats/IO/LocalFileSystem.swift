internal import Glibc

/// The files of this machine.
public struct LocalFileSystem: FileSystem {
  /// Makes the file system; it has no state.
  public init() {}

  /// Opens an existing file for reading.
  public func open(_ path: String) throws(FileFormatError) -> any RandomAccessFile {
    try LocalFile(path)
  }

  /// Makes a new file, and its parent directories.
  public func create(_ path: String) throws(FileFormatError) -> any WritableFile {
    do {
      return try LocalWritableFile(path)
    } catch  where error.kind == .notFound {
      try createDirectory(FilePath.parent(of: path))
      return try LocalWritableFile(path)
    }
  }

  /// Returns what is known about `path`, `nil` when nothing is there.
  public func status(_ path: String) throws(FileFormatError) -> FileStatus? {
    try SystemCall.check(path)
    var facts = stat()
    // SAFETY: both pointers live for the call.
    let result = SystemCall.retrying { unsafe stat(path, &facts) }
    if result == 0 { return FileStatus(path: path, facts) }
    let code = errno
    if code == ENOENT || code == ENOTDIR { return nil }
    throw SystemCall.error(code, "cannot be looked at", path)
  }

  /// Returns the files and directories in `directory`, ordered by path.
  public func list(_ directory: String, recursively: Bool) throws(FileFormatError) -> [FileStatus] {
    var found: [FileStatus] = []
    var open = [directory]
    while let next = open.popLast() {
      let names: [String]
      do {
        names = try Self.names(in: next)
      } catch  where error.kind == .notFound && next != directory {
        continue  // removed by somebody since its parent was read
      }
      for name in names {
        let path = FilePath.join(next, name)
        var facts = stat()
        // SAFETY: both pointers live for the call.
        guard SystemCall.retrying({ unsafe lstat(path, &facts) }) == 0 else {
          if errno == ENOENT { continue }
          throw SystemCall.error(errno, "cannot be looked at", path)
        }
        let isLink = facts.st_mode & S_IFMT == S_IFLNK
        if isLink {
          guard let target = try status(path) else { continue }
          found.append(target)
        } else {
          let status = FileStatus(path: path, facts)
          found.append(status)
          if recursively && status.isDirectory { open.append(path) }
        }
      }
    }
    found.sort { $0.path < $1.path }
    return found
  }

  private static func names(in directory: String) throws(FileFormatError) -> [String] {
    try SystemCall.check(directory)
    // SAFETY: the handle is used until `closedir` below and by this thread only.
    guard let handle = unsafe opendir(directory) else {
      throw SystemCall.error(errno, "cannot be listed", directory)
    }
    defer { unsafe closedir(handle) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(handle) else {
        if errno != 0 { throw SystemCall.error(errno, "cannot be listed", directory) }
        return names
      }
      // SAFETY: `d_name` ends with a zero byte and stays until the next `readdir`.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { place in
        unsafe place.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
  }

  /// Removes a file or an empty directory; one that is absent is no error.
  public func remove(_ path: String) throws(FileFormatError) {
    try SystemCall.check(path)
    // SAFETY: the path lives for the call.
    if unsafe Glibc.remove(path) == 0 { return }
    if errno == ENOENT || errno == ENOTDIR { return }
    throw SystemCall.error(errno, "cannot be removed", path)
  }

  /// Gives a file another path in one step, in place of whatever file has it.
  public func rename(_ from: String, to: String) throws(FileFormatError) {
    try SystemCall.check(from)
    try SystemCall.check(to)
    // SAFETY: the paths live for the call.
    if unsafe Glibc.rename(from, to) == 0 { return }
    throw SystemCall.error(errno, "cannot be renamed to \(to)", from)
  }

  /// Makes a directory and its parents; one that exists is no error.
  public func createDirectory(_ path: String) throws(FileFormatError) {
    try SystemCall.check(path)
    // SAFETY: the path lives for the call.
    if unsafe mkdir(path, 0o777) == 0 {
      return try synchronizeDirectory(FilePath.parent(of: path))
    }
    switch errno {
    case EEXIST:
      if let status = try status(path), status.isDirectory { return }
      throw FileFormatError(.alreadyExists, "is no directory", file: path)
    case ENOENT:
      let parent = FilePath.parent(of: path)
      guard parent != path, parent != "." else { throw SystemCall.error(ENOENT, "cannot be made", path) }
      try createDirectory(parent)
      // SAFETY: the path lives for the call.
      guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST else {
        throw SystemCall.error(errno, "cannot be made", path)
      }
      try synchronizeDirectory(parent)
    default:
      throw SystemCall.error(errno, "cannot be made", path)
    }
  }

  /// Returns once the names in a directory are on stable storage.
  public func synchronizeDirectory(_ path: String) throws(FileFormatError) {
    try SystemCall.check(path)
    // SAFETY: the path lives for the call.
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemCall.error(errno, "cannot be opened", path) }
    defer { _ = Glibc.close(descriptor) }
    // EINVAL: file systems without directory fsync.
    guard SystemCall.retrying({ fsync(descriptor) }) == 0 || errno == EINVAL else {
      throw SystemCall.error(errno, "cannot be synchronised", path)
    }
  }
}

extension FileStatus {
  init(path: String, _ facts: stat) {
    self.init(
      path: path, byteCount: Int(facts.st_size),
      modifiedMicros: Int64(facts.st_mtim.tv_sec) &* 1_000_000 &+ Int64(facts.st_mtim.tv_nsec / 1000),
      isDirectory: facts.st_mode & S_IFMT == S_IFDIR)
  }
}

/// What system calls have in common: interruption, and errors by number.
enum SystemCall {
  /// Calls `body` until no signal interrupts it.
  static func retrying<Result: SignedInteger>(_ body: () -> Result) -> Result {
    while true {
      let result = body()
      if result != -1 || errno != EINTR { return result }
    }
  }

  /// Throws for a path that the system would cut at a zero byte.
  static func check(_ path: String) throws(FileFormatError) {
    if path.isEmpty || path.utf8.contains(0) {
      throw FileFormatError(.notFound, "there is no file of this name", file: path)
    }
  }

  /// Returns the error that `errno` value `code` stands for.
  static func error(_ code: Int32, _ what: String, _ path: String) -> FileFormatError {
    let kind: FileFormatError.Kind =
      switch code {
      case ENOENT, ENOTDIR: .notFound
      case EEXIST, ENOTEMPTY: .alreadyExists
      case EACCES, EPERM, EROFS: .permission
      case ENOSPC, EDQUOT, EFBIG: .diskFull
      default: .inputOutput
      }
    var room = [CChar](repeating: 0, count: 256)
    // SAFETY: writes at most `room.count` bytes, a zero last.
    let isNamed = unsafe strerror_r(code, &room, room.count) == 0
    let text =
      isNamed
      ? String(decoding: room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      : "error \(code)"
    return FileFormatError(kind, "\(what): \(text)", file: path)
  }
}
