internal import Glibc

/// Where rendered text goes: a file descriptor behind a buffer of 64 KiB.
///
/// Everything the program prints goes through here, so that a closed pipe is noticed at once and ends the
/// program as `SIGPIPE` would, quietly.
final class TextOutput {
  private let descriptor: Int32
  /// The file that is made, if it is one of ours.
  private let file: OutputFile?
  /// Whether what nobody reads any more is dropped, rather than the end of the program.
  private let isLeavable: Bool
  /// Whether the reader has gone.
  private(set) var isLeft = false
  private var buffer: [UInt8] = []

  /// Standard output.
  static let standard = TextOutput(descriptor: 1, file: nil)
  /// Standard error.
  static let standardError = TextOutput(descriptor: 2, file: nil)

  private init(descriptor: Int32, file: OutputFile?) {
    (self.descriptor, self.file, isLeavable) = (descriptor, file, false)
  }

  /// Writes into a pipe, whose reader may leave at any time.
  init(pipe descriptor: Int32) { (self.descriptor, file, isLeavable) = (descriptor, nil, true) }

  /// Makes a file, which appears under its name when all is written; `-` is standard output.
  convenience init(path: String) throws(CommandFailure) {
    if path == "-" {
      self.init(descriptor: 1, file: nil)
      return
    }
    let file = OutputFile(path)
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
    let descriptor = unsafe open(file.partialPath, flags, 0o644)
    guard descriptor >= 0 else { throw OutputFile.failure(path) }
    self.init(descriptor: descriptor, file: file)
  }

  /// Flushes, and gives a file its name.
  func finish() throws(CommandFailure) {
    flush()
    guard let file else { return }
    close(descriptor)
    try file.publish()
  }

  /// Flushes, and takes away a file that is not complete.
  func abandon() {
    flush()
    guard let file else { return }
    close(descriptor)
    file.remove()
  }

  /// Whether a person reads it.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Columns of the terminal; 0 where there is none.
  var width: Int {
    var size = winsize()
    return unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
  }

  /// Lines of the terminal; 0 where there is none.
  var height: Int {
    var size = winsize()
    return unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_row) : 0
  }

  /// Appends text.
  func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= 65536 { flush() }
  }

  /// Appends bytes.
  func write(_ bytes: [UInt8]) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 65536 { flush() }
  }

  /// Appends a line.
  func line(_ text: String = "") {
    write(text)
    write("\n")
  }

  /// Hands what is buffered to the system.
  func flush() {
    var start = 0
    while start < buffer.count {
      let written = unsafe buffer.withUnsafeBytes { bytes in
        // SAFETY: `start` is below the count, and the array lives during the call.
        unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start)
      }
      if written < 0 {
        if errno == EINTR { continue }
        if errno == EPIPE && isLeavable {
          isLeft = true
          break
        }
        if errno == EPIPE {
          // As a shell expects of a program whose reader has gone: 128 + SIGPIPE.
          exit(141)
        }
        let reason = unsafe String(cString: strerror(errno))
        file?.remove()
        if descriptor != 2 { TextOutput.standardError.line("error: cannot write the output: \(reason)") }
        TextOutput.standardError.flush()
        exit(74)
      }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

// SAFETY: the program renders on one thread at a time: its own, or under a result's lock a worker's while its
// own waits for the query.
extension TextOutput: @unchecked Sendable {}
