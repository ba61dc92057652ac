import Columnar
import FileFormats
import Maintenance
import QueryEngine
import TableFormat
import TestSupport
import Testing

/// Jobs whose every single file operation fails in turn (DESIGN.md, §8): the table reads as before or as after,
/// nothing is lost, nothing is left behind by a loss that is certain, and the next run works.
@Suite("Maintenance: faults") struct MaintenanceFaultTests {
  /// A way to fail.
  struct Failure: Sendable, CustomTestStringConvertible {
    var fault = FaultInjectingFileSystem.Fault.inputOutput
    var isLasting = false
    var countsReading = false

    var testDescription: String {
      "\(fault)\(isLasting ? ", for good" : "")\(countsReading ? ", reading too" : "")"
    }

    static let all = [
      Failure(fault: .diskFull), Failure(fault: .diskFull, isLasting: true), Failure(isLasting: true),
      Failure(countsReading: true),
    ]
  }

  /// What a table says of itself.
  struct State: Equatable {
    var rows: [ScalarValue]
    var snapshots: [SnapshotID]
    var current: SnapshotID?
    var schemaID: Int
    var properties: [String: String]
    var statistics: [SnapshotID]

    init(_ workspace: Workspace) throws {
      // A catalog of its own, so that nothing is remembered.
      let catalog = try SQLiteCatalog(path: workspace.path + "/catalog.db")
      let table = try catalog.loadTable(TableIdentifier(namespace: "analytics", name: "t"))
      let metadata = table.metadata
      (snapshots, current) = try (metadata.snapshots.entries().map(\.id), metadata.currentSnapshotID)
      (schemaID, properties) = (metadata.currentSchemaID, metadata.properties)
      statistics = metadata.statistics.map(\.snapshotID)
      rows = try workspace.fingerprint()
    }
  }

  /// Runs a job with its first operation failing, then its second, until none fails any more.
  ///
  /// - Parameters:
  ///   - failure: How operations fail.
  ///   - allowed: Whether there are orphan files before the job.
  ///   - prepare: Makes the table, or brings it back to what it was.
  ///   - job: The job.
  /// - Returns: How many operations the job takes.
  /// - Throws: What is not the job's doing.
  @discardableResult private func failEach(
    _ failure: Failure, litter allowed: Bool = false, prepare: (Workspace) throws -> Void,
    job: (Workspace, Table) throws -> Void
  ) throws -> Int {
    // What the job does to the table, and how many operations it takes.
    let model = try Workspace()
    try prepare(model)
    let rows = try State(model).rows
    try job(model, model.table())
    let rowsAfter = try State(model).rows

    var workspace = try Workspace()
    try prepare(workspace)
    var before = try State(workspace)
    #expect(before.rows == rows)
    for limit in 0..<2000 {
      let table = try workspace.table()
      workspace.faults.arm(
        failing: limit, with: failure.fault, isLasting: failure.isLasting,
        countingReading: failure.countsReading)
      var error: (any Error)?
      do { try job(workspace, table) } catch let thrown { error = thrown }
      let failed = workspace.faults.failed
      workspace.faults.disarm()

      let after = try State(workspace)
      if failed.isEmpty {
        #expect(error == nil, "operation \(limit)")
        #expect(after.rows == rowsAfter)
        return limit
      }
      #expect(after.rows == rows || after.rows == rowsAfter, "operation \(limit), \(failed[0])")
      if !failure.isLasting, !allowed, failed != ["remove"] {
        #expect(try litter(workspace) == [], "operation \(limit), \(failed[0])")
      }
      if after == before {
        #expect(error != nil || failed == ["remove"], "operation \(limit), \(failed[0])")
      }
      if after != before || failure.isLasting {
        // What is left can be removed, and the table is whole then.
        var job = OrphanFiles(olderThanMicros: .max, nowMicros: .max)
        (job.isForced, job.isDryRun) = (true, false)
        _ = try job.run(workspace.table())
        #expect(try workspace.fingerprint() == after.rows)
      }
      if after != before {
        workspace = try Workspace()
        try prepare(workspace)
        before = try State(workspace)
      }
    }
    Issue.record("the job takes more operations than are tried")
    return 0
  }

  private func litter(_ workspace: Workspace) throws -> [String] {
    var job = OrphanFiles(olderThanMicros: .max, nowMicros: .max)
    job.isForced = true
    return try job.run(workspace.table()).orphans.map(\.path)
  }

  @Test(arguments: Failure.all) func compaction(_ failure: Failure) throws {
    let count = try failEach(failure) { workspace in
      try workspace.makeSmallTable(2)
      try workspace.delete([3], onlyFirstFiles: 1)
    } job: { workspace, table in
      var options = CompactionOptions()
      options.minInputFiles = 2
      _ = try Compaction(workspace.session, options).run(table)
    }
    #expect(count > 20)
  }

  @Test(arguments: Failure.all, [false, true]) func restore(_ failure: Failure, withSchema: Bool) throws {
    try failEach(failure) { workspace in
      try workspace.makeSmallTable(2)
      try workspace.run("ALTER TABLE t SET TBLPROPERTIES ('owner' = 'somebody')")
      try workspace.run("ALTER TABLE t ADD COLUMN more BIGINT")
      try workspace.run("INSERT INTO t VALUES (100, DATE '2026-01-01', 'new', 1.0, 7)")
    } job: { workspace, table in
      let target = try SnapshotTarget("\(table.metadata.snapshots.entries()[0].id)", in: table)
      _ = try SnapshotRestore(restoresSchema: withSchema, clock: .system).run(target, of: table)
    }
  }

  @Test(arguments: Failure.all) func expiry(_ failure: Failure) throws {
    try failEach(failure) { workspace in
      try workspace.makeSmallTable(3)
      _ = try StatisticsRefresh(clock: .system).run(workspace.table())
      var options = CompactionOptions()
      options.minInputFiles = 2
      _ = try Compaction(workspace.session, options).run(workspace.table())
    } job: { _, table in
      var job = SnapshotExpiry(clock: .system)
      (job.olderThanMillis, job.retainLast, job.isForced, job.isDryRun) = (job.nowMillis, 1, true, false)
      let report = try job.run(table)
      if let failure = report.failures.first { throw MaintenanceError(.inputOutput, failure) }
    }
  }

  @Test(arguments: Failure.all) func orphanRemoval(_ failure: Failure) throws {
    try failEach(failure, litter: true) { workspace in
      try workspace.makeSmallTable(2)
      let folder = try workspace.table().paths.path(of: workspace.table().dataLocation)
      for name in ["a.parquet", "b.parquet", "d=2026-01-01/c.parquet"] {
        try LocalFileSystem().writeNew(folder + "/" + name, [1, 2, 3].span)
      }
    } job: { _, table in
      var job = OrphanFiles(olderThanMicros: .max, nowMicros: .max)
      (job.isForced, job.isDryRun) = (true, false)
      let report = try job.run(table)
      if let failure = report.failures.first { throw MaintenanceError(.inputOutput, failure) }
    }
  }

  @Test(arguments: Failure.all) func statistics(_ failure: Failure) throws {
    try failEach(failure) {
      try $0.makeSmallTable(2)
    } job: { _, table in
      _ = try StatisticsRefresh(clock: .system).run(table)
    }
  }

  @Test(arguments: Failure.all) func overwriting(_ failure: Failure) throws {
    try failEach(failure) {
      try $0.makeSmallTable(2)
    } job: { workspace, table in
      let tasks = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks
      let target = try WriteTarget(table)
      do {
        let batch = try workspace.session.run("SELECT * FROM t WHERE id < 10")[0].batches.map {
          $0.compacted()
        }
        let writer = try PartitionedWriter(target)
        for part in batch { try writer.write(part) }
        let action = OverwriteFiles(added: try writer.finish(), removed: tasks.map(\.file))
        try Transaction(table, action).commit()
      } catch {
        target.abort()
        throw error
      }
    }
  }

  @Test(arguments: Failure.all) func deletingFiles(_ failure: Failure) throws {
    try failEach(failure) {
      try $0.makeSmallTable(2)
    } job: { _, table in
      let tasks = try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks
      try Transaction(table, DeleteFiles(tasks.prefix(2).map(\.file))).commit()
    }
  }
}

extension Workspace {
  /// Makes a table of two partitions and as many appends of ten rows as asked for.
  fileprivate func makeSmallTable(_ count: Int64) throws {
    try run("CREATE TABLE t (id BIGINT, d DATE, s VARCHAR, x DOUBLE) PARTITIONED BY (d)")
    for number in 0..<count {
      try run(
        """
        INSERT INTO t SELECT i, DATE '2026-01-01' + CAST(i % 2 AS INTEGER), 's' || i, i / 4.0
        FROM (SELECT i FROM UNNEST(range(\(number * 10), \(number * 10 + 10))) AS u(i)) AS numbers
        """)
    }
  }
}
