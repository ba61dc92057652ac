import FileFormats
import Maintenance
import TableFormat
import Testing

@Suite("SnapshotExpiry") struct SnapshotExpiryTests {
  /// Far enough in the future for every snapshot to be old.
  private static let later: Int64 = 4_000_000_000_000

  private func job(keeping count: Int? = 1) -> SnapshotExpiry {
    var job = SnapshotExpiry(clock: CommitClock(standingAtMillis: Self.later))
    job.olderThanMillis = Self.later - SnapshotExpiry.leastAgeMillis
    (job.retainLast, job.isDryRun) = (count, false)
    return job
  }

  @Test func onlyFilesOfTheLastSnapshotAreLeft() throws {
    let workspace = try Workspace()
    try workspace.makeTable(4)
    var options = CompactionOptions()
    options.minInputFiles = 2
    _ = try Compaction(workspace.session, options).run(workspace.table())
    let before = try workspace.fingerprint()

    let report = try job().run(workspace.table())

    #expect(report.expired.count == 4)
    #expect(report.count("data files") == 12)
    #expect(report.failures.isEmpty)
    #expect(try workspace.fingerprint() == before)
    let table = try workspace.table()
    #expect(table.metadata.snapshots.count == 1)
    let parquet = try workspace.files().filter { $0.hasSuffix(".parquet") }
    let live = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks.map {
      try table.paths.path(of: $0.file.path)
    }
    #expect(parquet == Set(live))
    #expect(try OrphanCount.of(workspace) == 0)
  }

  @Test func aTagKeepsItsFiles() throws {
    let workspace = try Workspace()
    try workspace.makeTable(3)
    let table = try workspace.table()
    let second = try table.metadata.snapshots.entries()[1].id
    try Transaction(
      table, SetReference("kept", SnapshotReference(snapshotID: second, kind: .tag), isNew: true)
    ).commit()

    let report = try job().run(workspace.table())

    #expect(report.expired.count == 1)
    #expect(report.kept.contains { $0.snapshot.id == second && $0.reason.contains("kept") })
    #expect(report.count("data files") == 0)
    let kept = try workspace.table()
    #expect(try ScanPlanner(kept, snapshot: kept.snapshot(id: second)).plan().tasks.count == 6)
  }

  @Test func aPlanChangesNothing() throws {
    let workspace = try Workspace()
    try workspace.makeTable(3)
    let files = try workspace.files()
    var job = job()
    job.isDryRun = true

    let report = try job.run(workspace.table())

    #expect(report.expired.count == 2)
    #expect(report.count("manifest lists") == 2)
    #expect(try workspace.files() == files)
  }

  @Test func agesBelowADayNeedForce() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    var job = job()
    job.olderThanMillis = Self.later

    let error = #expect(throws: MaintenanceError.self) { try job.run(workspace.table()) }

    #expect(error?.kind == .usage)
  }

  @Test func sharedFilesAreNotTouched() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2, properties: "TBLPROPERTIES ('gc.enabled' = 'false')")

    #expect(throws: MaintenanceError.self) { try job().run(workspace.table()) }
    #expect(throws: MaintenanceError.self) { try OrphanCount.of(workspace) }
  }
}
