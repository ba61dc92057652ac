/// The text being edited, over one or more lines, and the cursor in it.
struct EditBuffer: Equatable {
  private(set) var characters: [Character] = []
  /// Before which character the cursor stands.
  private(set) var cursor = 0

  init() {}

  init(_ text: String) {
    characters = Array(text)
    cursor = characters.count
  }

  var text: String { String(characters) }
  var isEmpty: Bool { characters.isEmpty }

  mutating func insert(_ text: String) {
    let inserted = Array(text)
    characters.insert(contentsOf: inserted, at: cursor)
    cursor += inserted.count
  }

  mutating func deleteBackward() {
    guard cursor > 0 else { return }
    cursor -= 1
    characters.remove(at: cursor)
  }

  mutating func deleteForward() {
    if cursor < characters.count { characters.remove(at: cursor) }
  }

  mutating func moveLeft() { cursor = max(0, cursor - 1) }
  mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
  mutating func moveToLineStart() { cursor = lineStart }
  mutating func moveToLineEnd() { cursor = lineEnd }
  mutating func moveToEnd() { cursor = characters.count }

  mutating func moveWordLeft() {
    while cursor > 0 && !characters[cursor - 1].isWordPart { cursor -= 1 }
    while cursor > 0 && characters[cursor - 1].isWordPart { cursor -= 1 }
  }

  mutating func moveWordRight() {
    while cursor < characters.count && !characters[cursor].isWordPart { cursor += 1 }
    while cursor < characters.count && characters[cursor].isWordPart { cursor += 1 }
  }

  /// Deletes to the end of the line; returns what went.
  mutating func killToLineEnd() -> String {
    let end = lineEnd == cursor ? min(cursor + 1, characters.count) : lineEnd
    return remove(cursor..<end)
  }

  mutating func killToLineStart() -> String { remove(lineStart..<cursor) }

  mutating func killWordBackward() -> String {
    let end = cursor
    moveWordLeft()
    return remove(cursor..<end)
  }

  /// Replaces the characters before the cursor, as completion does.
  mutating func replaceBeforeCursor(_ count: Int, with text: String) {
    _ = remove(max(0, cursor - count)..<cursor)
    insert(text)
  }

  /// Moves a line up at the same column; returns `false` on the first line.
  mutating func moveUp() -> Bool {
    let start = lineStart
    guard start > 0 else { return false }
    let column = cursor - start
    let previousEnd = start - 1
    let previousStart = (characters[..<previousEnd].lastIndex(of: "\n") ?? -1) + 1
    cursor = min(previousStart + column, previousEnd)
    return true
  }

  /// Moves a line down at the same column; returns `false` on the last line.
  mutating func moveDown() -> Bool {
    let end = lineEnd
    guard end < characters.count else { return false }
    let column = cursor - lineStart
    let nextEnd = characters[(end + 1)...].firstIndex(of: "\n") ?? characters.count
    cursor = min(end + 1 + column, nextEnd)
    return true
  }

  /// The word that ends at the cursor, for completion; dots belong to it.
  var wordBeforeCursor: String {
    var start = cursor
    while start > 0 && (characters[start - 1].isWordPart || characters[start - 1] == ".") { start -= 1 }
    return String(characters[start..<cursor])
  }

  private var lineStart: Int { (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1 }
  private var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

  private mutating func remove(_ range: Range<Int>) -> String {
    let removed = String(characters[range])
    characters.removeSubrange(range)
    cursor = range.lowerBound
    return removed
  }
}

extension Character {
  fileprivate var isWordPart: Bool { isLetter || isNumber || self == "_" || self == "$" }
}
