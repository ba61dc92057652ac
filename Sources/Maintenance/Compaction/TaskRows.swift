internal import Columnar
internal import TableFormat

/// The rows of data files that are not deleted, batch by batch, in bounded memory.
struct TaskRows {
  /// Rows of a row group that are decoded at a time; a multiple of 2,048.
  private static let windowRowCount = 65_536

  let table: Table
  /// The fields to read, in the order of the batches' columns.
  let fields: [NestedField]
  private let deletes: DeleteLoader

  /// Prepares the reading of a table's files.
  init(_ table: Table, fields: [NestedField]) throws(MaintenanceError) {
    (self.table, self.fields) = (table, fields)
    deletes = try MaintenanceError.wrapping { () throws(TableFormatError) in try DeleteLoader(table) }
  }

  /// Hands over the rows of a file.
  ///
  /// - Parameters:
  ///   - task: The file and its deletes.
  ///   - body: Takes a batch without selection, of at most 2,048 rows.
  /// - Throws: ``MaintenanceError`` if the file cannot be read, or what `body` throws.
  func read(
    _ task: FileScanTask, _ body: (Batch) throws(MaintenanceError) -> Void
  ) throws(MaintenanceError) {
    let reader = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try DataFileReader(task, table: table, fields: fields, deletes: deletes)
    }
    for rowGroup in 0..<reader.rowGroupCount {
      let rowCount = reader.rowCount(rowGroup: rowGroup)
      let deleted = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try reader.deletedRows(rowGroup: rowGroup)
      }
      var first = 0
      while first < rowCount {
        let window = first..<min(first + Self.windowRowCount, rowCount)
        var columns: [Vector] = []
        for field in fields {
          columns.append(
            try MaintenanceError.wrapping { () throws(TableFormatError) in
              try reader.read(field.id, rowGroup: rowGroup, rows: window)
            })
        }
        try Self.cut(columns, window, deleted, body)
        first = window.upperBound
      }
    }
  }

  private static func cut(
    _ columns: [Vector], _ window: Range<Int>, _ deleted: Bitmap?,
    _ body: (Batch) throws(MaintenanceError) -> Void
  ) throws(MaintenanceError) {
    var first = 0
    while first < window.count {
      let count = min(Batch.capacity, window.count - first)
      var batch = Batch(columns: columns.map { $0.slice(from: first, count: count) }, rowCount: count)
      if let deleted {
        batch.selection = Selection(complement(deleted.slice(from: window.lowerBound + first, count: count)))
      }
      if batch.selectedCount > 0 { try body(batch.compacted()) }
      first += count
    }
  }

  private static func complement(_ deleted: Bitmap) -> Bitmap {
    var kept = BitmapBuilder(count: deleted.count)
    var words = kept.words
    let source = deleted.words
    for word in words.indices { words[word] = ~source[word] }
    let rest = deleted.count & 63
    if rest != 0 { words[words.count - 1] &= (1 &<< UInt64(rest)) &- 1 }
    return kept.freeze()
  }
}
