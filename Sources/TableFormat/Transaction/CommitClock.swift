internal import Glibc

/// Where the times of commits come from: the machine's clock, or one that was set so that a run can be repeated.
public struct CommitClock: Sendable {
  /// The machine's clock.
  public static let system = CommitClock(fixedMillis: nil)

  private let fixedMillis: Int64?

  private init(fixedMillis: Int64?) { self.fixedMillis = fixedMillis }

  /// Makes a clock that always tells the same time: milliseconds since 1970, UTC.
  public init(standingAtMillis millis: Int64) { fixedMillis = millis }

  /// The time: milliseconds since 1970, UTC.
  public var nowMillis: Int64 {
    if let fixedMillis { return fixedMillis }
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
