internal import Columnar
internal import Synchronization

/// Sorts all rows by partition and order, and computes window functions over them.
///
/// The sorted rows are cut into parts at partition boundaries; each part is computed by one task and put
/// out as one morsel. If memory runs out, rows go to disk by the hash of PARTITION BY, and what has the same
/// bits of it is computed as a morsel of the source. What has no room even then, or has no PARTITION BY, is
/// sorted on disk, and computed block by block.
final class WindowSink: PipelineSink {
  private let window: LogicalPlan.Window
  private let layout: ColumnLayout
  /// What is computed of each row beforehand, each expression once.
  private let expressions: [BoundExpression]
  private let places: [BoundExpression: Int]
  private let keys: [LogicalPlan.SortKey]
  private let profile: OperatorProfile?
  private let store: RowStore
  /// The rows of a window without PARTITION BY that have no room in memory.
  private let external: ExternalSort
  private let state = Mutex(SendableState())

  /// SAFETY: files are handed over by their makers, and touched under the lock until all workers only read.
  private struct SendableState: @unchecked Sendable {
    var value = State()
    var files: [SpillPartitions] = []
    var spilled: SpilledRows?
  }

  private struct State {
    var columns: [Vector] = []
    var keyColumns: [SortKeyColumn?] = []
    var ranges: [[RowOrder.Entry]] = []
    var order: RowOrder?
    var parts: [[UInt32]] = []
    var rows: [UInt32] = []
    var chunks: [Range<Int>] = []
    var results: [[Vector]] = []
  }

  /// Rows that a part has at least.
  private static let chunkLength = 32_768

  /// Throws if a call cannot be computed.
  static func check(_ window: LogicalPlan.Window) throws(QueryError) {
    for call in window.calls { try WindowCalls.check(call) }
  }

  init(_ window: LogicalPlan.Window, _ layout: ColumnLayout, _ profile: OperatorProfile?) {
    (self.window, self.layout, self.profile) = (window, layout, profile)
    keys = window.partitionBy.map { LogicalPlan.SortKey($0) } + window.orderBy
    var expressions = keys.map(\.expression)
    for call in window.calls { expressions += call.expressions + call.frame.offsets }
    var unique: [BoundExpression] = []
    var places: [BoundExpression: Int] = [:]
    for expression in expressions where places[expression] == nil {
      places[expression] = unique.count
      unique.append(expression)
    }
    (self.expressions, self.places) = (unique, places)
    store = RowStore(layout.columns.map(\.type) + unique.map(\.type))
    external = ExternalSort(
      keys, store.types + keys.map(\.expression.type), leading: window.partitionBy.count, profile)
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    RowStoreLocal(
      store, keys: try CompiledExpression.all(expressions, layout, worker), worker,
      name: "a window", overflow: makeOverflow(worker.query))
  }

  /// Where rows go if memory runs out.
  private func makeOverflow(_ context: QueryContext) -> any RowOverflow {
    guard partitionCount > 0 else {
      return external.makeOverflow(in: context.settings.tempDirectory) { [self] in keyValues($0) }
    }
    // The expressions of PARTITION BY are the first that are kept, but for those there twice.
    let keyCount = Set(window.partitionBy).count
    let first = layout.columns.count
    let spill = PartitionedSpill(store.types, keys: first..<first + keyCount, context, profile)
    return PartitionedOverflow(spill) { file in self.state.withLock { $0.files.append(file) } }
  }

  private func keyValues(_ columns: [Vector]) -> [Vector] { keys.map { column($0.expression, columns) } }

  private func column(_ expression: BoundExpression, _ columns: [Vector]) -> Vector {
    columns[place(expression)]
  }

  /// The column that holds an expression's values.
  private func place(_ expression: BoundExpression) -> Int {
    layout.columns.count + (places[expression] ?? 0)
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    switch phase {
    case 0:
      if try external.takeRest(of: store, context, adding: { [self] in keyValues($0) }) { return nil }
      if state.withLock({ $0.files.isEmpty }) { return try store.prepare() }
      // Workers whose rows all fitted have them in memory still: they follow the others.
      let rest = makeOverflow(context)
      try rest.take(store.takeAll(), round: 0)
      try rest.finish()
      state.withLock { state in
        state.spilled = SpilledRows(state.files)
        state.files = []
      }
      return nil
    case 1:
      let columns = store.columns()
      return withState { state in
        state.columns = columns
        state.keyColumns = [SortKeyColumn?](repeating: nil, count: (partitionCount > 0 ? 1 : 0) + orderCount)
        return state.keyColumns.count
      }
    case 2:
      let rowCount = store.rowCount
      return withState { state in
        let order = RowOrder(state.keyColumns.compactMap { $0 }, rowCount: rowCount)
        state.ranges = order.partitioned()
        state.order = order
        state.parts = [[UInt32]](repeating: [], count: state.ranges.count)
        return state.ranges.count
      }
    case 3:
      return withState { state in
        state.rows = state.parts.count == 1 ? state.parts[0] : Array(state.parts.joined())
        (state.parts, state.order) = ([], nil)
        state.chunks = chunks(state.rows, partitionCount > 0 ? state.keyColumns[0] : nil)
        state.results = state.chunks.map { _ in [] }
        return state.chunks.count
      }
    default: return nil
    }
  }

  /// Cuts the rows where partitions change.
  private func chunks(_ rows: [UInt32], _ partition: SortKeyColumn?) -> [Range<Int>] {
    if rows.isEmpty { return [] }
    guard let partition else { return [0..<rows.count] }
    var chunks: [Range<Int>] = []
    var first = 0
    while first < rows.count {
      var end = min(first + WindowSink.chunkLength, rows.count)
      while end < rows.count && partition.areEqual(rows[end - 1], rows[end]) { end += 1 }
      chunks.append(first..<end)
      first = end
    }
    return chunks
  }

  private var partitionCount: Int { window.partitionBy.count }
  private var orderCount: Int { window.orderBy.count }

  /// Numbers the partitions: their order among each other does not matter, and numbers sort faster than
  /// what they stand for.
  private func partitions(_ columns: [Vector], rowCount: Int) -> SortKeyColumn {
    let keys = window.partitionBy.map { column($0, columns) }
    let table = GroupTable(keys.indices.map { window.partitionBy[$0].type })
    var groups: [UInt32] = []
    groups.reserveCapacity(rowCount)
    var found: [UInt32] = []
    var first = 0
    while first < rowCount {
      let count = min(8192, rowCount - first)
      let part = keys.map { $0.slice(from: first, count: count) }
      if let only = table.assign(part, rowCount: count, mask: nil, into: &found) {
        groups.append(contentsOf: repeatElement(UInt32(only), count: count))
      } else {
        groups.append(contentsOf: found)
      }
      first += count
    }
    return SortKeyColumn(groups: groups, endGroup: table.endGroup)
  }

  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError) {
    switch phase {
    case 0: store.concatenate(column: task)
    case 1:
      let columns = withState { $0.columns }
      let codes = keyColumn(task, columns, rowCount: store.rowCount)
      withState { $0.keyColumns[task] = codes }
    case 2:
      let (order, range) = withState { state in
        var range: [RowOrder.Entry] = []
        swap(&range, &state.ranges[task])
        return (state.order, range)
      }
      guard let order else { return }
      let rows = order.sorted(range)
      withState { $0.parts[task] = rows }
    default:
      let (columns, keyColumns, all, chunk) = withState {
        ($0.columns, $0.keyColumns.compactMap { $0 }, $0.rows, $0.chunks[task])
      }
      let results = try results(Array(all[chunk]), columns, keyColumns, worker)
      withState { $0.results[task] = results }
    }
  }

  @discardableResult
  private func withState<Result>(_ body: (inout State) -> sending Result) -> sending Result {
    state.withLock { body(&$0.value) }
  }

  /// The order of rows by one of the keys; the partition, if any, is key 0.
  private func keyColumn(_ index: Int, _ columns: [Vector], rowCount: Int) -> SortKeyColumn {
    if partitionCount > 0 && index == 0 { return partitions(columns, rowCount: rowCount) }
    let key = window.orderBy[index - (partitionCount > 0 ? 1 : 0)]
    return SortKeyColumn(
      column(key.expression, columns), key.expression.type, isDescending: key.isDescending,
      nullsFirst: key.nullsFirst)
  }

  /// Computes the calls over whole partitions, whose rows are given in order.
  private func results(
    _ rows: [UInt32], _ columns: [Vector], _ keyColumns: [SortKeyColumn], _ worker: WorkerContext
  ) throws(QueryError) -> [Vector] {
    let leading = partitionCount > 0 ? 1 : 0
    let shape = WindowPartitions(
      rows, partition: Array(keyColumns.prefix(leading)),
      order: Array(keyColumns.dropFirst(leading)))
    let input = WindowRowsInMemory(shape) { [self] in
      column($0, columns).taking(rows.span).flattened()
    }
    var results: [Vector] = []
    for call in window.calls {
      results.append(try WindowEvaluator(call, window, input, worker).results(0))
    }
    return results
  }

  /// The rows with the calls' results behind.
  var source: any PipelineSource { Source(sink: self) }

  private struct Source: PipelineSource {
    let sink: WindowSink
    var estimatedRowCount: Int { 0 }

    func open(_ context: QueryContext) throws(QueryError) -> Int {
      if let spilled = sink.state.withLock({ $0.spilled }) { return spilled.partitionCount }
      if !sink.external.runs.isEmpty { return 1 }
      return sink.withState { state in
        state.keyColumns = []
        return state.chunks.count
      }
    }

    func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader { Reader(sink, worker) }
  }

  private final class Reader: MorselReader {
    private let sink: WindowSink
    private let worker: WorkerContext

    init(_ sink: WindowSink, _ worker: WorkerContext) { (self.sink, self.worker) = (sink, worker) }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      if let spilled = sink.state.withLock({ $0.spilled }) { return try read(spilled, morsel, into: next) }
      if !sink.external.runs.isEmpty { return try read(sink.external, into: next) }
      let (columns, all, chunk, results) = sink.withState {
        ($0.columns, $0.rows, $0.chunks[morsel], $0.results[morsel])
      }
      return try push(columns, all, chunk, results, into: next)
    }

    /// Computes the rows of a partition on disk.
    private func read(
      _ spilled: SpilledRows, _ partition: Int, into next: OperatorInstance
    ) throws(QueryError) -> Bool {
      let rowCount = spilled.rowCount(partition)
      if rowCount == 0 { return true }
      let lease = MemoryLease(worker.query.memory)
      // Rows are there twice while they are put together; then come order and results.
      guard lease.resize(to: spilled.byteCount(partition) * 2 + rowCount * 64) else {
        return try read(try sorted(spilled, partition, lease), into: next)
      }
      var batches: [Batch] = []
      try spilled.forEachBatch(partition) { (batch) throws(QueryError) in batches.append(batch) }
      let types = sink.store.types
      let columns = types.indices.map { index in
        Kernels.concatenated(batches.map { $0.columns[index] }, of: types[index])
      }
      batches = []
      let keyColumns = (0..<sink.orderCount + 1).map { sink.keyColumn($0, columns, rowCount: rowCount) }
      let order = RowOrder(keyColumns, rowCount: rowCount)
      let rows = order.sortedRows()
      for chunk in sink.chunks(rows, keyColumns[0]) {
        try worker.query.checkCancelled()
        let results = try sink.results(Array(rows[chunk]), columns, keyColumns, worker)
        if try !push(columns, rows, chunk, results, into: next) { return false }
      }
      return true
    }

    /// Sorts the rows of a partition on disk.
    private func sorted(
      _ spilled: SpilledRows, _ partition: Int, _ lease: MemoryLease
    ) throws(QueryError) -> ExternalSort {
      let sort = ExternalSort(
        sink.keys, sink.store.types + sink.keys.map(\.expression.type), leading: sink.partitionCount,
        sink.profile)
      let runs = sort.makeOverflow(in: worker.query.settings.tempDirectory) { [sink] in sink.keyValues($0) }
      var round = 0
      _ = try spilled.forEachPart(partition, lease, rowOverhead: 64, least: MemoryLease.least) {
        (batches, _, _) throws(QueryError) in
        try worker.query.checkCancelled()
        try runs.take([(0, batches)], round: round)
        round += 1
        return true
      }
      try sort.reduce(worker.query)
      return sort
    }

    /// Computes rows that are sorted on disk, block by block.
    private func read(_ sort: ExternalSort, into next: OperatorInstance) throws(QueryError) -> Bool {
      let rows = try SortedWindowRows(
        merging: sort.runs, types: sink.store.types, hasPartitions: sink.partitionCount > 0,
        callCount: sink.window.calls.count, context: worker.query
      ) { [sink] in sink.place($0) }
      var evaluators: [WindowEvaluator] = []
      for call in sink.window.calls {
        evaluators.append(try WindowEvaluator(call, sink.window, rows, worker))
      }
      for block in 0..<rows.blockCount {
        try worker.query.checkCancelled()
        var columns = Array(try rows.columns(block).prefix(sink.layout.columns.count))
        for evaluator in evaluators { columns.append(try evaluator.results(block)) }
        let batch = Batch(columns: columns, rowCount: rows.rows(block).count)
        var first = 0
        while first < batch.rowCount {
          let count = min(worker.query.settings.batchSize, batch.rowCount - first)
          if try !next.push(batch.rows(from: first, count: count)) { return false }
          first += count
        }
      }
      return true
    }

    private func push(
      _ columns: [Vector], _ all: [UInt32], _ chunk: Range<Int>, _ results: [Vector],
      into next: OperatorInstance
    ) throws(QueryError) -> Bool {
      let batchSize = worker.query.settings.batchSize
      let input = columns.prefix(sink.layout.columns.count)
      let whole = Batch(columns: results, rowCount: chunk.count)
      var first = 0
      while first < chunk.count {
        let count = min(batchSize, chunk.count - first)
        let rows = Array(all[chunk.lowerBound + first..<chunk.lowerBound + first + count])
        var vectors: [Vector] = []
        for column in input { vectors.append(column.taking(rows.span)) }
        vectors += whole.rows(from: first, count: count).columns
        if try !next.push(Batch(columns: vectors, rowCount: count)) { return false }
        first += count
      }
      return true
    }
  }
}

extension LogicalPlan.WindowFrame {
  /// The expressions of `n PRECEDING` and `n FOLLOWING`.
  var offsets: [BoundExpression] {
    [start, end].compactMap { bound in
      switch bound {
      case .preceding(let offset), .following(let offset): offset
      default: nil
      }
    }
  }
}
