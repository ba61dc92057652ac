internal import Columnar
internal import Synchronization

/// Collects the build side of a join and makes its hash table.
final class HashJoinSink: PipelineSink {
  let shape: JoinShape
  private let store: RowStore
  private let state = Mutex<JoinTable?>(nil)
  /// Which build rows have found a match, merged from all workers.
  private let matched = Mutex<[UInt64]>([])
  /// By key, what the scan of the probe side is told.
  let filters: [JoinKeyFilter]

  init(_ shape: JoinShape) {
    self.shape = shape
    let keys = shape.buildKeys + (shape.asofKey.map { [$0] } ?? [])
    store = RowStore(shape.buildLayout.columns.map(\.type) + keys.map(\.type))
    filters = shape.buildKeys.map { JoinKeyFilter($0.type) }
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    let keys = shape.buildKeys + (shape.asofKey.map { [$0] } ?? [])
    return RowStoreLocal(store, keys: try CompiledExpression.all(keys, shape.buildLayout, worker), worker)
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    if phase == 0 { return try store.prepare() }
    let all = store.columns()
    let columnCount = shape.buildLayout.columns.count
    let keyCount = shape.buildKeys.count
    var codes: [UInt64] = []
    if let key = shape.asofKey {
      let order = SortKeyColumn(
        all[columnCount + keyCount], key.type, isDescending: false, nullsFirst: true)
      codes = order.codes
    }
    let keys = Array(all[columnCount..<columnCount + keyCount])
    let table = JoinTable(
      columns: Array(all.prefix(columnCount)), keys: keys,
      keyTypes: shape.buildKeys.map(\.type), matchesNulls: shape.matchesNulls,
      rowCount: store.rowCount, asofCodes: codes)
    for (filter, key) in zip(filters, table.keys) { filter.learn(key) }
    state.withLock { $0 = table }
    if shape.marksBuild {
      matched.withLock { $0 = [UInt64](repeating: 0, count: (table.rowCount + 63) / 64) }
    }
    return nil
  }

  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError) {
    store.concatenate(column: task)
  }

  /// The table, once the build side has been read.
  func table() throws(QueryError) -> JoinTable {
    guard let table = state.withLock({ $0 }) else {
      throw .internalError("a join was probed before its build side was read")
    }
    return table
  }

  /// Adds one worker's matches.
  func note(_ words: [UInt64]) {
    matched.withLock { all in
      for index in words.indices where index < all.count { all[index] |= words[index] }
    }
  }

  /// The build rows with or without a match, in order.
  func rows(matched wanted: Bool) -> [UInt32] {
    let words = matched.withLock { $0 }
    let rowCount = state.withLock { $0?.rowCount ?? 0 }
    return (0..<UInt32(rowCount)).filter { row in
      (words[Int(row >> 6)] >> UInt64(row & 63) & 1 == 1) == wanted
    }
  }
}

/// What the scan of the probe side can know of the build side's keys: their bounds, and a bloom filter.
final class JoinKeyFilter: DynamicFilter {
  private struct State {
    var isKnown = false
    var lower = ScalarValue.null
    var upper = ScalarValue.null
    var bits: [UInt64] = []
  }
  private let type: LogicalType
  private let state = Mutex(State())

  init(_ type: LogicalType) { self.type = type }

  var isKnown: Bool { state.withLock { $0.isKnown } }

  /// Takes the keys of the build side.
  func learn(_ keys: Vector) {
    // A filter that most rows pass costs more than it saves; big build sides seldom leave out much.
    guard keys.count <= 4_000_000, !type.isNested, type != .interval else { return }
    var bounds: (lower: ScalarValue, upper: ScalarValue) = (.null, .null)
    let validity = keys.validity
    switch keys.type {
    case .int32:
      let values = keys.int32s
      var (low, high) = (Int32.max, Int32.min)
      Kernels.forEachRow(validity, count: keys.count) { row in
        low = min(low, values[row])
        high = max(high, values[row])
      }
      if low <= high { bounds = (.integer(Int64(low)), .integer(Int64(high))) }
    case .int64:
      let values = keys.int64s
      var (low, high) = (Int64.max, Int64.min)
      Kernels.forEachRow(validity, count: keys.count) { row in
        low = min(low, values[row])
        high = max(high, values[row])
      }
      if low <= high {
        if case .decimal = type {
          bounds = (.decimal(Int128(low)), .decimal(Int128(high)))
        } else {
          bounds = (.integer(low), .integer(high))
        }
      }
    default: break
    }
    var hashes: [UInt64] = []
    Kernels.hash(keys, into: &hashes)
    var wordCount = 64
    while wordCount * 8 < keys.count { wordCount *= 2 }
    var bits = [UInt64](repeating: 0, count: wordCount)
    Kernels.forEachRow(validity, count: keys.count) { row in
      let hash = hashes[row]
      bits[Int(truncatingIfNeeded: hash &>> 12) & (wordCount &- 1)] |= JoinKeyFilter.mask(hash)
    }
    state.withLock { $0 = State(isKnown: true, lower: bounds.lower, upper: bounds.upper, bits: bits) }
  }

  /// Two bits of a word (a blocked bloom filter; Putze, Sanders and Singler, 2007).
  @inline(__always) private static func mask(_ hash: UInt64) -> UInt64 {
    1 &<< (hash & 63) | 1 &<< (hash &>> 6 & 63)
  }

  func rows(_ vector: Vector, mask: Bitmap?) -> Bitmap? {
    let bits = state.withLock { $0.bits }
    if bits.isEmpty { return nil }
    var hashes: [UInt64] = []
    Kernels.hash(vector, into: &hashes)
    var builder = BitmapBuilder(count: vector.count)
    var words = builder.words
    let wrap = bits.count &- 1
    for word in words.indices {
      let first = word &* 64
      var found: UInt64 = 0
      for row in first..<min(first &+ 64, vector.count) {
        let wanted = JoinKeyFilter.mask(hashes[row])
        let isThere = bits[Int(truncatingIfNeeded: hashes[row] &>> 12) & wrap] & wanted == wanted
        found |= (isThere ? 1 : 0) &<< UInt64(truncatingIfNeeded: row & 63)
      }
      words[word] = found
    }
    return Bitmap.intersection(Bitmap.intersection(builder.freeze(), vector.rowValidity), mask)
  }

  func excludes(lower: ScalarValue, upper: ScalarValue, mayHaveNulls: Bool) -> Bool {
    let (low, high) = state.withLock { ($0.lower, $0.upper) }
    guard !low.isNull, !lower.isNull, !upper.isNull else { return false }
    return ScalarOrdering.isLess(high, lower) || ScalarOrdering.isLess(upper, low)
  }
}

/// Build rows with or without a match, nulls for the probe side's columns.
struct BuildRowsSource: PipelineSource {
  let sink: HashJoinSink
  let matched: Bool
  /// Types of the probe side's columns to put out as nulls.
  let nullTypes: [LogicalType]

  var estimatedRowCount: Int { 0 }
  func open(_ context: QueryContext) throws(QueryError) -> Int { 1 }

  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
    Reader(self, worker.query.settings.batchSize)
  }

  private final class Reader: MorselReader {
    private let source: BuildRowsSource
    private let batchSize: Int

    init(_ source: BuildRowsSource, _ batchSize: Int) { (self.source, self.batchSize) = (source, batchSize) }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      let table = try source.sink.table()
      let rows = source.sink.rows(matched: source.matched)
      var first = 0
      while first < rows.count {
        let part = Array(rows[first..<min(first + batchSize, rows.count)])
        let build = table.columns.map { $0.taking(part.span) }
        let nulls = source.nullTypes.map { Vector.nulls($0, count: part.count) }
        let columns = source.sink.shape.buildFirst ? build + nulls : nulls + build
        if try !next.push(Batch(columns: columns, rowCount: part.count)) { return false }
        first += part.count
      }
      return true
    }
  }
}
