import Columnar
import FileFormats

@testable import TableFormat

/// A table in a catalog of its own, to which a test writes files of every kind.
final class TestTable {
  let catalog: SQLiteCatalog
  var table: Table

  /// Makes a table.
  init(
    _ fields: [NestedField], spec: PartitionSpec = .unpartitioned, formatVersion: Int = 2,
    properties: [String: String] = [:], name: String = "t", in folder: String,
    fileSystem: any FileSystem = LocalFileSystem()
  ) throws {
    catalog = try SQLiteCatalog(path: folder + "/catalog.db", fileSystem: fileSystem)
    let identifier = TableIdentifier(namespace: "n", name: name)
    if try !catalog.hasNamespace(identifier.namespace) { try catalog.createNamespace(identifier.namespace) }
    table = try catalog.createTable(
      CreateTable(
        identifier, schema: Schema(fields: fields), partitionSpec: spec, properties: properties,
        formatVersion: formatVersion))
  }

  func commit(_ action: some TransactionAction) throws { table = try Transaction(table, action).commit() }

  /// Writes rows of one partition to one file.
  func file(_ rows: [[ScalarValue]], partition: [ScalarValue] = []) throws -> DataFile {
    let writer = DataFileWriter(try WriteTarget(table), partition: partition)
    try writer.write(try MemoryTable.batch(table, rows))
    return try writer.finish()[0]
  }

  /// Writes rows to files of their partitions.
  func files(_ rows: [[ScalarValue]]) throws -> [DataFile] {
    let writer = try PartitionedWriter(try WriteTarget(table))
    try writer.write(try MemoryTable.batch(table, rows))
    return try writer.finish()
  }

  /// Writes a position delete file, or deletion vectors, whichever the table's version has.
  func positionDeletes(_ positions: [(file: DataFile, rows: [Int64])]) throws -> [DataFile] {
    let target = try WriteTarget(table)
    if table.metadata.formatVersion >= 3 {
      let writer = try DeletionVectorWriter(target)
      for (file, rows) in positions { writer.delete(rows, in: file) }
      return try writer.finish()
    }
    let writer = try PositionDeleteWriter(target)
    for (file, rows) in positions { writer.delete(rows, in: file) }
    return try writer.finish()
  }

  /// Writes an equality delete file with the columns `fields`, of which `ids` are compared, by default all.
  func equalityDelete(
    _ fields: [NestedField], ids: [FieldID]? = nil, rows: [[ScalarValue]], spec: PartitionSpec? = nil,
    partition: [ScalarValue] = []
  ) throws -> DataFile {
    let target = try WriteTarget(table)
    let location = target.newLocation(partition: [], specID: nil, suffix: "-equality.parquet")
    let file = try target.create(location)
    let writer = try ParquetWriter(
      schema: try fields.map { try WriteTarget.field($0) }, options: ParquetWriteOptions(), to: file)
    var columns: [Vector] = []
    for (index, field) in fields.enumerated() {
      var builder = VectorBuilder(try field.type.logicalType)
      for row in rows { builder.append(row[index]) }
      columns.append(builder.finish())
    }
    try writer.write(Batch(columns: columns, rowCount: rows.count))
    let summary = try writer.finish()
    try target.finish(file, location)
    var description = DataFile(
      content: .equalityDeletes, path: location, specID: (spec ?? table.metadata.partitionSpec).id,
      partition: partition, recordCount: Int64(rows.count), fileSizeInBytes: Int64(summary.byteCount))
    description.equalityIDs = ids ?? fields.map(\.id)
    return description
  }

  /// The rows that a snapshot has, sorted by their text.
  func rows(of snapshot: Snapshot? = nil) throws -> [[ScalarValue]] {
    TestTable.sorted(try TableRows.read(table, snapshot: snapshot))
  }

  static func sorted(_ rows: [[ScalarValue]]) -> [[ScalarValue]] { rows.sorted { "\($0)" < "\($1)" } }
}
