import Columnar
import FileFormats
import Glibc
import Maintenance
import QueryEngine
import TableFormat
import Testing

@Suite("OrphanFiles") struct OrphanFilesTests {
  private func job(isDryRun: Bool) -> OrphanFiles {
    var job = OrphanFiles(olderThanMicros: .max, nowMicros: .max)
    (job.isForced, job.isDryRun) = (true, isDryRun)
    return job
  }

  private func put(_ name: String, in workspace: Workspace) throws -> String {
    let table = try workspace.table()
    let path = try table.paths.path(of: PathMapper.joined(table.metadata.location, name))
    let bytes: [UInt8] = [1, 2, 3]
    try LocalFileSystem().writeNew(path, bytes.span)
    return path
  }

  @Test func onlyWhatNothingNeedsIsFound() throws {
    let workspace = try Workspace()
    try workspace.makeTable(3)
    try workspace.delete([1])
    try workspace.run("ANALYZE t")
    let needed = try workspace.files()
    let orphans = [
      try put("data/d=2026-01-01/lost.parquet", in: workspace),
      try put("metadata/lost-m0.avro", in: workspace),
    ]
    let hidden = try put("data/_temporary/part.parquet", in: workspace)

    let report = try job(isDryRun: false).run(workspace.table())

    #expect(report.orphans.map(\.path) == orphans)
    #expect(report.byteCount == 6)
    #expect(try workspace.files() == needed.union([hidden]))
  }

  /// Rule 77: data and metadata may lie outside the table's folder, and so may what is left there.
  @Test func rule77_orphansOutsideTheTablesFolderAreFound() throws {
    let workspace = try Workspace()
    let (data, metadata) = (workspace.path + "/elsewhere/rows", workspace.path + "/elsewhere/about")
    try workspace.makeTable(
      2,
      properties: """
        TBLPROPERTIES ('write.data.path' = 'file://\(data)', 'write.metadata.path' = 'file://\(metadata)')
        """)
    let before = try workspace.fingerprint()
    let bytes: [UInt8] = [1, 2, 3]
    let orphans = [metadata + "/lost-m0.avro", data + "/d=2026-01-01/lost.parquet"]
    for path in orphans { try LocalFileSystem().writeNew(path, bytes.span) }
    let files = try LocalFileSystem().list(data, recursively: true).filter { !$0.isDirectory }
    #expect(files.count == 7)

    let report = try job(isDryRun: false).run(workspace.table())

    #expect(report.orphans.map(\.path) == orphans)
    #expect(try workspace.fingerprint() == before)
    #expect(try LocalFileSystem().list(data, recursively: true).filter { !$0.isDirectory }.count == 6)
  }

  @Test(arguments: ["file:", "file://", "file://localhost", "FILE://"])
  func filesAreKnownInEverySpelling(_ scheme: String) throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    let table = try workspace.table()
    let tasks = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks
    // The same files under another spelling of their paths.
    let files = try tasks.map { task in
      var file = task.file
      file.path = scheme + (try table.paths.path(of: file.path))
      return file
    }
    try Transaction(table, RewriteFiles(removedData: tasks.map(\.file), addedData: files)).commit()
    try Transaction(
      workspace.table(), ExpireSnapshots(olderThanMillis: .max, retainLast: 1)
    ).commit()
    let before = try workspace.fingerprint()
    let lost = try put("data/lost.parquet", in: workspace)

    let report = try job(isDryRun: false).run(workspace.table())

    #expect(report.orphans.contains { $0.path == lost })
    #expect(!report.orphans.contains { $0.path.contains("d=2026") })
    #expect(try workspace.fingerprint() == before)
  }

  @Test func aFolderReachedByALinkIsNotCleared() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    let table = try workspace.table()
    let folder = try table.paths.path(of: table.metadata.location)
    let link = workspace.path + "/link"
    #expect(unsafe symlink(folder, link) == 0)
    defer { try? LocalFileSystem().remove(link) }
    let tasks = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks
    let files = try tasks.map { task in
      var file = task.file
      file.path = link + (try table.paths.path(of: file.path)).dropFirst(folder.count)
      return file
    }
    try Transaction(table, RewriteFiles(removedData: tasks.map(\.file), addedData: files)).commit()
    try Transaction(
      workspace.table(), ExpireSnapshots(olderThanMillis: .max, retainLast: 1)
    ).commit()
    let before = try workspace.fingerprint()

    #expect(throws: MaintenanceError.self) { try job(isDryRun: false).run(workspace.table()) }

    #expect(try workspace.fingerprint() == before)
  }

  @Test func aClockThatIsAheadDoesNotAgeFiles() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    _ = try put("data/new.parquet", in: workspace)
    let ahead = workspace.session.clockMicros + 10 * 86_400_000_000

    #expect(throws: MaintenanceError.self) {
      try OrphanFiles(olderThanMicros: ahead - 3 * 86_400_000_000, nowMicros: ahead).run(workspace.table())
    }
  }

  @Test func youngFilesStay() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    _ = try put("data/new.parquet", in: workspace)
    let now = workspace.session.clockMicros

    let report = try OrphanFiles(olderThanMicros: now - 3 * 86_400_000_000, nowMicros: now)
      .run(workspace.table())

    #expect(report.orphans.isEmpty)
    #expect(report.youngCount == 1)
  }

  @Test func agesBelowADayNeedForce() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)

    let error = #expect(throws: MaintenanceError.self) {
      try OrphanFiles(olderThanMicros: 1_000_000, nowMicros: 1_000_001).run(workspace.table())
    }

    #expect(error?.kind == .usage)
  }

  @Test func aTableWithinTheFolderKeepsItsFiles() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    let location = try workspace.table().metadata.location
    try workspace.run("CREATE TABLE inner_table (id BIGINT) LOCATION '\(location)/inner'")
    try workspace.run("INSERT INTO inner_table VALUES (1)")

    let report = try job(isDryRun: false).run(workspace.table())

    #expect(report.orphans.isEmpty)
    #expect(report.skippedFolders.count == 1)
    #expect(try workspace.run("SELECT id FROM inner_table") == [[.integer(1)]])
  }
}
