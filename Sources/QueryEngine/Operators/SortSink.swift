internal import Columnar
internal import Synchronization

/// Sorts all rows; ties keep the order of the input.
final class SortSink: PipelineSink {
  private let keys: [LogicalPlan.SortKey]
  private let layout: ColumnLayout
  /// Keeps only the first row of each combination of so many leading keys.
  private let firstOfEach: Int?
  private let profile: OperatorProfile?
  private let store: RowStore
  private let state = Mutex(State())

  private struct State {
    var columns: [Vector] = []
    var keyColumns: [SortKeyColumn?] = []
    var ranges: [[RowOrder.Entry]] = []
    var order: RowOrder?
    var parts: [[UInt32]] = []
    var rows: [UInt32] = []
    var runs: [RunHolder] = []
  }

  /// A run that its maker is done with.
  private struct RunHolder: @unchecked Sendable {
    // SAFETY: written by one worker, then read by one.
    let run: SortRun
  }

  init(
    _ keys: [LogicalPlan.SortKey], _ layout: ColumnLayout, _ profile: OperatorProfile?,
    firstOfEach: Int? = nil
  ) {
    (self.keys, self.layout, self.profile, self.firstOfEach) = (keys, layout, profile, firstOfEach)
    store = RowStore(layout.columns.map(\.type) + keys.map(\.expression.type))
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    let compiled = try CompiledExpression.all(keys.map(\.expression), layout, worker)
    return RowStoreLocal(
      store, keys: compiled, worker, name: "a sort",
      overflow: Overflow(self, worker.query.settings.tempDirectory))
  }

  /// Makes runs of the rows that memory has no room for.
  private final class Overflow: RowOverflow {
    private let sink: SortSink
    private let directory: String

    init(_ sink: SortSink, _ directory: String) { (self.sink, self.directory) = (sink, directory) }

    func take(_ morsels: [(morsel: Int, batches: [Batch])], round: Int) throws(QueryError) {
      try sink.addRun(morsels, round: round, in: directory)
    }

    func finish() throws(QueryError) {}
  }

  private func addRun(
    _ morsels: [(morsel: Int, batches: [Batch])], round: Int, in directory: String
  ) throws(QueryError) {
    let run = RunHolder(
      run: try SortRun(
        morsels, round: round, keys, leading: firstOfEach ?? 0, store.types, in: directory))
    profile?.add("spilled_rows", run.run.rowCount)
    profile?.add("spilled_bytes", run.run.byteCount)
    state.withLock { $0.runs.append(run) }
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    switch phase {
    case 0:
      if state.withLock({ !$0.runs.isEmpty }) {
        // Workers whose rows all fitted have them in memory still: they become the last run.
        let rest = store.takeAll()
        if !rest.isEmpty { try addRun(rest, round: 0, in: context.settings.tempDirectory) }
        try reduceRuns(context)
        return nil
      }
      return try store.prepare()
    case 1:
      let columns = store.columns()
      return state.withLock { state in
        state.columns = columns
        state.keyColumns = [SortKeyColumn?](repeating: nil, count: keys.count)
        return keys.count
      }
    case 2:
      let rowCount = store.rowCount
      return state.withLock { state in
        let order = RowOrder(state.keyColumns.compactMap { $0 }, rowCount: rowCount)
        if firstOfEach == nil { state.keyColumns = [] }
        if order.isInOrder() {
          state.parts = [Array(0..<UInt32(rowCount))]
          return 0
        }
        state.ranges = order.partitioned()
        state.order = order
        state.parts = [[UInt32]](repeating: [], count: state.ranges.count)
        return state.ranges.count
      }
    default:
      state.withLock { state in
        state.rows = state.parts.count == 1 ? state.parts[0] : Array(state.parts.joined())
        if let firstOfEach {
          let columns = state.keyColumns.prefix(firstOfEach).compactMap { $0 }
          let rows = state.rows
          state.rows = rows.indices.filter { index in
            index == 0 || !columns.allSatisfy { $0.areEqual(rows[index - 1], rows[index]) }
          }.map { rows[$0] }
        }
        (state.parts, state.order, state.keyColumns) = ([], nil, [])
        state.columns.removeLast(keys.count)
      }
      return nil
    }
  }

  /// Merges runs until they are few enough to be merged while they are put out.
  private func reduceRuns(_ context: QueryContext) throws(QueryError) {
    while state.withLock({ $0.runs.count }) > SortRunMerger.fanIn {
      let some = state.withLock { state in
        let some = state.runs.prefix(SortRunMerger.fanIn).map(\.run)
        state.runs.removeFirst(some.count)
        return some
      }
      let merged = RunHolder(
        run: try SortRun(merging: some, in: context.settings.tempDirectory, checking: context))
      state.withLock { $0.runs.append(merged) }
    }
  }

  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError) {
    switch phase {
    case 0: store.concatenate(column: task)
    case 1:
      let vector = state.withLock { $0.columns[layout.columns.count + task] }
      let key = keys[task]
      let column = SortKeyColumn(
        vector, key.expression.type, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
      state.withLock { $0.keyColumns[task] = column }
    default:
      let (order, range) = state.withLock { state in
        var range: [RowOrder.Entry] = []
        swap(&range, &state.ranges[task])
        return (state.order, range)
      }
      guard let order else { return }
      let rows = order.sorted(range)
      state.withLock { $0.parts[task] = rows }
    }
  }

  /// The sorted rows as a source.
  var source: any PipelineSource { Source(sink: self) }

  private var runs: [SortRun] { state.withLock { $0.runs.map(\.run) } }

  private struct Source: PipelineSource {
    let sink: SortSink

    private var inMemory: OrderedRowsSource {
      OrderedRowsSource { sink.state.withLock { ($0.columns, $0.rows) } }
    }

    var estimatedRowCount: Int { 0 }

    func open(_ context: QueryContext) throws(QueryError) -> Int {
      sink.runs.isEmpty ? try inMemory.open(context) : 1
    }

    func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
      let runs = sink.runs
      if runs.isEmpty { return try inMemory.makeReader(worker) }
      return MergeReader(
        runs, sink.layout.columns.map(\.type), worker.query, isFirstOfEach: sink.firstOfEach != nil)
    }
  }

  private final class MergeReader: MorselReader {
    private let runs: [SortRun]
    private let types: [LogicalType]
    private let context: QueryContext
    private let isFirstOfEach: Bool

    init(_ runs: [SortRun], _ types: [LogicalType], _ context: QueryContext, isFirstOfEach: Bool) {
      (self.runs, self.types, self.context, self.isFirstOfEach) = (runs, types, context, isFirstOfEach)
    }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let batchSize = context.settings.batchSize
      guard isFirstOfEach, let all = runs.first?.types else {
        var merger = try SortRunMerger(runs, types, key: types.count)
        return try merger.push(batchSize, into: next, checking: context)
      }
      var merger = try SortRunMerger(runs, all, key: types.count)
      let first = FirstOfEachInstance(types.count, key: types.count, next: next)
      return try merger.push(batchSize, into: first, checking: context)
    }
  }
}

/// Rows of columns in a given order.
struct OrderedRowsSource: PipelineSource {
  /// Returns the columns and the rows in order; called when the pipeline starts.
  let rows: @Sendable () -> ([Vector], [UInt32])

  /// Rows a morsel.
  static let morselLength = 65_536

  var estimatedRowCount: Int { 0 }

  func open(_ context: QueryContext) throws(QueryError) -> Int {
    (rows().1.count + OrderedRowsSource.morselLength - 1) / OrderedRowsSource.morselLength
  }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    let (columns, rows) = rows()
    return Reader(columns, rows, worker.query.settings.batchSize)
  }

  private final class Reader: MorselReader {
    private let columns: [Vector]
    private let rows: [UInt32]
    private let batchSize: Int

    init(_ columns: [Vector], _ rows: [UInt32], _ batchSize: Int) {
      (self.columns, self.rows, self.batchSize) = (columns, rows, batchSize)
    }

    /// The first of the rows, if they follow each other.
    private static func start(ofRun rows: Span<UInt32>) -> Int? {
      let first = rows[0]
      for place in rows.indices where rows[place] != first &+ UInt32(truncatingIfNeeded: place) { return nil }
      return Int(first)
    }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      var first = morsel * OrderedRowsSource.morselLength
      let end = min(first + OrderedRowsSource.morselLength, rows.count)
      let rows = self.rows
      let all = rows.span
      while first < end {
        let count = min(batchSize, end - first)
        let wanted = all.extracting(first..<first + count)
        var taken: [Vector] = []
        taken.reserveCapacity(columns.count)
        // What was in order already is cut out.
        if let start = Reader.start(ofRun: wanted), start & 63 == 0 {
          for column in columns { taken.append(column.slice(from: start, count: count)) }
        } else {
          for column in columns { taken.append(column.taking(wanted)) }
        }
        if try !next.push(Batch(columns: taken, rowCount: count)) { return false }
        first += count
      }
      return true
    }
  }
}
