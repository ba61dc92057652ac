public import Columnar

/// Writes batches of rows in any order to data files, each to that of its partition.
///
/// One thread uses a writer; several may share a ``WriteTarget``. If more partitions come than may be open at
/// once, the rows of the later ones wait, where the limits have room for them, and are written when the others
/// are done: each partition then has as few files as its size asks for, its rows in the order in which they came.
public final class PartitionedWriter {
  /// Buckets of rows that wait.
  package static let bucketCount = 64

  private struct Open {
    var writer: DataFileWriter
    var lastUse: Int
    var heldByteCount = 0
  }

  /// Rows whose partitions are not open.
  private struct Waiting {
    var rows: any WaitingRows
    var filled: Set<Int> = []
  }

  private let target: WriteTarget
  private let router: PartitionRouter
  private let limits: WriteLimits
  private var open: [Int: Open] = [:]
  private var heldByteCount = 0
  private var waiting: Waiting?
  /// By how much partition numbers are divided for their bucket: what waits is divided again by other digits.
  private var divisor = 1
  private var clock = 0
  private var finished: [(partition: Int, files: [DataFile])] = []

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - target: What it shares with the other writers of the statement.
  ///   - openLimit: The most partitions that are open at once; 1 for rows sorted by partition.
  /// - Throws: ``TableFormatError`` if a partition field's source is no plain column of the schema.
  public convenience init(_ target: WriteTarget, openLimit: Int = 32) throws(TableFormatError) {
    var limits = WriteLimits()
    limits.openCount = openLimit
    try self.init(target, limits)
  }

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - target: What it shares with the other writers of the statement.
  ///   - limits: What it may hold at once.
  /// - Throws: ``TableFormatError`` if a partition field's source is no plain column of the schema.
  package init(_ target: WriteTarget, _ limits: WriteLimits) throws(TableFormatError) {
    (self.target, self.limits) = (target, limits)
    router = try PartitionRouter(target)
  }

  /// Appends the rows of a batch that count.
  ///
  /// - Parameter batch: One column for each field of the target's schema, in order.
  /// - Throws: ``TableFormatError`` if a required column is null or a file cannot be written.
  public func write(_ batch: Batch) throws(TableFormatError) {
    guard batch.selectedCount > 0 else { return }
    try route(batch.compacted())
  }

  private func route(_ batch: Batch) throws(TableFormatError) {
    guard let makeRoom = limits.makeWaitingRows else {
      for part in router.split(batch) { try write(batch.taking(part.rows), part.partition) }
      return
    }
    var late: [Int: [UInt32]] = [:]
    for part in router.split(batch) {
      if open[part.partition] == nil, open.count >= max(1, limits.openCount) {
        let bucket = part.partition / divisor % Self.bucketCount
        late[bucket, default: []] += part.rows ?? Array(0..<UInt32(batch.rowCount))
      } else {
        try write(batch.taking(part.rows), part.partition)
      }
    }
    guard !late.isEmpty else { return }
    var waiting = self.waiting ?? Waiting(rows: makeRoom())
    for (bucket, rows) in late.sorted(by: { $0.key < $1.key }) {
      try waiting.rows.add(batch.taking(rows), to: bucket)
      waiting.filled.insert(bucket)
    }
    self.waiting = waiting
  }

  private func write(_ batch: Batch, _ partition: Int) throws(TableFormatError) {
    clock += 1
    if open[partition] == nil {
      if open.count >= max(1, limits.openCount),
        let oldest = open.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        try finish(oldest.key)
      }
      let writer = DataFileWriter(target, partition: router.partitions[partition])
      open[partition] = Open(writer: writer, lastUse: clock)
    }
    guard var current = open[partition] else { return }
    try current.writer.write(batch)
    current.lastUse = clock
    note(&current)
    open[partition] = current
    if heldByteCount > limits.byteCount { try finishLargestRowGroup() }
  }

  /// Takes down how much an open file holds.
  private func note(_ current: inout Open) {
    let held = current.writer.heldByteCount
    heldByteCount += held - current.heldByteCount
    current.heldByteCount = held
  }

  private func finishLargestRowGroup() throws(TableFormatError) {
    let largest = open.max { left, right in
      (left.value.heldByteCount, left.key) < (right.value.heldByteCount, right.key)
    }
    guard let largest else { return }
    var current = largest.value
    try current.writer.finishRowGroup()
    note(&current)
    open[largest.key] = current
  }

  private func finish(_ partition: Int) throws(TableFormatError) {
    guard let done = open[partition] else { return }
    finished.append((partition, try done.writer.finish()))
    heldByteCount -= done.heldByteCount
    open[partition] = nil
  }

  private func finishOpen() throws(TableFormatError) {
    for partition in open.keys.sorted() { try finish(partition) }
  }

  // MARK: Rows that wait

  /// Writes what waits, bucket by bucket; of a bucket with too many partitions some rows wait again.
  private func writeWaiting() throws(TableFormatError) {
    guard let late = waiting else { return }
    waiting = nil
    divisor *= Self.bucketCount
    for bucket in late.filled.sorted() {
      try late.rows.forEachBatch(in: bucket) { (batch) throws(TableFormatError) in try route(batch) }
      try finishOpen()
      try writeWaiting()
    }
    divisor /= Self.bucketCount
  }

  /// Finishes all files.
  ///
  /// - Returns: Their descriptions, by partition in the order in which the partitions came up.
  /// - Throws: ``TableFormatError`` if a file cannot be written.
  public func finish() throws(TableFormatError) -> [DataFile] {
    try finishOpen()
    try writeWaiting()
    let files = finished.enumerated().sorted {
      ($0.element.partition, $0.offset) < ($1.element.partition, $1.offset)
    }
    return files.flatMap(\.element.files)
  }

  /// Removes the open files; finished ones go with ``WriteTarget/abort()``.
  public func abort() {
    for value in open.values { value.writer.abort() }
    (open, waiting, heldByteCount) = ([:], nil, 0)
  }
}

extension Batch {
  /// The rows of a batch without selection that are named; all for `nil`.
  fileprivate func taking(_ rows: [UInt32]?) -> Batch {
    guard let rows else { return self }
    return Batch(columns: columns.map { $0.taking(rows.span) }, rowCount: rows.count)
  }
}
