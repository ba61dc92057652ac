public import Columnar

/// Writes batches of rows in any order to data files, each to that of its partition.
///
/// One thread uses a writer; several may share a ``WriteTarget``. Rows that stand together by partition make
/// the fewest files: if more partitions are open at once than the limit, those written longest ago are
/// finished early.
public final class PartitionedWriter {
  private let target: WriteTarget
  private let router: PartitionRouter
  private let openLimit: Int
  private var open: [Int: (writer: DataFileWriter, lastUse: Int)] = [:]
  private var clock = 0
  private var finished: [DataFile] = []

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - target: What it shares with the other writers of the statement.
  ///   - openLimit: The most partitions that are open at once; 1 for rows sorted by partition.
  /// - Throws: ``TableFormatError`` if a partition field's source is no plain column of the schema.
  public init(_ target: WriteTarget, openLimit: Int = 32) throws(TableFormatError) {
    self.target = target
    self.openLimit = max(1, openLimit)
    router = try PartitionRouter(target)
  }

  /// Appends the rows of a batch that count.
  ///
  /// - Parameter batch: One column for each field of the target's schema, in order.
  /// - Throws: ``TableFormatError`` if a required column is null or a file cannot be written.
  public func write(_ batch: Batch) throws(TableFormatError) {
    guard batch.selectedCount > 0 else { return }
    let batch = batch.compacted()
    for part in router.split(batch) {
      guard let rows = part.rows else {
        try write(batch, part.partition)
        continue
      }
      let columns = batch.columns.map { $0.taking(rows.span) }
      try write(Batch(columns: columns, rowCount: rows.count), part.partition)
    }
  }

  private func write(_ batch: Batch, _ partition: Int) throws(TableFormatError) {
    clock += 1
    if let writer = open[partition]?.writer {
      open[partition]?.lastUse = clock
      try writer.write(batch)
      return
    }
    if open.count >= openLimit, let oldest = open.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      finished += try oldest.value.writer.finish()
      open[oldest.key] = nil
    }
    let writer = DataFileWriter(target, partition: router.partitions[partition])
    open[partition] = (writer, clock)
    try writer.write(batch)
  }

  /// Finishes all files.
  ///
  /// - Returns: Their descriptions, by partition in the order in which the partitions came up.
  /// - Throws: ``TableFormatError`` if a file cannot be written.
  public func finish() throws(TableFormatError) -> [DataFile] {
    for (key, value) in open.sorted(by: { $0.key < $1.key }) {
      finished += try value.writer.finish()
      open[key] = nil
    }
    return finished
  }

  /// Removes the open files; finished ones go with ``WriteTarget/abort()``.
  public func abort() {
    for value in open.values { value.writer.abort() }
    open = [:]
  }
}
