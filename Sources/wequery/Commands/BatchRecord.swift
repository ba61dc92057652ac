internal import Columnar
internal import QueryEngine

/// Runs one statement of a batch and writes its record.
enum BatchRecord {
  /// Rows of one part of a large result.
  private static let partRowCount = 8192

  /// Runs a statement; returns whether it succeeded.
  static func run(_ input: BatchInput, in session: Session, to output: TextOutput) -> Bool {
    let clock = ContinuousClock()
    let began = clock.now
    var text: [UInt8] = Array("{\"stmt\":\(input.number),".utf8)
    var succeeded = true
    switch input.statement {
    case .failure(let error):
      append(error, statement: "", to: &text)
      succeeded = false
    case .success(let sql):
      do throws(QueryError) {
        let result = try session.run(single: sql)
        append(result, number: input.number, to: &text, output)
      } catch {
        append(error, statement: sql, to: &text)
        succeeded = false
      }
    }
    text.append(contentsOf: ",\"elapsed_ms\":\(began.duration(to: clock.now).millisText)}\n".utf8)
    output.write(text)
    return succeeded
  }

  private static func append(
    _ result: StatementResult, number: Int, to text: inout [UInt8], _ output: TextOutput
  ) {
    text.append(contentsOf: "\"ok\":true".utf8)
    guard !result.columns.isEmpty else {
      if let changes = result.changes { text.append(contentsOf: ",\"changes\":\(changes)".utf8) }
      return
    }
    let types = result.columns.map(\.type)
    // All but the last rows go ahead in parts, so that no line grows without bound.
    var rows: [UInt8] = []
    var count = 0
    for batch in result.batches {
      let batch = batch.compacted()
      for row in 0..<batch.rowCount {
        if count == partRowCount {
          output.write(Array("{\"stmt\":\(number),\"part\":true,\"rows\":[".utf8) + rows + Array("]}\n".utf8))
          rows = []
          count = 0
        }
        if count > 0 { rows.append(0x2C) }
        append(batch, row: row, types: types, to: &rows)
        count += 1
      }
    }
    text.append(contentsOf: ",\"columns\":[".utf8)
    for (index, column) in result.columns.enumerated() {
      if index > 0 { text.append(0x2C) }
      JSONCell.append(text: column.name.utf8, to: &text)
    }
    text.append(contentsOf: "],\"types\":[".utf8)
    for (index, type) in types.enumerated() {
      if index > 0 { text.append(0x2C) }
      JSONCell.append(text: type.description.utf8, to: &text)
    }
    text.append(contentsOf: "],\"rows\":[".utf8)
    text.append(contentsOf: rows)
    text.append(0x5D)
  }

  private static func append(_ batch: Batch, row: Int, types: [LogicalType], to text: inout [UInt8]) {
    text.append(0x5B)
    var cell: [UInt8] = []
    for index in types.indices {
      if index > 0 { text.append(0x2C) }
      if batch.columns[index].isNull(at: row) {
        text.append(contentsOf: "null".utf8)
      } else {
        cell.removeAll(keepingCapacity: true)
        ValueText.appendRow(of: batch.columns[index], row: row, type: types[index], to: &cell)
        JSONCell.append(text: cell, to: &text)
      }
    }
    text.append(0x5D)
  }

  private static func append(_ error: QueryError, statement: String, to text: inout [UInt8]) {
    text.append(contentsOf: "\"ok\":false,\"class\":".utf8)
    JSONCell.append(text: error.kind.rawValue.utf8, to: &text)
    text.append(contentsOf: ",\"code\":".utf8)
    JSONCell.append(text: error.sqlState.rawValue.utf8, to: &text)
    text.append(contentsOf: ",\"message\":".utf8)
    JSONCell.append(text: error.message.utf8, to: &text)
    if !error.hints.isEmpty {
      text.append(contentsOf: ",\"hint\":".utf8)
      JSONCell.append(text: error.hints.joined(separator: "\n").utf8, to: &text)
    }
    let place = SourcePosition(of: error.position?.start ?? 0, in: statement)
    text.append(contentsOf: ",\"line\":\(place.line),\"column\":\(place.column)".utf8)
  }
}
