internal import Glibc

/// A lock on a file that makes our own writers of one table queue, across threads and processes.
///
/// It is advisory and only saves vain work: what decides a commit is the catalog's guarded swap. The system
/// lets go of it when the process ends, however it ends.
public final class TableLock: Sendable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Waits for the lock.
  ///
  /// - Parameters:
  ///   - path: The lock file, made if it is missing; it stays.
  ///   - timeoutMillis: How long to wait.
  /// - Returns: The lock, which is released with its last reference; `nil` when the file cannot be made.
  /// - Throws: ``TableFormatError`` of kind `conflict` when somebody holds the lock for longer.
  package static func acquire(
    _ path: String, timeoutMillis: Int64
  ) throws(TableFormatError) -> TableLock? {
    // SAFETY: the path is a string that lives for the call.
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return nil }
    let lock = TableLock(descriptor: descriptor)
    var (waited, pause): (Int64, Int64) = (0, 1)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { return nil }
      guard waited < timeoutMillis else {
        throw TableFormatError(
          .conflict, "another writer has held the lock of the table for \(waited / 1000) seconds",
          hint: "find the program that has \(path) open", file: path, isRetryable: true)
      }
      usleep(UInt32(pause * 1000))
      waited += pause
      pause = min(pause * 2, 20)
    }
    return lock
  }
}
