internal import Columnar
internal import Synchronization

/// Collects the build side of a join and makes its hash table.
///
/// If memory runs out, the build side goes to disk in partitions by the keys' hash, the probe side follows it
/// there, and partitions are joined one at a time (GRACE; Kitsuregawa, Tanaka and Moto-oka, 1983).
final class HashJoinSink: PipelineSink {
  /// The build side, once it is read.
  enum Build: Sendable {
    case table(JoinTable)
    /// Rows on disk, the keys behind the columns.
    case spilled(SpilledRows, hasNullKey: Bool)
  }

  /// A table that workers are making.
  private struct Building {
    var columns: [Vector]
    var keys: [Vector]
    var builder: JoinTableBuilder
  }

  private struct State {
    var building: Building?
    var build: Build?
    var files: [SpillPartitions] = []
    var hasNullKey = false
    /// By partition, which build rows have found a match, merged from all workers.
    var matched: [[UInt64]] = []
  }

  /// Fewer rows are put in their buckets by one worker.
  private static let leastSharedRows = 16_384

  let shape: JoinShape
  let profile: OperatorProfile?
  private let store: RowStore
  private let state: Mutex<SendableState>
  /// By key, what the scan of the probe side is told.
  let filters: [JoinKeyFilter]

  /// SAFETY: files are handed over by their makers, and touched under the lock until all workers only read.
  private struct SendableState: @unchecked Sendable { var value = State() }

  init(_ shape: JoinShape, _ profile: OperatorProfile?) {
    (self.shape, self.profile) = (shape, profile)
    store = RowStore(shape.storedTypes)
    state = Mutex(SendableState())
    filters = shape.buildKeys.map { JoinKeyFilter($0.type) }
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    let keys = shape.buildKeys + (shape.asofKey.map { [$0] } ?? [])
    return RowStoreLocal(
      store, keys: try CompiledExpression.all(keys, shape.buildLayout, worker), worker, name: "a join",
      overflow: Overflow(self, worker.query))
  }

  /// One worker's rows on their way to disk.
  private final class Overflow: RowOverflow {
    private let sink: HashJoinSink
    private let spill: PartitionedSpill
    private let keys: Range<Int>
    /// Keys that the filters have room for: a small share of the limit, as a plan may have many joins on disk.
    private let filterRoom: Int
    private var hasNullKey = false

    init(_ sink: HashJoinSink, _ context: QueryContext) {
      self.sink = sink
      keys = sink.shape.storedKeys
      filterRoom = context.memory.limit / 256
      spill = PartitionedSpill(sink.shape.storedTypes, keys: keys, context, sink.profile)
    }

    func take(_ morsels: [(morsel: Int, batches: [Batch])], round: Int) throws(QueryError) {
      for batch in morsels.lazy.flatMap(\.batches) {
        if let valid = JoinTable.validRows(Array(batch.columns[keys]), sink.shape.matchesNulls),
          !valid.isAllSet
        {
          hasNullKey = true
        }
        for (filter, column) in zip(sink.filters, keys) {
          filter.add(batch.columns[column], room: filterRoom)
        }
        try spill.add(batch)
      }
    }

    func finish() throws(QueryError) {
      guard let file = try spill.finish() else { return }
      sink.state.withLock { state in
        state.value.files.append(file)
        if hasNullKey { state.value.hasNullKey = true }
      }
    }
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    if phase == 0 {
      if state.withLock({ $0.value.files.isEmpty }) { return try store.prepare() }
      // Workers whose rows all fitted have them in memory still: they follow the others.
      let rest = Overflow(self, context)
      try rest.take(store.takeAll(), round: 0)
      try rest.finish()
      for filter in filters { filter.settle() }
      state.withLock { state in
        let rows = SpilledRows(state.value.files)
        state.value.files = []
        state.value.build = .spilled(rows, hasNullKey: state.value.hasNullKey)
        if shape.marksBuild {
          state.value.matched = (0..<rows.partitionCount).map { partition in
            [UInt64](repeating: 0, count: (rows.rowCount(partition) + 63) / 64)
          }
        }
      }
      return nil
    }
    switch phase {
    case 1:
      let columns = store.columns()
      let keys = columns[shape.storedKeys].map { $0.flattened() }
      guard store.rowCount >= HashJoinSink.leastSharedRows, !keys.isEmpty else {
        let table = makeTable(columns, rowCount: store.rowCount)
        for (filter, key) in zip(filters, table.keys) { filter.learn(key) }
        settle(table)
        return nil
      }
      let builder = JoinTableBuilder(
        keys, valid: JoinTable.validRows(keys, shape.matchesNulls), rowCount: store.rowCount)
      state.withLock { $0.value.building = Building(columns: columns, keys: keys, builder: builder) }
      // The filters come first: they take longer than a range of rows.
      return filters.count + builder.chunkCount
    case 2: return state.withLock { $0.value.building?.builder.partCount }
    default:
      guard let building = state.withLock({ $0.value.building }) else { return nil }
      settle(makeTable(building.columns, rowCount: store.rowCount, builder: building.builder))
      return nil
    }
  }

  private func settle(_ table: JoinTable) {
    state.withLock { state in
      state.value.building = nil
      state.value.build = .table(table)
      if shape.marksBuild {
        state.value.matched = [[UInt64](repeating: 0, count: (table.rowCount + 63) / 64)]
      }
    }
  }

  /// Makes the table of build rows: their columns and behind them the keys.
  func makeTable(_ all: [Vector], rowCount: Int, builder: JoinTableBuilder? = nil) -> JoinTable {
    let columnCount = shape.buildLayout.columns.count
    var codes: [UInt64] = []
    if let key = shape.asofKey {
      let order = SortKeyColumn(
        all[shape.storedKeys.upperBound], key.type, isDescending: false, nullsFirst: true)
      codes = order.codes
    }
    return JoinTable(
      columns: Array(all.prefix(columnCount)), keys: Array(all[shape.storedKeys]),
      keyTypes: shape.buildKeys.map(\.type), matchesNulls: shape.matchesNulls,
      rowCount: rowCount, asofCodes: codes, builder: builder)
  }

  /// The columns of no build row.
  var noRows: [Vector] { shape.storedTypes.map { VectorBuilder($0).finish() } }

  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError) {
    if phase == 0 { return store.concatenate(column: task) }
    guard let building = state.withLock({ $0.value.building }) else { return }
    let builder = building.builder
    if phase == 2 {
      builder.fill(part: task)
    } else if task < filters.count {
      filters[task].learn(building.keys[task])
    } else {
      builder.hash(chunk: task - filters.count)
    }
  }

  /// The build side, once it has been read.
  func build() throws(QueryError) -> Build {
    guard let build = state.withLock({ $0.value.build }) else {
      throw .internalError("a join was probed before its build side was read")
    }
    return build
  }

  /// Adds one worker's matches among the rows of a partition from `first` on.
  func note(_ words: [UInt64], partition: Int = 0, first: Int = 0) {
    state.withLock { state in
      guard state.value.matched.indices.contains(partition) else { return }
      let shift = UInt64(first & 63)
      let end = state.value.matched[partition].count
      for index in words.indices where words[index] != 0 {
        let place = first / 64 + index
        if place < end { state.value.matched[partition][place] |= words[index] &<< shift }
        if shift > 0 && place + 1 < end {
          state.value.matched[partition][place + 1] |= words[index] &>> (64 - shift)
        }
      }
    }
  }

  /// A bit for each build row of a partition that has a match.
  func matches(partition: Int) -> [UInt64] { state.withLock { $0.value.matched[partition] } }
}
