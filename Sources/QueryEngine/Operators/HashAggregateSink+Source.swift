internal import Columnar
internal import Synchronization

extension HashAggregateSink {
  /// The groups as a source: the only table, or share by share what the workers made.
  struct Source: PipelineSource {
    let sink: HashAggregateSink
    var estimatedRowCount: Int { 0 }

    func open(_ context: QueryContext) throws(QueryError) -> Int {
      sink.plan.sets.count * (sink.state.withLock { $0.isMergedByShare } ? HashAggregateSink.shareCount : 1)
    }

    func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
      Reader(sink, worker.query.settings.batchSize)
    }
  }

  private final class Reader: MorselReader {
    private let sink: HashAggregateSink
    private let batchSize: Int

    init(_ sink: HashAggregateSink, _ batchSize: Int) { (self.sink, self.batchSize) = (sink, batchSize) }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let (locals, isMergedByShare) = sink.state.withLock { ($0.locals, $0.isMergedByShare) }
      if !isMergedByShare {
        guard let first = locals.first else { return true }
        return try push(first.sets[morsel], morsel, into: next)
      }
      let (set, index) = morsel.quotientAndRemainder(dividingBy: HashAggregateSink.shareCount)
      // The grand total has no hash: it is made once.
      if sink.plan.sets[set].isEmpty && index > 0 { return true }
      guard !locals.isEmpty else { throw .internalError("groups that were let go are read again") }
      let merged = try merge(
        locals, set, AggregatePartition(index: index, count: HashAggregateSink.shareCount))
      sink.noteMergedShare()
      return try push(merged, set, into: next)
    }

    /// Brings a share of the groups together from all workers and from disk.
    private func merge(
      _ locals: [Handover], _ set: Int, _ share: AggregatePartition
    ) throws(QueryError) -> AggregateState {
      let merged = sink.plan.makeState(set)
      for local in locals {
        try merged.merge(local.sets[set], share: share.index)
        for (place, file) in local.spilledValues where place.set == set {
          for partition in 0..<file.count {
            try file.forEachBatch(partition) { (batch) throws(QueryError) in
              let numbers = batch.columns[0]
              let source = numbers.int64s
              var groups = [UInt32](repeating: 0, count: batch.rowCount)
              for row in groups.indices { groups[row] = UInt32(truncatingIfNeeded: source[row]) }
              merged.merge(
                local.sets[set], share: share, step: place.step, groups, Array(batch.columns.dropFirst()))
            }
          }
        }
      }
      for local in locals {
        if !local.spilled.isEmpty {
          try local.spilled[set]?.forEachBatch(share.index) { (batch) throws(QueryError) in
            try add(batch, to: merged, set)
          }
        }
        try local.unmerged?.forEachBatch(share.index) { (batch) throws(QueryError) in
          try add(batch, to: merged, set)
        }
      }
      try merged.finishDistinct()
      return merged
    }

    /// Adds rows that were put aside.
    private func add(_ batch: Batch, to state: AggregateState, _ set: Int) throws(QueryError) {
      let keyCount = sink.plan.sets[set].count
      let end = keyCount + sink.plan.arguments.count
      try state.add(
        Array(batch.columns.prefix(keyCount)), Array(batch.columns[keyCount..<end]),
        filters: batch.columns[end...].map(\.bits), rowCount: batch.rowCount, mask: nil)
    }

    private func push(
      _ state: AggregateState, _ set: Int, into next: OperatorInstance
    ) throws(QueryError) -> Bool {
      let plan = sink.plan
      var first = 1
      while first < state.table.endGroup {
        let end = min(first + batchSize, state.table.endGroup)
        let keys = state.table.keys((UInt32(first)..<UInt32(end)).map { $0 })
        var columns: [Vector] = []
        for (index, key) in plan.keys.enumerated() {
          if let place = plan.sets[set].firstIndex(of: index) {
            columns.append(keys[place])
          } else {
            columns.append(.nulls(key.type, count: end - first))
          }
        }
        for accumulator in state.accumulators { columns.append(try accumulator.results(first..<end)) }
        if plan.hasGroupingID {
          let id = Vector.flat([plan.groupingID(of: set)])
          columns.append(.constant(id, count: end - first))
        }
        let wanted = sink.limit?.select(keys, rowCount: end - first, mask: nil)
        if try !next.push(Batch(columns: columns, rowCount: end - first, selection: wanted)) { return false }
        first = end
      }
      return true
    }
  }
}
