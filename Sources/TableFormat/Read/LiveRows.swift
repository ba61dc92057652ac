package import Columnar

/// Reads data files whole, less their deleted rows: for statements and jobs that write rows to other files.
package struct LiveRows {
  /// Rows of a row group that are decoded at a time; a multiple of 2,048.
  private static let windowRowCount = 65_536

  private let table: Table
  /// The fields to read, in the order of the batches' columns.
  private let fields: [NestedField]
  private let deletes: DeleteLoader

  /// Prepares the reading of a table's files.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - fields: Top-level fields of its schema, and metadata columns.
  ///   - deletes: The reader of delete files, if there is one already.
  /// - Throws: ``TableFormatError`` if the table's name mapping cannot be read.
  package init(_ table: Table, fields: [NestedField], deletes: DeleteLoader? = nil) throws(TableFormatError) {
    (self.table, self.fields) = (table, fields)
    if let deletes { self.deletes = deletes } else { self.deletes = try DeleteLoader(table) }
  }

  /// Hands over the rows of a file.
  ///
  /// - Parameters:
  ///   - task: The file and its deletes.
  ///   - removed: Positions of rows to leave out besides.
  ///   - body: Takes a batch without selection, of at most 2,048 rows.
  /// - Throws: ``TableFormatError`` if the file cannot be read, or what `body` throws.
  package func read(
    _ task: FileScanTask, leavingOut removed: RowPositions? = nil,
    _ body: (Batch) throws(TableFormatError) -> Void
  ) throws(TableFormatError) {
    let reader = try DataFileReader(task, table: table, fields: fields, deletes: deletes)
    for rowGroup in 0..<reader.rowGroupCount {
      let rowCount = reader.rowCount(rowGroup: rowGroup)
      let first = reader.firstRow(rowGroup: rowGroup)
      let gone = Bitmap.union(
        try reader.deletedRows(rowGroup: rowGroup), removed?.bitmap(of: first..<first + rowCount))
      reader.openRowGroup(rowGroup)
      defer { reader.closeRowGroup(rowGroup) }
      for start in stride(from: 0, to: rowCount, by: Self.windowRowCount) {
        let window = start..<min(start + Self.windowRowCount, rowCount)
        let left = gone.map { Self.complement($0.slice(from: start, count: window.count)) }
        if left?.setCount == 0 { continue }
        var columns: [Vector] = []
        for field in fields {
          columns.append(try reader.read(field.id, rowGroup: rowGroup, rows: window, wanted: left))
        }
        try Self.cut(columns, window.count, left, body)
      }
    }
  }

  private static func cut(
    _ columns: [Vector], _ rowCount: Int, _ left: Bitmap?, _ body: (Batch) throws(TableFormatError) -> Void
  ) throws(TableFormatError) {
    for first in stride(from: 0, to: rowCount, by: Batch.capacity) {
      let count = min(Batch.capacity, rowCount - first)
      let selection = left.map { Selection($0.slice(from: first, count: count)) }
      let batch = Batch(
        columns: columns.map { $0.slice(from: first, count: count) }, rowCount: count, selection: selection)
      if batch.selectedCount > 0 { try body(batch.compacted()) }
    }
  }

  private static func complement(_ rows: Bitmap) -> Bitmap {
    var bits = BitmapBuilder(count: rows.count)
    var room = bits.words
    let words = rows.words
    for word in 0..<room.count { room[word] = ~words[word] }
    if rows.count & 63 != 0, room.count > 0 {
      room[room.count - 1] &= (1 &<< UInt64(rows.count & 63)) &- 1
    }
    return bits.freeze()
  }
}
