internal import Columnar

/// Rows put aside by the hash of some columns, so that rows of equal hash come back together.
///
/// One worker writes; when it is done, others may read.
final class SpillPartitions {
  private let types: [LogicalType]
  private let file: SpillFile
  private var blocks: [[SpillFile.Block]]
  private var pending: [[Batch]]
  private var pendingRows: [Int]
  private var pendingBytes: [Int]
  let count: Int
  /// Rows and bytes written, for those who ask what a query did.
  private(set) var rowCount = 0
  private(set) var byteCount = 0

  /// Shares that rows are put aside in.
  static let defaultCount = 64
  /// Rows of a partition that are written together, at most.
  private static let blockLength = 8192
  /// Bytes of a partition that are written together: what waits in all partitions of one worker is a small share
  /// of the memory limit, since a plan may have many joins on disk at once.
  private let blockByteCount: Int

  init(
    _ types: [LogicalType], count: Int, in directory: String, memoryLimit: Int
  ) throws(QueryError) {
    (self.types, self.count) = (types, count)
    blockByteCount = min(1 << 17, max(1 << 13, memoryLimit / (256 * max(1, count))))
    file = try SpillFile(in: directory)
    blocks = [[SpillFile.Block]](repeating: [], count: count)
    pending = [[Batch]](repeating: [], count: count)
    pendingRows = [Int](repeating: 0, count: count)
    pendingBytes = pendingRows
  }

  /// Puts rows of a batch without selection aside.
  func add(_ batch: Batch, hashes: [UInt64]) throws(QueryError) {
    if batch.rowCount == 0 { return }
    if count == 1 { return try add(batch.columns.map { $0.flattened() }, batch.rowCount, to: 0) }
    var rows = [[UInt32]](repeating: [], count: count)
    for row in hashes.indices {
      rows[AggregatePartition.index(of: hashes[row], count: count)].append(UInt32(row))
    }
    for partition in 0..<count where !rows[partition].isEmpty {
      let taken = rows[partition]
      // Flat, so that a few rows do not keep the whole of their column chunk in memory.
      try add(batch.columns.map { $0.taking(taken.span).flattened() }, taken.count, to: partition)
    }
  }

  /// Puts all rows of a batch without selection aside in one partition.
  func add(_ batch: Batch, to partition: Int) throws(QueryError) {
    // Flat, as above.
    try add(batch.columns.map { $0.flattened() }, batch.rowCount, to: partition)
  }

  private func add(_ columns: [Vector], _ rowCount: Int, to partition: Int) throws(QueryError) {
    pending[partition].append(Batch(columns: columns, rowCount: rowCount))
    pendingRows[partition] += rowCount
    pendingBytes[partition] += Kernels.byteCount(columns)
    if pendingRows[partition] >= SpillPartitions.blockLength
      || pendingBytes[partition] >= blockByteCount
    {
      try write(partition)
    }
  }

  private func write(_ partition: Int) throws(QueryError) {
    let parts = pending[partition]
    if parts.isEmpty { return }
    let columns = types.indices.map { index in
      Kernels.concatenated(parts.map { $0.columns[index] }, of: types[index])
    }
    let block = try file.write(Batch(columns: columns, rowCount: pendingRows[partition]))
    blocks[partition].append(block)
    rowCount += block.rowCount
    byteCount += block.byteCount
    pending[partition] = []
    (pendingRows[partition], pendingBytes[partition]) = (0, 0)
  }

  /// Writes what is left and ends the writing.
  func finish() throws(QueryError) {
    for partition in 0..<count { try write(partition) }
    try file.open()
  }

  /// Where the rows of a partition lie.
  func blocks(_ partition: Int) -> [SpillFile.Block] { blocks[partition] }

  /// Reads a block back.
  func read(_ block: SpillFile.Block) throws(QueryError) -> Batch { try file.read(block, types: types) }

  /// Calls `body` with the rows of a partition, some thousand at a time.
  func forEachBatch(
    _ partition: Int, _ body: (Batch) throws(QueryError) -> Void
  ) throws(QueryError) {
    for block in blocks[partition] { try body(try read(block)) }
  }
}

/// One worker's rows on their way to partitions on disk; there is no file before the first row.
final class PartitionedSpill {
  private let types: [LogicalType]
  /// The columns whose hash tells the partition.
  private let keys: Range<Int>
  private let directory: String
  private let memoryLimit: Int
  private let profile: OperatorProfile?
  private var partitions: SpillPartitions?
  private var hashes: [UInt64] = []
  /// Rows that are not in their partitions yet: of few at a time, each partition would get one or two.
  private var waiting: [Batch] = []
  private var (waitingRows, waitingBytes) = (0, 0)
  private var texts = StringArena()
  private static let scatteredRows = 8192

  /// Makes one without rows; without keys all rows are one partition.
  init(_ types: [LogicalType], keys: Range<Int>, _ context: QueryContext, _ profile: OperatorProfile?) {
    (self.types, self.keys, self.profile) = (types, keys, profile)
    directory = context.settings.tempDirectory
    memoryLimit = context.memory.limit
  }

  /// Whether any row was added.
  var isEmpty: Bool { partitions == nil }

  /// Puts the rows of a batch without selection aside.
  func add(_ batch: Batch) throws(QueryError) {
    _ = try opened()
    if batch.rowCount == 0 { return }
    var batch = batch
    batch.columns = batch.columns.map { holdsMuch($0) ? Kernels.detached($0, into: texts) : $0 }
    waiting.append(batch)
    waitingRows += batch.rowCount
    waitingBytes += Kernels.byteCount(batch.columns)
    if waitingRows >= PartitionedSpill.scatteredRows || waitingBytes >= memoryLimit / 256 { try scatter() }
  }

  /// Whether a column keeps far more text than its rows have, as one of few rows of a chunk does.
  private func holdsMuch(_ column: Vector) -> Bool {
    guard column.type == .string, column.encoding == .flat else { return false }
    let held = column.stringPages.reduce(0) { $0 + $1.byteCount }
    return held > 1 << 16 && held > 4 * Kernels.byteCount(column)
  }

  private func scatter() throws(QueryError) {
    guard let first = waiting.first else { return }
    let batch =
      waiting.count == 1
      ? first
      : Batch(
        columns: types.indices.map { index in
          Kernels.concatenated(waiting.map { $0.columns[index] }, of: types[index])
        }, rowCount: waitingRows)
    (waiting, waitingRows, waitingBytes, texts) = ([], 0, 0, StringArena())
    if !keys.isEmpty { JoinTable.hash(Array(batch.columns[keys]), into: &hashes) }
    try opened().add(batch, hashes: hashes)
  }

  private func opened() throws(QueryError) -> SpillPartitions {
    if let partitions { return partitions }
    let made = try SpillPartitions(
      types, count: keys.isEmpty ? 1 : SpillPartitions.defaultCount, in: directory, memoryLimit: memoryLimit)
    partitions = made
    return made
  }

  /// Ends the writing and returns what was written, `nil` if nothing was; the next row begins another file.
  func finish() throws(QueryError) -> SpillPartitions? {
    try scatter()
    guard let written = partitions else { return nil }
    partitions = nil
    try written.finish()
    profile?.add("spilled_rows", written.rowCount)
    profile?.add("spilled_bytes", written.byteCount)
    return written
  }
}

/// Rows that several workers have put aside in the same partitions.
final class SpilledRows: @unchecked Sendable {
  // SAFETY: the makers are done with the files, which are only read from here on.
  private let files: [SpillPartitions]

  init(_ files: [SpillPartitions]) { self.files = files }

  var partitionCount: Int { files.first?.count ?? 0 }
  var rowCount: Int { files.reduce(0) { $0 + $1.rowCount } }

  func rowCount(_ partition: Int) -> Int {
    files.reduce(0) { total, file in file.blocks(partition).reduce(total) { $0 + $1.rowCount } }
  }

  /// Bytes of a partition's rows in memory, roughly.
  func byteCount(_ partition: Int) -> Int {
    files.reduce(0) { total, file in file.blocks(partition).reduce(total) { $0 + $1.rawByteCount } }
  }

  /// Calls `body` with the rows of a partition, some thousand at a time, always in the same order.
  func forEachBatch(
    _ partition: Int, _ body: (Batch) throws(QueryError) -> Void
  ) throws(QueryError) {
    for file in files { try file.forEachBatch(partition, body) }
  }

  /// Calls `body` with the rows of a partition, as many at a time as `lease` has room for.
  ///
  /// `body` is told the number of the first row within the partition and whether these are the last rows; it
  /// is called once if there are no rows. A row takes `rowOverhead` bytes besides its values, and `least`
  /// bytes are taken together whatever the limit.
  func forEachPart(
    _ partition: Int, _ lease: MemoryLease, rowOverhead: Int, least: Int,
    _ body: (_ batches: [Batch], _ first: Int, _ isLast: Bool) throws(QueryError) -> Bool
  ) throws(QueryError) -> Bool {
    let blocks = files.flatMap { file in file.blocks(partition).map { (file, $0) } }
    var (batches, byteCount, rowCount, first): ([Batch], Int, Int, Int) = ([], 0, 0, 0)
    for (file, block) in blocks {
      // Rows are there twice while they are put together.
      let more = block.rawByteCount * 2 + block.rowCount * rowOverhead
      if !lease.resize(to: byteCount + more) {
        if !batches.isEmpty && byteCount + more > least {
          if try !body(batches, first, false) { return false }
          first += rowCount
          (batches, byteCount, rowCount) = ([], 0, 0)
        }
        lease.force(to: byteCount + more)
      }
      batches.append(try file.read(block))
      byteCount += more
      rowCount += block.rowCount
    }
    defer { lease.force(to: 0) }
    return try body(batches, first, true)
  }
}
