/// Edits a statement over several lines in the terminal.
///
/// The statement ends when Enter is pressed behind a complete one, as `isComplete` decides. Nothing is
/// asked of the terminal, so a silent one does not block the prompt.
final class LineEditor {
  /// What the person did.
  enum Outcome: Equatable {
    case statement(String)
    /// Ctrl-C: the text was given up.
    case interrupted
    /// Ctrl-D on an empty line.
    case endOfInput
  }

  private let terminal: Terminal
  private let history: History
  private let output: TextOutput
  private let isComplete: (String) -> Bool
  private let completions: (String, String, String) -> [String]
  private var buffer = EditBuffer()
  private var killed = ""
  private var drawnCursorRow = 0
  private var prompt = ""

  init(
    _ terminal: Terminal, history: History, output: TextOutput, isComplete: @escaping (String) -> Bool,
    completions: @escaping (_ word: String, _ before: String, _ after: String) -> [String]
  ) {
    (self.terminal, self.history, self.output) = (terminal, history, output)
    (self.isComplete, self.completions) = (isComplete, completions)
  }

  /// Reads one statement, beginning with a text.
  func read(prompt: String, initial: String = "") -> Outcome {
    self.prompt = prompt
    buffer = EditBuffer(initial)
    drawnCursorRow = 0
    history.beginBrowsing()
    draw()
    while true {
      let key = Key.read(from: terminal)
      if let outcome = handle(key) {
        buffer.moveToEnd()
        draw()
        output.write(outcome == .interrupted ? "^C\r\n" : "\r\n")
        output.flush()
        return outcome
      }
      // While more waits to be read, nobody can look at what would be drawn.
      if !terminal.hasInput { draw() }
    }
  }

  private func handle(_ key: Key) -> Outcome? {
    switch key {
    case .character(let character): buffer.insert(String(character))
    case .paste(let text): buffer.insert(text)
    case .enter:
      let text = buffer.text
      if buffer.isEmpty || isComplete(text) { return .statement(text) }
      buffer.insert("\n")
    case .backspace, .control("h"): buffer.deleteBackward()
    case .delete: buffer.deleteForward()
    case .left, .control("b"): buffer.moveLeft()
    case .right, .control("f"): buffer.moveRight()
    case .wordLeft: buffer.moveWordLeft()
    case .wordRight: buffer.moveWordRight()
    case .home, .control("a"): buffer.moveToLineStart()
    case .end, .control("e"): buffer.moveToLineEnd()
    case .up, .control("p"):
      if !buffer.moveUp(), let earlier = history.earlier(than: buffer.text) { buffer = EditBuffer(earlier) }
    case .down, .control("n"):
      if !buffer.moveDown(), let later = history.later() { buffer = EditBuffer(later) }
    case .control("k"): killed = buffer.killToLineEnd()
    case .control("u"): killed = buffer.killToLineStart()
    case .control("w"): killed = buffer.killWordBackward()
    case .control("y"): buffer.insert(killed)
    case .control("l"):
      output.write("\u{1B}[2J\u{1B}[H")
      drawnCursorRow = 0
    case .control("r"): searchHistory()
    case .control("c"): return .interrupted
    case .control("d"):
      if buffer.isEmpty { return .endOfInput }
      buffer.deleteForward()
    case .tab: complete()
    case .endOfInput: return .endOfInput
    case .control, .escape: break
    }
    return nil
  }

  /// Completes the word before the cursor as far as all candidates agree; lists them when that is no more.
  private func complete() {
    let word = buffer.wordBeforeCursor
    let before = String(buffer.characters[..<(buffer.cursor - word.count)])
    let after = String(buffer.characters[buffer.cursor...])
    let candidates = completions(word, before, after)
    guard let first = candidates.first else {
      if word.isEmpty { buffer.insert("  ") }
      return
    }
    let shared = candidates.dropFirst().reduce(first) { commonPrefix($0, $1) }
    if shared.count > word.count || candidates.count == 1 {
      buffer.replaceBeforeCursor(word.count, with: shared)
    } else {
      drawBelow(candidates)
    }
  }

  private func commonPrefix(_ left: String, _ right: String) -> String {
    String(zip(left, right).prefix { $0.lowercased() == $1.lowercased() }.map(\.0))
  }

  private func drawBelow(_ candidates: [String]) {
    let width = max(output.width, 20)
    let column = (candidates.map(\.count).max() ?? 0) + 2
    let perLine = max(1, width / column)
    output.write("\r\n")
    for (index, candidate) in candidates.prefix(200).enumerated() {
      output.write(candidate + String(repeating: " ", count: column - candidate.count))
      if (index + 1) % perLine == 0 { output.write("\r\n") }
    }
    output.write("\r\n")
    drawnCursorRow = 0
  }

  /// Searches backwards for an entry that contains what is typed (Ctrl-R).
  private func searchHistory() {
    var pattern = ""
    var found = ""
    var skipped = 0
    while true {
      output.write("\r\u{1B}[J(search) \(pattern): \(found.split(separator: "\n").first ?? "")")
      output.flush()
      switch Key.read(from: terminal) {
      case .character(let character):
        pattern.append(character)
        skipped = 0
      case .backspace:
        _ = pattern.popLast()
        skipped = 0
      case .control("r"): skipped += 1
      case .control("c"), .escape, .endOfInput:
        drawnCursorRow = 0
        return
      default:
        if !found.isEmpty { buffer = EditBuffer(found) }
        drawnCursorRow = 0
        return
      }
      let matches = history.entries.reversed().filter { !pattern.isEmpty && $0.contains(pattern) }
      found = matches.isEmpty ? "" : matches[min(skipped, matches.count - 1)]
    }
  }

  /// Draws prompt and text anew from where they begin, and puts the cursor in its place.
  ///
  /// A text longer than the terminal shows the lines around the cursor.
  private func draw() {
    let width = output.width == 0 ? 80 : max(output.width, 20)
    let layout = EditLayout(buffer, prompt: prompt, width: width)
    let height = output.height == 0 ? 24 : max(output.height, 3)
    let first = max(0, min(layout.cursorRow - height / 2, layout.rows.count - height))
    let shown = layout.rows[first..<min(layout.rows.count, first + height)]
    if drawnCursorRow > 0 { output.write("\u{1B}[\(drawnCursorRow)A") }
    output.write("\r\u{1B}[J" + shown.joined(separator: "\r\n"))
    drawnCursorRow = layout.cursorRow - first
    let below = shown.count - 1 - drawnCursorRow
    if below > 0 { output.write("\u{1B}[\(below)A") }
    output.write("\r")
    if layout.cursorColumn > 0 { output.write("\u{1B}[\(layout.cursorColumn)C") }
    output.flush()
  }
}
