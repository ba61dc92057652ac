internal import Glibc

/// An open file of this machine, read by `pread`.
final class LocalFile: RandomAccessFile {
  let path: String
  let byteCount: Int
  private let descriptor: Int32

  init(_ path: String) throws(FileFormatError) {
    try SystemCall.check(path)
    // SAFETY: the path lives for the call.
    let descriptor = SystemCall.retrying { unsafe open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw SystemCall.error(errno, "cannot be opened", path) }
    var facts = stat()
    // SAFETY: `facts` lives for the call.
    guard unsafe fstat(descriptor, &facts) == 0 else {
      let code = errno
      _ = close(descriptor)
      throw SystemCall.error(code, "cannot be looked at", path)
    }
    guard facts.st_mode & S_IFMT != S_IFDIR else {
      _ = close(descriptor)
      throw FileFormatError(.inputOutput, "is a directory", file: path)
    }
    (self.path, self.descriptor, byteCount) = (path, descriptor, Int(facts.st_size))
  }

  deinit { _ = close(descriptor) }

  func read(at offset: Int, into room: inout MutableSpan<UInt8>) throws(FileFormatError) {
    try check(offset: offset, count: room.count)
    let count = room.count
    var done = 0
    while done < count {
      // SAFETY: `done ..< count` lies in `room`, which lives for the call.
      let read = unsafe room.withUnsafeMutableBytes { target in
        SystemCall.retrying {
          // One call moves at most 2 GiB.
          let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[done...])
          return unsafe pread(descriptor, rest.baseAddress, min(rest.count, 1 << 30), off_t(offset + done))
        }
      }
      if read < 0 { throw SystemCall.error(errno, "cannot be read at byte \(offset + done)", path) }
      if read == 0 {
        throw .damaged("the file became shorter while it was read", file: path, offset: offset + done)
      }
      done += read
    }
  }
}

/// A new file of this machine; small writes are gathered.
final class LocalWritableFile: WritableFile {
  private let path: String
  private var descriptor: Int32
  private var gathered: [UInt8] = []
  private(set) var position = 0
  private static let gatheredLimit = 64 * 1024

  init(_ path: String) throws(FileFormatError) {
    try SystemCall.check(path)
    // SAFETY: the path lives for the call.
    descriptor = SystemCall.retrying {
      unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    guard descriptor >= 0 else { throw SystemCall.error(errno, "cannot be made", path) }
    self.path = path
  }

  deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

  func write(_ bytes: Span<UInt8>) throws(FileFormatError) {
    let count = bytes.count
    if gathered.count + count <= Self.gatheredLimit {
      gathered.reserveCapacity(Self.gatheredLimit)
      // SAFETY: `bytes` lives for the call, and the array copies it.
      unsafe bytes.withUnsafeBufferPointer { unsafe gathered.append(contentsOf: $0) }
    } else {
      try flush()
      try send(bytes)
    }
    position += count
  }

  private func flush() throws(FileFormatError) {
    guard !gathered.isEmpty else { return }
    var part: [UInt8] = []
    swap(&part, &gathered)
    try send(part.span)
    part.removeAll(keepingCapacity: true)
    swap(&part, &gathered)
  }

  private func send(_ bytes: Span<UInt8>) throws(FileFormatError) {
    guard descriptor >= 0 else { throw FileFormatError(.internal, "is written after its end", file: path) }
    let count = bytes.count
    var done = 0
    while done < count {
      // SAFETY: `done ..< count` lies in `bytes`, which lives for the call.
      let written = unsafe bytes.withUnsafeBytes { source in
        SystemCall.retrying {
          let rest = unsafe UnsafeRawBufferPointer(rebasing: source[done...])
          return unsafe Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
        }
      }
      guard written > 0 else { throw SystemCall.error(errno, "cannot be written", path) }
      done += written
    }
  }

  func synchronize() throws(FileFormatError) {
    try flush()
    guard SystemCall.retrying({ fsync(descriptor) }) == 0 else {
      throw SystemCall.error(errno, "cannot be synchronised", path)
    }
  }

  func close() throws(FileFormatError) {
    guard descriptor >= 0 else { return }
    var failure: FileFormatError?
    do { try flush() } catch { failure = error }
    let result = Glibc.close(descriptor)
    let code = errno
    descriptor = -1
    if let failure { throw failure }
    // After EINTR the descriptor is closed on Linux.
    guard result == 0 || code == EINTR else { throw SystemCall.error(code, "cannot be closed", path) }
  }
}
