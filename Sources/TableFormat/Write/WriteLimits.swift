package import Columnar

/// What a writer of many partitions may hold at once.
package struct WriteLimits: Sendable {
  /// The most partitions that are open at once; 1 for rows sorted by partition.
  package var openCount = 32
  /// Bytes that open files may hold in memory; beyond, the largest ends its row group early.
  package var byteCount = Int.max
  /// Makes room for the rows of partitions beyond those that are open; without it, the partition written longest
  /// ago is finished early, and has another file if more of its rows come.
  package var makeWaitingRows: (@Sendable () -> any WaitingRows)?

  package init() {}
}

/// Rows that wait in buckets until it is the turn of their partitions to be written.
package protocol WaitingRows: AnyObject {
  /// Adds the rows of a batch without selection.
  ///
  /// - Parameters:
  ///   - batch: The rows.
  ///   - bucket: A number below ``PartitionedWriter/bucketCount``.
  /// - Throws: ``TableFormatError`` if they cannot be put aside.
  func add(_ batch: Batch, to bucket: Int) throws(TableFormatError)

  /// Hands over the rows of a bucket in the order in which they came; none are added any more then.
  func forEachBatch(
    in bucket: Int, _ body: (Batch) throws(TableFormatError) -> Void
  ) throws(TableFormatError)
}
