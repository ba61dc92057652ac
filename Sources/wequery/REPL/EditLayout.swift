/// How the text being edited lies on the terminal: its lines, cut where the terminal ends, and the cursor.
struct EditLayout: Equatable {
  private(set) var rows = [""]
  private(set) var cursorRow = 0
  private(set) var cursorColumn = 0

  /// Lays out a text behind a prompt.
  ///
  /// - Parameters:
  ///   - buffer: The text and the cursor.
  ///   - prompt: What stands before the first line; further lines are indented as much.
  ///   - width: Columns of the terminal.
  init(_ buffer: EditBuffer, prompt: String, width: Int) {
    let more = String(repeating: " ", count: max(0, DisplayWidth.of(prompt) - 3)) + "-> "
    var column = 0
    func put(_ text: String) {
      let size = DisplayWidth.of(text)
      if column + size > width {
        rows.append("")
        column = 0
      }
      rows[rows.count - 1] += text
      column += size
    }
    func place() {
      // The cursor never stands behind the last column, where terminals differ.
      if column >= width {
        rows.append("")
        column = 0
      }
      (cursorRow, cursorColumn) = (rows.count - 1, column)
    }
    for character in prompt { put(String(character)) }
    for (index, character) in buffer.characters.enumerated() {
      if index == buffer.cursor { place() }
      if character.isNewline {
        rows.append("")
        column = 0
        for character in more { put(String(character)) }
      } else {
        put(EditLayout.visible(character))
      }
    }
    if buffer.cursor == buffer.characters.count { place() }
  }

  /// A character as it is drawn: one that would move the cursor is replaced.
  private static func visible(_ character: Character) -> String {
    if character == "\t" { return "  " }
    guard let scalar = character.unicodeScalars.first,
      scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    else { return String(character) }
    return "�"
  }
}
