internal import Glibc

/// The time of day, for timestamps in metadata, and waiting.
package enum Clock {
  /// Milliseconds since 1970, UTC.
  package static func nowMillis() -> Int64 {
    var now = timespec()
    // SAFETY: the system fills the struct that it is given.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }

  /// Keeps the thread waiting.
  static func sleep(millis: Int64) {
    guard millis > 0 else { return }
    usleep(UInt32(clamping: millis * 1000))
  }
}
