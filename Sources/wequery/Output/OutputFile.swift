internal import Glibc

/// A file that a command makes: written beside its place and moved there when it is complete, so that a
/// failure leaves what was there before.
///
/// Pipes and devices are written at once.
struct OutputFile {
  let path: String
  /// Where to write.
  let partialPath: String

  init(_ path: String) {
    self.path = path
    var status = stat()
    let isSpecial = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    partialPath = isSpecial ? path : "\(path).\(getpid()).partial"
  }

  /// Moves the file to its place.
  func publish() throws(CommandFailure) {
    guard partialPath != path else { return }
    if unsafe rename(partialPath, path) != 0 {
      let failure = OutputFile.failure(path)
      remove()
      throw failure
    }
  }

  /// Takes away what was written.
  func remove() {
    if partialPath != path { unsafe unlink(partialPath) }
  }

  /// The failure of a file that cannot be made, by what the system said last.
  static func failure(_ path: String) -> CommandFailure {
    let isForbidden = errno == EACCES || errno == EPERM || errno == EROFS
    return CommandFailure(
      isForbidden ? .permission : .inputOutput,
      "cannot write \"\(path)\": \(unsafe String(cString: strerror(errno)))",
      hint: "name a file in a folder that exists and can be written")
  }
}
