internal import Columnar
internal import Synchronization

/// Sorts all rows by partition and order, and computes window functions over them.
///
/// The sorted rows are cut into parts at partition boundaries; each part is computed by one task and put
/// out as one morsel.
final class WindowSink: PipelineSink {
  private let window: LogicalPlan.Window
  private let layout: ColumnLayout
  /// What is computed of each row beforehand, each expression once.
  private let expressions: [BoundExpression]
  private let places: [BoundExpression: Int]
  private let keys: [LogicalPlan.SortKey]
  private let store: RowStore
  private let state = Mutex(State())

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

  init(_ window: LogicalPlan.Window, _ layout: ColumnLayout) throws(QueryError) {
    (self.window, self.layout) = (window, layout)
    keys = window.partitionBy.map { LogicalPlan.SortKey($0) } + window.orderBy
    var expressions = keys.map(\.expression)
    for call in window.calls {
      try WindowCalls.check(call, window)
      expressions += call.arguments + (call.filter.map { [$0] } ?? []) + call.frame.offsets
    }
    var unique: [BoundExpression] = []
    var places: [BoundExpression: Int] = [:]
    for expression in expressions where places[expression] == nil {
      places[expression] = unique.count
      unique.append(expression)
    }
    (self.expressions, self.places) = (unique, places)
    store = RowStore(layout.columns.map(\.type) + unique.map(\.type))
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    RowStoreLocal(store, keys: try CompiledExpression.all(expressions, layout, worker), worker)
  }

  private func column(_ expression: BoundExpression, _ columns: [Vector]) -> Vector {
    columns[layout.columns.count + (places[expression] ?? 0)]
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    switch phase {
    case 0: return try store.prepare()
    case 1:
      let columns = store.columns()
      return state.withLock { state in
        state.columns = columns
        state.keyColumns = [SortKeyColumn?](repeating: nil, count: (partitionCount > 0 ? 1 : 0) + orderCount)
        return state.keyColumns.count
      }
    case 2:
      let rowCount = store.rowCount
      return state.withLock { state in
        let order = RowOrder(state.keyColumns.compactMap { $0 }, rowCount: rowCount)
        state.ranges = order.partitioned()
        state.order = order
        state.parts = [[UInt32]](repeating: [], count: state.ranges.count)
        return state.ranges.count
      }
    case 3:
      return state.withLock { state in
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
  private func partitions(_ columns: [Vector]) -> SortKeyColumn {
    let keys = window.partitionBy.map { column($0, columns) }
    let table = GroupTable(keys.indices.map { window.partitionBy[$0].type })
    let rowCount = store.rowCount
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
      let columns = state.withLock { $0.columns }
      if partitionCount > 0 && task == 0 {
        let groups = partitions(columns)
        state.withLock { $0.keyColumns[0] = groups }
        return
      }
      let key = window.orderBy[task - (partitionCount > 0 ? 1 : 0)]
      let vector = column(key.expression, columns)
      let codes = SortKeyColumn(
        vector, key.expression.type, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
      state.withLock { $0.keyColumns[task] = codes }
    case 2:
      let (order, range) = state.withLock { state in
        var range: [RowOrder.Entry] = []
        swap(&range, &state.ranges[task])
        return (state.order, range)
      }
      guard let order else { return }
      let rows = order.sorted(range)
      state.withLock { $0.parts[task] = rows }
    default: try compute(task, worker)
    }
  }

  private func compute(_ task: Int, _ worker: WorkerContext) throws(QueryError) {
    let (columns, keyColumns, all, chunk) = state.withLock {
      ($0.columns, $0.keyColumns.compactMap { $0 }, $0.rows, $0.chunks[task])
    }
    let rows = Array(all[chunk])
    let leading = partitionCount > 0 ? 1 : 0
    let shape = WindowPartitions(
      rows, partition: Array(keyColumns.prefix(leading)),
      order: Array(keyColumns.dropFirst(leading)))
    var taken: [BoundExpression: Vector] = [:]
    func values(_ expression: BoundExpression) -> Vector {
      if let known = taken[expression] { return known }
      let vector = column(expression, columns).taking(rows.span).flattened()
      taken[expression] = vector
      return vector
    }
    var results: [Vector] = []
    for call in window.calls {
      let frames = try WindowFrames(call, window, shape, values)
      results.append(
        try WindowCalls.compute(
          call, shape, frames, call.arguments.map(values), call.filter.map(values), worker))
    }
    state.withLock { $0.results[task] = results }
  }

  /// The rows with the calls' results behind.
  var source: any PipelineSource { Source(sink: self) }

  private struct Source: PipelineSource {
    let sink: WindowSink
    var estimatedRowCount: Int { 0 }

    func open(_ context: QueryContext) throws(QueryError) -> Int {
      sink.state.withLock { state in
        state.keyColumns = []
        return state.chunks.count
      }
    }

    func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
      Reader(sink, worker.query.settings.batchSize)
    }
  }

  private final class Reader: MorselReader {
    private let sink: WindowSink
    private let batchSize: Int

    init(_ sink: WindowSink, _ batchSize: Int) { (self.sink, self.batchSize) = (sink, batchSize) }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let (columns, all, chunk, results) = sink.state.withLock {
        ($0.columns, $0.rows, $0.chunks[morsel], $0.results[morsel])
      }
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

/// Where the partitions and the groups of peers of sorted rows begin and end.
struct WindowPartitions {
  let rowCount: Int
  /// By row, the rows of its partition.
  private(set) var partitionStart: [Int]
  private(set) var partitionEnd: [Int]
  /// By row, the rows that are equal to it in order.
  private(set) var peerStart: [Int]
  private(set) var peerEnd: [Int]
  /// By row, how many groups of peers are before its own in the partition.
  private(set) var peerGroup: [Int]

  init(_ rows: [UInt32], partition: [SortKeyColumn], order: [SortKeyColumn]) {
    rowCount = rows.count
    partitionStart = [Int](repeating: 0, count: rows.count)
    (partitionEnd, peerStart, peerEnd, peerGroup) = (
      partitionStart, partitionStart, partitionStart, partitionStart
    )
    var newPartition = [Bool](repeating: false, count: rows.count)
    for column in partition { column.markChanges(rows, &newPartition) }
    var newPeers = newPartition
    for column in order { column.markChanges(rows, &newPeers) }
    var (start, peers, group) = (0, 0, 0)
    for row in rows.indices {
      if row > 0 {
        if newPartition[row] {
          for before in start..<row { partitionEnd[before] = row }
          for before in peers..<row { peerEnd[before] = row }
          (start, peers, group) = (row, row, 0)
        } else if newPeers[row] {
          for before in peers..<row { peerEnd[before] = row }
          (peers, group) = (row, group + 1)
        }
      }
      (partitionStart[row], peerStart[row], peerGroup[row]) = (start, peers, group)
    }
    for before in start..<rows.count { partitionEnd[before] = rows.count }
    for before in peers..<rows.count { peerEnd[before] = rows.count }
  }
}
