internal import Columnar
internal import QueryEngine

/// Batches of rows in the order in which they came: in memory up to a limit, beyond it in a temporary file.
final class RowSpool {
  /// Bytes of input whose rows are kept in memory.
  static let memoryByteCount = 64 << 20

  private let types: [LogicalType]
  private let directory: String
  private let limit: Int
  private var held: [Batch] = []
  private var heldByteCount = 0
  private var file: SpillFile?
  private var blocks: [SpillFile.Block] = []
  private(set) var rowCounts: [Int] = []

  /// Makes an empty spool.
  ///
  /// - Parameters:
  ///   - types: Of the columns.
  ///   - directory: Where the file goes.
  ///   - limit: Bytes from which on there is one.
  init(_ types: [LogicalType], in directory: String, limit: Int = RowSpool.memoryByteCount) {
    (self.types, self.directory, self.limit) = (types, directory, limit)
  }

  /// Adds a batch without selection.
  ///
  /// - Parameters:
  ///   - batch: The rows.
  ///   - byteCount: About how much memory they take.
  /// - Throws: ``MaintenanceError`` if the temporary file cannot be written.
  func append(_ batch: Batch, byteCount: Int) throws(MaintenanceError) {
    rowCounts.append(batch.rowCount)
    held.append(batch)
    heldByteCount += byteCount
    guard heldByteCount > limit || file != nil else { return }
    try MaintenanceError.querying { () throws(QueryError) in
      if self.file == nil { self.file = try SpillFile(in: self.directory) }
      guard let file = self.file else { return }
      for batch in self.held { self.blocks.append(try file.write(batch)) }
      self.held.removeAll()
    }
  }

  /// Ends the writing.
  func finish() throws(MaintenanceError) {
    try MaintenanceError.querying { () throws(QueryError) in try self.file?.open() }
  }

  /// How many batches there are.
  var count: Int { rowCounts.count }

  /// Returns a batch; after ``finish()``.
  func batch(at index: Int) throws(MaintenanceError) -> Batch {
    guard let file else { return held[index] }
    return try MaintenanceError.querying { () throws(QueryError) in
      try file.read(self.blocks[index], types: self.types)
    }
  }
}
