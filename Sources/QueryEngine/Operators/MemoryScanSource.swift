internal import Columnar

/// Rows in memory: VALUES, temporary tables, metadata tables, shared sub-plans.
struct MemoryScanSource: PipelineSource {
  let batches: [Batch]
  /// The columns of the batches to put out; `nil` for all.
  let columnIndices: [Int]?

  /// Batches a morsel.
  private static let morselLength = 64

  var estimatedRowCount: Int { batches.reduce(0) { $0 + $1.rowCount } }

  func open(_ context: QueryContext) throws(QueryError) -> Int {
    (batches.count + MemoryScanSource.morselLength - 1) / MemoryScanSource.morselLength
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(self, worker.query.settings.batchSize)
  }

  private final class Reader: MorselReader {
    private let source: MemoryScanSource
    private let batchSize: Int

    init(_ source: MemoryScanSource, _ batchSize: Int) { (self.source, self.batchSize) = (source, batchSize) }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let first = morsel * MemoryScanSource.morselLength
      let end = min(first + MemoryScanSource.morselLength, source.batches.count)
      for index in first..<end {
        let whole = source.batches[index]
        let columns = source.columnIndices.map { $0.map { whole.columns[$0] } } ?? whole.columns
        let batch = Batch(columns: columns, rowCount: whole.rowCount, selection: whole.selection)
        if batch.rowCount <= batchSize {
          if try !next.push(batch) { return false }
        } else if try !batch.compacted().pushRows(batchSize, into: next) {
          return false
        }
      }
      return true
    }
  }
}

extension Batch {
  /// Pushes the rows of a batch without selection in batches of at most `batchSize` rows.
  func pushRows(_ batchSize: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
    var first = 0
    while first < rowCount {
      let count = min(batchSize, rowCount - first)
      if try !next.push(rows(from: first, count: count)) { return false }
      first += count
    }
    return true
  }
}
