import Columnar
import Maintenance
import QueryEngine
import Synchronization
import TableFormat
import Testing

@Suite("Compaction") struct CompactionTests {
  @Test func smallFilesBecomeOneAPartitionWithTheSameRows() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    let before = try workspace.fingerprint()

    let report = try Compaction(workspace.session, CompactionOptions()).run(workspace.table())

    #expect(report.filesBefore == 15)
    #expect(report.filesAfter == 3)
    #expect(report.rows == 1500)
    #expect(try workspace.fingerprint() == before)
    let table = try workspace.table()
    #expect(table.currentSnapshot?.id == report.snapshotID)
    #expect(table.currentSnapshot?.summary.operation == .replace)
    #expect(try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks.count == 3)
  }

  @Test func aSecondRunFindsNothingToDo() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    _ = try Compaction(workspace.session, CompactionOptions()).run(workspace.table())

    let report = try Compaction(workspace.session, CompactionOptions()).run(workspace.table())

    #expect(report.groups.isEmpty)
    #expect(report.snapshotID == nil)
  }

  @Test func aDryRunChangesNothing() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    let files = try workspace.files()
    var options = CompactionOptions()
    options.isDryRun = true

    let report = try Compaction(workspace.session, options).run(workspace.table())

    #expect(report.filesBefore == 15)
    #expect(try workspace.files() == files)
  }

  @Test(arguments: [2, 3]) func deletesAreFoldedInAndTheirFilesGo(formatVersion: Int) throws {
    let workspace = try Workspace()
    try workspace.makeTable(2, properties: "TBLPROPERTIES ('format-version' = '\(formatVersion)')")
    try workspace.delete([0, 5, 99])
    let before = try workspace.fingerprint()
    #expect(before[0] == .integer(600 - 18))

    let report = try Compaction(workspace.session, CompactionOptions()).run(workspace.table())

    #expect(report.filesBefore == 6)
    #expect(report.deletedRows == 18)
    #expect(report.removedDeleteFiles > 0)
    #expect(try workspace.fingerprint() == before)
    let table = try workspace.table()
    #expect(table.currentSnapshot?.summary.count("total-delete-files") == 0)
    #expect(try ScanPlanner(table, snapshot: table.currentSnapshot).plan().hasDeletes == false)
  }

  @Test func rowsKeepTheirLineage() throws {
    let workspace = try Workspace()
    try workspace.makeTable(3, properties: "TBLPROPERTIES ('format-version' = '3')")
    let before = try lineage(workspace.table())
    #expect(before.count == 900)
    #expect(Set(before.values.map { $0[0] }).count == 900)
    var options = CompactionOptions()
    options.rewritesAll = true

    _ = try Compaction(workspace.session, options).run(workspace.table())
    try workspace.append(3)

    let after = try lineage(workspace.table())
    #expect(before.allSatisfy { after[$0.key] == $0.value })
    #expect(Set(after.values.map { $0[0] }).count == 1200)
  }

  /// Row id and last change by `id`.
  private func lineage(_ table: Table) throws -> [ScalarValue: [ScalarValue]] {
    let fields = [table.schema.fields[0], .rowID, .lastUpdatedSequenceNumber]
    let deletes = try DeleteLoader(table)
    var result: [ScalarValue: [ScalarValue]] = [:]
    for task in try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks {
      let reader = try DataFileReader(task, table: table, fields: fields, deletes: deletes)
      for rowGroup in 0..<reader.rowGroupCount {
        let columns = try fields.map { try reader.read($0.id, rowGroup: rowGroup) }
        for row in 0..<reader.rowCount(rowGroup: rowGroup) {
          result[columns[0].scalar(at: row, as: .bigint)] = columns.dropFirst().map {
            $0.scalar(at: row, as: .bigint)
          }
        }
      }
    }
    return result
  }

  @Test func aConditionLimitsThePartitions() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    let table = try workspace.table()
    var options = CompactionOptions()
    options.predicate = try workspace.session.predicate("d = DATE '2026-01-02'", on: table)

    let report = try Compaction(workspace.session, options).run(table)

    #expect(report.groups.map(\.partition) == ["d=2026-01-02"])
    #expect(report.rows == 500)
  }

  @Test func rowsAreSortedWhenAskedTo() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    let before = try workspace.fingerprint()
    var options = CompactionOptions()
    options.order = try .init("s DESC NULLS LAST, id", for: workspace.table())

    _ = try Compaction(workspace.session, options).run(workspace.table())

    #expect(try workspace.fingerprint() == before)
    let rows = try workspace.run("SELECT s FROM t WHERE d = DATE '2026-01-02' ORDER BY _pos")
    let sorted = try workspace.run(
      "SELECT s FROM t WHERE d = DATE '2026-01-02' ORDER BY s DESC NULLS LAST")
    #expect(rows == sorted)
  }

  @Test func filesAppendedMeanwhileStay() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    let old = try workspace.table()
    try workspace.append(5)

    _ = try Compaction(workspace.session, CompactionOptions()).run(old)

    #expect(try workspace.run("SELECT count(*) FROM t") == [[.integer(1800)]])
  }

  @Test func deletesAddedMeanwhileAreNotLost() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    let old = try workspace.table()
    try workspace.delete([1])
    let expected = try workspace.fingerprint()

    let report = try Compaction(workspace.session, CompactionOptions()).run(old)

    #expect(report.retries == 1)
    #expect(try workspace.fingerprint() == expected)
    #expect(try OrphanCount.of(workspace) == 0)
  }

  @Test func deletesOfAppendedFilesAreNotTakenForDangling() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    try workspace.delete([1], onlyFirstFiles: 3)
    let before = try workspace.fingerprint()
    var options = CompactionOptions()
    options.predicate = try workspace.session.predicate("d = DATE '2026-01-02'", on: workspace.table())
    options.minInputFiles = 2

    _ = try Compaction(workspace.session, options).run(workspace.table())

    #expect(try workspace.fingerprint() == before)
    #expect(try workspace.table().currentSnapshot?.summary.count("total-delete-files") != 0)
  }

  @Test func deletesThatApplyToNothingGo() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)
    try workspace.delete([1, 2])
    let table = try workspace.table()
    let tasks = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks
    // Whole files go and leave their deletes behind.
    try Transaction(table, DeleteFiles(tasks.map(\.file))).commit()
    try workspace.append(7)
    let before = try workspace.fingerprint()
    #expect(try workspace.table().currentSnapshot?.summary.count("total-delete-files") != 0)

    let report = try Compaction(workspace.session, CompactionOptions()).run(workspace.table())

    #expect(report.removedDeleteFiles > 0)
    #expect(report.groups.isEmpty)
    #expect(try workspace.fingerprint() == before)
    #expect(try workspace.table().currentSnapshot?.summary.count("total-delete-files") == 0)
  }

  @Test(arguments: [2, 3]) func whatIsDoneIsCommittedAsItGoes(formatVersion: Int) throws {
    let workspace = try Workspace(threads: 2)
    try workspace.makeTable(5, properties: "TBLPROPERTIES ('format-version' = '\(formatVersion)')")
    try workspace.delete([0, 5])
    let before = try workspace.fingerprint()
    let count = try workspace.table().metadata.snapshots.count
    var options = CompactionOptions()
    options.maxCommits = 3

    let report = try Compaction(workspace.session, options).run(workspace.table())

    #expect(report.commits == 3)
    #expect(report.filesBefore == 15)
    #expect(report.filesAfter == 3)
    #expect(try workspace.fingerprint() == before)
    let table = try workspace.table()
    #expect(
      try table.metadata.snapshots.entries().dropFirst(count).allSatisfy { $0.summary.operation == .replace })
    #expect(table.metadata.snapshots.count == count + 3)
    #expect(table.currentSnapshot?.summary.count("total-delete-files") == 0)
    #expect(try OrphanCount.of(workspace) == 0)
  }

  @Test func anInterruptedRunKeepsWhatIsCommittedAndAnotherGoesOn() throws {
    let workspace = try Workspace()
    try workspace.makeTable(5)
    let before = try workspace.fingerprint()
    var options = CompactionOptions()
    options.maxCommits = 3
    let looks = Mutex(0)
    // One group looks once before each of its five files and once before it is read back.
    options.isCancelled = {
      looks.withLock {
        $0 += 1; return $0 > 8
      }
    }

    let error = #expect(throws: MaintenanceError.self) {
      try Compaction(workspace.session, options).run(workspace.table())
    }

    #expect(error?.kind == .interrupted)
    #expect(error?.hint?.hasPrefix("5 files are compacted and committed") == true)
    #expect(try workspace.fingerprint() == before)
    #expect(try OrphanCount.of(workspace) == 0)
    options.isCancelled = { false }
    let report = try Compaction(workspace.session, options).run(workspace.table())
    #expect(report.filesBefore == 10)
    #expect(try workspace.fingerprint() == before)
  }

  @Test(arguments: [1, 2]) func filesOfAnEarlierSpecComeUnderTheCurrentOne(workers: Int) throws {
    let workspace = try Workspace(threads: workers)
    try workspace.makeTable(3)
    try workspace.run("ALTER TABLE t ADD PARTITION FIELD bucket(2, id)")
    try workspace.append(3)
    let before = try workspace.fingerprint()
    var options = CompactionOptions()
    options.rewritesAll = true

    let report = try Compaction(workspace.session, options).run(workspace.table())

    let table = try workspace.table()
    let files = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks.map(\.file)
    #expect(files.allSatisfy { $0.specID == table.metadata.defaultSpecID })
    #expect(report.filesBefore == 15)
    #expect(try workspace.fingerprint() == before)
  }

  @Test func theLargestGroupsComeFirstAndNoMoreFilesThanAskedFor() throws {
    let workspace = try Workspace()
    try workspace.makeTable(3)
    try workspace.run(
      "INSERT INTO t SELECT id, DATE '2026-01-02', s, x, parts FROM t WHERE d = DATE '2026-01-01'")
    var options = CompactionOptions()
    (options.minInputFiles, options.groupOrder, options.maxFiles) = (2, .filesDescending, 6)

    let report = try Compaction(workspace.session, options).run(workspace.table())

    #expect(report.groups.map(\.partition) == ["d=2026-01-02", "d=2026-01-01"])
    #expect(report.groups.map(\.filesBefore) == [4, 2])
  }

  @Test(arguments: ["output-spec-id", "partial-progress.max-failed-commits"])
  func optionsThatAreNotSupportedAreRefused(name: String) throws {
    let workspace = try Workspace()
    try workspace.makeTable(1)

    let error = #expect(throws: QueryError.self) {
      try workspace.run("CALL system.rewrite_data_files(table => 't', options => MAP {'\(name)': '1'})")
    }

    #expect(error?.sqlState == .unsupported)
  }

  @Test func theProcedureAnswersWithSparksColumns() throws {
    let workspace = try Workspace()
    try workspace.makeTable(2)

    let rows = try workspace.run(
      """
      CALL system.rewrite_data_files(table => 't', options => MAP {'min-input-files': '2'},
        where => 'd < DATE ''2026-01-03''')
      """)

    #expect(rows[0][0] == .integer(4))
    #expect(rows[0][1] == .integer(2))
    #expect(rows[0][3] == .integer(0))
  }
}

/// Counts the files that nothing needs, whatever their age.
enum OrphanCount {
  static func of(_ workspace: Workspace) throws -> Int {
    var job = OrphanFiles(olderThanMicros: .max, nowMicros: .max)
    job.isForced = true
    return try job.run(workspace.table()).orphans.count
  }
}
