import Columnar
import FileFormats
import Glibc
import QueryEngine
import TableFormat
import TestSupport
import Testing

@testable import Maintenance

/// Loads whose every single operation on a file, and every statement on what is kept beside the catalog, fails in
/// turn (DESIGN.md, §8): the table reads as before or as after, the next load of the same file completes what was
/// begun, and nothing is left then that `orphans` does not find.
@Suite("Load: faults") struct LoadFaultTests {
  typealias Failure = MaintenanceFaultTests.Failure

  /// A load, and what was loaded before it.
  struct Scenario: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var format = InputFormat.webEvents
    /// What is loaded before; without it the table is made by the load.
    var stored: [String]?
    var lines: [String]
    /// How many stored rows the load changes.
    var rewritten = 0
    var version = 2

    static let all = [
      Scenario(testDescription: "events, new table", lines: events),
      Scenario(
        testDescription: "events, other sessions", stored: [RawEvent.event("s9", at: 3)], lines: events),
      Scenario(
        testDescription: "events, the same sessions", stored: stored, lines: events, rewritten: 2),
      Scenario(
        testDescription: "events, the same sessions, version 3", stored: stored, lines: events, rewritten: 2,
        version: 3),
      Scenario(testDescription: "NDJSON, new table", format: .ndjson, lines: events),
      Scenario(testDescription: "NDJSON", format: .ndjson, stored: stored, lines: events),
      Scenario(testDescription: "access log, new table", format: .combinedLog, lines: accesses),
    ]

    /// Two events of one session, of which the second moves when `events` come.
    private static let stored = [
      RawEvent.event("s0", at: 0), RawEvent.event("s0", at: 60), RawEvent.event("s1", at: 90_000),
    ]

    private static let events = [
      RawEvent.event("s0", at: 30, "between"), RawEvent.event("s2", at: 40), RawEvent.event("s3", at: 90_030),
    ]

    private static let accesses = [
      #"192.0.2.1 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "Mozilla/5.0""#,
      #"192.0.2.1 - - [02/Jan/2026:00:00:09 +0000] "GET /a HTTP/1.1" 200 12 "-" "Mozilla/5.0""#,
    ]
  }

  /// Whether every operation is to fail, rather than a sample of them.
  private static let isThorough = unsafe getenv("WEQUERY_FAULTS") != nil

  /// How many operations of a load fail in a test that is not thorough.
  private static let sampleCount = 6

  // MARK: What is tested

  @Test(arguments: Failure.all, Scenario.all) func files(_ failure: Failure, _ scenario: Scenario) throws {
    let (before, after, count) = try model(scenario, countsReading: failure.countsReading)
    #expect(count > (scenario.stored == nil ? 10 : 20))
    let step = Self.isThorough ? 1 : max(1, count / Self.sampleCount)
    // Each way to fail meets other operations, so that the sample is a large one.
    var random = SplitMix64(seed: UInt64(scenario.lines.count + scenario.testDescription.utf8.count * 4))
    let shift = Int.random(in: 0..<step, using: &random)
    let place = Failure.all.firstIndex { $0.testDescription == failure.testDescription } ?? 0
    for limit in stride(from: (shift + place * 5) % step, to: count, by: step) {
      let workspace = try workspace(of: scenario)
      let file = try self.file(scenario, in: workspace)
      workspace.faults.arm(
        failing: limit, with: failure.fault, isLasting: failure.isLasting,
        countingReading: failure.countsReading)
      let error = failureOfLoading(file, scenario, in: workspace)
      let failed = workspace.faults.failed
      workspace.faults.disarm()
      let label = "operation \(limit), \(failed.first ?? "none")"
      // What fails after the commit, such as an old file's removal, is no failure of the load.
      let now = try rows(workspace)
      #expect(now == before || now == after, "\(label)")
      if now == before { #expect(error != nil, "\(label)") }
      if let error { #expect(error.kind == .inputOutput, "\(label): \(error.message)") }
      if !failure.isLasting, failed != ["remove"] { #expect(try litter(workspace) == [], "\(label)") }
      try expectCompletion(of: file, scenario, in: workspace, after, label)
    }
  }

  /// The tables beside the catalog, and the catalog's own, by what is done to them.
  @Test(
    arguments: [
      ("wequery.db", "load_ledger", "INSERT"), ("wequery.db", "load_ledger", "UPDATE"),
      ("wequery.db", "rejects", "INSERT"), ("wequery.db", "event_index_files", "INSERT"),
      ("wequery.db", "event_index", "INSERT"), ("wequery.db", "event_index_state", "INSERT"),
      ("catalog.db", "iceberg_tables", "UPDATE"), ("catalog.db", "iceberg_tables", "INSERT"),
    ], Scenario.all)
  func statements(_ statement: (file: String, table: String, verb: String), _ scenario: Scenario) throws {
    var scenario = scenario
    if statement.table == "rejects" { scenario.lines.append("{") }
    let (before, after, _) = try model(scenario, countsReading: false)
    let workspace = try workspace(of: scenario)
    let file = try self.file(scenario, in: workspace)
    // What a full disk does to a statement.
    if scenario.stored == nil {
      try workspace.catalog.createNamespace(Namespace(["analytics"]), properties: [:])
    }
    _ = try WarehouseState(besideCatalog: workspace.path + "/catalog.db")
    let connection = try SQLiteConnection(path: workspace.path + "/" + statement.file, creating: false)
    try connection.execute(
      """
      CREATE TRIGGER fault BEFORE \(statement.verb) ON \(statement.table)
      BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
      """)
    let error = failureOfLoading(file, scenario, in: workspace)
    try connection.execute("DROP TRIGGER fault")
    let now = try rows(workspace)
    #expect(now == before || now == after)
    #expect((now == after) || error != nil)
    #expect(try litter(workspace) == [])
    try expectCompletion(of: file, scenario, in: workspace, after, "\(statement)")
  }

  /// What is kept beside the catalog, as a load leaves it that is killed, or as people do.
  enum Loss: String, CaseIterable {
    /// Killed before the commit.
    case entryWithoutSnapshot
    /// Killed after the commit.
    case snapshotNotNoted
    case indexBehind
    case indexEmpty
    case indexAhead
    case everything
  }

  @Test(arguments: Loss.allCases, Scenario.all.filter { $0.stored != nil })
  func losses(_ loss: Loss, _ scenario: Scenario) throws {
    let (_, after, _) = try model(scenario, countsReading: false)
    let workspace = try workspace(of: scenario)
    let file = try self.file(scenario, in: workspace)
    let connection = try SQLiteConnection(path: workspace.path + "/wequery.db", creating: false)
    switch loss {
    case .entryWithoutSnapshot:
      let bytes = try LocalFileSystem().open(file)
      try connection.execute(
        "INSERT INTO load_ledger SELECT table_uuid, ?, ?, ?, 'killed', NULL, 0 FROM load_ledger",
        [.text(try ContentHash.of(bytes)), .integer(Int64(bytes.byteCount)), .text(file)])
    case .snapshotNotNoted: try connection.execute("UPDATE load_ledger SET snapshot_id = NULL")
    case .indexBehind: try connection.execute("DELETE FROM event_index_state")
    case .indexEmpty:
      for table in ["event_index_state", "event_index_files", "event_index"] {
        try connection.execute("DELETE FROM \(table)")
      }
    case .indexAhead: try connection.execute("UPDATE event_index_state SET snapshot_id = 12345")
    case .everything:
      for name in ["wequery.db", "wequery.db-wal", "wequery.db-shm"] {
        try? LocalFileSystem().remove(workspace.path + "/" + name)
      }
    }
    if loss == .snapshotNotNoted {
      // The entry is known by the load's id in the snapshot.
      let again = try workspace.write(text(scenario.stored ?? []), to: "stored")
      #expect(try workspace.load(files: [again], Workspace.options(scenario.format)).read == 0)
    }
    let report = try workspace.load(files: [file], Workspace.options(scenario.format))
    #expect(report.accepted == scenario.lines.count)
    #expect(report.rewritten == scenario.rewritten)
    #expect(try rows(workspace) == after)
  }

  // MARK: How

  private func text(_ lines: [String]) -> [UInt8] { Array(lines.map { $0 + "\n" }.joined().utf8) }

  private func file(_ scenario: Scenario, in workspace: Workspace) throws -> String {
    try workspace.write(text(scenario.lines), to: "load")
  }

  /// Makes a workspace in which everything but the load is done.
  private func workspace(of scenario: Scenario) throws -> Workspace {
    let workspace = try Workspace()
    guard let stored = scenario.stored else { return workspace }
    let file = try workspace.write(text(stored), to: "stored")
    try workspace.load(files: [file], Workspace.options(scenario.format))
    if scenario.version != 2 {
      try workspace.run(
        "ALTER TABLE web_events SET TBLPROPERTIES ('format-version' = '\(scenario.version)')")
    }
    return workspace
  }

  /// Does the load where nothing fails: the rows before and after, and how many operations there are.
  private func model(
    _ scenario: Scenario, countsReading: Bool
  ) throws -> (before: [[ScalarValue]]?, after: [[ScalarValue]]?, count: Int) {
    let workspace = try workspace(of: scenario)
    let before = try rows(workspace)
    let file = try self.file(scenario, in: workspace)
    workspace.faults.arm(failing: .max, countingReading: countsReading)
    let report = try workspace.load(files: [file], Workspace.options(scenario.format))
    let count = workspace.faults.operationCount
    workspace.faults.disarm()
    #expect(report.rewritten == scenario.rewritten)
    return (before, try rows(workspace), count)
  }

  private func failureOfLoading(
    _ file: String, _ scenario: Scenario, in workspace: Workspace
  ) -> MaintenanceError? {
    do throws(MaintenanceError) {
      let state = try WarehouseState(besideCatalog: workspace.path + "/catalog.db")
      let loader = Loader(
        session: workspace.session, catalog: workspace.catalog, state: state,
        options: Workspace.options(scenario.format))
      _ = try loader.load([file], into: TableIdentifier(namespace: "analytics", name: "web_events"))
      return nil
    } catch {
      return error
    }
  }

  /// Loads the file again, and once more: it is there once then.
  private func expectCompletion(
    of file: String, _ scenario: Scenario, in workspace: Workspace, _ after: [[ScalarValue]]?, _ label: String
  ) throws {
    try workspace.load(files: [file], Workspace.options(scenario.format))
    #expect(try rows(workspace) == after, "\(label)")
    #expect(try workspace.load(files: [file], Workspace.options(scenario.format)).accepted == 0, "\(label)")
    var job = OrphanFiles(olderThanMicros: .max, nowMicros: .max)
    (job.isForced, job.isDryRun) = (true, false)
    _ = try job.run(workspace.table("web_events"))
    #expect(try rows(workspace) == after, "\(label)")
    #expect(try litter(workspace) == [], "\(label)")
  }

  private func litter(_ workspace: Workspace) throws -> [String] {
    guard try exists(workspace) else { return [] }
    var job = OrphanFiles(olderThanMicros: .max, nowMicros: .max)
    job.isForced = true
    return try job.run(workspace.table("web_events")).orphans.map(\.path)
  }

  private func exists(_ workspace: Workspace) throws -> Bool {
    // A catalog of its own, so that nothing is remembered.
    let catalog = try SQLiteCatalog(path: workspace.path + "/catalog.db")
    return try catalog.metadataLocation(of: TableIdentifier(namespace: "analytics", name: "web_events"))
      != nil
  }

  /// The rows of the table but for the time of loading; `nil` without a table.
  private func rows(_ workspace: Workspace) throws -> [[ScalarValue]]? {
    guard try exists(workspace) else { return nil }
    let columns = try workspace.table("web_events").schema.fields.map(\.name).filter {
      $0 != "processed_timestamp"
    }
    return try workspace.run("SELECT \(columns.joined(separator: ", ")) FROM web_events ORDER BY ALL")
  }
}
