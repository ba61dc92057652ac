internal import Columnar
internal import Synchronization
internal import TableFormat

/// Takes what the plan of a change puts out: notes which rows go, and writes those that come.
///
/// Batches come from any worker, one at a time.
final class ChangedRows: Sendable {
  /// The rows of one data file that go, in any order.
  struct FileRows: Sendable {
    /// Of UPDATE: each row once, or two rows of a source claim it.
    var updated: [Int64] = []
    /// Of DELETE: a row may be named twice.
    var deleted: [Int64] = []
  }

  private struct State {
    var writer: PartitionedWriter?
    var files: [String: FileRows] = [:]
    var insertedCount = 0
  }

  private let clauses: [BoundChange.Kind]
  private let values: Range<Int>
  private let rowID: Int?
  private let keepsLineage: Bool
  private let state: Mutex<State>

  /// Makes one for a change.
  ///
  /// - Parameters:
  ///   - change: What the plan's columns mean.
  ///   - target: Where new rows go.
  ///   - limits: What their writer may hold.
  /// - Throws: ``TableFormatError`` if the table cannot be written.
  init(_ change: BoundChange, _ target: WriteTarget, _ limits: WriteLimits) throws(TableFormatError) {
    clauses = change.clauses
    values = change.firstValue..<change.firstValue + change.valueCount
    rowID = change.rowIDIndex
    keepsLineage = target.schema.fields.contains { $0.id == .rowID }
    let writer = change.valueCount > 0 ? try PartitionedWriter(target, limits) : nil
    state = Mutex(State(writer: writer))
  }

  /// Takes some rows.
  ///
  /// - Parameter batch: Rows of the plan, without a selection.
  /// - Throws: ``QueryError`` if new rows cannot be written.
  func take(_ batch: Batch) throws(QueryError) {
    let numbers = batch.columns[2].flattened()
    let numbersOfRows = numbers.int32s
    var written: [UInt32] = []
    var isMixed = false
    for row in 0..<batch.rowCount {
      if clauses[Int(numbersOfRows[row])] == .delete { isMixed = true } else { written.append(UInt32(row)) }
    }
    try state.withLock { (state) throws(QueryError) in
      note(batch, numbers, &state)
      guard !written.isEmpty, let writer = state.writer else { return }
      var columns = Array(batch.columns[values])
      if keepsLineage {
        columns.append(rowID.map { batch.columns[$0] } ?? .nulls(.bigint, count: batch.rowCount))
        columns.append(.nulls(.bigint, count: batch.rowCount))
      }
      let rows: Batch
      if isMixed {
        let chosen = written
        rows = Batch(columns: columns.map { $0.taking(chosen.span) }, rowCount: chosen.count)
      } else {
        rows = Batch(columns: columns, rowCount: batch.rowCount)
      }
      try QueryError.wrapping { () throws(TableFormatError) in try writer.write(rows) }
    }
  }

  /// Notes the rows that go; neighbouring rows mostly stand in the same file.
  private func note(_ batch: Batch, _ numbers: Vector, _ state: inout State) {
    let clauseNumbers = numbers.int32s
    let paths = batch.columns[0].flattened()
    let views = paths.strings
    let places = batch.columns[1].flattened()
    let positions = places.int64s
    var row = 0
    while row < batch.rowCount {
      if clauses[Int(clauseNumbers[row])] == .insert {
        state.insertedCount += 1
        row += 1
        continue
      }
      let path = views[row]
      // Taken out while it grows, so that it is not copied.
      let name = path.string
      var rows = state.files.removeValue(forKey: name) ?? FileRows()
      while row < batch.rowCount {
        let kind = clauses[Int(clauseNumbers[row])]
        guard kind != .insert, views[row] == path else { break }
        if kind == .update {
          rows.updated.append(positions[row])
        } else {
          rows.deleted.append(positions[row])
        }
        row += 1
      }
      state.files[name] = rows
    }
  }

  /// What is said when it is not clear which row of a source a row shall follow.
  static var severalMatches: QueryError {
    QueryError(
      .uniqueViolation, "several rows of the source match the same row of the table",
      hint: "keep one for each key: QUALIFY row_number() OVER (PARTITION BY key ORDER BY …) = 1")
  }

  /// What came of all rows.
  struct Outcome {
    /// The rows that go, by the path of their data file.
    var removed: [String: RowPositions]
    /// The files of the new rows.
    var added: [DataFile]
    /// Rows inserted, updated and deleted.
    var changeCount: Int
  }

  /// Finishes the files of new rows.
  ///
  /// - Returns: What came of it.
  /// - Throws: ``QueryError`` 23505 if two rows of a source claim the same row, or if files cannot be written.
  func finish() throws(QueryError) -> Outcome {
    try state.withLock { (state) throws(QueryError) in
      var removed: [String: RowPositions] = [:]
      var count = state.insertedCount
      for (path, rows) in state.files {
        let updated = RowPositions(rows.updated)
        let deleted = RowPositions(rows.deleted)
        let all = updated.union(deleted)
        guard updated.count == rows.updated.count, all.count == updated.count + deleted.count else {
          throw ChangedRows.severalMatches
        }
        removed[path] = all
        count += all.count
      }
      let writer = state.writer
      let added = try QueryError.wrapping { () throws(TableFormatError) in try writer?.finish() ?? [] }
      return Outcome(removed: removed, added: added, changeCount: count)
    }
  }

  /// Removes the files that are open.
  func abort() { state.withLock { $0.writer?.abort() } }
}
