internal import Columnar
internal import Synchronization

/// Groups rows and aggregates them.
///
/// Each worker has a table of its own. Few groups are merged into one table at the end; of many each share
/// (by bits of the hash) is merged as a morsel of the source, so by all workers, and put out at once.
final class HashAggregateSink: PipelineSink {
  private let plan: AggregatePlan
  private let layout: ColumnLayout
  private let profile: OperatorProfile?
  private let state = Mutex(SharedState())

  private struct SharedState {
    /// By worker, then by grouping set.
    var locals: [Handover] = []
    var partitionCount = 1
    var distinctTasks: [DistinctTask] = []
    var finishedTasks = 0
  }

  /// States that one worker made and another takes over.
  private final class Handover: @unchecked Sendable {
    // SAFETY: the maker is done with the states when it hands them over, under the sink's lock; afterwards they are read only,
    // or changed by one worker while the others wait.
    let sets: [AggregateState]
    /// By set, the rows that had no room in memory.
    let spilled: [SpillPartitions?]
    init(_ sets: [AggregateState], spilled: [SpillPartitions?] = []) {
      (self.sets, self.spilled) = (sets, spilled)
    }
  }

  private struct DistinctTask {
    var set: Int
    var step: Int
    var partition: AggregatePartition
  }

  /// Shares that many groups are merged in, and rows put aside in.
  private static let partitionCount = SpillPartitions.defaultCount
  /// More groups than this are merged in shares.
  private static let mergeLimit = 20_000

  init(_ plan: AggregatePlan, _ layout: ColumnLayout, _ profile: OperatorProfile?) {
    (self.plan, self.layout, self.profile) = (plan, layout, profile)
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    try Local(self, worker)
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    switch phase {
    case 0: return try prepareMerge()
    default: return nil
    }
  }

  /// Decides how to merge, and merges groups if they are few; distinct values are left to tasks.
  private func prepareMerge() throws(QueryError) -> Int? {
    let locals = state.withLock { $0.locals }
    guard let first = locals.first else { return nil }
    var groupCount = 0
    var distinctCount = 0
    for local in locals {
      for set in local.sets {
        groupCount += set.table.endGroup
        for values in set.distinct { distinctCount += values?.count ?? 0 }
      }
    }
    let hasSpilled = locals.contains { !$0.spilled.isEmpty }
    if hasSpilled || (groupCount > HashAggregateSink.mergeLimit && !plan.keys.isEmpty) {
      state.withLock { $0.partitionCount = HashAggregateSink.partitionCount }
      return nil
    }
    if locals.count == 1 || distinctCount < 20_000 {
      for local in locals.dropFirst() {
        for set in plan.sets.indices { try first.sets[set].merge(local.sets[set], partition: nil) }
      }
      for set in first.sets { try set.finishDistinct() }
      state.withLock { $0.locals = [first] }
      return nil
    }
    return try prepareDistinctTasks(locals)
  }

  /// Merges all but the distinct values, and makes tasks for these.
  private func prepareDistinctTasks(_ locals: [Handover]) throws(QueryError) -> Int? {
    // The merged state is made anew, so that the tasks find every worker's values and groups as they were.
    let merged = plan.makeStates()
    var mappings: [[[UInt32]]] = []
    for local in locals {
      var ofSets: [[UInt32]] = []
      for set in plan.sets.indices {
        ofSets.append(try merged[set].mergeGroups(local.sets[set]))
      }
      mappings.append(ofSets)
    }
    var tasks: [DistinctTask] = []
    for set in plan.sets.indices {
      for step in plan.steps.indices where plan.steps[step].isDistinct {
        for index in 0..<8 {
          tasks.append(
            DistinctTask(set: set, step: step, partition: AggregatePartition(index: index, count: 8)))
        }
      }
    }
    let handover = Handover(merged)
    self.mappings.withLock { $0 = (mappings, handover) }
    state.withLock { $0.distinctTasks = tasks }
    return tasks.count
  }

  private let mappings = Mutex<([[[UInt32]]], Handover?)>(([], nil))

  /// Merges the distinct values of one share of one aggregate.
  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError) {
    let (locals, distinctTask) = state.withLock { ($0.locals, $0.distinctTasks[task]) }
    let (mappings, merged) = self.mappings.withLock { $0 }
    guard let merged else { return }
    let step = plan.steps[distinctTask.step]
    let union = DistinctValues(step.distinctTypes, keepsNulls: step.keepsNulls)
    for (index, local) in locals.enumerated() {
      guard let values = local.sets[distinctTask.set].distinct[distinctTask.step] else { continue }
      let targets = mappings[index][distinctTask.set]
      try values.forEachChunk { (groups, values) throws(QueryError) in
        // The share goes by the values alone, since group numbers differ between workers.
        var hashes: [UInt64] = []
        Kernels.hash(values[0], into: &hashes)
        var rows: [UInt32] = []
        for row in hashes.indices where distinctTask.partition.contains(hashes[row]) {
          rows.append(UInt32(row))
        }
        if rows.isEmpty { return }
        union.insertAll(
          values.map { $0.taking(rows.span) }, rows.map { targets[Int(groups[Int($0)])] })
      }
    }
    let target = merged.sets[distinctTask.set]
    try union.forEachChunk { (groups, values) throws(QueryError) in
      try feeding.withLock { (_) throws(QueryError) in
        try target.feed(groups, values, step: distinctTask.step)
      }
    }
    // The last task to end makes the merged states the answer.
    state.withLock { state in
      state.finishedTasks += 1
      if state.finishedTasks == state.distinctTasks.count { state.locals = [merged] }
    }
  }

  private let feeding = Mutex(())

  /// The groups as a source.
  var source: any PipelineSource { Source(sink: self) }

  private final class Local: OperatorInstance {
    private let sink: HashAggregateSink
    private let states: [AggregateState]
    private var keys: [CompiledExpression]
    private var arguments: [CompiledExpression]
    private var filters: [ExpressionEvaluator]
    private let context: QueryContext
    private let lease: MemoryLease
    private var batchCount = 0
    /// Set once memory has run out: from then on rows go to disk.
    private var spilled: [SpillPartitions?] = []

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
      // Few rows left: moving them together costs less than carrying the others along.
      if selected < batch.rowCount / 4 { batch = batch.compacted() }
      let keyValues = try keys.evaluate(batch)
      let values = try arguments.evaluate(batch)
      var bitmaps: [Bitmap?] = []
      for index in filters.indices {
        bitmaps.append(try filters[index].select(from: batch)?.rows)
      }
      for (index, state) in states.enumerated() {
        let set = sink.plan.sets[index]
        let setKeys = set.map { keyValues[$0] }
        if !spilled.isEmpty, let partitions = spilled[index] {
          try spill(setKeys, values, bitmaps, batch, to: partitions)
          continue
        }
        try state.add(
          setKeys, values, filters: bitmaps, rowCount: batch.rowCount, mask: batch.selection?.rows)
      }
      batchCount += 1
      // Often while there are few rows, so that a small limit holds too.
      if batchCount & 15 == 0 || batchCount & (batchCount - 1) == 0 { try askForMemory() }
      return true
    }

    /// Tells the budget what the states hold; if that is too much, further rows go to disk.
    private func askForMemory() throws(QueryError) {
      guard spilled.isEmpty else { return }
      let byteCount = states.reduce(0) { $0 + $1.byteCount }
      if lease.resize(to: byteCount) { return }
      lease.force(to: byteCount)
      guard !sink.plan.keys.isEmpty else { return }
      let more = sink.plan.arguments.map(\.type) + sink.plan.filters.map { _ in .boolean }
      var partitions: [SpillPartitions?] = []
      for set in sink.plan.sets {
        partitions.append(
          set.isEmpty
            ? nil
            : try SpillPartitions(
              set.map { sink.plan.keys[$0].type } + more, count: HashAggregateSink.partitionCount,
              in: context.settings.tempDirectory))
      }
      spilled = partitions
    }

    private func spill(
      _ keys: [Vector], _ values: [Vector], _ filters: [Bitmap?], _ batch: borrowing Batch,
      to partitions: SpillPartitions
    ) throws(QueryError) {
      let rowCount = batch.rowCount
      let bits = filters.map { Vector.bits($0 ?? Bitmap(repeating: true, count: rowCount)) }
      let rows = Batch(columns: keys + values + bits, rowCount: rowCount, selection: batch.selection)
        .compacted()
      var hashes: [UInt64] = []
      GroupTable.hash(Array(rows.columns.prefix(keys.count)), into: &hashes)
      try partitions.add(rows, hashes: hashes)
    }

    override func finish() throws(QueryError) {
      for partitions in spilled {
        guard let partitions else { continue }
        try partitions.finish()
        sink.profile?.add("spilled_rows", partitions.rowCount)
        sink.profile?.add("spilled_bytes", partitions.byteCount)
      }
      let handover = Handover(states, spilled: spilled)
      sink.state.withLock { $0.locals.append(handover) }
    }
  }

  private struct Source: PipelineSource {
    let sink: HashAggregateSink
    var estimatedRowCount: Int { 0 }

    func open(_ context: QueryContext) throws(QueryError) -> Int {
      sink.plan.sets.count * sink.state.withLock { $0.partitionCount }
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
      let (locals, partitionCount) = sink.state.withLock { ($0.locals, $0.partitionCount) }
      let set = morsel / partitionCount
      guard let first = locals.first else { return true }
      if partitionCount == 1 { return try push(first.sets[set], set, into: next) }
      let partition = AggregatePartition(index: morsel % partitionCount, count: partitionCount)
      // The grand total has no hash: it is made once.
      if sink.plan.sets[set].isEmpty && partition.index > 0 { return true }
      let merged = sink.plan.makeState(set)
      for local in locals { try merged.merge(local.sets[set], partition: partition) }
      let keyCount = sink.plan.sets[set].count
      let argumentCount = sink.plan.arguments.count
      for local in locals where !local.spilled.isEmpty {
        try local.spilled[set]?.forEachBatch(partition.index) { (batch) throws(QueryError) in
          try merged.add(
            Array(batch.columns.prefix(keyCount)),
            Array(batch.columns[keyCount..<keyCount + argumentCount]),
            filters: batch.columns[(keyCount + argumentCount)...].map(\.bits), rowCount: batch.rowCount,
            mask: nil)
        }
      }
      try merged.finishDistinct()
      return try push(merged, set, into: next)
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
        if try !next.push(Batch(columns: columns, rowCount: end - first)) { return false }
        first = end
      }
      return true
    }
  }
}
