import Columnar
import FileFormats

@testable import TableFormat

/// Reads tables whole, row by row, the slow way.
enum TableRows {
  /// What others wrote, outside the package.
  static let fixtures: String = {
    let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return "/" + package + "/../shared/fixtures/duckdb-iceberg"
  }()

  static var hasFixtures: Bool { ((try? LocalFileSystem().status(fixtures)) ?? nil) != nil }

  /// Whether `Tests/Interop/scan_tables.py` made tables to read.
  static var isPrepared: Bool {
    guard let folder = InteropTableTests.folder else { return false }
    return ((try? LocalFileSystem().status(folder + "/py.json")) ?? nil) != nil
  }

  /// Opens a fixture by a metadata file, or a folder below `data/persistent`.
  static func fixture(_ path: String) throws -> Table {
    try Table.open(
      at: fixtures + "/data/persistent/" + path, fileSystem: LocalFileSystem(),
      paths: PathMapper(base: fixtures))
  }

  static func withoutNameMapping(_ table: Table) throws -> Table {
    var metadata = table.metadata
    metadata.properties["schema.name-mapping.default"] = nil
    return Table(
      identifier: table.identifier, metadata: metadata, metadataLocation: table.metadataLocation,
      fileSystem: table.fileSystem, paths: table.paths, catalog: nil)
  }

  /// Returns the rows of a table, without the deleted ones, in file order.
  static func read(
    _ table: Table, snapshot: Snapshot? = nil, fields: [NestedField]? = nil,
    predicate: Predicate = .alwaysTrue
  ) throws -> [[ScalarValue]] {
    let plan = try ScanPlanner(table, snapshot: snapshot ?? table.currentSnapshot).plan(predicate: predicate)
    return try read(plan, table, fields: fields)
  }

  static func read(
    _ plan: ScanPlan, _ table: Table, fields: [NestedField]? = nil, deletes: DeleteLoader? = nil
  ) throws -> [[ScalarValue]] {
    let fields = fields ?? table.schema.fields
    let types = try fields.map { try $0.type.logicalType }
    let deletes = try deletes ?? DeleteLoader(table)
    var rows: [[ScalarValue]] = []
    for task in plan.tasks {
      let reader = try DataFileReader(task, table: table, fields: fields, deletes: deletes)
      for rowGroup in 0..<reader.rowGroupCount {
        let columns = try fields.map { try reader.read($0.id, rowGroup: rowGroup) }
        let deleted = try reader.deletedRows(rowGroup: rowGroup)
        for row in 0..<reader.rowCount(rowGroup: rowGroup) where deleted?[row] != true {
          rows.append(columns.indices.map { columns[$0].scalar(at: row, as: types[$0]) })
        }
      }
    }
    return rows
  }
}
