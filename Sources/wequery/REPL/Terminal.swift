internal import Glibc

/// The terminal in raw mode: keys come one by one, and what was set before is set again afterwards.
final class Terminal {
  private var saved = termios()
  private var isRaw = false

  /// Switches standard input to raw mode, or returns `nil` if it is no terminal.
  init?() {
    guard isatty(0) == 1, unsafe tcgetattr(0, &saved) == 0 else { return nil }
    enterRawMode()
  }

  deinit { leaveRawMode() }

  /// Lets keys through one by one; Ctrl-C is a key then, not a signal.
  func enterRawMode() {
    isRaw = true
    var raw = saved
    raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INPCK | ISTRIP | BRKINT)
    unsafe tcsetattr(0, TCSAFLUSH, &raw)
    TextOutput.standard.write("\u{1B}[?2004h")
    TextOutput.standard.flush()
  }

  /// Sets the terminal as it was.
  func leaveRawMode() {
    guard isRaw else { return }
    isRaw = false
    TextOutput.standard.write("\u{1B}[?2004l")
    TextOutput.standard.flush()
    unsafe tcsetattr(0, TCSAFLUSH, &saved)
  }

  /// Returns the next byte, or `nil` at the end of input or, with a timeout, when none comes in time.
  func readByte(timeoutMillis: Int32 = -1) -> UInt8? {
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
