internal import Columnar
internal import FileFormats

/// Comma- or tab-separated values (RFC 4180): a null is empty, the empty string is `""`.
struct SeparatedRenderer: ResultRenderer {
  let separator: UInt8
  private var types: [LogicalType] = []
  private var scratch: [UInt8] = []
  private var text: [UInt8] = []

  init(separator: UInt8) { self.separator = separator }

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    types = columns.map(\.type)
    text.removeAll(keepingCapacity: true)
    for (index, column) in columns.enumerated() {
      if index > 0 { text.append(separator) }
      CSVText.append(Array(column.name.utf8), delimiter: separator, to: &text)
    }
    text.append(0x0A)
    output.write(text)
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    text.removeAll(keepingCapacity: true)
    let columns = batch.columns
    for row in 0..<batch.rowCount {
      for index in columns.indices {
        if index > 0 { text.append(separator) }
        if columns[index].isNull(at: row) { continue }
        scratch.removeAll(keepingCapacity: true)
        ValueText.appendRow(of: columns[index], row: row, type: types[index], to: &scratch)
        CSVText.append(scratch, delimiter: separator, to: &text)
      }
      text.append(0x0A)
    }
    output.write(text)
  }

  mutating func end(to output: TextOutput) {}
}
