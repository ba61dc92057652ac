public import FileFormats
internal import Synchronization

/// A catalog in an SQLite file, shared with pyiceberg, Java's JdbcCatalog, iceberg-rust and iceberg-go.
///
/// New files get the tables of schema V1; V0 files (without `iceberg_type`) are used as they are. The journal
/// mode of a file is never changed, and nothing of ours is stored in it.
public final class SQLiteCatalog: Catalog {
  /// What a catalog is called when nobody says.
  public static let defaultName = "s3_tables"

  /// The SQLite file.
  public let path: String
  /// Where tables are made whose namespace names no place: `file://` + the folder of the catalog.
  public let warehouse: String
  /// Where table files are.
  public let fileSystem: any FileSystem
  /// Mappings of stored locations for all tables.
  public let paths: PathMapper
  /// Takes what the reader of a table should know, as that it was moved.
  let warn: (@Sendable (String) -> Void)?
  private let chosenName: String?
  private let state = Mutex(State())
  /// The newest metadata of the tables that were looked at last: a metadata file never changes.
  private let loaded = Mutex<[TableIdentifier: Loaded]>([:])

  /// A metadata file that was read or written.
  private struct Loaded {
    var location: String
    var metadata: TableMetadata
    var paths: PathMapper
  }

  private struct State {
    var connection: SQLiteConnection?
    var name: String?
    /// Whether `iceberg_tables` has the column `iceberg_type`; `nil` when the table is not there.
    var hasTypes: Bool?
  }

  /// Opens a catalog; a missing file reads as an empty catalog and is made by the first change.
  ///
  /// - Parameters:
  ///   - path: The SQLite file.
  ///   - name: The catalog's name within the file; by default the one name that the file holds.
  ///   - warehouse: The location new tables go below; by default the folder of the file.
  ///   - fileSystem: Where table files are.
  ///   - paths: Mappings of stored locations.
  ///   - warn: Takes what the reader of a table should know, as that it was moved.
  /// - Throws: ``TableFormatError`` when the file is there but is no SQLite catalog, or cannot be read.
  public init(
    path: String, name: String? = nil, warehouse: String? = nil,
    fileSystem: any FileSystem = LocalFileSystem(), paths: PathMapper = PathMapper(),
    warn: (@Sendable (String) -> Void)? = nil
  ) throws(TableFormatError) {
    (self.path, self.fileSystem, self.paths, self.warn) = (path, fileSystem, paths, warn)
    chosenName = name
    self.warehouse = warehouse ?? "file://" + AbsolutePath.of(FilePath.parent(of: path))
    try connect(creating: false)
  }

  /// The catalog's name: the chosen one, else the only one in the file, else `s3_tables`.
  public var name: String { state.withLock { $0.name } ?? chosenName ?? Self.defaultName }

  /// The folder for what we keep beside the catalog: locks and caches.
  public var ownFolder: String { FilePath.join(FilePath.parent(of: path), ".wequery") }

  /// The folder beside the catalog for what may be deleted at any time.
  public var cacheFolder: String? { FilePath.join(ownFolder, "cache") }

  /// The SQLite file beside the catalog for our own state.
  public var stateFile: String? { Self.stateFile(beside: path) }

  /// The SQLite file for our own state beside a catalog.
  package static func stateFile(beside path: String) -> String {
    FilePath.join(FilePath.parent(of: path), "wequery.db")
  }

  /// The catalog names that the file holds.
  ///
  /// - Returns: The names in order; a name that one asks for and that is not among them looks like an empty catalog.
  /// - Throws: ``TableFormatError`` when the file cannot be read.
  public func catalogNames() throws(TableFormatError) -> [String] {
    guard let connection = try readable() else { return [] }
    return try Self.catalogNames(connection)
  }

  /// Keeps a table's state, so that loading it need not read the file.
  public func remember(_ table: Table) {
    let entry = Loaded(location: table.metadataLocation, metadata: table.metadata, paths: table.paths)
    loaded.withLock { loaded in
      if loaded.count >= 16, loaded[table.identifier] == nil { loaded.removeAll() }
      loaded[table.identifier] = entry
    }
  }

  /// The table of a metadata file that is kept.
  func remembered(_ table: TableIdentifier, at location: String) -> Table? {
    guard let entry = loaded.withLock({ $0[table] }), entry.location == location else { return nil }
    return Table(
      identifier: table, metadata: entry.metadata, metadataLocation: location, fileSystem: fileSystem,
      paths: entry.paths, catalog: self)
  }

  // One way in for reading and one for changes.

  /// The connection if there is anything to read.
  func readable() throws(TableFormatError) -> SQLiteConnection? {
    if let connection = state.withLock({ $0.hasTypes == nil ? nil : $0.connection }) { return connection }
    try connect(creating: false)
    return state.withLock { $0.hasTypes == nil ? nil : $0.connection }
  }

  /// The connection, with the catalog's tables in place.
  func writable() throws(TableFormatError) -> SQLiteConnection {
    if let connection = try readable() { return connection }
    try connect(creating: true)
    guard let connection = state.withLock({ $0.connection }) else {
      throw TableFormatError(.internal, "the catalog \(path) was not opened", file: path)
    }
    return connection
  }

  /// Whether rows say if they are tables or views; only asked after ``readable()`` or ``writable()``.
  var hasTypes: Bool { state.withLock { $0.hasTypes ?? true } }

  private func connect(creating: Bool) throws(TableFormatError) {
    // The catalog is always a file of this machine, whatever file system the tables are on.
    let local = LocalFileSystem()
    if !creating {
      let status = try TableFormatError.wrapping(path) { () throws(FileFormatError) in try local.status(path)
      }
      guard status != nil else { return }
    } else {
      try TableFormatError.wrapping(path) { () throws(FileFormatError) in
        try local.createDirectory(FilePath.parent(of: path))
      }
    }
    let connection: SQLiteConnection
    if let open = state.withLock({ $0.connection }) {
      connection = open
    } else {
      connection = try SQLiteConnection(path: path, creating: creating)
    }
    if creating { try Self.createTables(connection) }
    let columns = try connection.query("SELECT name FROM pragma_table_info('iceberg_tables')")
      .compactMap { $0.first?.text }
    guard columns.isEmpty || columns.contains("metadata_location") else {
      throw TableFormatError(
        .damaged, "the table iceberg_tables in \(path) is not that of an Iceberg catalog", file: path)
    }
    let names = columns.isEmpty ? [] : try Self.catalogNames(connection)
    state.withLock {
      $0.connection = connection
      $0.hasTypes = columns.isEmpty ? nil : columns.contains("iceberg_type")
      if !columns.isEmpty { $0.name = chosenName ?? (names.count == 1 ? names[0] : Self.defaultName) }
    }
  }

  private static func catalogNames(_ connection: SQLiteConnection) throws(TableFormatError) -> [String] {
    let hasProperties = try !connection.query(
      "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'iceberg_namespace_properties'"
    ).isEmpty
    var sql = "SELECT catalog_name FROM iceberg_tables"
    if hasProperties { sql += " UNION SELECT catalog_name FROM iceberg_namespace_properties" }
    return Set(try connection.query(sql).compactMap { $0.first?.text }).sorted()
  }

  private static func createTables(_ connection: SQLiteConnection) throws(TableFormatError) {
    try connection.transaction { (transaction) throws(TableFormatError) in
      try transaction.execute(
        """
        CREATE TABLE IF NOT EXISTS iceberg_tables (
        \tcatalog_name VARCHAR(255) NOT NULL,
        \ttable_namespace VARCHAR(255) NOT NULL,
        \ttable_name VARCHAR(255) NOT NULL,
        \tmetadata_location VARCHAR(1000),
        \tprevious_metadata_location VARCHAR(1000),
        \ticeberg_type VARCHAR(5),
        \tPRIMARY KEY (catalog_name, table_namespace, table_name)
        )
        """)
      try transaction.execute(
        """
        CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
        \tcatalog_name VARCHAR(255) NOT NULL,
        \tnamespace VARCHAR(255) NOT NULL,
        \tproperty_key VARCHAR(255) NOT NULL,
        \tproperty_value VARCHAR(1000) NOT NULL,
        \tPRIMARY KEY (catalog_name, namespace, property_key)
        )
        """)
    }
  }
}
