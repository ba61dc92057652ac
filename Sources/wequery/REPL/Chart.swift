internal import Columnar
internal import QueryEngine

/// A result as a picture of characters: one label and one number a row.
struct Chart {
  private var labels: [String] = []
  private var values: [Double?] = []
  private let name: String
  /// Bars beyond these many are left out.
  private static let rowLimit = 100
  /// One to seven eighths of a bar's last character.
  private static let parts = Array("▏▎▍▌▋▊▉")

  /// Takes the first column that is no number for the labels and the first other one of numbers; `nil` if
  /// there is none.
  init?(_ columns: [OutputColumn], _ batches: [Batch], times: LocalTimes) {
    let numbers = columns.indices.filter { columns[$0].type.isNumeric }
    let label =
      columns.indices.first { !columns[$0].type.isNumeric } ?? (numbers.count > 1 ? numbers[0] : nil)
    guard let value = numbers.first(where: { $0 != label }) else { return nil }
    name = columns[value].name
    let types = columns.map(\.type)
    for batch in batches {
      let batch = times.shown(batch, types: types)
      for row in 0..<batch.rowCount {
        labels.append(
          label.map { CellText.text(of: batch.columns[$0], row: row, type: types[$0]) }
            ?? "\(labels.count + 1)")
        var text: [UInt8] = []
        ValueText.appendRow(of: batch.columns[value], row: row, type: types[value], to: &text)
        values.append(Double(String(decoding: text, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil })
      }
    }
  }

  /// Draws it; `nil` if there is no chart of that kind.
  func lines(_ kind: String, width: Int) -> [String]? {
    let width = width == 0 ? 80 : max(20, width)
    switch kind {
    case "bar": return bars(width: width)
    case "line": return plot(width: width, height: 12)
    case "spark": return ["\(name) " + spark(width: max(10, width - DisplayWidth.of(name) - 2))]
    default: return nil
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\((value * 1000).rounded() / 1000)"
  }

  private func bars(width: Int) -> [String] {
    let shown = min(labels.count, Chart.rowLimit)
    let names = labels[..<shown].map { DisplayWidth.cut($0, to: max(8, width / 3)) }
    let texts = values[..<shown].map { $0.map(Chart.text) ?? "NULL" }
    let nameWidth = names.map { DisplayWidth.of($0) }.max() ?? 0
    let textWidth = texts.map(\.count).max() ?? 0
    let room = max(5, width - nameWidth - textWidth - 3)
    let most = values[..<shown].compactMap { $0 }.max() ?? 0
    var lines: [String] = []
    for row in 0..<shown {
      let share = most > 0 ? max(0, values[row] ?? 0) / most : 0
      let eighths = Int((share * Double(room * 8)).rounded())
      let part = eighths % 8 == 0 ? "" : String(Chart.parts[eighths % 8 - 1])
      let name = names[row] + String(repeating: " ", count: nameWidth - DisplayWidth.of(names[row]))
      let text = String(repeating: " ", count: textWidth - texts[row].count) + texts[row]
      lines.append("\(name) \(text) " + String(repeating: "█", count: eighths / 8) + part)
    }
    if labels.count > shown { lines.append("… and \(labels.count - shown) more rows") }
    return lines
  }

  /// The values, averaged where there are more of them than columns.
  private func points(_ count: Int) -> [Double?] {
    guard values.count > count else { return values }
    return (0..<count).map { column in
      let part = values[(column * values.count / count)..<((column + 1) * values.count / count)].compactMap {
        $0
      }
      return part.isEmpty ? nil : part.reduce(0, +) / Double(part.count)
    }
  }

  private func spark(width: Int) -> String {
    let points = points(width)
    let known = points.compactMap { $0 }
    let (least, most) = (known.min() ?? 0, known.max() ?? 0)
    let blocks = Array("▁▂▃▄▅▆▇█")
    return String(
      points.map { point in
        guard let point else { return " " }
        return most > least ? blocks[Int((point - least) / (most - least) * 7)] : blocks[3]
      })
  }

  private func plot(width: Int, height: Int) -> [String] {
    let known = values.compactMap { $0 }
    let (least, most) = (known.min() ?? 0, known.max() ?? 0)
    let axis = max(Chart.text(least).count, Chart.text(most).count)
    let points = points(max(10, width - axis - 3))
    var grid = [[Character]](repeating: [Character](repeating: " ", count: points.count), count: height)
    for (column, point) in points.enumerated() {
      guard let point else { continue }
      let level = most > least ? Int(((point - least) / (most - least) * Double(height - 1)).rounded()) : 0
      grid[height - 1 - level][column] = "•"
    }
    return grid.enumerated().map { line, cells in
      let text = line == 0 ? Chart.text(most) : line == height - 1 ? Chart.text(least) : ""
      return String(repeating: " ", count: axis - text.count) + text + " ┤" + String(cells)
    } + ["\(labels.first ?? "") … \(labels.last ?? ""): \(name)"]
  }
}
