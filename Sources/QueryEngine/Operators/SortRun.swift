internal import Columnar

/// Sorted rows on disk, each with its key as bytes that compare as the rows do.
final class SortRun {
  private let types: [LogicalType]
  private let file: SpillFile
  private var blocks: [SpillFile.Block] = []

  /// Sorts and writes rows.
  ///
  /// The batches hold the input's columns and behind them the values of the sort keys; `round` is how many
  /// runs the same worker has written before.
  init(
    _ morsels: [(morsel: Int, batches: [Batch])], round: Int, _ keys: [LogicalPlan.SortKey],
    _ types: [LogicalType],
    in directory: String
  ) throws(QueryError) {
    let outputCount = types.count - keys.count
    self.types = Array(types.prefix(outputCount)) + [.binary]
    file = try SpillFile(in: directory)
    let batches = morsels.flatMap(\.batches)
    let rowCount = batches.reduce(0) { $0 + $1.rowCount }
    var sequence: [Int64] = []
    sequence.reserveCapacity(rowCount)
    for (morsel, batches) in morsels {
      let count = batches.reduce(0) { $0 + $1.rowCount }
      for row in 0..<count { sequence.append(Int64(morsel) << 40 + Int64(round) << 32 + Int64(row)) }
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
    var rows: [UInt32] = []
    rows.reserveCapacity(rowCount)
    for range in order.partitioned() { rows.append(contentsOf: order.sorted(range)) }
    var first = 0
    while first < rows.count {
      let part = Array(rows[first..<min(first + Batch.capacity, rows.count)])
      var taken = columns.prefix(outputCount).map { $0.taking(part.span) }
      let texts = SortKeyText(keys, keyValues.map { $0.taking(part.span).flattened() })
      taken.append(texts.vector(part.map { sequence[Int($0)] }))
      blocks.append(try file.write(Batch(columns: taken, rowCount: part.count)))
      first += part.count
    }
    try file.open()
  }

  /// Whether rows can be sorted this way.
  static func supports(_ keys: [LogicalPlan.SortKey]) -> Bool {
    keys.allSatisfy { !$0.expression.type.isNested }
  }

  var blockCount: Int { blocks.count }

  func batch(_ block: Int) throws(QueryError) -> Batch { try file.read(blocks[block], types: types) }
}

/// Sort keys as bytes whose order is that of the rows.
///
/// A value has a byte for null or not, then its bytes, highest first and with the sign turned around; of a
/// text a zero byte becomes 00 FF and the end is 00 00. Descending values have all bits turned around. At
/// the end is the row's number in the input, so that no two keys are equal.
private struct SortKeyText {
  private let keys: [LogicalPlan.SortKey]
  private let values: [Vector]

  init(_ keys: [LogicalPlan.SortKey], _ values: [Vector]) { (self.keys, self.values) = (keys, values) }

  func vector(_ sequence: [Int64]) -> Vector {
    var builder = VectorBuilder(.binary)
    var text: [UInt8] = []
    for row in sequence.indices {
      text.removeAll(keepingCapacity: true)
      for index in keys.indices { append(index, row, to: &text) }
      append(UInt64(sequence[row]), to: &text)
      builder.append(bytes: text.span)
    }
    return builder.finish()
  }

  private func append(_ value: UInt64, to text: inout [UInt8]) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      text.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  private func append(_ index: Int, _ row: Int, to text: inout [UInt8]) {
    let (key, vector) = (keys[index], values[index])
    if vector.isNull(at: row) {
      text.append(key.nullsFirst ? 0 : 2)
      return
    }
    text.append(1)
    let first = text.count
    let sign: UInt64 = 1 << 63
    func append(_ value: Int128) {
      self.append(UInt64(truncatingIfNeeded: value >> 64) ^ sign, to: &text)
      self.append(UInt64(truncatingIfNeeded: value), to: &text)
    }
    func append(_ bits: UInt64, isOrdered: Bool) {
      self.append(isOrdered ? bits : bits >> 63 == 1 ? ~bits : bits | sign, to: &text)
    }
    switch vector.type {
    case .bit: text.append(vector.bits[row] ? 1 : 0)
    case .int32: self.append(UInt64(bitPattern: Int64(vector.int32s[row])) ^ sign, to: &text)
    case .int64: self.append(UInt64(bitPattern: vector.int64s[row]) ^ sign, to: &text)
    case .int128: append(vector.int128s[row])
    case .float: append(Kernels.canonicalBits(Double(vector.floats[row])), isOrdered: false)
    case .double: append(Kernels.canonicalBits(vector.doubles[row]), isOrdered: false)
    case .interval: append(ScalarOrdering.micros(vector.intervals[row]))
    case .string:
      vector.strings[row].withBytes { bytes in
        for index in bytes.indices {
          text.append(bytes[index])
          if bytes[index] == 0 { text.append(0xFF) }
        }
      }
      text.append(0)
      text.append(0)
    case .list, .struct: break
    }
    if key.isDescending { for place in first..<text.count { text[place] = ~text[place] } }
  }
}

/// Merges sorted runs.
struct SortRunMerger: ~Copyable {
  private struct Head {
    var run: Int
    var block: Int
    var batch: Batch
    var keys: Vector
    /// Rows before `taken` are put out; those before `row` are picked for the next batch.
    var taken: Int
    var row: Int
  }
  private let runs: [SortRun]
  private var heads: [Head] = []
  private let columnTypes: [LogicalType]

  init(_ runs: [SortRun], _ columnTypes: [LogicalType]) throws(QueryError) {
    (self.runs, self.columnTypes) = (runs, columnTypes)
    for run in runs.indices where runs[run].blockCount > 0 {
      let batch = try runs[run].batch(0)
      heads.append(
        Head(run: run, block: 0, batch: batch, keys: batch.columns[columnTypes.count], taken: 0, row: 0))
    }
  }

  /// Pushes all rows in order.
  mutating func push(
    _ batchSize: Int, into next: OperatorInstance, checking context: QueryContext
  ) throws(QueryError) -> Bool {
    var picks: [Int] = []
    while !heads.isEmpty {
      var best = 0
      for index in heads.indices.dropFirst() where isBefore(index, best) { best = index }
      picks.append(heads[best].run)
      heads[best].row += 1
      let isAtEnd = heads[best].row == heads[best].batch.rowCount
      if picks.count == batchSize || isAtEnd {
        if try !put(picks, into: next) { return false }
        picks.removeAll(keepingCapacity: true)
        try context.checkCancelled()
      }
      if isAtEnd { try advance(best) }
    }
    return true
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    let (a, b) = (heads[left].keys, heads[right].keys)
    let (x, y) = (a.strings[heads[left].row], b.strings[heads[right].row])
    return x < y
  }

  private mutating func advance(_ index: Int) throws(QueryError) {
    let (run, block) = (heads[index].run, heads[index].block + 1)
    guard block < runs[run].blockCount else {
      heads.remove(at: index)
      return
    }
    let batch = try runs[run].batch(block)
    heads[index] = Head(
      run: run, block: block, batch: batch, keys: batch.columns[columnTypes.count], taken: 0, row: 0)
  }

  /// Puts out the picked rows: those of each run follow each other, so they are cut out and interleaved.
  private mutating func put(_ picks: [Int], into next: OperatorInstance) throws(QueryError) -> Bool {
    if picks.isEmpty { return true }
    var places = [UInt32](repeating: 0, count: runs.count)
    var parts: [Batch] = []
    var total: UInt32 = 0
    for index in heads.indices where heads[index].row > heads[index].taken {
      let count = heads[index].row - heads[index].taken
      parts.append(heads[index].batch.rows(from: heads[index].taken, count: count))
      places[heads[index].run] = total
      total += UInt32(count)
      heads[index].taken = heads[index].row
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
