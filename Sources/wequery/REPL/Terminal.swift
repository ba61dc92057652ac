internal import Glibc
internal import Synchronization

/// The terminal in raw mode: keys come one by one, and what was set before is set again afterwards.
///
/// Nothing is ever asked of it, so that one that does not answer blocks nothing.
final class Terminal {
  /// What the terminal was set to before; for the end of the program, however it comes.
  private static let original = Mutex<termios?>(nil)

  private enum Mode {
    /// As it was: for programs of others.
    case original
    /// Ctrl-C is a key.
    case editing
    /// Ctrl-C is a signal; keys wait until they are read.
    case running
  }
  private var saved = termios()
  /// Bytes that were read before the editor asked for them, and how many of them it has had.
  private var early: [UInt8] = []
  private var earlyUsed = 0

  /// Takes over standard input, or returns `nil` if that or standard output is no terminal.
  init?() {
    guard isatty(0) == 1, isatty(1) == 1, unsafe tcgetattr(0, &saved) == 0 else { return nil }
    let saved = saved
    Terminal.original.withLock { $0 = saved }
    beginEditing()
  }

  deinit { Terminal.restore() }

  /// Lets keys through one by one; Ctrl-C is a key then, not a signal.
  func beginEditing() { set(.editing) }

  /// Makes Ctrl-C a signal, which cancels what runs; what is typed meanwhile is kept for the editor.
  func beginRunning() { set(.running) }

  /// Sets the terminal as it was, for another program.
  func handOver() { set(.original) }

  /// Sets the terminal as it was before the program; safe to call from any thread, and without one.
  static func restore() {
    guard var saved = original.withLock({ $0 }) else { return }
    unsafe tcsetattr(0, TCSADRAIN, &saved)
    let end: [UInt8] = Array("\u{1B}[?2004l".utf8)
    _ = unsafe end.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
  }

  private func set(_ mode: Mode) {
    var wanted = saved
    if mode != .original {
      wanted.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN)
      wanted.c_iflag &= ~tcflag_t(IXON | ICRNL | INPCK | ISTRIP | BRKINT)
      if mode == .editing { wanted.c_lflag &= ~tcflag_t(ISIG) }
    }
    // Not flushed: what was typed ahead counts.
    unsafe tcsetattr(0, TCSADRAIN, &wanted)
    // Pasted text comes in brackets, so that its line ends start nothing.
    TextOutput.standard.write(mode == .original ? "\u{1B}[?2004l" : "\u{1B}[?2004h")
    TextOutput.standard.flush()
  }

  /// Returns whether Ctrl-C was pressed so soon that it is a key still; that and what came before it are dropped.
  func takeInterrupt() -> Bool {
    early.removeFirst(earlyUsed)
    earlyUsed = 0
    while isReadable, let byte = receive(timeoutMillis: 0) { early.append(byte) }
    guard let press = early.lastIndex(of: 3) else { return false }
    early.removeSubrange(...press)
    return true
  }

  /// Whether a key waits to be read.
  var hasInput: Bool { earlyUsed < early.count || isReadable }

  private var isReadable: Bool {
    var request = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&request, 1, 0) > 0
  }

  /// Returns the next byte, or `nil` at the end of input or, with a timeout, when none comes in time.
  func readByte(timeoutMillis: Int32 = -1) -> UInt8? {
    guard earlyUsed < early.count else { return receive(timeoutMillis: timeoutMillis) }
    earlyUsed += 1
    return early[earlyUsed - 1]
  }

  private func receive(timeoutMillis: Int32) -> UInt8? {
    var request = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = unsafe poll(&request, 1, timeoutMillis)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return nil }
      var byte: UInt8 = 0
      let count = unsafe read(0, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      return count == 1 ? byte : nil
    }
  }
}
