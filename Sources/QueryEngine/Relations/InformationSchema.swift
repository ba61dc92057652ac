internal import Columnar
internal import TableFormat

/// The tables of `information_schema` (SQL:2016 part 11) as far as a catalog of tables and views has them.
enum InformationSchema {
  private typealias Columns = [(name: String, type: LogicalType)]

  /// Returns one of the tables; `nil` if the name is none of them.
  static func relation(_ name: [String], _ session: Session) throws(QueryError) -> InMemoryRelation? {
    guard name.count >= 2, name[name.count - 2].lowercased() == "information_schema" else { return nil }
    let catalog = ScalarValue.text(session.catalog?.name ?? session.settings.catalog)
    let rows: MetadataRows
    switch name[name.count - 1].lowercased() {
    case "schemata": rows = try schemata(session, catalog)
    case "tables": rows = try tables(session, catalog)
    case "columns": rows = try columns(session, catalog)
    case "views": rows = try views(session, catalog)
    default:
      throw QueryError(
        .undefinedTable, "there is no table \"\(name.joined(separator: "."))\"",
        hint: "information_schema has schemata, tables, columns and views")
    }
    return rows.relation(named: name.joined(separator: "."))
  }

  /// All tables and views, with their namespaces.
  private static func objects(
    _ session: Session
  ) throws(QueryError) -> [(namespace: String, name: String, kind: String)] {
    var result = session.objects.tables.keys.sorted().map { ("temp", $0, "LOCAL TEMPORARY") }
    result += session.objects.views.values.map { ("temp", $0.name, "VIEW") }.sorted { $0.1 < $1.1 }
    guard let catalog = session.catalog else { return result }
    let found = try session.tableFormat { () throws(TableFormatError) in
      var found: [(String, String, String)] = []
      for namespace in try catalog.namespaces() {
        for table in try catalog.tables(in: namespace) {
          found.append((namespace.description, table.name, "BASE TABLE"))
        }
        for view in try catalog.views(in: namespace) {
          found.append((namespace.description, view.name, "VIEW"))
        }
      }
      return found
    }
    return result + found
  }

  private static func schemata(_ session: Session, _ catalog: ScalarValue) throws(QueryError) -> MetadataRows
  {
    let names = try session.tableFormat { () throws(TableFormatError) in
      try session.catalog?.namespaces() ?? []
    }
    return MetadataRows(
      columns: [("catalog_name", .varchar), ("schema_name", .varchar)],
      rows: names.map { [catalog, .text($0.description)] })
  }

  private static func tables(_ session: Session, _ catalog: ScalarValue) throws(QueryError) -> MetadataRows {
    MetadataRows(
      columns: [
        ("table_catalog", .varchar), ("table_schema", .varchar), ("table_name", .varchar),
        ("table_type", .varchar),
      ], rows: try objects(session).map { [catalog, .text($0.namespace), .text($0.name), .text($0.kind)] })
  }

  private static func columns(_ session: Session, _ catalog: ScalarValue) throws(QueryError) -> MetadataRows {
    let resolver = CatalogResolver(session)
    var rows: [[ScalarValue]] = []
    for (namespace, name, _) in try objects(session) {
      let parts = namespace.split(separator: ".").map(String.init) + [name]
      // A table that cannot be read leaves the others to be seen.
      guard let relation = try? resolver.resolve(parts, version: nil, at: nil) else { continue }
      var columns: [(name: String, type: LogicalType, isNullable: Bool)] = []
      switch relation {
      case .relation(let table):
        columns = table.columns.filter { !$0.isHidden }.map { ($0.name, $0.type, $0.isNullable) }
      case .view(let view):
        guard let described = try? session.columns(of: view) else { continue }
        columns = described.map { ($0.name, $0.type, $0.isNullable) }
      }
      for (index, column) in columns.enumerated() {
        rows.append([
          catalog, .text(namespace), .text(name), .text(column.name), .integer(Int64(index + 1)), .null,
          .text(column.isNullable ? "YES" : "NO"), .text("\(column.type)"),
        ])
      }
    }
    return MetadataRows(
      columns: [
        ("table_catalog", .varchar), ("table_schema", .varchar), ("table_name", .varchar),
        ("column_name", .varchar), ("ordinal_position", .integer), ("column_default", .varchar),
        ("is_nullable", .varchar), ("data_type", .varchar),
      ], rows: rows)
  }

  private static func views(_ session: Session, _ catalog: ScalarValue) throws(QueryError) -> MetadataRows {
    let resolver = CatalogResolver(session)
    var rows: [[ScalarValue]] = []
    for (namespace, name, kind) in try objects(session) where kind == "VIEW" {
      let parts = namespace.split(separator: ".").map(String.init) + [name]
      guard case .view(let view)? = try? resolver.resolve(parts, version: nil, at: nil) else { continue }
      rows.append([catalog, .text(namespace), .text(name), .text(view.text)])
    }
    return MetadataRows(
      columns: [
        ("table_catalog", .varchar), ("table_schema", .varchar), ("table_name", .varchar),
        ("view_definition", .varchar),
      ], rows: rows)
  }
}
