internal import Columnar
package import TableFormat

/// Rows that wait on disk for their partitions' turn to be written.
final class SpilledWaitingRows: WaitingRows {
  private let types: [LogicalType]
  private let directory: String
  private let memoryLimit: Int
  private var spill: SpillPartitions?
  private var isFinished = false

  init(_ types: [LogicalType], in directory: String, memoryLimit: Int) {
    (self.types, self.directory, self.memoryLimit) = (types, directory, memoryLimit)
  }

  func add(_ batch: Batch, to bucket: Int) throws(TableFormatError) {
    try Self.wrapping { () throws(QueryError) in
      if spill == nil {
        spill = try SpillPartitions(
          types, count: PartitionedWriter.bucketCount, in: directory, memoryLimit: memoryLimit)
      }
      try spill?.add(batch, to: bucket)
    }
  }

  func forEachBatch(
    in bucket: Int, _ body: (Batch) throws(TableFormatError) -> Void
  ) throws(TableFormatError) {
    guard let spill else { return }
    if !isFinished { try Self.wrapping { () throws(QueryError) in try spill.finish() } }
    isFinished = true
    for block in spill.blocks(bucket) {
      try body(try Self.wrapping { () throws(QueryError) in try spill.read(block) })
    }
  }

  private static func wrapping<Result>(
    _ body: () throws(QueryError) -> Result
  ) throws(TableFormatError) -> Result {
    do throws(QueryError) {
      return try body()
    } catch {
      throw TableFormatError(
        error.sqlState == .diskFull ? .diskFull : .inputOutput, error.message, hint: error.hint)
    }
  }
}

extension WriteLimits {
  /// Makes what a statement may hold of the files it writes: a share of its memory, and beyond it room on disk.
  ///
  /// - Parameters:
  ///   - target: What is written.
  ///   - settings: Of the session.
  /// - Throws: ``TableFormatError`` if the table's types are not known.
  package init(_ target: WriteTarget, _ settings: SessionSettings) throws(TableFormatError) {
    self.init()
    byteCount = max(1 << 22, settings.memoryLimit / 8)
    // An open file has a page of each column.
    openCount = min(openCount, max(2, byteCount >> 21))
    var types: [LogicalType] = []
    for field in target.schema.fields { types.append(try field.type.logicalType) }
    let (known, directory, limit) = (types, settings.tempDirectory, byteCount)
    makeWaitingRows = { SpilledWaitingRows(known, in: directory, memoryLimit: limit) }
  }
}
