internal import Columnar
internal import Synchronization

extension HashAggregateSink {
  /// What one worker does with its rows.
  final class Local: OperatorInstance {
    private let sink: HashAggregateSink
    private let states: [AggregateState]
    private var keys: [CompiledExpression]
    private var arguments: [CompiledExpression]
    private var filters: [ExpressionEvaluator]
    private let context: QueryContext
    private let lease: MemoryLease
    private var batchCount = 0
    private var rowCount = 0
    /// Set once most rows have turned out to be groups of their own: from then on rows go there.
    private var unmerged: PartitionedRows?
    /// Set once memory has run out: from then on rows go to disk.
    private var spilled: [SpillPartitions?] = []
    private var spilledValues: [DistinctMerge.Place: PartitionedSpill] = [:]

    init(_ sink: HashAggregateSink, _ worker: WorkerContext) throws(QueryError) {
      self.sink = sink
      context = worker.query
      lease = MemoryLease(worker.query.memory)
      states = sink.plan.makeStates()
      keys = try CompiledExpression.all(sink.plan.keys, sink.layout, worker)
      arguments = try CompiledExpression.all(sink.plan.arguments, sink.layout, worker)
      var filters: [ExpressionEvaluator] = []
      for filter in sink.plan.filters {
        filters.append(
          try ExpressionEvaluator(filter, layout: sink.layout, environment: worker.query.evaluation))
      }
      self.filters = filters
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      let selected = batch.selectedCount
      if selected == 0 { return true }
      let isSparse = selected < batch.rowCount / 2
      // Few rows left: moving them together costs less than carrying the others along.
      if selected < batch.rowCount / 4 { batch = batch.compacted() }
      var keyValues = try keys.evaluate(batch)
      if let limit = sink.limit,
        let wanted = limit.select(keyValues, rowCount: batch.rowCount, mask: batch.selection?.rows)
      {
        // Without aggregates the groups named are all there is to know.
        if sink.plan.steps.isEmpty { return false }
        if wanted.count == 0 { return true }
        batch.selection = wanted
        if wanted.count < batch.rowCount / 4 { batch = batch.compacted() }
        keyValues = try keys.evaluate(batch)
      }
      let values = try arguments.evaluate(batch)
      var bitmaps: [Bitmap?] = []
      for index in filters.indices {
        bitmaps.append(try filters[index].select(from: batch)?.rows)
      }
      if spilled.isEmpty && unmerged == nil {
        let growth = states.reduce(0) { $0 + $1.growthByteCount(adding: batch.rowCount) }
        if growth > lease.step { try askForMemory(adding: growth) }
      }
      for (index, state) in states.enumerated() {
        let set = sink.plan.sets[index]
        let setKeys = set.map { keyValues[$0] }
        if !spilled.isEmpty, let partitions = spilled[index] {
          let (rows, hashes) = rows(setKeys, values, bitmaps, batch)
          try partitions.add(rows, hashes: hashes)
          continue
        }
        if let unmerged {
          var (rows, hashes) = rows(setKeys, values, bitmaps, batch)
          // Few rows of many would keep all texts of their column chunk.
          if isSparse { rows.columns = rows.columns.map { Kernels.detached($0) } }
          unmerged.add(rows, hashes: hashes)
          continue
        }
        try state.add(
          setKeys, values, filters: bitmaps, rowCount: batch.rowCount, mask: batch.selection?.rows)
      }
      if let limit = sink.limit, !limit.isSettled { limit.settle(states[0].table) }
      batchCount += 1
      rowCount += selected
      // Often while there are few rows, so that a small limit holds too.
      if batchCount & 15 == 0 || batchCount & (batchCount - 1) == 0 {
        try askForMemory()
        if unmerged == nil && areMostRowsGroups { unmerged = makeUnmerged() }
      }
      return true
    }

    private var byteCount: Int {
      states.reduce(unmerged?.byteCount ?? 0) { $0 + $1.byteCount + $1.indexByteCount }
    }

    /// Whether merging will visit nearly as many groups as there were rows, so that finding them before saves nothing.
    private var areMostRowsGroups: Bool {
      let groupCount = states[0].table.endGroup - 1
      return groupCount >= HashAggregateSink.manyGroups && groupCount > rowCount / 4 * 3
        && sink.isShared && context.settings.threadCount > 1 && states.count == 1 && sink.limit == nil
        && spilled.isEmpty
    }

    /// The types of a row that is put aside: the keys of its set, arguments, and whether it meets each filter.
    private func rowTypes(_ set: [Int]) -> [LogicalType] {
      set.map { sink.plan.keys[$0].type } + sink.plan.arguments.map(\.type)
        + sink.plan.filters.map { _ in .boolean }
    }

    private func makeUnmerged() -> PartitionedRows {
      PartitionedRows(rowTypes(sink.plan.sets[0]), count: HashAggregateSink.shareCount)
    }

    /// Tells the budget what the states hold; if that is too much, distinct values or further rows go to disk.
    private func askForMemory(adding growth: Int = 0) throws(QueryError) {
      if lease.resize(to: byteCount + growth) { return }
      try spillValues()
      if lease.resize(to: byteCount + growth) { return }
      lease.force(to: byteCount)
      guard spilled.isEmpty, !sink.plan.keys.isEmpty else { return }
      var partitions: [SpillPartitions?] = []
      for set in sink.plan.sets {
        partitions.append(
          set.isEmpty
            ? nil
            : try SpillPartitions(
              rowTypes(set), count: HashAggregateSink.shareCount, in: context.settings.tempDirectory,
              memoryLimit: context.memory.limit))
      }
      spilled = partitions
      guard let waiting = unmerged, let file = partitions[0] else { return }
      waiting.finish()
      for share in 0..<HashAggregateSink.shareCount {
        try waiting.forEachBatch(share) { (rows) throws(QueryError) in try file.add(rows, to: share) }
      }
      unmerged = nil
      lease.force(to: byteCount)
    }

    /// Puts the distinct values of few groups aside.
    private func spillValues() throws(QueryError) {
      for (set, state) in states.enumerated() where state.table.endGroup <= HashAggregateSink.fewGroups {
        for step in sink.plan.steps.indices where state.distinct[step]?.count ?? 0 > 0 {
          let place = DistinctMerge.Place(set: set, step: step)
          let spill =
            spilledValues[place] ?? PartitionedSpill(distinct: sink.plan.steps[step], context, sink.profile)
          spilledValues[place] = spill
          try spill.add(state.takeDistinct(step))
        }
      }
    }

    /// The selected rows of a batch as they are put aside, and the hashes of their keys.
    private func rows(
      _ keys: [Vector], _ values: [Vector], _ filters: [Bitmap?], _ batch: borrowing Batch
    ) -> (Batch, [UInt64]) {
      let rowCount = batch.rowCount
      let bits = filters.map { Vector.bits($0 ?? Bitmap(repeating: true, count: rowCount)) }
      let rows = Batch(columns: keys + values + bits, rowCount: rowCount, selection: batch.selection)
        .compacted()
      var hashes: [UInt64] = []
      GroupTable.hash(Array(rows.columns.prefix(keys.count)), into: &hashes)
      return (rows, hashes)
    }

    override func finish() throws(QueryError) {
      for partitions in spilled {
        guard let partitions else { continue }
        try partitions.finish()
        sink.profile?.add("spilled_rows", partitions.rowCount)
        sink.profile?.add("spilled_bytes", partitions.byteCount)
      }
      var files: [DistinctMerge.Place: SpillPartitions] = [:]
      for (place, spill) in spilledValues {
        try spill.add(states[place.set].takeDistinct(place.step))
        files[place] = try spill.finish()
      }
      unmerged?.finish()
      let handover = Handover(states, spilled: spilled, unmerged: unmerged, spilledValues: files, lease)
      sink.state.withLock { $0.locals.append(handover) }
    }
  }
}
