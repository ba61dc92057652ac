package import Columnar
internal import TableFormat

/// What a statement answered.
package struct StatementResult: Sendable {
  /// The columns; empty when the statement gives no rows.
  package var columns: [OutputColumn] = []
  /// The rows.
  package var batches: [Batch] = []
  /// Rows inserted, changed or deleted, of statements that do so.
  package var changes: Int?
  /// What was done, in a word or two, of statements that give neither rows nor changes.
  package var message: String?
  /// What reading cost, for the line below a result.
  package var footer: ResultFooter?

  /// Rows given.
  package var rowCount: Int { batches.reduce(0) { $0 + $1.selectedCount } }

  /// Makes the result of a query.
  package init(_ result: QueryResult) { (columns, batches) = (result.columns, result.batches) }

  /// Makes the result of a statement that gives no rows.
  package init(message: String, changes: Int? = nil) { (self.message, self.changes) = (message, changes) }

  /// Makes a result of rows at hand.
  package init(columns: [(name: String, type: LogicalType)], rows: [[ScalarValue]]) {
    self.columns = columns.enumerated().map { OutputColumn(id: ColumnID($0), name: $1.name, type: $1.type) }
    batches = StatementResult.batches(of: rows, types: columns.map(\.type))
  }

  /// Returns rows as batches of at most 2,048 rows.
  package static func batches(of rows: [[ScalarValue]], types: [LogicalType]) -> [Batch] {
    stride(from: 0, to: rows.count, by: Batch.capacity).map { first in
      let part = rows[first..<min(first + Batch.capacity, rows.count)]
      let columns = types.indices.map { column in
        var builder = VectorBuilder(types[column])
        for row in part { builder.append(row[column]) }
        return builder.finish()
      }
      return Batch(columns: columns, rowCount: part.count)
    }
  }
}

/// What a query read, and what it could leave out.
package struct ResultFooter: Sendable {
  /// Names and values as EXPLAIN ANALYZE counts them, added up over the statement's scans.
  package var counters: [String: Int]
  /// The snapshots read, by table.
  package var snapshots: [(table: String, id: Int64)]
  /// The most bytes that operators held at once.
  package var peakByteCount: Int

  /// Adds up what the scans of a plan counted.
  init(of plan: LogicalPlan, _ context: QueryContext) {
    counters = [:]
    for entry in context.profile?.operators ?? [] {
      for (name, value) in entry.counters { counters[name, default: 0] += value }
    }
    snapshots = []
    peakByteCount = context.memory.peakByteCount
    collectSnapshots(of: plan)
  }

  private mutating func collectSnapshots(of plan: LogicalPlan) {
    if case .scan(let scan) = plan, let table = scan.relation as? TableRelation,
      let snapshot = table.snapshot,
      !snapshots.contains(where: { $0.table == table.displayName && $0.id == snapshot.id.rawValue })
    {
      snapshots.append((table.displayName, snapshot.id.rawValue))
    }
    for input in plan.inputs { collectSnapshots(of: input) }
  }
}
