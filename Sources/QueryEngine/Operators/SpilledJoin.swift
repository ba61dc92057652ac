internal import Columnar

/// One worker's share of a join whose build side is on disk: its probe rows go there too, to be looked up a
/// partition at a time when all are there.
///
/// A partition that memory has no room for is taken in parts, each of which all its probe rows are looked up
/// in (a block nested loop), so that one frequent key does no harm.
final class SpilledJoin {
  /// Some rows of a partition of the build side.
  struct Part {
    var partition: Int
    /// The number of the first row in the partition.
    var first: Int
    /// The columns and keys.
    var columns: [Vector]
    var rowCount: Int
    /// Whether no other rows of the partition follow.
    var isLast: Bool
  }
  /// Calls the body given with all probe rows of the partition and how often each has matched in earlier
  /// parts, until it returns `false`.
  typealias Probe = (
    _ look: (_ batch: Batch, _ matchCounts: inout [UInt8]) throws(QueryError) -> Bool
  ) throws(QueryError) -> Bool

  private let build: SpilledRows
  private let shape: JoinShape
  private let context: QueryContext
  private let probe: PartitionedSpill
  private let firstPartition: Int
  private let lease: MemoryLease

  init(_ build: SpilledRows, _ sink: HashJoinSink, _ worker: WorkerContext) {
    (self.build, shape, context) = (build, sink.shape, worker.query)
    lease = MemoryLease(worker.query.memory)
    let columnCount = shape.probeLayout.columns.count
    probe = PartitionedSpill(
      shape.probeLayout.columns.map(\.type) + shape.probeKeys.map(\.type),
      keys: columnCount..<columnCount + shape.probeKeys.count, worker.query, sink.profile)
    // Workers begin at different partitions, so that they seldom read the same at once.
    firstPartition = worker.worker * build.partitionCount / max(1, worker.query.settings.threadCount)
  }

  /// Puts probe rows aside.
  func add(_ batch: consuming Batch, keys: [Vector]) throws(QueryError) {
    batch.columns.append(contentsOf: keys)
    try probe.add(batch.compacted())
  }

  /// Calls `body` with each part of each partition that there are probe rows for.
  func forEachPart(
    _ body: (_ part: Part, _ probe: Probe) throws(QueryError) -> Bool
  ) throws(QueryError) {
    guard let written = try probe.finish() else { return }
    let columnCount = shape.probeLayout.columns.count
    for step in 0..<written.count {
      let partition = (firstPartition + step) % written.count
      if written.blocks(partition).isEmpty { continue }
      var counts: [[UInt8]] = []
      let isWanted = try build.forEachPart(
        partition, lease, rowOverhead: 48, least: max(1 << 16, context.memory.limit / 32)
      ) { (batches, first, isLast) throws(QueryError) in
        try context.checkCancelled()
        if shape.asofKey != nil && (first > 0 || !isLast) { throw tooMuch() }
        let rowCount = batches.reduce(0) { $0 + $1.rowCount }
        let part = Part(
          partition: partition, first: first,
          columns: shape.storedTypes.indices.map { index in
            Kernels.concatenated(batches.map { $0.columns[index] }, of: shape.storedTypes[index])
          }, rowCount: rowCount, isLast: isLast)
        return try body(part) { (look) throws(QueryError) in
          var (place, isWanted) = (0, true)
          try written.forEachBatch(partition) { (block) throws(QueryError) in
            try context.checkCancelled()
            var start = 0
            while start < block.rowCount && isWanted {
              let count = min(context.settings.batchSize, block.rowCount - start)
              let rows = Batch(columns: Array(block.columns.prefix(columnCount)), rowCount: block.rowCount)
                .rows(from: start, count: count)
              if place == counts.count { counts.append([UInt8](repeating: 0, count: count)) }
              isWanted = try look(rows, &counts[place])
              place += 1
              start += count
            }
          }
          return isWanted
        }
      }
      if !isWanted { return }
    }
  }

  private func tooMuch() -> QueryError {
    QueryError(
      .outOfMemory,
      "an ASOF join has more rows of one key than memory_limit, \(context.memory.limit >> 20) MiB, has room for",
      hint: "SET memory_limit to more, or add an equality to ON")
  }
}
