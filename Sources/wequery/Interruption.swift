internal import Glibc
internal import QueryEngine
internal import Synchronization

/// Ctrl-C: the first press cancels the running statement; a second one ends the program, but not the shell.
enum Interruption {
  private static let count = Atomic(0)
  private static let isShell = Atomic(false)
  private static let session = Mutex<WeakSession?>(nil)

  /// Whether Ctrl-C was pressed since the last ``reset()``.
  static var wasRequested: Bool { count.load(ordering: .relaxed) > 0 }

  /// Forgets earlier presses.
  static func reset() { count.store(0, ordering: .relaxed) }

  /// Lets Ctrl-C cancel what runs in `session`.
  ///
  /// A thread of its own waits for the signal, so that cancelling may take locks.
  static func watch(_ watched: Session, inShell: Bool = false) {
    isShell.store(inShell, ordering: .relaxed)
    session.withLock { $0 = WeakSession(watched) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    unsafe pthread_create(
      &thread, nil,
      { _ in
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGINT)
        unsafe sigaddset(&signals, SIGTERM)
        while true {
          var signal: Int32 = 0
          unsafe sigwait(&signals, &signal)
          let presses = Interruption.count.add(1, ordering: .relaxed).newValue
          if signal == SIGTERM || (presses > 1 && !Interruption.isShell.load(ordering: .relaxed)) {
            Terminal.restore()
            _exit(signal == SIGTERM ? 143 : 130)
          }
          Interruption.session.withLock { $0 }?.session?.cancel()
        }
      }, nil)
  }
}

/// A session that may have gone.
private struct WeakSession: @unchecked Sendable {
  // SAFETY: `cancel()` is the only thing called on it, and that is made for other threads.
  weak let session: Session?
  init(_ session: Session) { self.session = session }
}
