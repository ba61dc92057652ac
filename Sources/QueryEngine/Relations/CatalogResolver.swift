internal import Columnar
internal import TableFormat

/// Finds relations for one statement: the session's own objects first, then the catalog's tables.
///
/// A table is loaded once per statement, so that two mentions of it see the same state.
final class CatalogResolver: RelationResolver {
  let session: Session
  private var loaded: [TableIdentifier: Table] = [:]
  var viewNamespace: String?

  init(_ session: Session) { self.session = session }

  func resolve(
    _ name: [String], version: TableVersion?, at position: SourceRange?
  ) throws(QueryError) -> ResolvedRelation? {
    do throws(QueryError) {
      return try find(name, version)
    } catch {
      throw error.located(at: position)
    }
  }

  func resolveTarget(
    _ name: [String], at position: SourceRange?
  ) throws(QueryError) -> (any Relation)? {
    let text = name.joined(separator: ".")
    switch try resolve(name, version: nil, at: position) {
    case nil: return nil
    case .view:
      throw QueryError(.unsupported, "the rows of the view \"\(text)\" cannot be changed", at: position)
    case .relation(let table as InMemoryRelation) where session.objects.relation(name) != nil:
      return table.withPositions
    case .relation(let table as TableRelation):
      guard table.branch != nil else {
        throw QueryError(
          .unsupported, "\"\(text)\" is a state of the past, which cannot be changed",
          hint: "a branch can: ALTER TABLE … CREATE BRANCH", at: position)
      }
      return table
    case .relation:
      throw QueryError(.unsupported, "the rows of \"\(text)\" cannot be changed", at: position)
    }
  }

  private func find(_ name: [String], _ version: TableVersion?) throws(QueryError) -> ResolvedRelation? {
    if let own = session.objects.relation(name) {
      guard version == nil else {
        throw QueryError(
          .invalidParameter, "\"\(name.joined(separator: "."))\" is kept by the session and has no snapshots")
      }
      return own
    }
    if let system = try session.systemRelation(name) { return .relation(system) }
    if let schema = try InformationSchema.relation(name, session) { return .relation(schema) }
    for candidate in TableSelector.candidates(name, settings) {
      guard let table = try load(candidate.identifier) else { continue }
      if version != nil, candidate.version != nil {
        throw QueryError(
          .syntaxError, "\(name.joined(separator: ".")) already names a state, and FOR … AS OF another")
      }
      let version = version ?? candidate.version
      if let metadataTable = candidate.metadataTable {
        return .relation(
          try MetadataTables.relation(
            metadataTable, of: table, version: version, catalog: session.settings.catalog))
      }
      return .relation(
        try TableRelation(
          table, catalog: session.settings.catalog, version: version ?? session.pinnedVersion))
    }
    return try view(name, version)
  }

  /// The settings that names are read by: a view has a namespace of its own.
  private var settings: SessionSettings {
    var settings = session.settings
    if let viewNamespace { settings.namespace = viewNamespace }
    return settings
  }

  /// Finds a view of the catalog, by its exact name or else without regard to case.
  private func view(_ name: [String], _ version: TableVersion?) throws(QueryError) -> ResolvedRelation? {
    guard let catalog = session.catalog else { return nil }
    for identifier in TableSelector.identifiers(name, settings) {
      let found = try session.tableFormat { () throws(TableFormatError) -> (TableIdentifier, ViewMetadata)? in
        if let view = try catalog.loadView(identifier) { return (identifier, view) }
        guard try catalog.namespaces().contains(identifier.namespace) else { return nil }
        let lowered = identifier.name.lowercased()
        guard
          let near = try catalog.views(in: identifier.namespace).first(where: {
            $0.name.lowercased() == lowered
          }),
          let view = try catalog.loadView(near)
        else { return nil }
        return (near, view)
      }
      if let (identifier, view) = found { return .view(try ViewDefinition(view, identifier)) }
    }
    return nil
  }

  /// Loads a table, by its exact name or else without regard to case.
  func load(_ identifier: TableIdentifier) throws(QueryError) -> Table? {
    if let table = loaded[identifier] { return table }
    guard let catalog = session.catalog else { return nil }
    do throws(TableFormatError) {
      var found: TableIdentifier?
      if try catalog.metadataLocation(of: identifier) != nil {
        found = identifier
      } else if try catalog.namespaces().contains(where: { $0 == identifier.namespace }) {
        let lowered = identifier.name.lowercased()
        found = try catalog.tables(in: identifier.namespace).first { $0.name.lowercased() == lowered }
      }
      guard let found else { return nil }
      let table = try catalog.loadTable(found)
      loaded[identifier] = table
      return table
    } catch {
      throw QueryError(error)
    }
  }

  func tableNames() -> [String] {
    var names = session.objects.tables.keys.map { $0 } + session.objects.views.values.map(\.name)
    names += (session.systemTables?.names ?? []).map { "wequery.\($0)" }
    if let catalog = session.catalog {
      let namespace = Namespace(session.settings.namespace)
      let tables = (try? catalog.tables(in: namespace)) ?? []
      names += tables.map(\.name)
      names += ((try? catalog.views(in: namespace)) ?? []).map(\.name)
      for other in (try? catalog.namespaces()) ?? [] where other != namespace {
        names += ((try? catalog.tables(in: other)) ?? []).map(\.description)
      }
    }
    return names.sorted()
  }
}

/// What a name may mean: a table, one of its metadata tables, or one of its states.
struct TableSelector {
  var identifier: TableIdentifier
  var metadataTable: String?
  var version: TableVersion?

  /// Returns the readings of a name, likeliest first.
  static func candidates(_ name: [String], _ settings: SessionSettings) -> [TableSelector] {
    var parts = name
    var metadataTable: String?
    // Trino's spelling keeps the metadata table within the last part: `t$snapshots`.
    if let last = parts.last, let dollar = last.lastIndex(of: "$"), dollar != last.startIndex {
      let suffix = String(last[last.index(after: dollar)...]).lowercased()
      if MetadataTables.names.contains(suffix) {
        metadataTable = suffix
        parts[parts.count - 1] = String(last[..<dollar])
      }
    }
    var result = identifiers(parts, settings).map {
      TableSelector(identifier: $0, metadataTable: metadataTable, version: nil)
    }
    guard metadataTable == nil, parts.count > 1, let suffix = parts.last?.lowercased() else { return result }
    let rest = Array(parts.dropLast())
    if MetadataTables.names.contains(suffix) {
      result += identifiers(rest, settings).map {
        TableSelector(identifier: $0, metadataTable: suffix, version: nil)
      }
      // Spark: `t.branch_x.snapshots`.
      if rest.count > 1, let version = state(rest[rest.count - 1]) {
        result += identifiers(Array(rest.dropLast()), settings).map {
          TableSelector(identifier: $0, metadataTable: suffix, version: version)
        }
      }
    }
    if let version = state(parts[parts.count - 1]) {
      result += identifiers(rest, settings).map {
        TableSelector(identifier: $0, metadataTable: nil, version: version)
      }
    }
    return result
  }

  /// Spark's selectors: `branch_x`, `tag_x`, `snapshot_id_123`, `at_timestamp_1700000000000`.
  private static func state(_ text: String) -> TableVersion? {
    let lowered = text.lowercased()
    if lowered.hasPrefix("branch_") { return .reference(String(text.dropFirst(7))) }
    if lowered.hasPrefix("tag_") { return .reference(String(text.dropFirst(4))) }
    if lowered.hasPrefix("snapshot_id_") { return Int64(text.dropFirst(12)).map { .snapshot($0) } }
    if lowered.hasPrefix("at_timestamp_"), let millis = Int64(text.dropFirst(13)),
      abs(millis) < Int64.max / 1000
    {
      return .timestamp(micros: millis * 1000)
    }
    return nil
  }

  /// Returns the tables that parts may name: with the catalog in front, with a namespace, or alone.
  static func identifiers(_ parts: [String], _ settings: SessionSettings) -> [TableIdentifier] {
    guard let table = parts.last else { return [] }
    if parts.count == 1 { return [TableIdentifier(namespace: settings.namespace, name: table)] }
    var result = [TableIdentifier(Namespace(Array(parts.dropLast())), table)]
    if parts.count > 2, parts[0].lowercased() == settings.catalog.lowercased() {
      result.insert(TableIdentifier(Namespace(Array(parts[1..<(parts.count - 1)])), table), at: 0)
    }
    return result
  }
}
