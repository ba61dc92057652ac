import Columnar
import Maintenance
import TableFormat
import Testing

@Suite("SnapshotRestore") struct SnapshotRestoreTests {
  @Test func theTableIsWhatItWasAndNoSnapshotIsAdded() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    let before = try workspace.fingerprint()
    let first = try #require(try workspace.table().currentSnapshot?.id)
    try workspace.append(1)
    let table = try workspace.table()

    let report = try SnapshotRestore(clock: .system).run(SnapshotTarget("\(first)", in: table), of: table)

    #expect(report.difference.rowsBefore == 600)
    #expect(report.difference.rowsAfter == 300)
    #expect(report.difference.filesRemoved == 3)
    #expect(report.difference.filesRestored == 0)
    #expect(try workspace.fingerprint() == before)
    let restored = try workspace.table()
    #expect(restored.currentSnapshot?.id == first)
    #expect(restored.metadata.snapshots.count == 2)
  }

  @Test func aTagAndATimeNameASnapshot() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    let table = try workspace.table()
    let first = try table.metadata.snapshots.entries()[0]
    let tagged = try Transaction(
      table, SetReference("good", SnapshotReference(snapshotID: first.id, kind: .tag), isNew: true)
    ).commit()

    #expect(try SnapshotTarget("good", in: tagged).snapshot.id == first.id)
    #expect(try SnapshotTarget("main", in: tagged).snapshot.id == tagged.currentSnapshot?.id)
    let time = SnapshotTarget.text(first.timestampMillis)
    #expect(try SnapshotTarget(time, in: tagged).snapshot.id == first.id)
    #expect(try SnapshotTarget("2100-01-01", in: tagged).snapshot.id == tagged.currentSnapshot?.id)
  }

  @Test func aTimeBeforeTheHistoryNamesTheOldestSnapshot() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    let table = try workspace.table()
    let oldest = try #require(table.currentSnapshot)

    let error = #expect(throws: MaintenanceError.self) { try SnapshotTarget("2020-01-01", in: table) }

    #expect(error?.kind == .notFound)
    #expect(error?.message.contains("\(oldest.id)") == true)
  }

  @Test func theSchemaComesBackWhenAskedFor() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    let first = try #require(try workspace.table().currentSnapshot?.id)
    try workspace.run("ALTER TABLE t DROP COLUMN x")
    try workspace.run("ALTER TABLE t ADD COLUMN y INTEGER")
    try workspace.run("ALTER TABLE t SET TBLPROPERTIES ('owner' = 'somebody')")
    try workspace.run("INSERT INTO t VALUES (1000, DATE '2026-01-01', 'a', [1], 2)")
    let table = try workspace.table()
    let target = try SnapshotTarget("\(first)", in: table)

    let plan = try SnapshotRestore(restoresSchema: true, isDryRun: true, clock: .system).run(
      target, of: table)

    #expect(plan.difference.schemaChanges.contains("drop y"))
    #expect(plan.difference.schemaChanges.contains("add x double"))
    #expect(plan.propertyChanges.contains { $0.name == "owner" && $0.value == nil })
    #expect(try workspace.table().schema.fields.contains { $0.name == "y" })

    _ = try SnapshotRestore(restoresSchema: true, clock: .system).run(target, of: table)

    let restored = try workspace.table()
    #expect(restored.schema.fields.map(\.name) == ["id", "d", "s", "x", "parts"])
    #expect(restored.metadata.properties["owner"] == nil)
    #expect(try workspace.run("SELECT count(x) FROM t") == [[.integer(300)]])
  }

  @Test func dataAloneLeavesTheSchema() throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)
    let first = try #require(try workspace.table().currentSnapshot?.id)
    try workspace.run("ALTER TABLE t ADD COLUMN y INTEGER")
    try workspace.append2()
    let table = try workspace.table()

    _ = try SnapshotRestore(clock: .system).run(SnapshotTarget("\(first)", in: table), of: table)

    #expect(try workspace.run("SELECT count(*), count(y) FROM t") == [[.integer(300), .integer(0)]])
  }

  @Test func rollbackGoesToAncestorsOnly() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    let snapshots = try workspace.table().metadata.snapshots.entries()

    let rows = try workspace.run(
      "CALL system.rollback_to_snapshot(table => 't', snapshot_id => \(snapshots[0].id.rawValue))")
    #expect(rows == [[.integer(snapshots[1].id.rawValue), .integer(snapshots[0].id.rawValue)]])

    #expect(throws: (any Error).self) {
      try workspace.run("CALL system.rollback_to_snapshot('t', \(snapshots[1].id.rawValue))")
    }
    try workspace.run("CALL system.set_current_snapshot('t', \(snapshots[1].id.rawValue))")
    #expect(try workspace.run("SELECT count(*) FROM t") == [[.integer(600)]])
  }
}

extension Workspace {
  /// Appends one row of six columns.
  func append2() throws { try run("INSERT INTO t VALUES (1000, DATE '2026-01-01', 'a', 0.5, [1], 2)") }
}
