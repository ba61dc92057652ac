import Columnar
import FileFormats
import Glibc
import Maintenance
import QueryEngine
import TestSupport

@testable import TableFormat

/// A random history of a table, after each step of which grouped queries answer the same with and without kept
/// partial aggregates.
struct AggregateHistory {
  private var random: SeededNumbers
  private let workspace: Workspace
  private let off: Session
  private var on: Session
  private var steps: [String]
  private var nextID = 0
  /// The columns that may be asked for, `id` and `d` aside.
  private var columns: Set<String> = ["k", "s", "x", "m", "b"]
  private var hasBranch = false
  private var isLong = false
  /// How many files' results were taken from what was kept.
  private(set) var keptFileCount = 0

  init(seed: UInt64) throws {
    random = SeededNumbers(seed: seed)
    // In memory where that can be: syncs would take most of the time.
    workspace = try Workspace(root: unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
    off = AggregateHistory.session(workspace.catalog, isOn: false)
    on = AggregateHistory.session(workspace.catalog, isOn: true)
    let version = random.below(2) + 2
    let mode = random.below(2) == 0 ? "merge-on-read" : "copy-on-write"
    steps = ["seed \(seed), version \(version), \(mode)"]
    _ = try off.run(
      """
      CREATE TABLE t (id BIGINT, d DATE, k INTEGER, s VARCHAR, x DOUBLE, m DECIMAL(9,2), b BOOLEAN)
      PARTITIONED BY (d) TBLPROPERTIES ('format-version' = '\(version)', 'write.delete.mode' = '\(mode)',
        'write.update.mode' = '\(mode)')
      """)
    try insert(into: "t")
  }

  static func session(_ catalog: SQLiteCatalog, isOn: Bool) -> Session {
    var settings = SessionSettings(
      threads: 2, memoryLimit: 1 << 28, tempDirectory: "/tmp", catalog: catalog.name)
    settings.cacheAggregates = isOn
    (settings.aggregatePolicy.leastRowCount, settings.aggregatePolicy.leastStoredRowCount) = (0, 0)
    (settings.aggregatePolicy.leastAddedRowCount, settings.aggregatePolicy.leastCountedRowCount) = (0, 0)
    return Session(catalog: catalog, settings: settings, procedures: MaintenanceProcedures.all)
  }

  /// Does some steps; returns the first difference, `nil` if there is none.
  mutating func run() throws -> String? {
    for _ in 0..<random.below(5) + 4 {
      try step()
      if let difference = try compare() { return difference }
    }
    return nil
  }

  private mutating func write(_ sql: String) throws {
    steps.append(sql)
    _ = try off.run(sql)
  }

  private mutating func step() throws {
    switch random.below(15) {
    case 0...2: try insert(into: "t")
    case 3, 4: try write("DELETE FROM t WHERE id % \(random.below(9) + 2) = 0")
    case 5: try write("UPDATE t SET d = d + 1 WHERE id % \(random.below(20) + 2) = 1")
    case 6: try write("CALL system.rewrite_data_files(table => 't', options => MAP {'min-input-files': '2'})")
    case 7: try evolve()
    case 8: try equalityDelete()
    case 9:
      if hasBranch { return try insert(into: "t.branch_audit") }
      hasBranch = true
      try write("ALTER TABLE t CREATE BRANCH audit")
    case 10:
      let known = try texts(off, "SELECT snapshot_id FROM t.history ORDER BY made_current_at")
      try write("CALL system.rollback_to_snapshot('t', \(known[random.below(known.count)]))")
    case 11:
      try write(
        "CALL system.expire_snapshots(table => 't', retain_last => 1, older_than => now(), force => true)")
    case 12: try partition()
    case 13:
      steps.append("a new process")
      on.saveCaches()
      on = AggregateHistory.session(workspace.catalog, isOn: true)
    default:
      steps.append("damage")
      on.saveCaches()
      try damage()
      on = AggregateHistory.session(workspace.catalog, isOn: true)
    }
  }

  private mutating func insert(into table: String) throws {
    let rowCount = [1, 7, 60][random.below(3)]
    let extra = ["k", "s", "x", "m", "b"].filter(columns.contains)
    let values = [
      "k": "CASE WHEN i % 7 = 0 THEN NULL ELSE CAST(i % 5 AS INTEGER) END", "s": "'s' || (i % 4)",
      "x": "CASE WHEN i % 11 = 0 THEN NULL ELSE i / 4.0 END", "m": "CAST(i / 8.0 AS DECIMAL(9,2))",
      "b": "i % 3 = 0",
    ]
    let names = (["id", "d"] + extra).joined(separator: ", ")
    let day = "CASE WHEN i % 13 = 0 THEN NULL ELSE DATE '2026-01-01' + CAST(i % 4 AS INTEGER) END"
    let items = (["i", day] + extra.compactMap { values[$0] }).joined(separator: ", ")
    try write(
      """
      INSERT INTO \(table) (\(names)) SELECT \(items)
      FROM (SELECT i FROM UNNEST(range(\(nextID), \(nextID + rowCount))) AS u(i)) AS n
      """)
    nextID += rowCount
  }

  private mutating func evolve() throws {
    let choice = ["k", "s", "x", "m", "b"][random.below(5)]
    if !columns.contains(choice) {
      // The column of that name is another one from now on.
      columns.insert(choice)
      let type = ["k": "INTEGER", "s": "VARCHAR", "x": "DOUBLE", "m": "DECIMAL(9,2)", "b": "BOOLEAN"][choice]
      if choice == "k" { isLong = false }
      return try write("ALTER TABLE t ADD COLUMN \(choice) \(type ?? "")")
    }
    switch random.below(3) {
    case 0 where columns.count > 3:
      columns.remove(choice)
      try write("ALTER TABLE t DROP COLUMN \(choice)")
    case 1 where columns.isSuperset(of: ["s"]) && !columns.contains("x"):
      try write("ALTER TABLE t RENAME COLUMN s TO x")
      columns.remove("s")
      try write("ALTER TABLE t DROP COLUMN x")
    case 2 where columns.contains("k") && !isLong:
      isLong = true
      try write("ALTER TABLE t ALTER COLUMN k TYPE BIGINT")
    default:
      try write("ALTER TABLE t RENAME COLUMN \(choice) TO other")
      try write("ALTER TABLE t RENAME COLUMN other TO \(choice)")
    }
  }

  private mutating func partition() throws {
    let fields = try workspace.table().metadata.partitionSpec.fields
    let isByDay = fields.contains { $0.transform == .identity }
    try write("ALTER TABLE t \(isByDay ? "DROP" : "ADD") PARTITION FIELD d")
  }

  /// Deletes ids by an equality delete file, in one partition or in all.
  private mutating func equalityDelete() throws {
    let table = try workspace.table()
    let spec = table.metadata.partitionSpecs.first { $0.fields.isEmpty } ?? table.metadata.partitionSpec
    // Days from 2026-01-01 on.
    let partition = spec.fields.map { _ in ScalarValue.integer(Int64(20454 + random.below(4))) }
    let fields = table.schema.fields.filter { $0.name == "id" }
    let target = try WriteTarget(table)
    let location = target.newLocation(partition: [], specID: nil, suffix: "-equality.parquet")
    let file = try target.create(location)
    let writer = try ParquetWriter(
      schema: try fields.map { try WriteTarget.field($0) }, options: ParquetWriteOptions(), to: file)
    let ids = (0..<3).map { _ in Int64(random.below(max(1, nextID))) }
    try writer.write(Batch(columns: [.flat(ids)], rowCount: ids.count))
    let summary = try writer.finish()
    try target.finish(file, location)
    var description = DataFile(
      content: .equalityDeletes, path: location, specID: spec.id, partition: partition,
      recordCount: Int64(ids.count), fileSizeInBytes: Int64(summary.byteCount))
    description.equalityIDs = fields.map(\.id)
    try Transaction(table, RowDelta(addedDeletes: [description])).commit()
    steps.append("equality delete of \(ids) in \(partition)")
  }

  /// Spoils what is kept on disk: some rows, or the whole file.
  private mutating func damage() throws {
    let path = workspace.path + "/wequery.db"
    guard (try LocalFileSystem().status(path)) != nil else { return }
    switch random.below(3) {
    case 0: try LocalFileSystem().remove(path)
    case 1:
      let connection = try SQLiteConnection(path: path, creating: false)
      try connection.execute(
        "UPDATE partial_aggregates SET groups = substr(groups, 1, length(groups) - 1) || x'07' WHERE random() % 2 = 0"
      )
      try connection.execute(
        "UPDATE partial_aggregates SET groups = substr(groups, 1, 17) WHERE random() % 4 = 0")
    default:
      try LocalFileSystem().remove(path)
      try LocalFileSystem().writeNew(path, [UInt8](repeating: 7, count: 5000).span)
    }
  }

  private func texts(_ session: Session, _ sql: String) throws -> [String] {
    let result = try session.run(single: sql)
    var rows: [String] = []
    for batch in result.batches {
      let batch = batch.compacted()
      for row in 0..<batch.rowCount {
        rows.append(
          result.columns.indices.map { place in
            ValueText.string(
              batch.columns[place].scalar(at: row, as: result.columns[place].type),
              as: result.columns[place].type)
          }.joined(separator: "|"))
      }
    }
    return rows
  }

  private var aggregates: String {
    var items = ["count(*)", "min(id)", "max(id)", "sum(id)", "avg(id)"]
    if columns.contains("k") {
      items += ["sum(k)", "count(k)", "bit_xor(k)", "max(k) FILTER (WHERE id % 2 = 0)"]
    }
    if columns.contains("x") { items += ["sum(x)", "avg(x)", "min(x)", "count_if(x > 3)"] }
    if columns.contains("s") { items += ["min(s)", "max(s || 'z')"] }
    if columns.contains("m") { items += ["sum(m)", "avg(m)"] }
    if columns.contains("b") { items += ["bool_and(b)", "bool_or(b)", "max(b)"] }
    return items.joined(separator: ", ")
  }

  private mutating func compare() throws -> String? {
    var queries: [String] = []
    let other = ["k", "s", "b"].first(where: columns.contains) ?? "id"
    let distinct = columns.contains("s") ? "count(DISTINCT s), median(id)" : "count(DISTINCT id)"
    for source in ["t"] + (hasBranch ? ["t.branch_audit"] : []) {
      let day = random.below(5) + 1
      queries += [
        "SELECT \(aggregates) FROM \(source)",
        "SELECT d, \(aggregates) FROM \(source) GROUP BY d",
        "SELECT d, \(aggregates) FROM \(source) WHERE d >= DATE '2026-01-0\(day)' GROUP BY d",
        "SELECT \(other), \(aggregates) FROM \(source) WHERE d < DATE '2026-01-0\(day)' AND id > 5 GROUP BY 1",
        "SELECT d, \(distinct) FROM \(source) GROUP BY d",
        "SELECT id % 3 AS g, \(aggregates) FROM \(source) WHERE id % 2 = 0 GROUP BY 1 HAVING count(*) > 1",
      ]
    }
    let snapshots = try texts(off, "SELECT snapshot_id FROM t.snapshots ORDER BY committed_at")
    if !snapshots.isEmpty {
      queries.append(
        "SELECT d, count(*), sum(id), avg(id) FROM t FOR VERSION AS OF \(snapshots[random.below(snapshots.count)]) GROUP BY d"
      )
    }
    for query in queries {
      let expected = try texts(off, query).sorted()
      // The first run counts the groups, the second keeps them, the third takes them.
      for _ in 0..<3 {
        let found = try texts(on, query).sorted()
        if found != expected {
          return steps.joined(separator: "\n") + "\n\(query)\nfound\n" + found.joined(separator: "\n")
            + "\nexpected\n" + expected.joined(separator: "\n")
        }
      }
      keptFileCount += try on.run(single: query).footer?.counters["files_from_aggregates"] ?? 0
    }
    return nil
  }
}

/// A small generator that gives the same numbers every time.
struct SeededNumbers {
  private var state: UInt64
  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  mutating func below(_ count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % count
  }
}
