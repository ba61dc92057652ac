internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Loads Parquet files by the names of their columns; a column that a file lacks is null.
struct ParquetLoad: LoadJob {
  private static let windowRowCount = 65_536

  private(set) var report = LoadReport()
  private let appender: RowAppender
  private let columns: [(name: String, type: LogicalType, isRequired: Bool)]

  init(_ session: Session, _ table: Table) throws(MaintenanceError) {
    appender = try RowAppender(table, session)
    columns = try RecordTable.columns(of: table)
  }

  mutating func read(
    _ file: any RandomAccessFile, path: String, progress: (Int) -> Void
  ) throws(MaintenanceError) {
    let reader = try MaintenanceError.reading { () throws(FileFormatError) in try ParquetReader(file) }
    for column in reader.metadata.schema.columns where !columns.contains(where: { $0.name == column.name }) {
      report.warn("no column \"\(column.name.prefix(100))\": its values are left out")
    }
    for group in reader.metadata.rowGroups.indices {
      let rowCount = Int(reader.metadata.rowGroups[group].rowCount)
      for first in stride(from: 0, to: rowCount, by: Self.windowRowCount) {
        let window = first..<min(first + Self.windowRowCount, rowCount)
        var vectors: [Vector] = []
        for target in columns {
          vectors.append(try self.column(target.name, target.type, reader, group, window))
        }
        for start in stride(from: 0, to: window.count, by: Batch.capacity) {
          let count = min(Batch.capacity, window.count - start)
          try appender.write(
            Batch(columns: vectors.map { $0.slice(from: start, count: count) }, rowCount: count))
        }
        report.read += window.count
        report.accepted += window.count
      }
      progress(file.byteCount * (group + 1) / reader.metadata.rowGroups.count)
    }
  }

  private func column(
    _ name: String, _ type: LogicalType, _ reader: ParquetReader, _ group: Int, _ rows: Range<Int>
  ) throws(MaintenanceError) -> Vector {
    guard let column = reader.metadata.schema.columns.first(where: { $0.name == name }) else {
      return .nulls(type, count: rows.count)
    }
    guard column.type == type else {
      throw MaintenanceError(
        .failed, "the column \"\(name)\" is \(type) in the table and \(column.type) in the file",
        hint: "INSERT INTO … SELECT CAST(…) FROM 'file.parquet' converts it")
    }
    return try MaintenanceError.reading { () throws(FileFormatError) in
      try reader.read(column: column, rowGroup: group, rows: rows, wanted: nil)
    }
  }

  mutating func finishReading() throws(MaintenanceError) {}

  mutating func commit(to table: Table, loadID: String) throws(MaintenanceError) -> LoadReport {
    try appender.commit(loadID: loadID, report)
  }

  func abandon() { appender.abandon() }
}
