import Columnar
import FileFormats
import Maintenance
import TableFormat
import Testing

@Suite("StatisticsRefresh") struct StatisticsRefreshTests {
  @Test func countsAndBoundsAreThoseOfTheRows() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    try workspace.delete([0])

    let report = try StatisticsRefresh(clock: .system).run(workspace.table())

    let columns = Dictionary(uniqueKeysWithValues: report.columns.map { ($0.name, $0) })
    #expect(report.columns.map(\.name) == ["id", "d", "s", "x"])
    for name in ["id", "d", "s", "x"] {
      let exact = try workspace.run(
        "SELECT count(*), count(*) - count(\(name)), count(DISTINCT \(name)) FROM t")[0]
      let column = try #require(columns[name])
      #expect(
        exact == [
          .integer(Int64(column.rowCount)), .integer(Int64(column.nullCount)), .integer(column.distinctCount),
        ])
    }
    #expect(columns["d"]?.least == "2026-01-01")
    #expect(columns["d"]?.greatest == "2026-01-03")
    #expect(columns["id"]?.greatest == "599")
  }

  @Test func theFileIsAttachedToTheSnapshot() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    var job = StatisticsRefresh(clock: .system)
    job.columns = ["s", "id"]

    let report = try job.run(workspace.table())

    let table = try workspace.table()
    let file = try #require(table.metadata.statistics.first)
    #expect(table.metadata.statistics.count == 1)
    #expect(file.snapshotID == table.currentSnapshot?.id)
    #expect(file.blobs.map(\.fields) == [[3], [1]])
    #expect(file.blobs.map { $0.properties["ndv"] } == ["45", "300"])
    let path = try table.paths.path(of: file.path)
    let status = try #require(try LocalFileSystem().status(path))
    #expect(status.byteCount == report.byteCount)
    #expect(Int64(status.byteCount) == file.fileSizeInBytes)
  }

  @Test func partsOfStructsAreCountedToo() throws {
    let workspace = try Workspace()
    try workspace.run("CREATE TABLE t (id BIGINT, p STRUCT(a BIGINT, q STRUCT(b VARCHAR)), l BIGINT[])")
    try workspace.run(
      """
      INSERT INTO t SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE {'a': i % 7, 'q': {'b': 'v' || (i % 3)}} END, [i]
      FROM (SELECT i FROM UNNEST(range(0, 100)) AS u(i)) AS numbers
      """)

    let report = try StatisticsRefresh(clock: .system).run(workspace.table())

    #expect(report.columns.map(\.name) == ["id", "p.a", "p.q.b"])
    #expect(report.columns.map(\.distinctCount) == [100, 7, 3])
    #expect(report.columns.map(\.nullCount) == [0, 10, 10])
    #expect(report.columns.map(\.greatest) == ["99", "6", "v2"])
  }

  @Test func anUnknownColumnIsNamed() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    var job = StatisticsRefresh(clock: .system)
    job.columns = ["nothing"]

    let error = #expect(throws: MaintenanceError.self) { try job.run(workspace.table()) }

    #expect(error?.message.contains("nothing") == true)
  }
}
