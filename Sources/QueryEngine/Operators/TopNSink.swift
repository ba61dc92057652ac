internal import Columnar
internal import Synchronization

/// Keeps the first rows of an order without sorting the others.
///
/// Rows that cannot be among the first, by the first key alone, are dropped as they come: each worker
/// sorts what it kept when that has become too much, and the first key of its last row is the threshold
/// for all workers.
final class TopNSink: PipelineSink {
  private let keys: [LogicalPlan.SortKey]
  private let layout: ColumnLayout
  private let count: Int
  private let offset: Int
  private let types: [LogicalType]
  /// Rows whose first key has a greater code are of no use.
  let threshold: TopNThreshold
  private let state = Mutex<[Batch]>([])

  init(_ keys: [LogicalPlan.SortKey], count: Int, offset: Int, _ layout: ColumnLayout) {
    (self.keys, self.count, self.offset, self.layout) = (keys, count, offset, layout)
    types = layout.columns.map(\.type) + keys.map(\.expression.type) + [.bigint]
    threshold = TopNThreshold(keys[0])
  }

  private var keptCount: Int {
    let sum = count.addingReportingOverflow(offset)
    return sum.overflow ? .max : sum.partialValue
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    Local(self, try CompiledExpression.all(keys.map(\.expression), layout, worker))
  }

  /// Returns the first `keptCount` rows of the batches in order; the last column tells the input's order.
  private func first(of batches: [Batch]) -> Batch {
    let rowCount = batches.reduce(0) { $0 + $1.rowCount }
    var keyColumns = keys.indices.map { index in
      let key = keys[index]
      return SortKeyColumn(
        column(layout.columns.count + index, of: batches), key.expression.type,
        isDescending: key.isDescending, nullsFirst: key.nullsFirst)
    }
    keyColumns.append(
      SortKeyColumn(column(types.count - 1, of: batches), .bigint, isDescending: false, nullsFirst: false))
    let order = RowOrder(keyColumns, rowCount: rowCount)
    var rows: [UInt32] = []
    for range in order.partitioned() where rows.count < keptCount {
      rows.append(contentsOf: order.sorted(range))
    }
    if rows.count > keptCount { rows.removeLast(rows.count - keptCount) }
    return taking(rows, of: batches)
  }

  private func column(_ index: Int, of batches: [Batch]) -> Vector {
    Kernels.concatenated(batches.map { $0.columns[index] }, of: types[index])
  }

  /// Returns rows, numbered through all batches, in memory of their own; no other row is copied.
  private func taking(_ rows: [UInt32], of batches: [Batch]) -> Batch {
    let ascending = rows.indices.sorted { rows[$0] < rows[$1] }
    var places = [UInt32](repeating: 0, count: rows.count)
    for (place, index) in ascending.enumerated() { places[index] = UInt32(place) }
    var rowsOfBatches: [[UInt32]] = []
    var (first, next) = (0, 0)
    for batch in batches {
      var own: [UInt32] = []
      while next < ascending.count, case let row = Int(rows[ascending[next]]), row < first + batch.rowCount {
        own.append(UInt32(row - first))
        next += 1
      }
      rowsOfBatches.append(own)
      first += batch.rowCount
    }
    let columns = types.indices.map { index in
      var parts: [Vector] = []
      for (batch, own) in zip(batches, rowsOfBatches) where !own.isEmpty {
        parts.append(batch.columns[index].taking(own.span))
      }
      return Kernels.detached(Kernels.concatenated(parts, of: types[index]).taking(places.span))
    }
    return Batch(columns: columns, rowCount: rows.count)
  }

  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    state.withLock { batches in
      if !batches.isEmpty { batches = [first(of: batches)] }
    }
    return nil
  }

  /// The first rows as a source, the offset skipped.
  var source: any PipelineSource {
    OrderedRowsSource { [self] in
      guard let batch = state.withLock({ $0.first }) else { return ([], []) }
      let columns = Array(batch.columns.prefix(layout.columns.count))
      return (columns, batch.rowCount > offset ? (UInt32(offset)..<UInt32(batch.rowCount)).map { $0 } : [])
    }
  }

  private final class Local: OperatorInstance {
    private let sink: TopNSink
    private var keys: [CompiledExpression]
    private var batches: [Batch] = []
    private var rowCount = 0
    private var morsel = 0
    private var rowOfMorsel = 0

    /// Soon, so that the threshold spares the scan work, then more seldom.
    private var nextPrune: Int

    init(_ sink: TopNSink, _ keys: [CompiledExpression]) {
      (self.sink, self.keys) = (sink, keys)
      nextPrune = max(128, sink.keptCount.multipliedReportingOverflow(by: 2).partialValue)
    }

    override func begin(morsel: Int) throws(QueryError) { (self.morsel, rowOfMorsel) = (morsel, 0) }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if sink.keptCount == 0 { return false }
      let values = try keys.evaluate(batch)
      if let selection = sink.threshold.select(values[0], from: batch) {
        if selection.count == 0 {
          rowOfMorsel += batch.rowCount
          return true
        }
        batch.selection = selection
      }
      batch.columns.append(contentsOf: values)
      let first = Int64(morsel) << 36 + Int64(rowOfMorsel)
      batch.columns.append(.flat((0..<Int64(batch.rowCount)).map { first + $0 }))
      rowOfMorsel += batch.rowCount
      var kept = batch.compacted()
      rowCount += kept.rowCount
      // A row among many that were passed over would keep all texts of its column chunk.
      if !sink.threshold.isOpen, rowCount < nextPrune {
        kept.columns = kept.columns.map { Kernels.detached($0) }
      }
      batches.append(kept)
      if rowCount >= nextPrune { prune() }
      return true
    }

    private func prune() {
      let best = sink.first(of: batches)
      batches = [best]
      rowCount = best.rowCount
      nextPrune = max(1024, rowCount * 4)
      if rowCount >= sink.keptCount {
        sink.threshold.lower(to: best.columns[sink.layout.columns.count], row: rowCount - 1)
      }
    }

    override func finish() throws(QueryError) {
      if rowCount > sink.keptCount { prune() }
      sink.state.withLock { $0.append(contentsOf: batches) }
    }
  }
}

/// The greatest code of the first sort key that still matters; only ever lowered.
final class TopNThreshold: Sendable {
  let key: LogicalPlan.SortKey
  private let code = Atomic(UInt64.max)

  init(_ key: LogicalPlan.SortKey) { self.key = key }

  /// Whether every row may still be among the first.
  var isOpen: Bool { code.load(ordering: .relaxed) == .max }

  /// Whether the value in row 0 comes behind the threshold.
  func isBehind(_ value: Vector) -> Bool {
    let codes = SortKeyColumn.fixedCodes(
      value, key.expression.type, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
    return codes[0] > code.load(ordering: .relaxed)
  }

  /// Lowers the threshold to the key of a row.
  func lower(to vector: Vector, row: Int) {
    let codes = SortKeyColumn.fixedCodes(
      vector, key.expression.type, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
    var current = code.load(ordering: .relaxed)
    while codes[row] < current {
      let (exchanged, original) = code.compareExchange(
        expected: current, desired: codes[row], ordering: .relaxed)
      if exchanged { return }
      current = original
    }
  }

  /// Returns the selected rows that may be among the first; `nil` if all rows of the batch are.
  func select(_ vector: Vector, from batch: borrowing Batch) -> Selection? {
    let threshold = code.load(ordering: .relaxed)
    if threshold == .max { return batch.selection }
    let passing =
      vector.type == .string && vector.encoding != .constant
      ? passingTexts(vector, threshold) : passingCodes(vector, threshold)
    let rows = Bitmap.intersection(passing, batch.selection?.rows)
    guard let rows else { return nil }
    let count = rows.setCount
    return count == batch.rowCount ? nil : Selection(rows, count: count)
  }

  private func passingCodes(_ vector: Vector, _ threshold: UInt64) -> Bitmap {
    let codes = SortKeyColumn.fixedCodes(
      vector, key.expression.type, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
    return TopNThreshold.bitmap(count: codes.count) { codes[$0] <= threshold }
  }

  /// Most texts are told apart by their first four bytes; of a dictionary each entry is looked at once.
  private func passingTexts(_ vector: Vector, _ threshold: UInt64) -> Bitmap {
    let count = vector.count
    var passing: Bitmap
    if vector.encoding == .dictionary, let base = vector.base, base.count <= count {
      let entries = passes(base.flattened().strings, threshold)
      let codes = vector.codes
      passing = TopNThreshold.bitmap(count: count) { entries[Int(codes[$0])] }
    } else {
      let rows = passes(vector.flattened().strings, threshold)
      passing = TopNThreshold.bitmap(count: count) { rows[$0] }
    }
    guard let validity = vector.rowValidity else { return passing }
    if key.nullsFirst {
      let passed = passing
      return TopNThreshold.bitmap(count: count) { passed[$0] || !validity[$0] }
    }
    passing = Bitmap.intersection(passing, validity) ?? passing
    return passing
  }

  private func passes(_ texts: Span<StringView>, _ threshold: UInt64) -> [Bool] {
    let turned: UInt64 = key.isDescending ? .max : 0
    let last = UInt32(truncatingIfNeeded: threshold &>> 32)
    var passes = [Bool](repeating: false, count: texts.count)
    for row in texts.indices {
      let start = texts[row].prefix ^ UInt32(truncatingIfNeeded: turned)
      if start > last { continue }
      passes[row] = start < last || SortKeyColumn.prefix(texts[row]) ^ turned <= threshold
    }
    return passes
  }

  @inline(__always) private static func bitmap(count: Int, _ isSet: (Int) -> Bool) -> Bitmap {
    var builder = BitmapBuilder(count: count)
    var words = builder.words
    for word in words.indices {
      let first = word &* 64
      var bits: UInt64 = 0
      for row in first..<min(first &+ 64, count) {
        bits |= (isSet(row) ? 1 : 0) &<< UInt64(truncatingIfNeeded: row & 63)
      }
      words[word] = bits
    }
    return builder.freeze()
  }
}

extension SortKeyColumn {
  /// Returns codes that depend on the value alone, so that batches can be compared; equal codes may stand for
  /// different values.
  static func fixedCodes(
    _ vector: Vector, _ type: LogicalType, isDescending: Bool, nullsFirst: Bool
  ) -> [UInt64] {
    let flat = vector.flattened()
    var codes: [UInt64]
    switch flat.type {
    case .int128:
      let values = flat.int128s
      codes = [UInt64](repeating: 0, count: flat.count)
      for row in 0..<flat.count {
        codes[row] = UInt64(truncatingIfNeeded: values[row] &>> 64) ^ 1 &<< 63
      }
    case .interval, .list, .struct: codes = [UInt64](repeating: 1 &<< 63, count: flat.count)
    default: codes = rawCodes(flat, type).0
    }
    let validity = vector.rowValidity
    for row in codes.indices {
      if let validity, !validity[row] {
        codes[row] = nullsFirst ? 0 : .max
      } else if isDescending {
        codes[row] = ~codes[row]
      }
    }
    return codes
  }
}
