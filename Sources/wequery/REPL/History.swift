internal import Glibc

/// The statements of earlier sessions and this one, kept in a file of its own per user.
///
/// An entry may have several lines; in the file they are joined by escapes, so that comments and line
/// breaks come back byte for byte.
final class History {
  private(set) var entries: [String] = []
  private let path: String?
  private var browsing = 0
  private var draft = ""
  private static let limit = 5000

  /// Reads the history; without a path nothing is kept.
  init(path: String?) {
    self.path = path
    guard let path, let text = FileText.read(path) else { return }
    entries = text.split(separator: "\n").suffix(History.limit).map { History.unescape(String($0)) }
  }

  /// Adds a statement, in memory and at the end of the file; what repeats the last one is left out.
  func add(_ entry: String) {
    guard !entry.trimmed.isEmpty, entries.last != entry else { return }
    entries.append(entry)
    guard let path else { return }
    FileText.append(History.escape(entry) + "\n", to: path)
  }

  func beginBrowsing() {
    browsing = entries.count
    draft = ""
  }

  /// Returns the entry before the one shown; `current` is what was being typed.
  func earlier(than current: String) -> String? {
    guard browsing > 0 else { return nil }
    if browsing == entries.count { draft = current }
    browsing -= 1
    return entries[browsing]
  }

  /// Returns the entry after the one shown, at last what was being typed.
  func later() -> String? {
    guard browsing < entries.count else { return nil }
    browsing += 1
    return browsing == entries.count ? draft : entries[browsing]
  }

  private static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func unescape(_ text: String) -> String {
    var result = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        result.unicodeScalars.append(scalar == "n" ? "\n" : scalar == "r" ? "\r" : scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// What the shell asks the system.
enum ProcessID {
  /// The number of this process.
  static var own: Int { Int(getpid()) }

  /// Does nothing for a while.
  static func sleep(millis: UInt32) { usleep(millis * 1000) }
}

/// Whole small text files: scripts, the history.
enum FileText {
  /// Returns the text, or `nil` if the file cannot be read.
  static func read(_ path: String) -> String? {
    let descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { if descriptor != 0 { close(descriptor) } }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Removes a file; one that is not there is no error.
  static func remove(_ path: String) { unsafe unlink(path) }

  /// Appends text; a history that cannot be written is not worth an error.
  static func append(_ text: String, to path: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
