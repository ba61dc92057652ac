/// Prints errors: statement, caret, message and hints for people; an object for programs.
struct ErrorRenderer {
  /// Whether programs read it.
  let isJSON: Bool
  /// The command's name.
  let command: String

  /// Prints an error: to standard error for people, to standard output as one JSON object for programs.
  func print(_ failure: CommandFailure) {
    if isJSON {
      TextOutput.standard.write(json(failure) + [0x0A])
      TextOutput.standard.flush()
      return
    }
    for one in [failure] + failure.others { TextOutput.standardError.write(text(one)) }
    TextOutput.standardError.flush()
  }

  /// Returns the form for people.
  func text(_ failure: CommandFailure) -> String {
    var result = ""
    if let place = place(of: failure) { result += "\(place): " }
    result += "error: \(failure.message)\n"
    if let excerpt = excerpt(of: failure) { result += excerpt }
    if let file = failure.file, !failure.message.contains(file) { result += "file: \(file)\n" }
    for hint in failure.hints { result += "hint: \(hint)\n" }
    return result
  }

  /// `file:line:column` of an error in a script.
  private func place(of failure: CommandFailure) -> String? {
    guard let script = failure.script, let statement = failure.statement else { return nil }
    let (line, column, _) = locate(failure.position?.lowerBound ?? 0, in: statement)
    return "\(script.name):\(script.linesBefore + line):\(column)"
  }

  /// The line of the statement that the error is in, with carets below.
  private func excerpt(of failure: CommandFailure) -> String? {
    guard let statement = failure.statement, let position = failure.position else { return nil }
    let (_, column, text) = locate(position.lowerBound, in: statement)
    let bytes = Array(statement.utf8)
    let end = min(max(position.upperBound, position.lowerBound), bytes.count)
    let start = min(position.lowerBound, end)
    let marked = String(decoding: bytes[start..<end].prefix { $0 != 0x0A }, as: UTF8.self)
    let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(column - 1)))
    let indent = String(repeating: " ", count: DisplayWidth.of(before))
    let carets = String(repeating: "^", count: max(1, DisplayWidth.of(marked)))
    return "  \(text)\n  \(indent)\(carets)\n"
  }

  /// Returns line and column (from 1, in code points) of a UTF-8 offset, and the text of that line.
  private func locate(_ offset: Int, in statement: String) -> (line: Int, column: Int, text: String) {
    let bytes = Array(statement.utf8)
    let offset = min(offset, bytes.count)
    let lineStart = (bytes[..<offset].lastIndex(of: 0x0A) ?? -1) + 1
    let lineEnd = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
    let line = bytes[..<offset].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    let column = bytes[lineStart..<offset].reduce(1) { $1 & 0xC0 != 0x80 ? $0 + 1 : $0 }
    let text = String(decoding: bytes[lineStart..<lineEnd].map { $0 == 0x09 ? 0x20 : $0 }, as: UTF8.self)
    return (line, column, text)
  }

  /// Returns the form for programs: one object, stable keys.
  func json(_ failure: CommandFailure) -> [UInt8] {
    var text = Array("{\"wequery\":1,\"command\":".utf8)
    JSONCell.append(text: command.utf8, to: &text)
    text.append(contentsOf: ",\"status\":\"error\",\"exit_code\":\(failure.code.rawValue),\"error\":".utf8)
    appendObject(failure, to: &text)
    text.append(0x7D)
    return text
  }

  private func appendObject(_ failure: CommandFailure, to text: inout [UInt8]) {
    text.append(contentsOf: "{\"kind\":".utf8)
    JSONCell.append(text: failure.kind.utf8, to: &text)
    func field(_ name: String, _ value: String?) {
      text.append(contentsOf: ",\"\(name)\":".utf8)
      if let value {
        JSONCell.append(text: value.utf8, to: &text)
      } else {
        text.append(contentsOf: "null".utf8)
      }
    }
    field("class", failure.kind)
    field("sqlstate", failure.sqlState)
    field("message", failure.message)
    field("hint", failure.hints.isEmpty ? nil : failure.hints.joined(separator: "\n"))
    field("file", failure.file ?? failure.script?.name)
    if let statement = failure.statement, let position = failure.position {
      let (line, column, _) = locate(position.lowerBound, in: statement)
      let length = max(position.count, 1)
      text.append(
        contentsOf:
          ",\"line\":\((failure.script?.linesBefore ?? 0) + line),\"column\":\(column),\"length\":\(length)"
          .utf8)
    }
    field("value", failure.value)
    if !failure.others.isEmpty {
      text.append(contentsOf: ",\"others\":[".utf8)
      for (index, other) in failure.others.enumerated() {
        if index > 0 { text.append(0x2C) }
        appendObject(other, to: &text)
      }
      text.append(0x5D)
    }
    text.append(0x7D)
  }
}
