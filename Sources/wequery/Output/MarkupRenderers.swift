internal import Columnar

/// A Markdown table (GitHub Flavored Markdown, section 4.10).
struct MarkdownRenderer: ResultRenderer {
  private var types: [LogicalType] = []

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    types = columns.map(\.type)
    output.line(
      "| " + columns.map { escape(DisplayWidth.printable(Array($0.name.utf8))) }.joined(separator: " | ")
        + " |")
    output.line("|" + types.map { $0.isNumeric ? "---:|" : "---|" }.joined())
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    for row in 0..<batch.rowCount {
      let cells = types.indices.map {
        escape(CellText.text(of: batch.columns[$0], row: row, type: types[$0]))
      }
      output.line("| " + cells.joined(separator: " | ") + " |")
    }
  }

  mutating func end(to output: TextOutput) {}

  private func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "|": result += "\\|"
      case "\\": result += "\\\\"
      default: result.append(character)
      }
    }
    return result
  }
}

/// An HTML table, without a page around it.
struct HTMLRenderer: ResultRenderer {
  private var types: [LogicalType] = []

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    types = columns.map(\.type)
    output.line("<table>")
    output.line("<thead><tr>" + columns.map { "<th>\(escape($0.name))</th>" }.joined() + "</tr></thead>")
    output.line("<tbody>")
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    for row in 0..<batch.rowCount {
      var line = "<tr>"
      for index in types.indices {
        let style = types[index].isNumeric ? " style=\"text-align:right\"" : ""
        if batch.columns[index].isNull(at: row) {
          line += "<td\(style)><i>NULL</i></td>"
          continue
        }
        var bytes: [UInt8] = []
        ValueText.appendRow(of: batch.columns[index], row: row, type: types[index], to: &bytes)
        line += "<td\(style)>" + escape(String(decoding: bytes, as: UTF8.self)) + "</td>"
      }
      output.line(line + "</tr>")
    }
  }

  mutating func end(to output: TextOutput) { output.line("</tbody>\n</table>") }

  private func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// One line per value, one block per row: for rows wider than the terminal.
struct VerticalRenderer: ResultRenderer {
  private var columns: [ResultColumn] = []
  private var nameWidth = 0
  private var rowNumber = 0

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    self.columns = columns
    nameWidth = columns.map { DisplayWidth.of($0.name) }.max() ?? 0
    rowNumber = 0
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    for row in 0..<batch.rowCount {
      rowNumber += 1
      output.line("── row \(rowNumber) " + String(repeating: "─", count: 24))
      for index in columns.indices {
        let name = columns[index].name
        let indent = String(repeating: " ", count: nameWidth - DisplayWidth.of(name))
        let cell = CellText.text(of: batch.columns[index], row: row, type: columns[index].type)
        output.line("\(indent)\(name): \(cell)")
      }
    }
  }

  mutating func end(to output: TextOutput) {}
}
