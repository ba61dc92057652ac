internal import FileFormats

/// Views: rows of the type `VIEW`, which only a catalog of schema version 1 has, as Java's JDBC catalog makes them.
extension SQLiteCatalog {
  /// Loads a view; `nil` when there is none of that name.
  public func loadView(_ view: TableIdentifier) throws(TableFormatError) -> ViewMetadata? {
    guard let location = try viewLocation(view) else { return nil }
    let path = try paths.path(of: location)
    let bytes = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.readAll(path, limit: 1 << 26)
    }
    return try ViewMetadata(json: bytes, file: location)
  }

  private func viewLocation(_ view: TableIdentifier) throws(TableFormatError) -> String? {
    guard let connection = try readable(), hasTypes else { return nil }
    return try connection.query(
      """
      SELECT metadata_location FROM iceberg_tables
      WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND iceberg_type = 'VIEW'
      """, viewKey(view)
    ).first?.first?.text
  }

  /// Makes a view, or gives one a new state.
  public func createView(_ view: CreateView) throws(TableFormatError) {
    try requireNamespace(view.identifier.namespace)
    let old = try viewLocation(view.identifier)
    guard try metadataLocation(of: view.identifier) == nil, old == nil || view.replaces else {
      throw TableFormatError(.alreadyExists, "\"\(view.identifier)\" exists already")
    }
    var metadata: ViewMetadata
    if let known = try loadView(view.identifier) {
      metadata = known
      metadata.properties.merge(view.properties) { $1 }
    } else {
      metadata = ViewMetadata(
        location: try defaultLocation(of: view.identifier), properties: view.properties)
    }
    metadata.add(view.version, view.schema)
    try write(metadata, of: view.identifier, replacing: old)
  }

  /// Changes a view's settings.
  public func changeView(
    _ view: TableIdentifier, setting properties: [String: String], removing keys: [String]
  ) throws(TableFormatError) {
    guard let old = try viewLocation(view), var metadata = try loadView(view) else { throw missing(view) }
    metadata.properties.merge(properties) { $1 }
    for key in keys { metadata.properties[key] = nil }
    try write(metadata, of: view, replacing: old)
  }

  /// Gives a view another name; its files stay where they are.
  public func renameView(
    _ view: TableIdentifier, to target: TableIdentifier
  ) throws(TableFormatError) {
    guard try viewLocation(view) != nil else { throw missing(view) }
    try rename(view, to: target)
  }

  private func missing(_ view: TableIdentifier) -> TableFormatError {
    TableFormatError(.notFound, "there is no view \"\(view)\"")
  }

  /// Writes a view's next metadata file and puts it in the place of the one before.
  private func write(
    _ metadata: ViewMetadata, of view: TableIdentifier, replacing old: String?
  ) throws(TableFormatError) {
    var number = String(old.flatMap { MetadataFile.version(of: $0) }.map { $0 + 1 } ?? 0)
    number = String(repeating: "0", count: max(0, 5 - number.count)) + number
    let location = PathMapper.joined(
      metadata.location, "metadata/\(number)-\(UUIDText.random()).metadata.json")
    let path = try paths.path(of: location)
    let bytes = JSONWriter.write(metadata.json, .compact)
    try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.writeNew(path, bytes.span)
    }
    do throws(TableFormatError) {
      try swap(view, from: old, to: location)
    } catch {
      if error.kind == .conflict || error.kind == .alreadyExists || error.kind == .unsupported {
        try? fileSystem.remove(path)
      }
      throw error
    }
  }

  /// Puts the location of a view in the place of the one that must still hold.
  private func swap(
    _ view: TableIdentifier, from old: String?, to location: String
  ) throws(TableFormatError) {
    let (connection, key) = (try writable(), viewKey(view))
    guard hasTypes else {
      throw TableFormatError(
        .unsupported, "the catalog is of schema version 0, which has no views",
        hint: "CREATE TEMP VIEW makes one for the session")
    }
    try connection.transaction { (transaction) throws(TableFormatError) in
      guard let old else {
        let rows = try transaction.query(
          "SELECT 1 FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
          key)
        guard rows.isEmpty else {
          throw TableFormatError(.alreadyExists, "\"\(view)\" exists already")
        }
        try transaction.execute(
          """
          INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, iceberg_type)
          VALUES (?, ?, ?, ?, 'VIEW')
          """, key + [.text(location)])
        return
      }
      let changed = try transaction.execute(
        """
        UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
        WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?
        AND iceberg_type = 'VIEW'
        """, [.text(location), .text(old)] + key + [.text(old)])
      guard changed == 1 else {
        throw TableFormatError(.conflict, "the view \(view) was changed by another writer meanwhile")
      }
    }
  }

  /// Removes a view's name; its files stay where they are.
  public func dropView(_ view: TableIdentifier) throws(TableFormatError) {
    guard try viewLocation(view) != nil,
      try writable().execute(
        """
        DELETE FROM iceberg_tables
        WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND iceberg_type = 'VIEW'
        """, viewKey(view)) > 0
    else { throw missing(view) }
  }

  private func viewKey(_ view: TableIdentifier) -> [SQLiteValue] {
    [.text(name), .text(view.namespace.description), .text(view.name)]
  }
}
