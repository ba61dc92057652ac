internal import FileFormats

/// A path, perhaps with `*`, `?`, `[a-z]` and `**`, and the files it stands for.
///
/// `*` and `?` stay within a folder's name, `**` stands for any number of folders.
struct FilePattern {
  private let text: String
  private let parts: [[UInt8]]

  init(_ text: String) {
    let path = text.hasPrefix("file://") ? String(text.dropFirst(7)) : text
    self.text = path
    parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
  }

  private static func isWild(_ part: [UInt8]) -> Bool {
    part.contains { [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")].contains($0) }
  }

  /// Finds the files.
  ///
  /// - Parameter fileSystem: Where they are.
  /// - Returns: Their paths in order; the path itself if it has no wildcard, whether it is there or not.
  /// - Throws: ``QueryError`` if a pattern matches nothing, or a folder cannot be read.
  func files(in fileSystem: any FileSystem) throws(QueryError) -> [String] {
    guard let first = parts.firstIndex(where: Self.isWild) else { return [text] }
    let folder = parts[..<first].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    let root = first == 0 ? "." : folder.isEmpty ? "/" : folder
    let rest = Array(parts[first...])
    let isDeep = rest.count > 1
    var found: [String] = []
    do throws(FileFormatError) {
      for file in try fileSystem.list(root, recursively: isDeep) where !file.isDirectory {
        let below = file.path.utf8.dropFirst(root.utf8.count).drop { $0 == UInt8(ascii: "/") }
        let names = below.split(separator: UInt8(ascii: "/")).map(Array.init)
        if Self.matches(names[...], rest[...]) { found.append(file.path) }
      }
    } catch {
      throw QueryError(error)
    }
    guard !found.isEmpty else {
      throw QueryError(
        .undefinedTable, "no file matches \"\(text)\"", hint: "paths are relative to the working directory")
    }
    return found.sorted()
  }

  private static func matches(_ names: ArraySlice<[UInt8]>, _ parts: ArraySlice<[UInt8]>) -> Bool {
    guard let part = parts.first else { return names.isEmpty }
    if part == Array("**".utf8) {
      if matches(names, parts.dropFirst()) { return true }
      return !names.isEmpty && matches(names.dropFirst(), parts)
    }
    guard let name = names.first else { return false }
    return matches(name: name[...], part[...]) && matches(names.dropFirst(), parts.dropFirst())
  }

  /// Compares a name with a pattern; after a mismatch the last `*` takes one byte more, so that no name takes
  /// longer than its length times the pattern's.
  private static func matches(name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
    var (name, pattern) = (name, pattern)
    var resume: (name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
    while true {
      if pattern.first == UInt8(ascii: "*") {
        pattern = pattern.dropFirst()
        resume = (name, pattern)
        continue
      }
      if let byte = name.first, let rest = step(byte, pattern) {
        (name, pattern) = (name.dropFirst(), rest)
        continue
      }
      if name.isEmpty && pattern.isEmpty { return true }
      guard let last = resume, !last.name.isEmpty else { return false }
      resume = (last.name.dropFirst(), last.pattern)
      (name, pattern) = (last.name.dropFirst(), last.pattern)
    }
  }

  /// Returns what is left of a pattern whose first sign stands for a byte; `nil` if it does not.
  private static func step(_ byte: UInt8, _ pattern: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let sign = pattern.first else { return nil }
    if sign == UInt8(ascii: "?") { return pattern.dropFirst() }
    if sign == UInt8(ascii: "["), let end = pattern.firstIndex(of: UInt8(ascii: "]")) {
      var set = pattern[pattern.index(after: pattern.startIndex)..<end]
      let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
      if isNegated { set = set.dropFirst() }
      var isIn = false
      while let low = set.first {
        set = set.dropFirst()
        var high = low
        if set.first == UInt8(ascii: "-"), let end = set.dropFirst().first {
          high = end
          set = set.dropFirst(2)
        }
        if (low...max(low, high)).contains(byte) { isIn = true }
      }
      return isIn != isNegated ? pattern[pattern.index(after: end)...] : nil
    }
    return sign == byte ? pattern.dropFirst() : nil
  }
}
