public import FileFormats
internal import Synchronization

/// A catalog that shows what another holds and takes commits that nobody else sees.
///
/// What runs against it does all that it would do, reads and checks included, but for writing: its files go to a
/// ``DryRunFileSystem``, which keeps the metadata that later commits read. Only tables are made and changed so.
public final class DryRunCatalog: Catalog {
  private let real: any Catalog
  private let files: DryRunFileSystem
  private let state = Mutex(State())

  private struct State {
    var namespaces: Set<Namespace> = []
    var tables: [TableIdentifier: Table] = [:]
    var locations: [TableIdentifier: String] = [:]
  }

  /// Covers a catalog whose files are on this machine.
  public init(over real: any Catalog, fileSystem: any FileSystem = LocalFileSystem()) {
    self.real = real
    files = DryRunFileSystem(over: fileSystem) { $0.hasSuffix(".avro") || $0.hasSuffix(".metadata.json") }
  }

  /// The catalog's name.
  public var name: String { real.name }

  private static func refused(_ change: String) -> TableFormatError {
    TableFormatError(.unsupported, "a dry run does not \(change)")
  }

  // MARK: Namespaces

  /// Those that are there and those that would be made.
  public func namespaces() throws(TableFormatError) -> [Namespace] {
    let made = state.withLock { $0.namespaces }
    return Array(made.union(try real.namespaces())).sorted { $0.description < $1.description }
  }

  /// The settings of a namespace that is there.
  public func properties(of namespace: Namespace) throws(TableFormatError) -> [String: String] {
    state.withLock { $0.namespaces.contains(namespace) } ? [:] : try real.properties(of: namespace)
  }

  /// Notes a namespace.
  public func createNamespace(
    _ namespace: Namespace, properties: [String: String]
  ) throws(TableFormatError) { state.withLock { _ = $0.namespaces.insert(namespace) } }

  /// Is refused.
  public func updateNamespace(
    _ namespace: Namespace, set: [String: String], remove: [String]
  ) throws(TableFormatError) { throw Self.refused("change namespaces") }

  /// Is refused.
  public func dropNamespace(_ namespace: Namespace) throws(TableFormatError) {
    throw Self.refused("drop namespaces")
  }

  // MARK: Tables

  /// The tables that are there.
  public func tables(in namespace: Namespace) throws(TableFormatError) -> [TableIdentifier] {
    try real.tables(in: namespace)
  }

  /// The views that are there.
  public func views(in namespace: Namespace) throws(TableFormatError) -> [TableIdentifier] {
    try real.views(in: namespace)
  }

  /// Where the metadata of a table is, or would be.
  public func metadataLocation(of table: TableIdentifier) throws(TableFormatError) -> String? {
    if let location = state.withLock({ $0.locations[table] }) { return location }
    return try real.metadataLocation(of: table)
  }

  /// Loads a table as it is or would be.
  public func loadTable(_ table: TableIdentifier) throws(TableFormatError) -> Table {
    if let changed = state.withLock({ $0.tables[table] }) { return changed }
    let loaded = try real.loadTable(table)
    return Table(
      identifier: table, metadata: loaded.metadata, metadataLocation: loaded.metadataLocation,
      fileSystem: files, paths: loaded.paths, catalog: self)
  }

  /// Makes a table that nobody else sees.
  public func createTable(_ table: CreateTable) throws(TableFormatError) -> Table {
    let staged = try stageTable(table)
    let location = try MetadataFile.write(
      staged.metadata, version: 0, fileSystem: files, paths: staged.paths)
    let made = Table(
      identifier: table.identifier, metadata: staged.metadata, metadataLocation: location, fileSystem: files,
      paths: staged.paths, catalog: self)
    state.withLock { $0.locations[table.identifier] = location }
    remember(made)
    return made
  }

  /// Returns a table that is made by its first commit.
  public func stageTable(_ table: CreateTable) throws(TableFormatError) -> Table {
    if try metadataLocation(of: table.identifier) != nil {
      throw TableFormatError(.alreadyExists, "the table \(table.identifier) already exists")
    }
    // Nothing is written there.
    let location = table.location ?? "file:///dry-run/\(table.identifier.name)"
    return Table(
      identifier: table.identifier, metadata: try table.metadata(location: location), metadataLocation: "",
      fileSystem: files, paths: PathMapper(), catalog: self)
  }

  /// Is refused.
  public func registerTable(
    _ table: TableIdentifier, metadataLocation: String
  ) throws(TableFormatError) -> Table { throw Self.refused("register tables") }

  /// Is refused.
  public func renameTable(_ table: TableIdentifier, to name: TableIdentifier) throws(TableFormatError) {
    throw Self.refused("rename tables")
  }

  /// Is refused.
  public func dropTable(_ table: TableIdentifier) throws(TableFormatError) {
    throw Self.refused("drop tables")
  }

  // MARK: Views

  /// Loads a view that is there.
  public func loadView(_ view: TableIdentifier) throws(TableFormatError) -> ViewMetadata? {
    try real.loadView(view)
  }

  /// Is refused.
  public func createView(_ view: CreateView) throws(TableFormatError) { throw Self.refused("make views") }

  /// Is refused.
  public func changeView(
    _ view: TableIdentifier, setting properties: [String: String], removing keys: [String]
  ) throws(TableFormatError) { throw Self.refused("change views") }

  /// Is refused.
  public func renameView(_ view: TableIdentifier, to name: TableIdentifier) throws(TableFormatError) {
    throw Self.refused("rename views")
  }

  /// Is refused.
  public func dropView(_ view: TableIdentifier) throws(TableFormatError) { throw Self.refused("drop views") }

  // MARK: Commits

  /// Takes new locations that nobody else sees.
  public func swap(_ swaps: [MetadataSwap]) throws(TableFormatError) {
    for swap in swaps where try metadataLocation(of: swap.table) ?? "" != swap.old {
      throw TableFormatError(.conflict, "the table \(swap.table) was changed meanwhile")
    }
    state.withLock { state in for swap in swaps { state.locations[swap.table] = swap.new } }
  }

  /// Takes new locations that nobody else sees.
  public func swap(
    of tables: [TableIdentifier], _ make: ([String?]) throws(TableFormatError) -> [MetadataSwap]
  ) throws(TableFormatError) {
    var locations: [String?] = []
    for table in tables { locations.append(try metadataLocation(of: table)) }
    try swap(try make(locations))
  }

  /// Keeps the state of a table after a commit.
  public func remember(_ table: Table) { state.withLock { $0.tables[table.identifier] = table } }

  /// Nobody waits for a dry run.
  public func lock(_ table: TableIdentifier) throws(TableFormatError) -> TableLock? { nil }
}
