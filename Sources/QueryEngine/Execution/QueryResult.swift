package import Columnar

/// The rows that a statement gave.
package struct QueryResult: Sendable {
  /// The columns, in the order of the batches' vectors.
  package let columns: [OutputColumn]
  /// The rows, in order.
  package let batches: [Batch]

  package init(columns: [OutputColumn], batches: [Batch]) {
    (self.columns, self.batches) = (columns, batches)
  }

  /// How many rows there are.
  package var rowCount: Int { batches.reduce(0) { $0 + $1.selectedCount } }

  /// All rows as values; for tests and small results.
  package var rows: [[ScalarValue]] {
    var rows: [[ScalarValue]] = []
    for batch in batches {
      let batch = batch.compacted()
      for row in 0..<batch.rowCount {
        rows.append(columns.indices.map { batch.columns[$0].scalar(at: row, as: columns[$0].type) })
      }
    }
    return rows
  }
}
