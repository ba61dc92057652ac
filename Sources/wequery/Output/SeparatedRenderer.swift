internal import Columnar

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
      append(Array(column.name.utf8))
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
        append(scratch)
      }
      text.append(0x0A)
    }
    output.write(text)
  }

  mutating func end(to output: TextOutput) {}

  /// Appends a field, quoted where it must be.
  private mutating func append(_ field: [UInt8]) {
    let mustQuote =
      field.isEmpty
      || field.contains { $0 == separator || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard mustQuote else {
      text.append(contentsOf: field)
      return
    }
    text.append(0x22)
    for byte in field {
      if byte == 0x22 { text.append(0x22) }
      text.append(byte)
    }
    text.append(0x22)
  }
}
