internal import Columnar
internal import Synchronization

/// Groups rows and aggregates them.
///
/// Each worker has a table of its own. Few groups are merged into one table at the end, and their distinct
/// values, if these are many, by all workers; of many groups each share (by bits of the hash) is merged as a
/// morsel of the source, so by all workers, and put out at once. Where nearly every row is a group of its own, further rows
/// wait for that in shares rather than pass through the worker's table. If memory runs out, distinct values of few
/// groups go to disk by the hash of the value, and rows of many groups by the hash of the keys.
final class HashAggregateSink: PipelineSink {
  let plan: AggregatePlan
  let layout: ColumnLayout
  let profile: OperatorProfile?
  let limit: GroupLimit?
  /// Whether several workers may have rows of one group.
  let isShared: Bool
  let state = Mutex(SharedState())

  struct SharedState {
    /// By worker.
    var locals: [Handover] = []
    var isMergedByShare = false
    var mergedShareCount = 0
    var distinct: DistinctMerge?
    var numbering = CommonNumbering()
  }

  /// States that one worker made and another takes over.
  final class Handover: @unchecked Sendable {
    // SAFETY: the maker is done with the states when it hands them over, under the sink's lock; afterwards each is changed by
    // one task at a time, or read only.
    let sets: [AggregateState]
    /// By set, the rows that had no room in memory.
    let spilled: [SpillPartitions?]
    /// Rows of the only set that are not in its state.
    let unmerged: PartitionedRows?
    /// The distinct values that had no room in memory.
    let spilledValues: [DistinctMerge.Place: SpillPartitions]
    private let lease: MemoryLease?

    init(
      _ sets: [AggregateState], spilled: [SpillPartitions?] = [], unmerged: PartitionedRows? = nil,
      spilledValues: [DistinctMerge.Place: SpillPartitions] = [:], _ lease: MemoryLease? = nil
    ) {
      (self.sets, self.spilled, self.spilledValues) = (sets, spilled, spilledValues)
      self.unmerged = unmerged
      self.lease = lease
    }
  }

  /// The merging of distinct values of few groups.
  struct DistinctMerge: Sendable {
    struct Place: Hashable {
      var set: Int
      var step: Int
    }
    enum Task {
      /// Pairs of a worker that are not among those of the workers before.
      case pairs(Place, worker: Int, Range<UInt32>)
      /// What all workers have put aside with the same bits of the hash.
      case share(Place, Int)
    }
    var merged: Handover
    /// By worker and set, the merged group of each group, and the reverse.
    var targets: [[[UInt32]]] = []
    var origins: [[[UInt32]]] = []
    var files: [Place: [SpilledValues]] = [:]
    var tasks: [Task] = []
  }

  /// Values on disk, and the worker whose groups they name.
  struct SpilledValues: @unchecked Sendable {
    // SAFETY: the maker is done with the file, which is only read from here on.
    let file: SpillPartitions
    let worker: Int
  }

  /// Shares that many groups are merged in, and rows put aside in.
  static let shareCount = SpillPartitions.defaultCount
  /// More groups than this are merged in shares.
  private static let mergeLimit = 20_000
  /// More distinct values than this are merged by all workers.
  private static let distinctMergeLimit = 20_000
  /// Distinct values of more groups than this are not put aside without their rows.
  static let fewGroups = 4096
  /// Groups of one worker from which on it is asked whether most rows are groups of their own: more than the nearer
  /// caches hold.
  static let manyGroups = 65_536

  init(
    _ plan: AggregatePlan, _ layout: ColumnLayout, _ profile: OperatorProfile?, isShared: Bool = true
  ) {
    (self.plan, self.layout, self.profile, self.isShared) = (plan, layout, profile, isShared)
    limit = plan.groupLimit.map { GroupLimit($0) }
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    try Local(self, worker)
  }

  /// Decides how to merge, and merges groups if they are few; distinct values are left to tasks.
  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    let (locals, distinct, isByShare) = state.withLock { ($0.locals, $0.distinct, $0.isMergedByShare) }
    if phase > 0 {
      if isByShare { return phase == 1 ? prepareNumbering(locals) : finishNumbering(locals) }
      // The groups with their distinct values are the answer.
      if let distinct { state.withLock { ($0.locals, $0.distinct) = ([distinct.merged], nil) } }
      return nil
    }
    guard let first = locals.first else { return nil }
    let groupCounts = locals.map { local in local.sets.reduce(0) { $0 + $1.table.endGroup - 1 } }
    let isMergeLong =
      groupCounts.reduce(0, +) > HashAggregateSink.mergeLimit && groupCounts.count(where: { $0 > 0 }) > 1
    if isMergeLong || locals.contains(where: { !$0.spilled.isEmpty || $0.unmerged != nil }) {
      state.withLock { $0.isMergedByShare = true }
      return locals.count * plan.sets.count
    }
    var distinctCount = 0
    for local in locals {
      for set in local.sets { for values in set.distinct { distinctCount += values?.count ?? 0 } }
    }
    if locals.contains(where: { !$0.spilledValues.isEmpty })
      || (locals.count > 1 && distinctCount > HashAggregateSink.distinctMergeLimit)
    {
      return try prepareDistinctMerge(locals, context)
    }
    let whole = groupCounts.firstIndex { $0 > 0 }.map { locals[$0] } ?? first
    for local in locals where local !== whole {
      for set in plan.sets.indices { try whole.sets[set].merge(local.sets[set], share: nil) }
    }
    for set in whole.sets { try set.finishDistinct() }
    state.withLock { $0.locals = [whole] }
    return nil
  }

  /// Merges all but the distinct values, and makes tasks for these.
  private func prepareDistinctMerge(
    _ locals: [Handover], _ context: QueryContext
  ) throws(QueryError) -> Int? {
    // The merged state is made anew, so that the tasks find every worker's values and groups as they were.
    var merge = DistinctMerge(merged: Handover(plan.makeStates()))
    for local in locals {
      var ofSets: [[UInt32]] = []
      for set in plan.sets.indices { ofSets.append(try merge.merged.sets[set].mergeGroups(local.sets[set])) }
      merge.targets.append(ofSets)
    }
    for (worker, targets) in merge.targets.enumerated() {
      merge.origins.append(
        plan.sets.indices.map { set in
          var origins = [UInt32](repeating: 0, count: merge.merged.sets[set].table.endGroup)
          for group in 1..<max(1, locals[worker].sets[set].table.endGroup) {
            origins[Int(targets[set][group])] = UInt32(group)
          }
          return origins
        })
    }
    for set in plan.sets.indices {
      for step in plan.steps.indices where plan.steps[step].isDistinct {
        let place = DistinctMerge.Place(set: set, step: step)
        if locals.contains(where: { $0.spilledValues[place] != nil }) {
          try addFiles(place, locals, context, to: &merge)
        } else {
          addPairs(place, locals, to: &merge)
        }
      }
    }
    let made = merge
    state.withLock { $0.distinct = made }
    return made.tasks.count
  }

  private func addPairs(_ place: DistinctMerge.Place, _ locals: [Handover], to merge: inout DistinctMerge) {
    for (worker, local) in locals.enumerated() {
      var first: UInt32 = 1
      let end = UInt32(local.sets[place.set].distinct[place.step]?.count ?? 0) + 1
      while first < end {
        let next = min(end, first + 65_536)
        merge.tasks.append(.pairs(place, worker: worker, first..<next))
        first = next
      }
    }
  }

  private func addFiles(
    _ place: DistinctMerge.Place, _ locals: [Handover], _ context: QueryContext,
    to merge: inout DistinctMerge
  ) throws(QueryError) {
    for (worker, local) in locals.enumerated() {
      if let file = local.spilledValues[place] {
        merge.files[place, default: []].append(SpilledValues(file: file, worker: worker))
        continue
      }
      // Workers whose values all fitted have them in memory still: they follow the others.
      let spill = PartitionedSpill(distinct: plan.steps[place.step], context, profile)
      try spill.add(local.sets[place.set].takeDistinct(place.step))
      guard let file = try spill.finish() else { continue }
      merge.files[place, default: []].append(SpilledValues(file: file, worker: worker))
    }
    for share in 0..<HashAggregateSink.shareCount { merge.tasks.append(.share(place, share)) }
  }

  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError) {
    let (locals, distinct) = state.withLock { ($0.locals, $0.distinct) }
    if phase == 1 { return number(task, locals) }
    guard let distinct else {
      locals[task / plan.sets.count].sets[task % plan.sets.count].index(
        shareCount: HashAggregateSink.shareCount)
      return
    }
    switch distinct.tasks[task] {
    case .pairs(let place, let worker, let range): try mergePairs(place, worker, range, locals, distinct)
    case .share(let place, let share): try mergeShare(place, share, distinct, worker)
    }
  }

  /// Counts pairs of a worker that no worker before has.
  private func mergePairs(
    _ place: DistinctMerge.Place, _ worker: Int, _ range: Range<UInt32>, _ locals: [Handover],
    _ merge: DistinctMerge
  ) throws(QueryError) {
    let target = merge.merged.sets[place.set]
    guard let values = locals[worker].sets[place.set].distinct[place.step] else { return }
    let wantsValues = worker > 0 || target.accumulators[place.step].readsArguments
    try values.forEachChunk(of: range.map { $0 }[...], wantsValues: wantsValues) {
      (groups, values, hashes) throws(QueryError) in
      var into = groups.map { merge.targets[worker][place.set][Int($0)] }
      for other in 0..<worker {
        guard let known = locals[other].sets[place.set].distinct[place.step], known.count > 0 else {
          continue
        }
        let theirs = into.map { merge.origins[other][place.set][Int($0)] }
        let isKnown = known.contain(values, hashes, groups: theirs)
        for row in into.indices where isKnown[row] { into[row] = 0 }
      }
      try feed(target, into, values, place.step)
    }
  }

  /// Counts the pairs on disk that have the same bits of the value's hash.
  private func mergeShare(
    _ place: DistinctMerge.Place, _ share: Int, _ merge: DistinctMerge, _ worker: WorkerContext
  ) throws(QueryError) {
    let target = merge.merged.sets[place.set]
    let union = plan.steps[place.step].makeDistinctValues(isAlone: target.table.types.isEmpty)
    let lease = MemoryLease(worker.query.memory)
    for values in merge.files[place] ?? [] {
      let targets = merge.targets[values.worker][place.set]
      try values.file.forEachBatch(share) { (batch) throws(QueryError) in
        let numbers = batch.columns[0]
        let groups = numbers.int64s
        var into = [UInt32](repeating: 0, count: batch.rowCount)
        for row in into.indices { into[row] = targets[Int(groups[row])] }
        union.insertAll(Array(batch.columns.dropFirst()), into)
        lease.force(to: union.byteCount)
      }
    }
    let wantsValues = target.accumulators[place.step].readsArguments
    try union.forEachChunk(wantsValues: wantsValues) { (groups, values, _) throws(QueryError) in
      try feed(target, groups, values, place.step)
    }
  }

  private func feed(
    _ target: AggregateState, _ groups: [UInt32], _ values: [Vector], _ step: Int
  ) throws(QueryError) {
    try feeding.withLock { (_) throws(QueryError) in try target.feed(groups, values, step: step) }
  }

  private let feeding = Mutex(())

  /// Lets go of what the workers made, once all shares have been merged: what runs next needs the memory.
  func noteMergedShare() {
    let done = state.withLock { state -> [Handover] in
      state.mergedShareCount += 1
      guard state.mergedShareCount == shareMorselCount else { return [] }
      defer { state.locals = [] }
      return state.locals
    }
    // Freed outside the lock.
    _ = done
  }

  /// How many shares there are to merge: the grand total of a set without keys is one.
  private var shareMorselCount: Int {
    plan.sets.reduce(0) { $0 + ($1.isEmpty ? 1 : HashAggregateSink.shareCount) }
  }

  /// The groups as a source.
  var source: any PipelineSource { Source(sink: self) }
}

extension PartitionedSpill {
  /// Makes one for the distinct values of an aggregate: the group's number, then the values.
  convenience init(
    distinct step: AggregateStep, _ context: QueryContext, _ profile: OperatorProfile?
  ) {
    self.init(
      [.bigint] + step.distinctTypes, keys: 1..<step.distinctTypes.count + 1, context, profile)
  }

  /// Puts all pairs of group and value aside.
  func add(_ values: DistinctValues?) throws(QueryError) {
    try values?.forEachChunk { (groups, values, _) throws(QueryError) in
      let numbers = Vector.flat(groups.map { Int64($0) })
      try add(Batch(columns: [numbers] + values, rowCount: groups.count))
    }
  }
}
