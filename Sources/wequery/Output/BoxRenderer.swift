internal import Columnar

/// A table drawn with lines: names and types on top, numbers to the right.
///
/// Widths come from the first rows, up to ``sampleCount`` of them; on a terminal later rows are cut where
/// they are wider. Without a terminal nothing is cut and no column is left out.
struct BoxRenderer: ResultRenderer {
  /// Rows kept back to find the widths.
  static let sampleCount = 1000
  /// Where a terminal leaves less, columns in the middle go.
  private static let narrowest = 12

  private let terminalWidth: Int
  private var columns: [ResultColumn] = []
  private var sample: [[String]] = []
  private var widths: [Int] = []
  /// The columns there is room for; `nil` stands for those that are left out.
  private var shown: [Int?] = []
  private var hasBegun = false

  init(width: Int) { terminalWidth = width }

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    self.columns = columns.map {
      ResultColumn(name: DisplayWidth.printable(Array($0.name.utf8)), type: $0.type)
    }
    sample = []
    hasBegun = false
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    for row in 0..<batch.rowCount {
      let cells = columns.indices.map {
        CellText.text(of: batch.columns[$0], row: row, type: columns[$0].type)
      }
      if hasBegun { printRow(cells, to: output) } else { sample.append(cells) }
      if !hasBegun && sample.count == BoxRenderer.sampleCount { printSample(to: output) }
    }
  }

  mutating func end(to output: TextOutput) {
    if !hasBegun { printSample(to: output) }
    output.line(rule("└", "┴", "┘"))
    if shown.contains(nil) {
      output.line("\(shown.count - 1) of \(columns.count) columns have room; the form vertical shows all")
    }
  }

  private mutating func printSample(to output: TextOutput) {
    hasBegun = true
    widths = columns.map { max(DisplayWidth.of($0.name), DisplayWidth.of($0.type.shortName)) }
    for row in sample {
      for index in row.indices { widths[index] = max(widths[index], DisplayWidth.of(row[index])) }
    }
    fit()
    output.line(rule("┌", "┬", "┐"))
    printRow(columns.map(\.name), centered: true, to: output)
    printRow(columns.map { $0.type.shortName }, centered: true, to: output)
    output.line(rule("├", "┼", "┤"))
    for row in sample { printRow(row, to: output) }
    sample = []
  }

  /// Narrows the widest columns until the table fits the terminal; then leaves out those in the middle.
  private mutating func fit() {
    shown = Array(columns.indices)
    guard terminalWidth > 0 else { return }
    func total() -> Int { shown.reduce(1) { $0 + width(of: $1) + 3 } }
    while total() > terminalWidth {
      guard let widest = columns.indices.max(by: { widths[$0] < widths[$1] }),
        widths[widest] > BoxRenderer.narrowest
      else { break }
      widths[widest] = max(BoxRenderer.narrowest, widths[widest] - max(1, total() - terminalWidth))
    }
    guard total() > terminalWidth, shown.count > 1 else { return }
    let middle = shown.count / 2
    shown[middle] = nil
    var gap = middle
    while total() > terminalWidth && shown.count > 2 {
      // From the right of the gap and from the left in turn, so that both ends remain.
      if gap + 1 < shown.count, shown.count - gap > gap || gap == 0 {
        shown.remove(at: gap + 1)
      } else {
        shown.remove(at: gap - 1)
        gap -= 1
      }
    }
  }

  private func width(of column: Int?) -> Int { column.map { widths[$0] } ?? 1 }

  private func rule(_ left: String, _ middle: String, _ right: String) -> String {
    left + shown.map { String(repeating: "─", count: width(of: $0) + 2) }.joined(separator: middle) + right
  }

  private func printRow(_ cells: [String], centered: Bool = false, to output: TextOutput) {
    var line = "│"
    for index in shown {
      guard let index else {
        line += " … │"
        continue
      }
      let cell = terminalWidth > 0 ? DisplayWidth.cut(cells[index], to: widths[index]) : cells[index]
      let room = max(0, widths[index] - DisplayWidth.of(cell))
      let left = centered ? room / 2 : columns[index].type.isNumeric ? room : 0
      line +=
        " " + String(repeating: " ", count: left) + cell + String(repeating: " ", count: room - left) + " │"
    }
    output.line(line)
  }
}

extension LogicalType {
  /// The type's name where a long one would widen a table.
  var shortName: String {
    switch self {
    case .timestampTZ: "TIMESTAMPTZ"
    case .struct: "STRUCT"
    case .map: "MAP"
    case .list(let element): element.shortName + "[]"
    default: description
    }
  }
}
