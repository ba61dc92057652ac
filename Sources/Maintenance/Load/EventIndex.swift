internal import Synchronization
internal import TableFormat

/// Knows in which data files the sessions of a table have events, so that a load reads those and no others,
/// however large the table is.
///
/// A row pairs the hash of a session with a file. Data files do not change, so a row stays true; the index says
/// up to which snapshot it is complete, and what was added since by others is read into it before it is asked.
/// It may be deleted at any time. A file may be named in vain: then it is read in vain.
struct EventIndex {
  private let connection: SQLiteConnection
  private let tableUUID: String
  /// What is added in a dry run.
  private let drafts: Drafts?

  /// The files that a dry run adds, which are not kept.
  final class Drafts: Sendable {
    fileprivate let files = Mutex<[File]>([])
  }

  init(_ connection: SQLiteConnection, tableUUID: String, drafts: Drafts? = nil) {
    (self.connection, self.tableUUID, self.drafts) = (connection, tableUUID, drafts)
  }

  /// Makes the tables.
  static func create(in connection: SQLiteConnection) throws(TableFormatError) {
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS event_index_files (
        id INTEGER PRIMARY KEY, table_uuid TEXT NOT NULL, path TEXT NOT NULL, first_day INTEGER NOT NULL,
        last_day INTEGER NOT NULL, UNIQUE (table_uuid, path))
      """)
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS event_index (
        session INTEGER NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (session, file)) WITHOUT ROWID
      """)
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS event_index_state (
        table_uuid TEXT PRIMARY KEY, snapshot_id INTEGER NOT NULL)
      """)
  }

  /// The snapshot up to which the index is complete; `nil` if it never was.
  func snapshot() throws(TableFormatError) -> Int64? {
    try connection.query(
      "SELECT snapshot_id FROM event_index_state WHERE table_uuid = ?", [.text(tableUUID)]
    ).first?[0].integer
  }

  /// Whether a file is in the index.
  func knows(_ path: String) throws(TableFormatError) -> Bool {
    try !connection.query(
      "SELECT 1 FROM event_index_files WHERE table_uuid = ? AND path = ?", [.text(tableUUID), .text(path)]
    ).isEmpty
  }

  /// A data file with its sessions.
  struct File {
    var path: String
    /// Days since 1970-01-01 that its events are of.
    var days: ClosedRange<Int32>
    /// Hashes, ascending, each once.
    var sessions: [Int64]
  }

  /// Adds files.
  ///
  /// - Parameters:
  ///   - files: The files; those known are passed over.
  ///   - snapshot: The snapshot up to which the index is complete with them; `nil` leaves that open.
  /// - Throws: ``TableFormatError`` if the state cannot be written.
  func add(_ files: [File], completeTo snapshot: Int64?) throws(TableFormatError) {
    if let drafts { return drafts.files.withLock { $0 += files } }
    try connection.transaction { (transaction) throws(TableFormatError) in
      for file in files {
        let isNew = try transaction.execute(
          """
          INSERT OR IGNORE INTO event_index_files (table_uuid, path, first_day, last_day) VALUES (?, ?, ?, ?)
          """,
          [
            .text(tableUUID), .text(file.path), .integer(Int64(file.days.lowerBound)),
            .integer(Int64(file.days.upperBound)),
          ])
        guard isNew > 0,
          let id = try transaction.query(
            "SELECT id FROM event_index_files WHERE table_uuid = ? AND path = ?",
            [.text(tableUUID), .text(file.path)]
          ).first?[0].integer
        else { continue }
        for session in file.sessions {
          try transaction.execute(
            "INSERT OR IGNORE INTO event_index VALUES (?, ?)", [.integer(session), .integer(id)])
        }
      }
      if let snapshot {
        try transaction.execute(
          "INSERT OR REPLACE INTO event_index_state VALUES (?, ?)", [.text(tableUUID), .integer(snapshot)])
      }
    }
  }

  /// Finds the files that may hold events of sessions.
  ///
  /// - Parameter sessions: Hashes.
  /// - Returns: The paths, and the days that the files reach over; `nil` if there is none.
  /// - Throws: ``TableFormatError`` if the state cannot be read.
  func files(
    of sessions: some Sequence<Int64>
  ) throws(TableFormatError) -> (
    paths: Set<String>, days: ClosedRange<Int32>
  )? {
    let wanted = Array(sessions)
    let drafts = drafts?.files.withLock { $0 } ?? []
    guard
      try !connection.query(
        "SELECT 1 FROM event_index_files WHERE table_uuid = ? LIMIT 1", [.text(tableUUID)]
      ).isEmpty || !drafts.isEmpty
    else { return nil }
    var ids: Set<Int64> = []
    for session in wanted {
      for row in try connection.query("SELECT file FROM event_index WHERE session = ?", [.integer(session)]) {
        if let id = row[0].integer { ids.insert(id) }
      }
    }
    var paths: Set<String> = []
    var (first, last) = (Int32.max, Int32.min)
    for id in ids.sorted() {
      let rows = try connection.query(
        "SELECT path, first_day, last_day FROM event_index_files WHERE id = ? AND table_uuid = ?",
        [.integer(id), .text(tableUUID)])
      // Sessions of other tables may have the same hash.
      guard let row = rows.first, let path = row[0].text, let from = row[1].integer, let to = row[2].integer
      else { continue }
      paths.insert(path)
      first = min(first, Int32(truncatingIfNeeded: from))
      last = max(last, Int32(truncatingIfNeeded: to))
    }
    let groups = drafts.isEmpty ? [] : Set(wanted)
    for file in drafts where !groups.isDisjoint(with: file.sessions) {
      paths.insert(file.path)
      (first, last) = (min(first, file.days.lowerBound), max(last, file.days.upperBound))
    }
    return paths.isEmpty ? nil : (paths, first...last)
  }
}
