public import FileFormats

/// A table as it was when it was loaded: a value that does not change under its reader.
public struct Table: Sendable {
  /// The table's name in its catalog.
  public let identifier: TableIdentifier
  /// What the metadata file says.
  public let metadata: TableMetadata
  /// Where the metadata file is, exactly as the catalog stores it.
  public let metadataLocation: String
  /// Where the table's files are.
  public let fileSystem: any FileSystem
  /// Turns the locations that the table stores into paths.
  public let paths: PathMapper
  /// The catalog that holds the table; `nil` for one opened by its metadata file, which is read-only.
  public let catalog: (any Catalog)?
  /// What its reader should know: that the table lies elsewhere than its metadata says; `nil` for nothing.
  public private(set) var warning: String?

  /// Makes a table of its parts.
  public init(
    identifier: TableIdentifier, metadata: TableMetadata, metadataLocation: String,
    fileSystem: any FileSystem, paths: PathMapper, catalog: (any Catalog)?
  ) {
    (self.identifier, self.metadata, self.metadataLocation) = (identifier, metadata, metadataLocation)
    (self.fileSystem, self.paths, self.catalog) = (fileSystem, paths, catalog)
  }

  /// Opens a table by its metadata file, or by its folder, without a catalog.
  ///
  /// A table that was moved or copied opens by itself: every location under the folder that its metadata names
  /// is mapped to the folder that holds the metadata, and ``warning`` says so.
  ///
  /// - Parameters:
  ///   - location: A metadata file, or a table's folder: then the version hint or the newest file decides.
  ///   - identifier: What to call it; by default the folder's name.
  ///   - fileSystem: Where its files are.
  ///   - paths: Further mappings.
  /// - Returns: The table, for reading.
  /// - Throws: ``TableFormatError`` when there is no metadata file or it cannot be read.
  public static func open(
    at location: String, identifier: TableIdentifier? = nil, fileSystem: any FileSystem,
    paths: PathMapper = PathMapper()
  ) throws(TableFormatError) -> Table {
    let file = try MetadataDiscovery.find(at: location, fileSystem: fileSystem, paths: paths)
    return try load(
      identifier ?? TableIdentifier(namespace: "", name: file.tableName), metadataLocation: file.location,
      fileSystem: fileSystem, paths: paths, catalog: nil)
  }

  /// Reads a metadata file and makes the table of it.
  package static func load(
    _ identifier: TableIdentifier, metadataLocation: String, fileSystem: any FileSystem, paths: PathMapper,
    catalog: (any Catalog)?
  ) throws(TableFormatError) -> Table {
    let metadata = try MetadataFile.read(metadataLocation, fileSystem: fileSystem, paths: paths)
    let relocation = TableRelocation(
      paths, of: metadata, readFrom: metadataLocation, fileSystem: fileSystem)
    var table = Table(
      identifier: identifier, metadata: metadata, metadataLocation: metadataLocation,
      fileSystem: fileSystem, paths: relocation.paths, catalog: catalog)
    table.warning = relocation.warning(for: identifier)
    return table
  }
}

extension Table {
  /// The schema that holds now.
  public var schema: Schema { metadata.schema }

  /// The head of `main`; `nil` for a table without snapshots.
  public var currentSnapshot: Snapshot? { metadata.currentSnapshot }

  /// The folder that new data files go to, as the table spells it (rule 77).
  public var dataLocation: String {
    metadata.properties["write.data.path"].map(Self.withoutSlash)
      ?? PathMapper.joined(metadata.location, "data")
  }

  /// The folder that new metadata files go to, as the table spells it (rule 77).
  public var metadataFolder: String { metadata.metadataFolder }

  /// Finds a snapshot by its id.
  ///
  /// - Parameter id: The id.
  /// - Returns: The snapshot.
  /// - Throws: ``TableFormatError`` of kind `notFound`.
  public func snapshot(id: SnapshotID) throws(TableFormatError) -> Snapshot {
    guard let snapshot = try metadata.snapshot(id: id) else {
      throw TableFormatError(
        .notFound, "the table \(identifier) has no snapshot \(id)",
        hint: "it may have expired; the metadata table \"snapshots\" lists those that are kept")
    }
    return snapshot
  }

  /// Finds the head of a branch, or what a tag stands for.
  ///
  /// - Parameter name: The name of the branch or tag.
  /// - Returns: The snapshot.
  /// - Throws: ``TableFormatError`` of kind `notFound`.
  public func snapshot(reference name: String) throws(TableFormatError) -> Snapshot {
    guard let snapshot = try metadata.snapshot(reference: name) else {
      let names = metadata.references.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
      throw TableFormatError(
        .notFound, "the table \(identifier) has no branch or tag \"\(name)\"",
        hint: names.isEmpty ? nil : "it has \(names)")
    }
    return snapshot
  }

  /// Finds the snapshot that was current at a time (rule 75).
  ///
  /// - Parameter millis: Milliseconds since 1970, UTC.
  /// - Returns: The snapshot.
  /// - Throws: ``TableFormatError`` of kind `notFound` for a time before the table's history.
  public func snapshot(atMillis millis: Int64) throws(TableFormatError) -> Snapshot {
    try metadata.snapshot(atMillis: millis)
  }

  /// Reads the manifests of a snapshot.
  ///
  /// - Parameter snapshot: One of the table's snapshots.
  /// - Returns: The manifests in the order of the list.
  /// - Throws: ``TableFormatError`` when the list cannot be read.
  public func manifests(of snapshot: Snapshot) throws(TableFormatError) -> [ManifestFile] {
    try ManifestList.read(snapshot, of: metadata, fileSystem: fileSystem, paths: paths)
  }

  /// Reads the entries of a manifest, with everything they inherit filled in.
  ///
  /// - Parameter manifest: One of the table's manifests.
  /// - Returns: The entries, deleted ones included.
  /// - Throws: ``TableFormatError`` when the manifest cannot be read.
  public func entries(of manifest: ManifestFile) throws(TableFormatError) -> [ManifestEntry] {
    try Manifest.read(manifest, of: metadata, fileSystem: fileSystem, paths: paths)
  }

  /// Loads the table again as it is now.
  ///
  /// - Returns: The newest state, this one when nothing changed.
  /// - Throws: ``TableFormatError``, `notFound` when the table was dropped.
  public func refreshed() throws(TableFormatError) -> Table {
    guard let catalog else { return self }
    guard try catalog.metadataLocation(of: identifier) != metadataLocation else { return self }
    return try catalog.loadTable(identifier)
  }

  private static func withoutSlash(_ location: String) -> String {
    location.hasSuffix("/") ? String(location.dropLast()) : location
  }
}
