internal import Columnar

/// Rows put aside by the hash of some columns, so that rows of equal hash come back together.
///
/// One worker writes; when it is done, others may read, one partition at a time.
final class SpillPartitions {
  private let types: [LogicalType]
  private let file: SpillFile
  private var blocks: [[SpillFile.Block]]
  private var pending: [[Batch]]
  private var pendingRows: [Int]
  let count: Int

  /// Rows of a partition that are written together.
  private static let blockLength = 8192

  init(_ types: [LogicalType], count: Int, in directory: String) throws(QueryError) {
    (self.types, self.count) = (types, count)
    file = try SpillFile(in: directory)
    blocks = [[SpillFile.Block]](repeating: [], count: count)
    pending = [[Batch]](repeating: [], count: count)
    pendingRows = [Int](repeating: 0, count: count)
  }

  /// Puts rows of a batch without selection aside.
  func add(_ batch: Batch, hashes: [UInt64]) throws(QueryError) {
    var rows = [[UInt32]](repeating: [], count: count)
    for row in hashes.indices {
      rows[AggregatePartition.index(of: hashes[row], count: count)].append(UInt32(row))
    }
    for partition in 0..<count where !rows[partition].isEmpty {
      let taken = rows[partition]
      // Flat, so that a few rows do not keep the whole of their column chunk in memory.
      let columns = batch.columns.map { $0.taking(taken.span).flattened() }
      pending[partition].append(Batch(columns: columns, rowCount: taken.count))
      pendingRows[partition] += taken.count
      if pendingRows[partition] >= SpillPartitions.blockLength { try write(partition) }
    }
  }

  private func write(_ partition: Int) throws(QueryError) {
    let parts = pending[partition]
    if parts.isEmpty { return }
    let columns = types.indices.map { index in
      Kernels.concatenated(parts.map { $0.columns[index] }, of: types[index])
    }
    blocks[partition].append(try file.write(Batch(columns: columns, rowCount: pendingRows[partition])))
    pending[partition] = []
    pendingRows[partition] = 0
  }

  /// Writes what is left and ends the writing.
  func finish() throws(QueryError) {
    for partition in 0..<count { try write(partition) }
    try file.open()
  }

  /// Calls `body` with the rows of a partition, some thousand at a time.
  func forEachBatch(
    _ partition: Int, _ body: (Batch) throws(QueryError) -> Void
  ) throws(QueryError) {
    for block in blocks[partition] { try body(try file.read(block, types: types)) }
  }
}
