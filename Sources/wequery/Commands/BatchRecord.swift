internal import Columnar
internal import QueryEngine
internal import Synchronization

/// Runs one statement of a batch and writes its record.
enum BatchRecord {
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
      let rows = BatchRows(number: input.number, session: session, to: output)
      do throws(QueryError) {
        let result = try session.run(single: sql, into: rows)
        text.append(contentsOf: "\"ok\":true".utf8)
        if result.columns.isEmpty {
          if let changes = result.changes { text.append(contentsOf: ",\"changes\":\(changes)".utf8) }
        } else {
          JSONCell.append(
            columns: result.columns.map { ResultColumn(name: $0.name, type: $0.type) }, to: &text)
          text.append(contentsOf: ",\"rows\":[".utf8)
          text.append(contentsOf: rows.rest)
          text.append(0x5D)
        }
      } catch {
        append(error, statement: sql, to: &text)
        succeeded = false
      }
    }
    text.append(contentsOf: ",\"elapsed_ms\":\(began.duration(to: clock.now).millisText)}\n".utf8)
    output.write(text)
    return succeeded
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

/// The rows of a record: what goes ahead in parts, so that no line grows without bound, and the rest.
private final class BatchRows: RowConsumer {
  private struct State {
    var types: [LogicalType] = []
    var rows: [UInt8] = []
    var count = 0
  }
  /// Rows and bytes of one part.
  private static let (partRowCount, partByteCount) = (8192, 1_048_576)

  private let number: Int
  private let times: LocalTimes
  private let output: TextOutput
  private let state = Mutex(State())

  init(number: Int, session: Session, to output: TextOutput) {
    (self.number, times, self.output) = (number, session.localTimes, output)
  }

  /// The rows that no part holds.
  var rest: [UInt8] { state.withLock { $0.rows } }

  func begin(_ columns: [OutputColumn]) { state.withLock { $0.types = columns.map(\.type) } }

  func take(_ batch: Batch) throws(QueryError) -> Bool {
    if Interruption.wasRequested { throw QueryError(.cancelled, "the statement was cancelled") }
    state.withLock { state in
      let batch = times.shown(batch, types: state.types)
      for row in 0..<batch.rowCount {
        if state.count == BatchRows.partRowCount || state.rows.count > BatchRows.partByteCount {
          output.write(
            Array("{\"stmt\":\(number),\"part\":true,\"rows\":[".utf8) + state.rows + Array("]}\n".utf8))
          state.rows.removeAll(keepingCapacity: true)
          state.count = 0
        }
        if state.count > 0 { state.rows.append(0x2C) }
        BatchRows.append(batch, row: row, types: state.types, to: &state.rows)
        state.count += 1
      }
    }
    return true
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
}
