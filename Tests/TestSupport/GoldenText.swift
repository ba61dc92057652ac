internal import FileFormats
internal import Glibc

/// A text that a program prints, kept in a file so that a change of it is read in review.
///
/// `scripts/update-golden.sh` rewrites the files; no hand does.
package enum GoldenText {
  /// Whether this run rewrites golden files instead of comparing with them.
  package static var isUpdating: Bool { unsafe getenv("WEQUERY_UPDATE_GOLDEN") != nil }

  private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// Returns a file's text, empty when there is none.
  ///
  /// - Parameter path: Its path from the package's folder.
  /// - Returns: The text.
  package static func read(_ path: String) -> String {
    guard let bytes = try? LocalFileSystem().readAll("\(root)/\(path)") else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Compares a text with a file, or makes it the file's.
  ///
  /// - Parameters:
  ///   - text: What the program prints.
  ///   - path: The file's path from the package's folder.
  /// - Returns: What differs first; `nil` when nothing does.
  /// - Throws: If the file cannot be written.
  package static func difference(_ text: String, from path: String) throws -> String? {
    if isUpdating {
      let file = "\(root)/\(path)"
      try LocalFileSystem().createDirectory(FilePath.parent(of: file))
      try LocalFileSystem().writeAtomically(file, Array(text.utf8).span)
      return nil
    }
    let (expected, found) = (lines(read(path)), lines(text))
    guard expected != found else { return nil }
    let line = zip(expected, found).prefix { $0 == $1 }.count
    let (wanted, got) = (
      line < expected.count ? expected[line] : "(end)", line < found.count ? found[line] : "(end)"
    )
    return "\(path):\(line + 1): expected\n\(wanted)\nfound\n\(got)\n(scripts/update-golden.sh rewrites it)"
  }

  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
