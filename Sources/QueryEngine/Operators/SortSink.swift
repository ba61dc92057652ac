internal import Columnar
internal import Synchronization

/// Sorts all rows; ties keep the order of the input.
final class SortSink: PipelineSink {
  private let keys: [LogicalPlan.SortKey]
  private let layout: ColumnLayout
  /// Keeps only the first row of each combination of so many leading keys.
  private let firstOfEach: Int?
  private let store: RowStore
  private let external: ExternalSort
  private let state = Mutex(State())

  private struct State {
    var columns: [Vector] = []
    var keyColumns: [SortKeyColumn?] = []
    var ranges: [[RowOrder.Entry]] = []
    var order: RowOrder?
    var parts: [[UInt32]] = []
    var rows: [UInt32] = []
  }

  init(
    _ keys: [LogicalPlan.SortKey], _ layout: ColumnLayout, _ profile: OperatorProfile?,
    firstOfEach: Int? = nil
  ) {
    (self.keys, self.layout, self.firstOfEach) = (keys, layout, firstOfEach)
    store = RowStore(layout.columns.map(\.type) + keys.map(\.expression.type))
    external = ExternalSort(keys, store.types, leading: firstOfEach ?? 0, profile)
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    let compiled = try CompiledExpression.all(keys.map(\.expression), layout, worker)
    return RowStoreLocal(
      store, keys: compiled, worker, name: "a sort",
      overflow: external.makeOverflow(in: worker.query.settings.tempDirectory))
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    switch phase {
    case 0:
      return try external.takeRest(of: store, context) ? nil : try store.prepare()
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

  private struct Source: PipelineSource {
    let sink: SortSink

    private var inMemory: OrderedRowsSource {
      OrderedRowsSource { sink.state.withLock { ($0.columns, $0.rows) } }
    }

    var estimatedRowCount: Int { 0 }

    func open(_ context: QueryContext) throws(QueryError) -> Int {
      sink.external.runs.isEmpty ? try inMemory.open(context) : 1
    }

    func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
      let runs = sink.external.runs
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
