internal import Columnar
internal import FileFormats
internal import TableFormat

/// Table functions: `iceberg('folder')`, `iceberg_scan`, and one for each metadata table, such as
/// `iceberg_snapshots('t')`.
extension CatalogResolver {
  func resolveFunction(
    _ name: String, arguments: [(name: String?, value: ScalarValue, type: LogicalType)],
    at position: SourceRange?
  ) throws(QueryError) -> (any Relation)? {
    if let files = FileFunction(name) {
      do throws(QueryError) {
        return try files.relation(arguments, of: self)
      } catch {
        throw error.located(at: position)
      }
    }
    let metadataTable = name.hasPrefix("iceberg_") ? String(name.dropFirst(8)) : ""
    guard name == "iceberg" || name == "iceberg_scan" || MetadataTables.names.contains(metadataTable) else {
      return nil
    }
    do throws(QueryError) {
      let call = try TableFunctionArguments(name, arguments)
      let version = try call.version()
      let (table, selected) = try table(try call.text(at: 0, what: "a table's name, folder or metadata file"))
      if version != nil, selected != nil {
        throw QueryError(.invalidParameter, "the table's name already names a state of it")
      }
      let catalog = session.settings.catalog
      if metadataTable == "scan" || metadataTable.isEmpty {
        return try TableRelation(table, catalog: catalog, version: version ?? selected)
      }
      return try MetadataTables.relation(
        metadataTable, of: table, version: version ?? selected, catalog: catalog)
    } catch {
      throw error.located(at: position)
    }
  }

  func tableFunctionNames() -> [String] {
    ["iceberg", "iceberg_scan"] + FileFunction.names + MetadataTables.names.map { "iceberg_\($0)" }.sorted()
  }

  /// Finds a table by its name in the catalog, or by a path.
  func table(_ text: String) throws(QueryError) -> (Table, TableVersion?) {
    let isPath = text.contains("/") || text.hasSuffix(".metadata.json")
    if !isPath {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      for candidate in TableSelector.candidates(parts, session.settings) where candidate.metadataTable == nil
      {
        if let table = try load(candidate.identifier) { return (table, candidate.version) }
      }
    }
    do throws(TableFormatError) {
      let table = try Table.open(at: text, fileSystem: LocalFileSystem(), paths: session.paths)
      if let warning = table.warning { session.warn?(warning) }
      return (table, nil)
    } catch {
      guard isPath || error.kind != .notFound else {
        throw QueryError(
          .undefinedTable, "there is no table \"\(text)\"",
          hint: NearestName.hint(for: text, among: tableNames()))
      }
      throw QueryError(error)
    }
  }
}

/// The arguments of a table function, by place or by name.
struct TableFunctionArguments {
  private let function: String
  private let positional: [(value: ScalarValue, type: LogicalType)]
  private let named: [String: (value: ScalarValue, type: LogicalType)]

  init(
    _ function: String, _ arguments: [(name: String?, value: ScalarValue, type: LogicalType)]
  ) throws(QueryError) {
    self.function = function
    positional = arguments.filter { $0.name == nil }.map { ($0.value, $0.type) }
    var named: [String: (value: ScalarValue, type: LogicalType)] = [:]
    for argument in arguments {
      guard let name = argument.name else { continue }
      guard named.updateValue((argument.value, argument.type), forKey: name) == nil else {
        throw QueryError(.invalidParameter, "\(function) is given \(name) twice")
      }
    }
    self.named = named
  }

  /// The names given that are not among those known.
  func check(names known: [String]) throws(QueryError) {
    guard let unknown = named.keys.sorted().first(where: { !known.contains($0) }) else { return }
    throw QueryError(
      .undefinedFunction, "\(function) has no parameter \"\(unknown)\"",
      hint: NearestName.hint(for: unknown, among: known)
        ?? (known.isEmpty ? nil : "it has \(known.joined(separator: ", "))"))
  }

  /// Returns a truth value given by name.
  func flag(_ name: String) throws(QueryError) -> Bool? {
    switch named[name]?.value {
    case nil: return nil
    case .boolean(let value)?: return value
    default: throw QueryError(.invalidParameter, "\(name) of \(function) is true or false")
    }
  }

  /// Returns a text given by name.
  func text(_ name: String) throws(QueryError) -> String? {
    switch named[name]?.value {
    case nil: return nil
    case .bytes(let bytes)?: return String(decoding: bytes, as: UTF8.self)
    default: throw QueryError(.invalidParameter, "\(name) of \(function) is a text")
    }
  }

  /// Returns the texts of the one argument without a name: a text, or a list of them.
  func texts(what: String) throws(QueryError) -> [String] {
    guard positional.count == 1 else { throw QueryError(.invalidParameter, "\(function) needs \(what)") }
    guard case .list(let values) = positional[0].value, !values.isEmpty else {
      return [try text(at: 0, what: what)]
    }
    var texts: [String] = []
    for value in values {
      guard case .bytes(let bytes) = value else {
        throw QueryError(.invalidParameter, "\(function) needs \(what)")
      }
      texts.append(String(decoding: bytes, as: UTF8.self))
    }
    return texts
  }

  /// Returns an argument that must be there and be text.
  func text(at index: Int, what: String) throws(QueryError) -> String {
    guard index < positional.count, case .bytes(let bytes) = positional[index].value else {
      throw QueryError(.invalidParameter, "\(function) needs \(what)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Returns the state of a table that is asked for: by the names of DuckDB and Spark, or as `version`.
  func version() throws(QueryError) -> TableVersion? {
    guard positional.count <= 1 else {
      throw QueryError(.invalidParameter, "\(function) takes one argument without a name")
    }
    var versions: [TableVersion] = []
    for (name, argument) in named.sorted(by: { $0.key < $1.key }) {
      switch (name, argument.value) {
      case ("version", .integer(let id)), ("snapshot_id", .integer(let id)),
        ("snapshot_from_id", .integer(let id)):
        versions.append(.snapshot(id))
      case ("version", .bytes(let bytes)), ("branch", .bytes(let bytes)), ("tag", .bytes(let bytes)):
        versions.append(.reference(String(decoding: bytes, as: UTF8.self)))
      case ("timestamp", _), ("snapshot_from_timestamp", _):
        guard let micros = SettingText.micros(ValueText.string(argument.value, as: argument.type)) else {
          throw QueryError(.invalidParameter, "\(name) is a time such as '2024-01-15 09:00:00'")
        }
        versions.append(.timestamp(micros: micros))
      // DuckDB's way of saying what is done here without being asked.
      case ("allow_moved_paths", .boolean): break
      default:
        throw QueryError(
          .undefinedFunction, "\(function) has no parameter \"\(name)\" of this type",
          hint: "version, snapshot_id, branch, tag and timestamp are known")
      }
    }
    guard versions.count <= 1 else {
      throw QueryError(.invalidParameter, "\(function) is asked for several states of the table")
    }
    return versions.first
  }
}
