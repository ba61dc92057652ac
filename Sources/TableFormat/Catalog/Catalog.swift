/// The names of tables, and for each the metadata file that holds now.
public protocol Catalog: Sendable {
  /// The catalog's name.
  var name: String { get }

  /// All namespaces, by name.
  func namespaces() throws(TableFormatError) -> [Namespace]
  /// The settings of a namespace.
  func properties(of namespace: Namespace) throws(TableFormatError) -> [String: String]
  /// Makes a namespace.
  func createNamespace(_ namespace: Namespace, properties: [String: String]) throws(TableFormatError)
  /// Changes settings of a namespace.
  func updateNamespace(
    _ namespace: Namespace, set: [String: String], remove: [String]
  ) throws(TableFormatError)
  /// Removes an empty namespace.
  func dropNamespace(_ namespace: Namespace) throws(TableFormatError)

  /// The tables of a namespace, by name.
  func tables(in namespace: Namespace) throws(TableFormatError) -> [TableIdentifier]
  /// The views of a namespace, by name.
  func views(in namespace: Namespace) throws(TableFormatError) -> [TableIdentifier]
  /// Where the metadata of a table is now; `nil` when there is no such table.
  func metadataLocation(of table: TableIdentifier) throws(TableFormatError) -> String?
  /// Loads a table.
  func loadTable(_ table: TableIdentifier) throws(TableFormatError) -> Table
  /// Makes a table.
  func createTable(_ table: CreateTable) throws(TableFormatError) -> Table
  /// Returns a table that is made by its first commit, together with what that commit adds: data files are
  /// written for it before anybody sees it.
  func stageTable(_ table: CreateTable) throws(TableFormatError) -> Table
  /// Adds a table that has a metadata file.
  func registerTable(
    _ table: TableIdentifier, metadataLocation: String
  ) throws(TableFormatError) -> Table
  /// Gives a table another name; its files stay where they are.
  func renameTable(_ table: TableIdentifier, to name: TableIdentifier) throws(TableFormatError)
  /// Removes a table's name; its files stay where they are.
  func dropTable(_ table: TableIdentifier) throws(TableFormatError)

  /// Loads a view; `nil` when there is none of that name.
  func loadView(_ view: TableIdentifier) throws(TableFormatError) -> ViewMetadata?
  /// Makes a view, or gives one a new state.
  func createView(_ view: CreateView) throws(TableFormatError)
  /// Changes a view's settings.
  func changeView(
    _ view: TableIdentifier, setting properties: [String: String], removing keys: [String]
  ) throws(TableFormatError)
  /// Gives a view another name; its files stay where they are.
  func renameView(_ view: TableIdentifier, to name: TableIdentifier) throws(TableFormatError)
  /// Removes a view's name.
  func dropView(_ view: TableIdentifier) throws(TableFormatError)

  /// Swaps the metadata of one table or of several, all or none: the commit point.
  ///
  /// - Parameter swaps: What to swap; each holds only if the table's location is still the old one.
  /// - Throws: ``TableFormatError`` of kind `conflict` when a table has changed, and nothing was swapped. Any
  ///   other error leaves open whether the swap took place.
  func swap(_ swaps: [MetadataSwap]) throws(TableFormatError)

  /// Swaps as ``swap(_:)`` does, but keeps every other writer out between reading where the tables are and
  /// the swap: a commit that has lost again and again wins this one.
  ///
  /// - Parameters:
  ///   - tables: The tables.
  ///   - make: Gets the tables' locations, `nil` for one that is not there, and returns what to swap. It must
  ///     not ask the catalog anything.
  /// - Throws: What `make` throws, when nothing was swapped, or what ``swap(_:)`` throws.
  func swap(
    of tables: [TableIdentifier],
    _ make: ([String?]) throws(TableFormatError) -> [MetadataSwap]
  ) throws(TableFormatError)

  /// Is told the state of a table after a commit of ours, which it may keep so as not to read it again.
  func remember(_ table: Table)

  /// Where what is derived from tables may be kept; `nil` where there is no such place.
  var cacheFolder: String? { get }

  /// The SQLite file beside the catalog for our own state; `nil` where there is no place for one.
  var stateFile: String? { get }

  /// Takes the lock that makes our own writers of a table queue; `nil` where there is no place for one.
  func lock(_ table: TableIdentifier) throws(TableFormatError) -> TableLock?
}

extension Catalog {
  /// There is no place by default.
  public var cacheFolder: String? { nil }
  /// There is no place by default.
  public var stateFile: String? { nil }
}

/// One table's change of metadata file.
public struct MetadataSwap: Hashable, Sendable {
  /// The table.
  public var table: TableIdentifier
  /// The location that must still hold, exactly as stored; empty for a table that must not be there yet.
  public var old: String
  /// The location that takes its place.
  public var new: String

  /// Makes a swap.
  public init(table: TableIdentifier, old: String, new: String) {
    (self.table, self.old, self.new) = (table, old, new)
  }
}
