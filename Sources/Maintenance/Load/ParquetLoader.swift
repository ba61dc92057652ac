internal import Columnar
internal import FileFormats

/// Takes the rows of Parquet files, by the names of the columns.
struct ParquetLoader {
  private var readers: [ParquetReader] = []

  /// The columns of the files, in the order in which they come up.
  private(set) var columns: [(name: String, type: LogicalType)] = []

  /// Opens a file.
  mutating func read(_ file: any RandomAccessFile, into report: inout LoadReport) throws(MaintenanceError) {
    let reader = try MaintenanceError.reading { () throws(FileFormatError) in try ParquetReader(file) }
    report.read += Int(reader.metadata.rowCount)
    report.accepted += Int(reader.metadata.rowCount)
    for column in reader.metadata.schema.columns where !columns.contains(where: { $0.name == column.name }) {
      columns.append((column.name, column.type))
    }
    readers.append(reader)
  }

  /// Returns the rows in the columns of a table; a column that a file lacks is null.
  func batches(
    for wanted: [(name: String, type: LogicalType, isRequired: Bool)]
  ) throws(MaintenanceError) -> [Batch] {
    var batches: [Batch] = []
    for reader in readers {
      for group in reader.metadata.rowGroups.indices {
        let rowCount = Int(reader.metadata.rowGroups[group].rowCount)
        var vectors: [Vector] = []
        for target in wanted {
          guard let column = reader.metadata.schema.columns.first(where: { $0.name == target.name }) else {
            vectors.append(.nulls(target.type, count: rowCount))
            continue
          }
          let type = column.type
          guard type == target.type else {
            throw MaintenanceError(
              .failed, "the column \"\(target.name)\" is \(target.type) in the table and \(type) in the file",
              hint: "INSERT INTO … SELECT CAST(…) FROM 'file.parquet' converts it")
          }
          vectors.append(
            try MaintenanceError.reading { () throws(FileFormatError) in
              try reader.read(column: column, rowGroup: group, rows: 0..<rowCount, wanted: nil)
            })
        }
        for first in stride(from: 0, to: rowCount, by: Batch.capacity) {
          let count = min(Batch.capacity, rowCount - first)
          batches.append(Batch(columns: vectors.map { $0.slice(from: first, count: count) }, rowCount: count))
        }
      }
    }
    return batches
  }
}
