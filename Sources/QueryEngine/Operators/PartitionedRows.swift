internal import Columnar

/// Rows that one worker keeps in memory by some bits of their hash, so that those of equal bits can be visited alone.
///
/// One worker writes; when it is done, others may read.
final class PartitionedRows {
  /// Rows that were sorted together.
  private struct Chunk {
    var columns: [Vector]
    /// By partition, the place of its first row, and how many rows there are.
    var ranges: [(first: Int, count: Int)]
  }

  /// Rows that are sorted together: few enough that they stay in the nearer caches, enough that each partition gets some
  /// hundreds.
  private static let chunkLength = 65_536

  private let types: [LogicalType]
  private let count: Int
  private var chunks: [Chunk] = []
  private var waiting: [Batch] = []
  private var waitingHashes: [UInt64] = []
  /// Bytes held, roughly.
  private(set) var byteCount = 0

  init(_ types: [LogicalType], count: Int) { (self.types, self.count) = (types, count) }

  /// Adds the rows of a batch without selection.
  func add(_ batch: Batch, hashes: [UInt64]) {
    byteCount += Kernels.byteCount(batch.columns) + batch.rowCount * 8
    waiting.append(batch)
    waitingHashes.append(contentsOf: hashes)
    if waitingHashes.count >= PartitionedRows.chunkLength { sort() }
  }

  /// Ends the adding.
  func finish() { if !waitingHashes.isEmpty { sort() } }

  private func sort() {
    let hashes = take(&waitingHashes)
    let batches = take(&waiting)
    let numbers = PartitionedNumbers(from: 0, to: hashes.count, shareCount: count) { row in
      AggregatePartition.index(of: hashes[row], count: count)
    }
    // Windows begin at multiples of 64 rows: what lies between belongs to no partition.
    var rows: [UInt32] = []
    rows.reserveCapacity(hashes.count + count * 64)
    var ranges: [(first: Int, count: Int)] = []
    for partition in 0..<count {
      let own = numbers[partition]
      ranges.append((rows.count, own.count))
      rows.append(contentsOf: own)
      rows.append(contentsOf: repeatElement(0, count: -own.count & 63))
    }
    let columns = types.indices.map { index in
      Kernels.concatenated(batches.map { $0.columns[index] }, of: types[index]).taking(rows.span).flattened()
    }
    byteCount -= hashes.count * 8
    chunks.append(Chunk(columns: columns, ranges: ranges))
  }

  /// Calls `body` with the rows of a partition, some hundred at a time.
  func forEachBatch(
    _ partition: Int, _ body: (Batch) throws(QueryError) -> Void
  ) throws(QueryError) {
    for chunk in chunks {
      let (first, count) = chunk.ranges[partition]
      if count == 0 { continue }
      try body(
        Batch(columns: chunk.columns.map { $0.slice(from: first, count: count) }, rowCount: count))
    }
  }
}
