internal import Columnar
internal import FileFormats
package import QueryEngine
internal import TableFormat

/// What we keep beside the catalog, in `wequery.db`: which files were loaded, which rows were refused, and where
/// sessions have events.
///
/// Nothing of it is needed to read the tables; it may be deleted at any time, and then only the memory of
/// earlier loads is gone: the index of sessions is made again by the next load of web events.
package final class WarehouseState: Sendable {
  private let connection: SQLiteConnection
  /// What a dry run adds to the index of events; `nil` where it is kept.
  private let drafts: EventIndex.Drafts?

  /// Whether nothing is kept.
  package var isDryRun: Bool { drafts != nil }

  /// Opens the state beside a catalog file, and makes it if it is missing.
  package init(besideCatalog path: String) throws(MaintenanceError) {
    drafts = nil
    let folder = FilePath.parent(of: path)
    try MaintenanceError.reading { () throws(FileFormatError) in try LocalFileSystem().createDirectory(folder)
    }
    let file = SQLiteCatalog.stateFile(beside: path)
    connection = try MaintenanceError.wrapping { () throws(TableFormatError) in
      let connection = try SQLiteConnection(path: file, creating: true)
      try WarehouseState.createTables(in: connection)
      return connection
    }
  }

  /// Opens the state beside a catalog file, if it is there, for a dry run: it is read, and nothing is added.
  package init(readOnlyBesideCatalog path: String) throws(MaintenanceError) {
    drafts = EventIndex.Drafts()
    let file = SQLiteCatalog.stateFile(beside: path)
    let status = try MaintenanceError.reading { () throws(FileFormatError) in
      try LocalFileSystem().status(file)
    }
    connection = try MaintenanceError.wrapping { () throws(TableFormatError) in
      if status != nil {
        let kept = try SQLiteConnection(path: file, creating: false)
        let names = "('load_ledger', 'rejects', 'event_index', 'event_index_files', 'event_index_state')"
        let found = try kept.query("SELECT count(*) FROM sqlite_schema WHERE name IN \(names)", [])
        if found.first?[0].integer == 5 { return kept }
      }
      let empty = try SQLiteConnection(path: ":memory:", creating: true)
      try WarehouseState.createTables(in: empty)
      return empty
    }
  }

  private static func createTables(in connection: SQLiteConnection) throws(TableFormatError) {
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS load_ledger (
        table_uuid TEXT NOT NULL, content_hash TEXT NOT NULL, byte_count INTEGER NOT NULL, path TEXT NOT NULL,
        load_id TEXT NOT NULL, snapshot_id INTEGER, loaded_at INTEGER NOT NULL,
        PRIMARY KEY (table_uuid, content_hash, byte_count, load_id))
      """)
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS rejects (
        run_id TEXT NOT NULL, table_name TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL,
        byte_offset INTEGER NOT NULL, reason TEXT NOT NULL, raw_text TEXT NOT NULL, rejected_at INTEGER NOT NULL)
      """)
    try EventIndex.create(in: connection)
  }

  /// Returns the index of a table's events.
  func eventIndex(tableUUID: String) -> EventIndex {
    EventIndex(connection, tableUUID: tableUUID, drafts: drafts)
  }

  /// A file that was loaded, or is being loaded.
  package struct LedgerEntry: Sendable {
    package var contentHash: String
    package var byteCount: Int
    package var path: String
    package var loadID: String
    package var snapshotID: Int64?
  }

  /// Returns the entries of a file's content in a table.
  package func entries(
    tableUUID: String, contentHash: String, byteCount: Int
  ) throws(MaintenanceError) -> [LedgerEntry] {
    let rows = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try self.connection.query(
        """
        SELECT path, load_id, snapshot_id FROM load_ledger
        WHERE table_uuid = ? AND content_hash = ? AND byte_count = ?
        """, [.text(tableUUID), .text(contentHash), .integer(Int64(byteCount))])
    }
    return rows.map {
      LedgerEntry(
        contentHash: contentHash, byteCount: byteCount, path: $0[0].text ?? "", loadID: $0[1].text ?? "",
        snapshotID: $0[2].integer)
    }
  }

  /// Notes files before their rows are committed; the snapshot's summary carries the load's id, so that an
  /// entry whose load was killed in between is understood later.
  package func begin(_ entries: [LedgerEntry], tableUUID: String, at micros: Int64) throws(MaintenanceError) {
    if isDryRun { return }
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try self.connection.transaction { (transaction) throws(TableFormatError) in
        for entry in entries {
          try transaction.execute(
            "INSERT OR REPLACE INTO load_ledger VALUES (?, ?, ?, ?, ?, NULL, ?)",
            [
              .text(tableUUID), .text(entry.contentHash), .integer(Int64(entry.byteCount)), .text(entry.path),
              .text(entry.loadID), .integer(micros),
            ])
        }
      }
    }
  }

  /// Notes the snapshot that a load made.
  package func finish(loadID: String, snapshotID: Int64) throws(MaintenanceError) {
    if isDryRun { return }
    _ = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try self.connection.execute(
        "UPDATE load_ledger SET snapshot_id = ? WHERE load_id = ?", [.integer(snapshotID), .text(loadID)])
    }
  }

  /// A record that was refused.
  package struct Reject: Sendable {
    package var file: String
    package var line: Int
    package var byteOffset: Int
    package var reason: String
    package var rawText: String
  }

  /// Keeps refused records.
  package func add(
    _ rejects: [Reject], table: String, runID: String, at micros: Int64
  ) throws(MaintenanceError) {
    guard !rejects.isEmpty, !isDryRun else { return }
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try self.connection.transaction { (transaction) throws(TableFormatError) in
        for reject in rejects {
          try transaction.execute(
            "INSERT INTO rejects VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
              .text(runID), .text(table), .text(reject.file), .integer(Int64(reject.line)),
              .integer(Int64(reject.byteOffset)), .text(reject.reason), .text(reject.rawText),
              .integer(micros),
            ])
        }
      }
    }
  }

  /// Returns the table `wequery.rejects`.
  package func rejects() throws(QueryError) -> InMemoryRelation {
    let columns: [(name: String, type: LogicalType)] = [
      ("run_id", .varchar), ("table_name", .varchar), ("file", .varchar), ("line", .bigint),
      ("byte_offset", .bigint), ("reason", .varchar), ("raw_text", .varchar), ("rejected_at", .timestampTZ),
    ]
    let found: [[SQLiteValue]]
    do throws(TableFormatError) {
      found = try connection.query("SELECT * FROM rejects ORDER BY rowid")
    } catch {
      throw QueryError(error)
    }
    let rows = found.map { row in
      row.map { value -> ScalarValue in
        if let text = value.text { return .text(text) }
        return value.integer.map { .integer($0) } ?? .null
      }
    }
    return InMemoryRelation(
      displayName: "wequery.rejects", columns: columns.map { RelationColumn($0.name, $0.type) },
      batches: StatementResult.batches(of: rows, types: columns.map(\.type)))
  }
}

/// The tables of the namespace `wequery`.
package struct WarehouseTables: SystemTables {
  private let catalogPath: String

  /// Makes the tables of what is kept beside a catalog file.
  package init(besideCatalog path: String) { catalogPath = path }

  package var names: [String] { ["rejects"] }

  package func relation(named name: String) throws(QueryError) -> InMemoryRelation? {
    guard name == "rejects" else { return nil }
    let state: WarehouseState
    do throws(MaintenanceError) {
      state = try WarehouseState(besideCatalog: catalogPath)
    } catch {
      throw QueryError(.inputOutput, error.message, hint: error.hint, cause: error.cause)
    }
    return try state.rejects()
  }
}
