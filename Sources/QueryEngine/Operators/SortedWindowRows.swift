internal import Columnar

/// Rows on disk in the order of a window.
///
/// Each row has marks for the first of a partition and of its peers; of each block is known what its rows
/// cannot tell: where the partition and the peers of its first row begin, and those of its last row end.
final class SortedWindowRows: WindowInput {
  private struct Block {
    var place: SpillFile.Block
    var partitionStart: Int
    var peerStart: Int
    /// How many groups of peers of the partition come before the first row's.
    var peerGroup: Int
    /// The first row of the block that begins a partition, or peers.
    var firstPartition: Int?
    var firstPeers: Int?
    var partitionEnd = 0
    var peerEnd = 0
  }

  let blockShift: Int
  private(set) var rowCount = 0
  private let types: [LogicalType]
  private let place: (BoundExpression) -> Int
  private let file: SpillFile
  private var blocks: [Block] = []
  private let lease: MemoryLease
  private lazy var batches = WindowBlocks(self) { [unowned self] (block) throws(QueryError) in
    try file.read(blocks[block].place, types: types)
  }
  private lazy var shapes = WindowBlocks(self) { [unowned self] (block) throws(QueryError) in
    makeShape(block, try batches.part(block))
  }

  /// Merges runs.
  ///
  /// - Parameters:
  ///   - runs: Sorted rows; behind the columns of `types` come the key and the length of its part that tells
  ///     partitions.
  ///   - types: Of the columns wanted.
  ///   - hasPartitions: Whether that length is there.
  ///   - callCount: How many functions are computed.
  ///   - context: Of the query.
  ///   - place: The column that holds an expression's values.
  /// - Throws: That the disk cannot be used, or that the query was cancelled.
  init(
    merging runs: [SortRun], types: [LogicalType], hasPartitions: Bool, callCount: Int, context: QueryContext,
    place: @escaping (BoundExpression) -> Int
  ) throws(QueryError) {
    self.types = types + [.boolean, .boolean]
    self.place = place
    file = try SpillFile(in: context.settings.tempDirectory)
    lease = MemoryLease(context.memory)
    let (rowCount, byteCount) = runs.reduce((1, 0)) { ($0.0 + $1.rowCount, $0.1 + $1.rawByteCount) }
    // Some blocks are looked at in turn, by each of the calls.
    let share = 64 * (callCount + 1) * max(1, context.settings.threadCount)
    let room = max(4, context.memory.limit / share / max(1, byteCount / rowCount))
    blockShift = min(13, Int.bitWidth - 1 - room.leadingZeroBitCount)
    lease.force(to: (byteCount / rowCount * 8) << blockShift)
    var merger = try SortRunMerger(runs, runs.first?.types ?? [], key: types.count)
    let writer = Writer(self, keyPlace: types.count, hasPartitions: hasPartitions)
    _ = try merger.push(context.settings.batchSize, into: writer, checking: context)
    try writer.finish()
    try file.open()
    var (partitionEnd, peerEnd) = (self.rowCount, self.rowCount)
    for block in blocks.indices.reversed() {
      (blocks[block].partitionEnd, blocks[block].peerEnd) = (partitionEnd, peerEnd)
      partitionEnd = blocks[block].firstPartition ?? partitionEnd
      peerEnd = blocks[block].firstPeers ?? peerEnd
    }
  }

  func shape(_ block: Int) throws(QueryError) -> WindowPartitions { try shapes.part(block) }

  func values(_ expression: BoundExpression, _ block: Int) throws(QueryError) -> Vector {
    try batches.part(block).columns[place(expression)]
  }

  /// The columns of a block's rows.
  func columns(_ block: Int) throws(QueryError) -> [Vector] { try batches.part(block).columns }

  func require(_ byteCount: Int, for what: String) throws(QueryError) {
    try lease.require(max(lease.byteCount, byteCount), for: what)
  }

  private func makeShape(_ block: Int, _ batch: Batch) -> WindowPartitions {
    let known = blocks[block]
    let (partitions, peers) = (batch.columns[types.count - 2].bits, batch.columns[types.count - 1].bits)
    return WindowPartitions(
      rows(block), (0..<batch.rowCount).map { partitions[$0] }, (0..<batch.rowCount).map { peers[$0] },
      before: (known.partitionStart, known.peerStart, known.peerGroup),
      behind: (known.partitionEnd, known.peerEnd))
  }

  /// Marks where partitions and peers begin, and writes blocks.
  private final class Writer: OperatorInstance {
    private let rows: SortedWindowRows
    private let keyPlace: Int
    private let hasPartitions: Bool
    private var waiting: [Batch] = []
    private var waitingCount = 0
    /// The key of the last row, and the length of its part that tells partitions.
    private var last: (key: [UInt8], leading: Int)?
    private var (partitionStart, peerStart, peerGroup) = (0, 0, 0)

    init(_ rows: SortedWindowRows, keyPlace: Int, hasPartitions: Bool) {
      (self.rows, self.keyPlace, self.hasPartitions) = (rows, keyPlace, hasPartitions)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      let keys = batch.columns[keyPlace].flattened()
      let lengths = hasPartitions ? batch.columns[keyPlace + 1].flattened() : nil
      var (partitions, peers) = ([Bool](), [Bool]())
      for row in 0..<batch.rowCount {
        // At the end of a key is the row's place in the input.
        let key = keys.strings[row].withBytes { bytes in
          var key: [UInt8] = []
          key.reserveCapacity(bytes.count - 16)
          for index in 0..<max(0, bytes.count - 16) { key.append(bytes[index]) }
          return key
        }
        let leading = lengths.map { Int($0.int32s[row]) } ?? 0
        let isPartition = last.map { $0.leading != leading || $0.key[..<leading] != key[..<leading] } ?? true
        partitions.append(isPartition)
        peers.append(isPartition || last?.key != key)
        last = (key, leading)
      }
      let marks: [Vector] = [.bits(Bitmap(partitions)), .bits(Bitmap(peers))]
      let marked = Batch(
        columns: Array(batch.columns.prefix(keyPlace)) + marks, rowCount: batch.rowCount)
      let length = 1 << rows.blockShift
      var first = 0
      while first < marked.rowCount {
        let count = min(length - waitingCount, marked.rowCount - first)
        waiting.append(marked.rows(from: first, count: count))
        waitingCount += count
        first += count
        if waitingCount == length { try write() }
      }
      return true
    }

    override func finish() throws(QueryError) { if waitingCount > 0 { try write() } }

    /// Writes a block.
    ///
    /// Nothing of it stays: what is left of a batch must not hold the texts of those before.
    private func write() throws(QueryError) {
      let columns = rows.types.indices.map { index in
        Kernels.concatenated(waiting.map { $0.columns[index] }, of: rows.types[index])
      }
      try add(Batch(columns: columns, rowCount: waitingCount))
      (waiting, waitingCount) = ([], 0)
    }

    private func add(_ batch: Batch) throws(QueryError) {
      let first = rows.rowCount
      let partitions = batch.columns[keyPlace].flattened()
      let peers = batch.columns[keyPlace + 1].flattened()
      var block: Block?
      let place = try rows.file.write(batch)
      for row in 0..<batch.rowCount {
        if partitions.bits[row] {
          (partitionStart, peerStart, peerGroup) = (first + row, first + row, 0)
        } else if peers.bits[row] {
          (peerStart, peerGroup) = (first + row, peerGroup + 1)
        }
        if block == nil {
          block = Block(
            place: place, partitionStart: partitionStart, peerStart: peerStart, peerGroup: peerGroup)
        }
        if partitions.bits[row], block?.firstPartition == nil { block?.firstPartition = first + row }
        if peers.bits[row], block?.firstPeers == nil { block?.firstPeers = first + row }
      }
      if let block { rows.blocks.append(block) }
      rows.rowCount += batch.rowCount
    }
  }
}
