import Columnar
import FileFormats
import Maintenance
import QueryEngine
import TableFormat
import TestSupport

/// A warehouse of its own for a test, removed with it, and a session on it.
final class Workspace {
  let path: String
  let catalog: SQLiteCatalog
  let session: Session
  /// The file system of the tables, which fails when it is told to.
  let faults = FaultInjectingFileSystem(LocalFileSystem(), failing: .max)

  init(now: Int64? = nil, threads: Int = 1, root: String = "/tmp") throws {
    path = "\(root)/wequery-maintenance-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    try LocalFileSystem().createDirectory(path)
    catalog = try SQLiteCatalog(path: path + "/catalog.db", fileSystem: faults)
    var settings = SessionSettings(
      threads: threads, memoryLimit: 1 << 30, tempDirectory: path, catalog: catalog.name,
      namespace: "analytics")
    settings.currentTimestamp = now
    session = Session(
      catalog: catalog, settings: settings, procedures: MaintenanceProcedures.all,
      systemTables: WarehouseTables(besideCatalog: path + "/catalog.db"))
  }

  deinit {
    let files = LocalFileSystem()
    for file in ((try? files.list(path, recursively: true)) ?? []).reversed() { try? files.remove(file.path) }
    try? files.remove(path)
  }

  /// The rows of the last statement.
  @discardableResult func run(_ sql: String) throws -> [[ScalarValue]] {
    guard let result = try session.run(sql).last else { return [] }
    var rows: [[ScalarValue]] = []
    for batch in result.batches {
      let batch = batch.compacted()
      for row in 0..<batch.rowCount {
        rows.append(
          result.columns.indices.map { batch.columns[$0].scalar(at: row, as: result.columns[$0].type) })
      }
    }
    return rows
  }

  func table(_ name: String = "t") throws -> Table {
    try catalog.loadTable(TableIdentifier(namespace: "analytics", name: name))
  }

  /// Makes a partitioned table of `count` appends of 300 rows each, over three days.
  func makeTable(_ count: Int, properties: String = "") throws {
    try run(
      """
      CREATE TABLE t (id BIGINT, d DATE, s VARCHAR, x DOUBLE, parts INTEGER[]) PARTITIONED BY (d) \(properties)
      """)
    for number in 0..<count { try append(number) }
  }

  /// Appends 300 rows, `number` times 300 on.
  func append(_ number: Int) throws {
    try run(
      """
      INSERT INTO t SELECT i, DATE '2026-01-01' + CAST(i % 3 AS INTEGER),
        CASE WHEN i % 10 = 0 THEN NULL ELSE 's' || (i % 50) END, i / 4.0, [CAST(i AS INTEGER), 7]
      FROM (SELECT i FROM UNNEST(range(\(number * 300), \(number * 300 + 300))) AS u(i)) AS numbers
      """)
  }

  /// Count and sums that any change of rows would change.
  func fingerprint() throws -> [ScalarValue] {
    try run("SELECT count(*), sum(id), count(s), count(DISTINCT s), sum(x), max(d), min(s) FROM t")[0]
  }

  /// Deletes the rows at positions of each live data file, by position delete files or deletion vectors.
  func delete(_ positions: [Int64], onlyFirstFiles count: Int = .max) throws {
    let table = try table()
    let tasks = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks.prefix(count)
    let target = try WriteTarget(table)
    var files: [DataFile]
    if table.metadata.formatVersion >= 3 {
      let writer = try DeletionVectorWriter(target)
      for task in tasks { writer.delete(positions, in: task.file) }
      files = try writer.finish()
    } else {
      let writer = try PositionDeleteWriter(target)
      for task in tasks { writer.delete(positions, in: task.file) }
      files = try writer.finish()
    }
    try Transaction(table, RowDelta(addedDeletes: files)).commit()
  }

  /// The files below the table's folder.
  func files(of name: String = "t") throws -> Set<String> {
    let table = try table(name)
    let folder = try table.paths.path(of: table.metadata.location)
    return Set(
      try LocalFileSystem().list(folder, recursively: true).filter { !$0.isDirectory }.map(\.path))
  }
}
