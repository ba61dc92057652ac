internal import Columnar
internal import Synchronization

/// WITH RECURSIVE: runs the step on the rows of the round before until a round gives none.
final class RecursiveSource: PipelineSource {
  private let id: Int
  private let initial: LogicalPlan
  private let step: LogicalPlan
  private let columns: [OutputColumn]
  private let isAll: Bool
  private let shared: [Int: PhysicalPlanner.SharedRows]
  private let batches = Mutex<[Batch]>([])

  init(
    id: Int, initial: LogicalPlan, step: LogicalPlan, columns: [OutputColumn], isAll: Bool,
    shared: [Int: PhysicalPlanner.SharedRows]
  ) {
    (self.id, self.initial, self.step, self.columns) = (id, initial, step, columns)
    (self.isAll, self.shared) = (isAll, shared)
  }

  var estimatedRowCount: Int { 0 }

  func open(_ context: QueryContext) throws(QueryError) -> Int {
    let seen = isAll ? nil : GroupTable(columns.map(\.type))
    var all: [Batch] = []
    var round = fresh(try QueryExecutor.collect(initial, context, shared: shared), seen)
    while !round.isEmpty {
      try context.checkCancelled()
      all.append(contentsOf: round)
      var shared = shared
      shared[id] = .batches(round)
      round = fresh(try QueryExecutor.collect(step, context, shared: shared), seen)
    }
    batches.withLock { $0 = all }
    return 1
  }

  /// Leaves the rows that no round had before.
  private func fresh(_ batches: [Batch], _ seen: GroupTable?) -> [Batch] {
    guard let seen else { return batches.filter { $0.rowCount > 0 } }
    var kept: [Batch] = []
    for batch in batches {
      var groups: [UInt32] = []
      var next = seen.endGroup
      let only = seen.assign(batch.columns, rowCount: batch.rowCount, mask: nil, into: &groups)
      var rows: [UInt32] = []
      if let only {
        if only >= next { rows = [0] }
      } else {
        for row in 0..<batch.rowCount where Int(groups[row]) >= next {
          rows.append(UInt32(row))
          next = Int(groups[row]) + 1
        }
      }
      if !rows.isEmpty {
        kept.append(Batch(columns: batch.columns.map { $0.taking(rows.span) }, rowCount: rows.count))
      }
    }
    return kept
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(batches.withLock { $0 })
  }

  private final class Reader: MorselReader {
    private let batches: [Batch]
    init(_ batches: [Batch]) { self.batches = batches }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      for batch in batches where try !next.push(batch) { return false }
      return true
    }
  }
}
