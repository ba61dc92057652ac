internal import Columnar

/// Sorted rows on disk, each with its key as bytes that compare as the rows do.
final class SortRun {
  /// The types of the columns written: the input's, the key, and where asked for the length of a part of it.
  let types: [LogicalType]
  private let file: SpillFile
  private var blocks: [SpillFile.Block] = []
  /// Rows and bytes written.
  private(set) var rowCount = 0
  private(set) var byteCount = 0
  /// Bytes of the rows in memory, roughly.
  private(set) var rawByteCount = 0

  private init(_ types: [LogicalType], in directory: String) throws(QueryError) {
    self.types = types
    file = try SpillFile(in: directory)
  }

  /// Sorts and writes rows.
  ///
  /// The batches hold the input's columns and behind them the values of the sort keys; `round` is how many
  /// runs the same worker has written before. The length of the first `leading` keys' bytes is kept if that
  /// is more than none.
  convenience init(
    _ morsels: [(morsel: Int, batches: [Batch])], round: Int, _ keys: [LogicalPlan.SortKey], leading: Int,
    _ types: [LogicalType], in directory: String
  ) throws(QueryError) {
    let outputCount = types.count - keys.count
    try self.init(
      Array(types.prefix(outputCount)) + [.binary] + (leading > 0 ? [.integer] : []), in: directory)
    let batches = morsels.flatMap(\.batches)
    let rowCount = batches.reduce(0) { $0 + $1.rowCount }
    var sequence: [RowNumber] = []
    sequence.reserveCapacity(rowCount)
    for (morsel, batches) in morsels {
      let count = batches.reduce(0) { $0 + $1.rowCount }
      for row in 0..<count {
        sequence.append(
          RowNumber(place: UInt64(morsel) << 32 | UInt64(round & 0xFFFF_FFFF), row: UInt32(row)))
      }
    }
    let columns = types.indices.map { index in
      Kernels.concatenated(batches.map { $0.columns[index] }, of: types[index])
    }
    let keyValues = Array(columns[outputCount...])
    let order = RowOrder(
      keys.indices.map { index in
        SortKeyColumn(
          keyValues[index], keys[index].expression.type, isDescending: keys[index].isDescending,
          nullsFirst: keys[index].nullsFirst)
      }, rowCount: rowCount)
    let rows = order.sortedRows()
    var first = 0
    while first < rows.count {
      let part = Array(rows[first..<min(first + Batch.capacity, rows.count)])
      var taken = columns.prefix(outputCount).map { $0.taking(part.span) }
      let texts = SortKeyText(keys, keyValues.map { $0.taking(part.span).flattened() })
      let (key, lengths) = texts.vectors(part.map { sequence[Int($0)] }, leading: leading)
      taken.append(key)
      if leading > 0 { taken.append(.flat(lengths)) }
      try write(Batch(columns: taken, rowCount: part.count))
      first += part.count
    }
    try file.open()
  }

  /// Merges runs into one.
  convenience init(
    merging runs: [SortRun], in directory: String, checking context: QueryContext
  ) throws(QueryError) {
    guard let first = runs.first else { throw .internalError("no runs to merge") }
    try self.init(first.types, in: directory)
    var merger = try SortRunMerger(runs, first.types, key: first.keyPlace)
    _ = try merger.push(Batch.capacity, into: Writer(self), checking: context)
    try file.open()
  }

  /// The column that holds the key.
  var keyPlace: Int { types.lastIndex(of: .binary) ?? 0 }
  var blockCount: Int { blocks.count }

  func batch(_ block: Int) throws(QueryError) -> Batch { try file.read(blocks[block], types: types) }

  private func write(_ batch: Batch) throws(QueryError) {
    let block = try file.write(batch)
    blocks.append(block)
    rowCount += block.rowCount
    byteCount += block.byteCount
    rawByteCount += block.rawByteCount
  }

  private final class Writer: OperatorInstance {
    private let run: SortRun
    init(_ run: SortRun) { self.run = run }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      try run.write(batch)
      return true
    }
  }
}

/// Where a row stood in the input.
struct RowNumber {
  var place: UInt64
  var row: UInt32
}

/// Merges sorted runs.
struct SortRunMerger: ~Copyable {
  private struct Head {
    var block: Int
    var batch: Batch
    var keys: Vector
    /// Rows before `taken` are put out; those before `row` are picked for the next batch.
    var taken: Int
    var row: Int
  }
  /// Runs that are merged at once at most.
  static let fanIn = 64

  private let runs: [SortRun]
  private var heads: [Head?] = []
  /// Runs with rows left, as a binary heap by their next key.
  private var heap: [Int] = []
  private let columnTypes: [LogicalType]
  private let keyPlace: Int

  /// Merges runs whose first columns are of `columnTypes`, which are put out.
  init(_ runs: [SortRun], _ columnTypes: [LogicalType], key keyPlace: Int) throws(QueryError) {
    (self.runs, self.columnTypes, self.keyPlace) = (runs, columnTypes, keyPlace)
    for run in runs.indices {
      heads.append(try SortRunMerger.head(runs[run], 0, keyPlace))
      if heads[run] != nil { heap.append(run) }
    }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sift(place) }
  }

  private static func head(_ run: SortRun, _ block: Int, _ keyPlace: Int) throws(QueryError) -> Head? {
    guard block < run.blockCount else { return nil }
    let batch = try run.batch(block)
    return Head(block: block, batch: batch, keys: batch.columns[keyPlace], taken: 0, row: 0)
  }

  /// Pushes all rows in order.
  mutating func push(
    _ batchSize: Int, into next: OperatorInstance, checking context: QueryContext
  ) throws(QueryError) -> Bool {
    var picks: [Int] = []
    while let best = heap.first {
      picks.append(best)
      heads[best]?.row += 1
      let isAtEnd = heads[best].map { $0.row == $0.batch.rowCount } ?? true
      if picks.count == batchSize || isAtEnd {
        if try !put(picks, into: next) { return false }
        picks.removeAll(keepingCapacity: true)
        try context.checkCancelled()
      }
      if isAtEnd {
        heads[best] = try SortRunMerger.head(runs[best], (heads[best]?.block ?? 0) + 1, keyPlace)
        if heads[best] == nil {
          heap[0] = heap[heap.count - 1]
          heap.removeLast()
        }
      }
      sift(0)
    }
    return true
  }

  /// Moves a run down to its place in the heap.
  private mutating func sift(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in 2 * place + 1...2 * place + 2
      where child < heap.count && isBefore(heap[child], heap[least]) {
        least = child
      }
      if least == place { return }
      heap.swapAt(place, least)
      place = least
    }
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    guard let a = heads[left], let b = heads[right] else { return false }
    return a.keys.strings[a.row] < b.keys.strings[b.row]
  }

  /// Puts out the picked rows: those of each run follow each other, so they are cut out and interleaved.
  private mutating func put(_ picks: [Int], into next: OperatorInstance) throws(QueryError) -> Bool {
    if picks.isEmpty { return true }
    var places = [UInt32](repeating: 0, count: runs.count)
    var parts: [Batch] = []
    var total: UInt32 = 0
    for run in heads.indices {
      guard let head = heads[run], head.row > head.taken else { continue }
      parts.append(head.batch.rows(from: head.taken, count: head.row - head.taken))
      places[run] = total
      total += UInt32(head.row - head.taken)
      heads[run]?.taken = head.row
    }
    var rows: [UInt32] = []
    rows.reserveCapacity(picks.count)
    for run in picks {
      rows.append(places[run])
      places[run] += 1
    }
    let columns = columnTypes.indices.map { index in
      Kernels.concatenated(parts.map { $0.columns[index] }, of: columnTypes[index]).taking(rows.span)
    }
    return try next.push(Batch(columns: columns, rowCount: rows.count))
  }
}

/// Passes on the first row of each combination of the leading keys' bytes, without what runs add to rows.
final class FirstOfEachInstance: StreamingInstance {
  private let columnCount: Int
  private let keyPlace: Int
  private var before: [UInt8]?

  init(_ columnCount: Int, key keyPlace: Int, next: OperatorInstance) {
    (self.columnCount, self.keyPlace) = (columnCount, keyPlace)
    super.init(next: next)
  }

  override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
    let (keys, ends) = (batch.columns[keyPlace].flattened(), batch.columns[keyPlace + 1].flattened())
    let (views, lengths) = (keys.strings, ends.int32s)
    var rows: [UInt32] = []
    for row in 0..<batch.rowCount {
      let lead = views[row].withBytes { bytes in
        var lead: [UInt8] = []
        lead.reserveCapacity(Int(lengths[row]))
        for index in 0..<Int(lengths[row]) { lead.append(bytes[index]) }
        return lead
      }
      if lead != before { rows.append(UInt32(row)) }
      before = lead
    }
    if rows.isEmpty { return true }
    let columns = batch.columns.prefix(columnCount).map { $0.taking(rows.span) }
    return try next.push(Batch(columns: columns, rowCount: rows.count))
  }
}
