internal import CSQLite
internal import Synchronization

/// A value of an SQLite row or parameter.
package enum SQLiteValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// The text, `nil` for anything else.
  package var text: String? { if case .text(let text) = self { text } else { nil } }

  /// The integer, `nil` for anything else.
  package var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
}

/// One open SQLite file; the only place that calls SQLite.
///
/// Safe for use by several threads: a call, or a whole transaction, holds the connection to itself.
/// Statements are prepared once for each text.
package final class SQLiteConnection: Sendable {
  /// Where the file is.
  package let path: String
  /// Whether the file can be written.
  package let isReadOnly: Bool
  private let state: Mutex<State>

  /// What SQLite holds for us; it is touched under the mutex alone.
  @safe fileprivate final class State: @unchecked Sendable {
    // SAFETY: the handle is opened before the connection is shared and closed by the last owner; in between
    // every use is inside `Mutex.withLock`.
    let handle: OpaquePointer
    var statements: [String: Statement] = [:]

    init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    deinit {
      // SAFETY: nobody else has the handle any more; statements go before it.
      for statement in statements.values { unsafe sqlite3_finalize(statement.handle) }
      unsafe sqlite3_close_v2(handle)
    }
  }

  /// A prepared statement, which lives until its `State` ends.
  @safe fileprivate struct Statement {
    let handle: OpaquePointer
  }

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - creating: Whether a missing file is made.
  ///   - busyMillis: How long to wait for another writer.
  /// - Throws: ``TableFormatError``: `notFound`, `permission`, or `damaged` for a file that is not SQLite's.
  package init(path: String, creating: Bool, busyMillis: Int32 = 30_000) throws(TableFormatError) {
    self.path = path
    var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE
    if creating { flags |= SQLITE_OPEN_CREATE }
    var (handle, code) = unsafe Self.open(path, flags)
    if code != SQLITE_OK, let refused = unsafe handle {
      unsafe sqlite3_close_v2(refused)
      unsafe (handle, code) = unsafe Self.open(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE)
    }
    guard code == SQLITE_OK, let opened = unsafe handle else {
      if let refused = unsafe handle { unsafe sqlite3_close_v2(refused) }
      throw Self.error(code, "the catalog cannot be opened", path)
    }
    unsafe sqlite3_busy_timeout(opened, busyMillis)
    // Reading the header finds files that are not SQLite's, and write-ahead logs in folders without
    // permission, which only an immutable connection can read.
    var probe = unsafe sqlite3_exec(opened, "SELECT count(*) FROM sqlite_schema", nil, nil, nil)
    var usable = unsafe opened
    if probe & 0xFF == SQLITE_CANTOPEN || probe & 0xFF == SQLITE_READONLY {
      unsafe sqlite3_close_v2(opened)
      let uri = "file:" + Self.escaped(path) + "?immutable=1"
      let (second, code) = unsafe Self.open(
        uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE)
      guard code == SQLITE_OK, let second = unsafe second else {
        throw Self.error(code, "the catalog cannot be opened", path)
      }
      unsafe usable = second
      probe = unsafe sqlite3_exec(second, "SELECT count(*) FROM sqlite_schema", nil, nil, nil)
    }
    isReadOnly = unsafe sqlite3_db_readonly(usable, "main") == 1
    unsafe state = Mutex(State(usable))
    guard probe == SQLITE_OK || probe & 0xFF == SQLITE_BUSY else {
      throw Self.error(probe, "the catalog cannot be read", path)
    }
  }

  private static func open(_ path: String, _ flags: Int32) -> (OpaquePointer?, Int32) {
    var handle: OpaquePointer?
    // SAFETY: SQLite copies the name and fills `handle`, which the caller closes.
    let code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
    return unsafe (handle, code)
  }

  private static func escaped(_ path: String) -> String {
    var result = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "%"): result += "%25"
      case UInt8(ascii: "?"): result += "%3f"
      case UInt8(ascii: "#"): result += "%23"
      default: result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return path.utf8.allSatisfy { $0 < 0x80 } ? result : path
  }

  /// Runs one statement and collects its rows.
  ///
  /// - Parameters:
  ///   - sql: One statement, with `?` for parameters.
  ///   - parameters: Their values.
  /// - Returns: The rows.
  /// - Throws: ``TableFormatError`` after SQLite's error.
  @discardableResult package func query(
    _ sql: String, _ parameters: [SQLiteValue] = []
  ) throws(TableFormatError) -> [[SQLiteValue]] {
    try state.withLock { state throws(TableFormatError) in
      try self.run(sql, parameters, state)
    }
  }

  /// Runs one statement.
  ///
  /// - Parameters:
  ///   - sql: One statement, with `?` for parameters.
  ///   - parameters: Their values.
  /// - Returns: How many rows it changed.
  /// - Throws: ``TableFormatError`` after SQLite's error.
  @discardableResult package func execute(
    _ sql: String, _ parameters: [SQLiteValue] = []
  ) throws(TableFormatError) -> Int {
    try state.withLock { state throws(TableFormatError) in
      try self.run(sql, parameters, state)
      return Int(unsafe sqlite3_changes64(state.handle))
    }
  }

  /// What the body of a transaction may do.
  package struct Transaction {
    fileprivate let connection: SQLiteConnection
    fileprivate let state: State

    /// Runs one statement and collects its rows.
    @discardableResult package func query(
      _ sql: String, _ parameters: [SQLiteValue] = []
    ) throws(TableFormatError) -> [[SQLiteValue]] {
      try connection.run(sql, parameters, state)
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult package func execute(
      _ sql: String, _ parameters: [SQLiteValue] = []
    ) throws(TableFormatError) -> Int {
      try connection.run(sql, parameters, state)
      return Int(unsafe sqlite3_changes64(state.handle))
    }
  }

  /// Runs a body in a transaction that takes the write lock at once, since the busy handler is not asked when
  /// a reader turns into a writer.
  ///
  /// - Parameter body: What to do; if it throws, everything is undone.
  /// - Returns: What the body returns.
  /// - Throws: What the body throws, or ``TableFormatError``. An error of kind `inputOutput` or `diskFull`
  ///   out of the commit itself leaves the outcome to be looked up.
  package func transaction<Result>(
    _ body: (Transaction) throws(TableFormatError) -> Result
  ) throws(TableFormatError) -> Result {
    try state.withLock { state throws(TableFormatError) in
      try self.run("BEGIN IMMEDIATE", [], state)
      do throws(TableFormatError) {
        let result = try body(Transaction(connection: self, state: state))
        try self.run("COMMIT", [], state)
        return result
      } catch {
        // Some errors have ended the transaction already.
        if unsafe sqlite3_get_autocommit(state.handle) == 0 { _ = try? self.run("ROLLBACK", [], state) }
        throw error
      }
    }
  }

  @discardableResult private func run(
    _ sql: String, _ parameters: [SQLiteValue], _ state: State
  ) throws(TableFormatError) -> [[SQLiteValue]] {
    let statement = unsafe try prepared(sql, state)
    defer {
      // SAFETY: the statement is live until the connection's end. Resetting lets go of SQLite's locks.
      unsafe sqlite3_reset(statement)
      unsafe sqlite3_clear_bindings(statement)
    }
    for (index, value) in parameters.enumerated() {
      let code = unsafe Self.bind(value, at: Int32(index + 1), of: statement)
      guard code == SQLITE_OK else { throw Self.error(code, "a parameter does not fit \(sql)", path) }
    }
    var rows: [[SQLiteValue]] = []
    while true {
      let code = unsafe sqlite3_step(statement)
      if code == SQLITE_DONE { return rows }
      guard code == SQLITE_ROW else {
        let detail = unsafe String(cString: sqlite3_errmsg(state.handle))
        throw Self.error(code, detail, path)
      }
      let columns = unsafe sqlite3_column_count(statement)
      rows.append((0..<columns).map { unsafe Self.value(of: statement, column: $0) })
    }
  }

  private func prepared(_ sql: String, _ state: State) throws(TableFormatError) -> OpaquePointer {
    if let statement = state.statements[sql] { return unsafe statement.handle }
    var statement: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      state.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let prepared = unsafe statement else {
      let detail = unsafe String(cString: sqlite3_errmsg(state.handle))
      throw Self.error(code, detail, path)
    }
    if state.statements.count >= 64 {
      for old in state.statements.values { unsafe sqlite3_finalize(old.handle) }
      state.statements.removeAll()
    }
    state.statements[sql] = unsafe Statement(handle: prepared)
    return unsafe prepared
  }

  private static func bind(_ value: SQLiteValue, at index: Int32, of statement: OpaquePointer) -> Int32 {
    // SQLite copies text and blobs at once when told that they are transient (destructor -1).
    let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    // SAFETY: the buffers live for the calls, with the byte counts given.
    switch value {
    case .null: return unsafe sqlite3_bind_null(statement, index)
    case .integer(let number): return unsafe sqlite3_bind_int64(statement, index, number)
    case .real(let number): return unsafe sqlite3_bind_double(statement, index, number)
    case .text(let text):
      return unsafe sqlite3_bind_text(statement, index, text, Int32(text.utf8.count), transient)
    case .blob(let bytes):
      if bytes.isEmpty { return unsafe sqlite3_bind_zeroblob(statement, index, 0) }
      return unsafe bytes.withUnsafeBytes { buffer in
        unsafe sqlite3_bind_blob64(statement, index, buffer.baseAddress, UInt64(buffer.count), transient)
      }
    }
  }

  private static func value(of statement: OpaquePointer, column: Int32) -> SQLiteValue {
    // SAFETY: the pointers that SQLite returns hold `sqlite3_column_bytes` bytes until the next step.
    switch unsafe sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(statement, column))
    case SQLITE_TEXT:
      guard let text = unsafe sqlite3_column_text(statement, column) else { return .null }
      let count = Int(unsafe sqlite3_column_bytes(statement, column))
      return .text(unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      let count = Int(unsafe sqlite3_column_bytes(statement, column))
      guard count > 0, let bytes = unsafe sqlite3_column_blob(statement, column) else { return .blob([]) }
      return .blob(unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count)))
    default: return .null
    }
  }

  private static func error(_ code: Int32, _ detail: String, _ path: String) -> TableFormatError {
    let text = unsafe String(cString: sqlite3_errstr(code & 0xFF))
    switch code & 0xFF {
    case SQLITE_NOTADB:
      return TableFormatError(
        .damaged, "\(path) is not an SQLite file",
        hint: "the catalog is the .db file of the warehouse", file: path)
    case SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_FORMAT, SQLITE_TOOBIG, SQLITE_SCHEMA:
      // Our statements are fixed texts: when one does not fit, the tables are not those of a catalog.
      return TableFormatError(
        .damaged, "the tables in \(path) are not those of an Iceberg catalog: \(detail)", file: path)
    case SQLITE_CORRUPT:
      return TableFormatError(.damaged, "the SQLite file \(path) is damaged: \(detail)", file: path)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return TableFormatError(
        .conflict, "another program keeps the catalog \(path) locked", hint: "try again when it is done",
        file: path, isRetryable: true)
    case SQLITE_CANTOPEN:
      return TableFormatError(.notFound, "the catalog \(path) cannot be opened: \(text)", file: path)
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
      return TableFormatError(.permission, "the catalog \(path) cannot be written: \(text)", file: path)
    case SQLITE_FULL:
      return TableFormatError(.diskFull, "no space is left for the catalog \(path)", file: path)
    case SQLITE_IOERR, SQLITE_NOLFS, SQLITE_PROTOCOL:
      return TableFormatError(.inputOutput, "the catalog \(path): \(text)", file: path)
    case SQLITE_CONSTRAINT:
      return TableFormatError(.alreadyExists, "the catalog \(path): \(detail)", file: path)
    default: return TableFormatError(.internal, "the catalog \(path): \(text): \(detail)", file: path)
    }
  }
}
