package import Columnar
internal import FileFormats

/// A row that a position delete file or a deletion vector removes, as the file says it.
package struct DeletedRow: Sendable {
  /// The data file, as the delete spells it.
  package var path: String
  /// The row's number there.
  package var position: Int64
  /// The row itself, where a position delete file keeps it; else null.
  package var row: ScalarValue

  /// Reads what a position delete file or a deletion vector says, data files that are gone included.
  ///
  /// - Parameters:
  ///   - file: The file, of position deletes.
  ///   - table: Its table; the rows have the columns of its schema.
  ///   - deletes: The reader of delete files.
  /// - Returns: The rows in the order of the file.
  /// - Throws: ``TableFormatError`` if the file cannot be read.
  package static func all(
    in file: DataFile, of table: Table, deletes: DeleteLoader
  ) throws(TableFormatError) -> [DeletedRow] {
    if file.isDeletionVector {
      let path = file.referencedDataFile ?? ""
      return try deletes.positions(ofVector: file).positions.map {
        DeletedRow(path: path, position: Int64(clamping: $0), row: .null)
      }
    }
    let fields = [
      NestedField(id: .deleteFilePath, name: "file_path", type: .string, isRequired: true),
      NestedField(id: .deletePosition, name: "pos", type: .long, isRequired: true),
      NestedField(id: .deleteRow, name: "row", type: .struct(table.schema.fields)),
    ]
    let rowType = try fields[2].type.logicalType
    let spec = table.metadata.partitionSpec(id: file.specID) ?? .unpartitioned
    let task = FileScanTask(file: file, spec: spec, dataSequenceNumber: 0)
    let reader = try DataFileReader(task, table: table, fields: fields, deletes: deletes)
    var result: [DeletedRow] = []
    for rowGroup in 0..<reader.rowGroupCount {
      let paths = try reader.read(.deleteFilePath, rowGroup: rowGroup)
      let positions = try reader.read(.deletePosition, rowGroup: rowGroup)
      let rows = try reader.read(.deleteRow, rowGroup: rowGroup)
      for row in 0..<reader.rowCount(rowGroup: rowGroup) {
        guard case .bytes(let path) = paths.scalar(at: row, as: .varchar),
          case .integer(let position) = positions.scalar(at: row, as: .bigint)
        else {
          throw TableFormatError(.damaged, "a position delete file holds null", file: file.path)
        }
        result.append(
          DeletedRow(
            path: String(decoding: path, as: UTF8.self), position: position,
            row: rows.scalar(at: row, as: rowType)))
      }
    }
    return result
  }
}
