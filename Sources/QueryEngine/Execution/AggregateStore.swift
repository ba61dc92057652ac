internal import Columnar
internal import FileFormats
internal import Glibc
internal import TableFormat

/// Partial aggregates in an SQLite file, shared by all processes.
///
/// It is a convenience: another process that writes is not waited for, and what is damaged is not there. Each
/// row has a sum over itself and its keys. It is bounded; the queries used longest ago go first.
struct AggregateStore: Sendable {
  let path: String

  /// What is written of one query.
  struct Fragment {
    var key: ContentKey
    var groupCount: Int?
    var entries: [ContentKey: AggregateCache.Entry]
  }

  /// What is read of one query.
  struct Stored {
    var groupCount: Int?
    var entries: [ContentKey: AggregateCache.Entry]
    var isUseStale: Bool
  }

  /// The most bytes of all queries, and of one.
  private static let (limit, fragmentLimit) = (64 << 20, 8 << 20)
  /// Days after which a use is noted again.
  private static let staleAfter: Int64 = 7

  private static var today: Int64 { Int64(time(nil)) / 86_400 }

  // MARK: - Reading

  /// Reads a query; `nil` if it is not there, or another process keeps the file locked.
  func load(_ key: ContentKey, types: [LogicalType]) -> Stored? {
    guard (try? LocalFileSystem().status(path)) != nil,
      let connection = try? SQLiteConnection(path: path, creating: false, busyMillis: 0),
      let heads = try? connection.query(
        "SELECT group_count, last_use FROM aggregate_fragments WHERE fragment = ?", [.blob(key.bytes)]),
      let head = heads.first,
      let rows = try? connection.query(
        "SELECT unit, groups FROM partial_aggregates WHERE fragment = ?", [.blob(key.bytes)])
    else { return nil }
    var entries: [ContentKey: AggregateCache.Entry] = [:]
    for row in rows {
      guard case .blob(let name) = row[0], let unit = ContentKey(name), case .blob(let bytes) = row[1],
        let batch = AggregateStore.decode(bytes, types, key, unit)
      else { continue }
      entries[unit] = AggregateCache.Entry(batch: batch, byteCount: bytes.count)
    }
    let lastUse = head[1].integer ?? 0
    return Stored(
      groupCount: head[0].integer.map { Int(clamping: $0) }, entries: entries,
      isUseStale: abs(Self.today - lastUse) > Self.staleAfter)
  }

  // MARK: - Writing

  /// Writes queries and lets old ones go.
  func save(_ fragments: [Fragment]) throws(TableFormatError) {
    let connection = try SQLiteConnection(path: path, creating: true, busyMillis: 20)
    try connection.transaction { (transaction) throws(TableFormatError) in
      try transaction.execute(
        """
        CREATE TABLE IF NOT EXISTS aggregate_fragments (
          fragment BLOB PRIMARY KEY, group_count INTEGER, byte_count INTEGER NOT NULL,
          last_use INTEGER NOT NULL)
        WITHOUT ROWID
        """)
      try transaction.execute(
        """
        CREATE TABLE IF NOT EXISTS partial_aggregates (
          fragment BLOB NOT NULL, unit BLOB NOT NULL, groups BLOB NOT NULL,
          PRIMARY KEY (fragment, unit))
        WITHOUT ROWID
        """)
      for fragment in fragments { try save(fragment, transaction) }
      try evict(transaction)
    }
  }

  private func save(
    _ fragment: Fragment, _ transaction: SQLiteConnection.Transaction
  ) throws(TableFormatError) {
    let key = SQLiteValue.blob(fragment.key.bytes)
    let heads = try transaction.query(
      "SELECT byte_count FROM aggregate_fragments WHERE fragment = ?", [key])
    var byteCount = heads.first.flatMap { $0[0].integer } ?? 0
    let encoded = fragment.entries.map { unit, entry in
      (unit, AggregateStore.encode(entry.batch, fragment.key, unit))
    }
    let added = encoded.reduce(Int64(0)) { $0 + Int64($1.1.count) + 64 }
    // Files that are gone are not looked for: what has grown too long begins anew.
    if byteCount + added > Int64(Self.fragmentLimit) {
      try transaction.execute("DELETE FROM partial_aggregates WHERE fragment = ?", [key])
      byteCount = 0
    }
    if added <= Int64(Self.fragmentLimit) {
      for (unit, bytes) in encoded {
        try transaction.execute(
          "INSERT OR REPLACE INTO partial_aggregates VALUES (?, ?, ?)",
          [key, .blob(unit.bytes), .blob(bytes)])
      }
      byteCount += added
    }
    let groupCount = fragment.groupCount.map { SQLiteValue.integer(Int64($0)) } ?? .null
    try transaction.execute(
      "INSERT OR REPLACE INTO aggregate_fragments VALUES (?, ?, ?, ?)",
      [key, groupCount, .integer(byteCount), .integer(Self.today)])
  }

  private func evict(_ transaction: SQLiteConnection.Transaction) throws(TableFormatError) {
    let all = try transaction.query(
      "SELECT fragment, byte_count FROM aggregate_fragments ORDER BY last_use DESC")
    var (total, count) = (Int64(0), 0)
    for row in all {
      total += (row[1].integer ?? 0) + 64
      count += 1
      if total <= Int64(Self.limit), count <= 10_000 { continue }
      try transaction.execute("DELETE FROM partial_aggregates WHERE fragment = ?", [row[0]])
      try transaction.execute("DELETE FROM aggregate_fragments WHERE fragment = ?", [row[0]])
    }
  }

  // MARK: - Rows

  private static func sum(_ bytes: ArraySlice<UInt8>, _ key: ContentKey, _ unit: ContentKey) -> UInt64 {
    let all = key.bytes + unit.bytes + bytes
    return XxHash64.hash(all.span)
  }

  /// Makes bytes of groups: a sum over all else, the number of rows, the columns.
  static func encode(_ batch: Batch, _ key: ContentKey, _ unit: ContentKey) -> [UInt8] {
    var writer = ColumnWriter()
    for column in batch.columns { writer.append(column.flattened()) }
    let body = [UInt64(batch.rowCount)].flatMap(littleEndian) + writer.bytes
    return littleEndian(sum(body[...], key, unit)) + body
  }

  /// The reverse; `nil` if the bytes are not those of these keys and types.
  static func decode(
    _ bytes: [UInt8], _ types: [LogicalType], _ key: ContentKey, _ unit: ContentKey
  ) -> Batch? {
    guard bytes.count >= 16, number(bytes[0..<8]) == sum(bytes[8...], key, unit),
      let rowCount = Int(exactly: number(bytes[8..<16])), rowCount <= bytes.count || types.isEmpty,
      rowCount <= 1 << 24
    else { return nil }
    var reader = ColumnReader(bytes: bytes, from: 16)
    guard let columns = reader.columns(types, count: rowCount), reader.position == bytes.count else {
      return nil
    }
    return Batch(columns: columns, rowCount: rowCount)
  }

  private static func littleEndian(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number &>> UInt64($0 * 8)) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 &<< 8 | UInt64($1) }
  }
}
