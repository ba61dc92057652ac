internal import FileFormats

extension SQLiteCatalog {
  /// The tables of a namespace, by name.
  public func tables(in namespace: Namespace) throws(TableFormatError) -> [TableIdentifier] {
    try rows(of: namespace, views: false)
  }

  /// The views of a namespace, by name.
  public func views(in namespace: Namespace) throws(TableFormatError) -> [TableIdentifier] {
    try rows(of: namespace, views: true)
  }

  private func rows(of namespace: Namespace, views: Bool) throws(TableFormatError) -> [TableIdentifier] {
    guard let connection = try readable(), hasTypes || !views else { return [] }
    let filter =
      !hasTypes
      ? "" : views ? "AND iceberg_type = 'VIEW'" : "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)"
    return try connection.query(
      """
      SELECT table_name FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? \(filter)
      ORDER BY table_name
      """, [.text(name), .text(namespace.description)]
    ).compactMap { $0.first?.text }.map { TableIdentifier(namespace, $0) }
  }

  /// Where the metadata of a table is now; `nil` when there is no such table.
  public func metadataLocation(of table: TableIdentifier) throws(TableFormatError) -> String? {
    guard let connection = try readable() else { return nil }
    return try location(of: table) { (sql, parameters) throws(TableFormatError) in
      try connection.query(sql, parameters)
    }
  }

  private func location(
    of table: TableIdentifier, _ query: (String, [SQLiteValue]) throws(TableFormatError) -> [[SQLiteValue]]
  ) throws(TableFormatError) -> String? {
    let filter = hasTypes ? "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : ""
    let rows = try query(
      """
      SELECT metadata_location FROM iceberg_tables
      WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? \(filter)
      """, key(table))
    guard let row = rows.first else { return nil }
    guard let location = row.first?.text else {
      throw TableFormatError(
        .damaged, "the catalog names no metadata file for the table \(table)", file: path,
        field: "metadata_location")
    }
    return location
  }

  /// Loads a table.
  public func loadTable(_ table: TableIdentifier) throws(TableFormatError) -> Table {
    guard let location = try metadataLocation(of: table) else { throw try missing(table) }
    if let table = remembered(table, at: location) { return table }
    let loaded = try load(table, at: location)
    remember(loaded)
    return loaded
  }

  /// Returns a table that is made by its first commit.
  public func stageTable(_ table: CreateTable) throws(TableFormatError) -> Table {
    try requireNamespace(table.identifier.namespace)
    if try metadataLocation(of: table.identifier) != nil {
      throw TableFormatError(.alreadyExists, "the table \(table.identifier) already exists")
    }
    var location = table.location ?? ""
    if location.isEmpty { location = try defaultLocation(of: table.identifier) }
    return Table(
      identifier: table.identifier, metadata: try table.metadata(location: location), metadataLocation: "",
      fileSystem: fileSystem, paths: paths, catalog: self)
  }

  /// Makes a table; its namespace must exist.
  public func createTable(_ table: CreateTable) throws(TableFormatError) -> Table {
    let metadata = try stageTable(table).metadata
    let file = try MetadataFile.write(metadata, version: 0, fileSystem: fileSystem, paths: paths)
    do throws(TableFormatError) {
      try insert(table.identifier, file)
    } catch {
      if error.kind == .alreadyExists || error.kind == .conflict {
        try? fileSystem.remove(paths.path(of: file))
      }
      throw error
    }
    return Table(
      identifier: table.identifier, metadata: metadata, metadataLocation: file, fileSystem: fileSystem,
      paths: paths, catalog: self)
  }

  /// Adds a table that has a metadata file.
  public func registerTable(
    _ table: TableIdentifier, metadataLocation location: String
  ) throws(TableFormatError) -> Table {
    try requireNamespace(table.namespace)
    let loaded = try load(table, at: location)
    try insert(table, location)
    return loaded
  }

  private func insert(_ table: TableIdentifier, _ location: String) throws(TableFormatError) {
    let connection = try writable()
    try connection.transaction { (transaction) throws(TableFormatError) in
      try insert(table, location, transaction)
    }
  }

  private func insert(
    _ table: TableIdentifier, _ location: String, _ transaction: SQLiteConnection.Transaction
  ) throws(TableFormatError) {
    let (types, key) = (hasTypes, key(table))
    let rows = try transaction.query(
      "SELECT 1 FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?", key)
    guard rows.isEmpty else {
      throw TableFormatError(.alreadyExists, "the table \(table) already exists")
    }
    try transaction.execute(
      """
      INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location\
      \(types ? ", iceberg_type" : "")) VALUES (?, ?, ?, ?\(types ? ", 'TABLE'" : ""))
      """, key + [.text(location)])
  }

  /// Gives a table another name; its files stay where they are.
  public func renameTable(
    _ table: TableIdentifier, to target: TableIdentifier
  ) throws(TableFormatError) {
    guard try metadataLocation(of: table) != nil else { throw try missing(table) }
    try rename(table, to: target)
  }

  /// Gives a table or a view that is there another name.
  func rename(_ table: TableIdentifier, to target: TableIdentifier) throws(TableFormatError) {
    try requireNamespace(target.namespace)
    let (connection, old, new) = (try writable(), key(table), key(target))
    try connection.transaction { (transaction) throws(TableFormatError) in
      let rows = try transaction.query(
        "SELECT 1 FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?", new)
      guard rows.isEmpty else {
        throw TableFormatError(.alreadyExists, "\"\(target)\" exists already")
      }
      try transaction.execute(
        """
        UPDATE iceberg_tables SET table_namespace = ?, table_name = ?
        WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?
        """, [new[1], new[2]] + old)
    }
  }

  /// Removes a table's name; its files stay where they are.
  public func dropTable(_ table: TableIdentifier) throws(TableFormatError) {
    let filter = hasTypes ? "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : ""
    guard try readable() != nil,
      try writable().execute(
        """
        DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? \(filter)
        """, key(table)) > 0
    else { throw try missing(table) }
  }

  /// Swaps the metadata of one table or of several in one transaction.
  public func swap(_ swaps: [MetadataSwap]) throws(TableFormatError) {
    let connection = try writable()
    try connection.transaction { (transaction) throws(TableFormatError) in try swap(swaps, transaction) }
  }

  /// Swaps with every other writer of the file kept out meanwhile.
  public func swap(
    of tables: [TableIdentifier],
    _ make: ([String?]) throws(TableFormatError) -> [MetadataSwap]
  ) throws(TableFormatError) {
    let connection = try writable()
    try connection.transaction { (transaction) throws(TableFormatError) in
      var locations: [String?] = []
      for table in tables {
        locations.append(
          try location(of: table) { (sql, parameters) throws(TableFormatError) in
            try transaction.query(sql, parameters)
          })
      }
      try swap(make(locations), transaction)
    }
  }

  private func swap(
    _ swaps: [MetadataSwap], _ transaction: SQLiteConnection.Transaction
  ) throws(TableFormatError) {
    let (types, name) = (hasTypes, name)
    for swap in swaps {
      if swap.old.isEmpty {
        try insert(swap.table, swap.new, transaction)
        continue
      }
      let changed = try transaction.execute(
        """
        UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?\
        \(types ? ", iceberg_type = 'TABLE'" : "")
        WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?
        \(types ? "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : "")
        """,
        [
          .text(swap.new), .text(swap.old), .text(name), .text(swap.table.namespace.description),
          .text(swap.table.name), .text(swap.old),
        ])
      guard changed == 1 else {
        throw TableFormatError(
          .conflict, "the table \(swap.table) was changed by another writer meanwhile", isRetryable: true)
      }
    }
  }

  /// Takes the lock that makes our own writers of a table queue.
  public func lock(_ table: TableIdentifier) throws(TableFormatError) -> TableLock? {
    let folder = FilePath.join(ownFolder, "locks")
    guard (try? LocalFileSystem().createDirectory(folder)) != nil else { return nil }
    var file = ""
    for byte in "\(name).\(table)".utf8 {
      // Names may hold anything; what could be a path is written in hexadecimal.
      let isPlain = byte == 0x2E || byte == 0x2D || byte == 0x5F || (0x30...0x39).contains(byte)
      if isPlain || (0x61...0x7A).contains(byte | 0x20) {
        file.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        file += "%" + String(byte, radix: 16)
      }
    }
    return try TableLock.acquire(FilePath.join(folder, file + ".lock"), timeoutMillis: 600_000)
  }

  /// Where a table is made by default: below the namespace's `location`, else below the warehouse.
  public func defaultLocation(of table: TableIdentifier) throws(TableFormatError) -> String {
    if let folder = try properties(of: table.namespace)["location"] {
      return PathMapper.joined(folder, table.name)
    }
    return PathMapper.joined(PathMapper.joined(warehouse, table.namespace.description), table.name)
  }

  private func key(_ table: TableIdentifier) -> [SQLiteValue] {
    [.text(name), .text(table.namespace.description), .text(table.name)]
  }

  private func missing(_ table: TableIdentifier) throws(TableFormatError) -> TableFormatError {
    if try views(in: table.namespace).contains(table) {
      return TableFormatError(
        .unsupported, "\(table) is a view, not a table", hint: "DROP VIEW and SHOW CREATE VIEW know views")
    }
    return TableFormatError(.notFound, "there is no table \"\(table)\"", hint: try otherNamesHint())
  }
}
