internal import Columnar

/// Build rows with or without a match, nulls for the probe side's columns.
struct BuildRowsSource: PipelineSource {
  let sink: HashJoinSink
  let matched: Bool
  /// Types of the probe side's columns to put out as nulls.
  let nullTypes: [LogicalType]

  var estimatedRowCount: Int { 0 }

  /// A morsel for each partition.
  func open(_ context: QueryContext) throws(QueryError) -> Int {
    switch try sink.build() {
    case .table: 1
    case .spilled(let rows, _): rows.partitionCount
    }
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(self, worker.query.settings.batchSize)
  }

  private final class Reader: MorselReader {
    private let source: BuildRowsSource
    private let batchSize: Int

    init(_ source: BuildRowsSource, _ batchSize: Int) { (self.source, self.batchSize) = (source, batchSize) }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let words = source.sink.matches(partition: morsel)
      switch try source.sink.build() {
      case .table(let table):
        return try push(table.columns, 0..<table.rowCount, words, into: next)
      case .spilled(let rows, _):
        let columnCount = source.sink.shape.buildLayout.columns.count
        var (first, isWanted) = (0, true)
        try rows.forEachBatch(morsel) { (batch) throws(QueryError) in
          let range = first..<first + batch.rowCount
          first = range.upperBound
          if isWanted {
            isWanted = try push(Array(batch.columns.prefix(columnCount)), range, words, into: next)
          }
        }
        return isWanted
      }
    }

    /// Pushes those of the rows numbered `range`, which columns hold, that have the wanted mark.
    private func push(
      _ columns: [Vector], _ range: Range<Int>, _ words: [UInt64], into next: OperatorInstance
    ) throws(QueryError) -> Bool {
      var rows: [UInt32] = []
      for row in range {
        let isMarked = row >> 6 < words.count && words[row >> 6] >> UInt64(row & 63) & 1 == 1
        if isMarked == source.matched { rows.append(UInt32(row - range.lowerBound)) }
      }
      var first = 0
      while first < rows.count {
        let part = Array(rows[first..<min(first + batchSize, rows.count)])
        let build = columns.map { $0.taking(part.span) }
        let nulls = source.nullTypes.map { Vector.nulls($0, count: part.count) }
        let columns = source.sink.shape.buildFirst ? build + nulls : nulls + build
        if try !next.push(Batch(columns: columns, rowCount: part.count)) { return false }
        first += part.count
      }
      return true
    }
  }
}
