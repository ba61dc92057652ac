internal import Columnar
internal import TableFormat

/// SHOW and DESCRIBE.
extension Session {
  func show(_ show: ShowSyntax, _ environment: EvaluationEnvironment) throws(QueryError) -> StatementResult {
    switch show {
    case .setting(let name):
      let kinds = [
        "tables", "views", "schemas", "namespaces", "catalogs", "columns", "partitions", "functions",
      ]
      let definition = try SettingDefinition.named(name.text, at: name.range, others: kinds)
      return StatementResult(
        columns: [(definition.name, .varchar)], rows: [[.text(definition.get(settings))]])
    case .settings:
      return StatementResult(
        columns: [("name", .varchar), ("value", .varchar), ("description", .varchar)],
        rows: SettingDefinition.all.map { [.text($0.name), .text($0.get(settings)), .text($0.summary)] })
    case .tables(let namespace, let like): return try showTables(namespace, like: like)
    case .views(let namespace): return try showViews(namespace)
    case .namespaces:
      let names = try tableFormat { () throws(TableFormatError) in try self.catalog?.namespaces() ?? [] }
      return StatementResult(columns: [("namespace", .varchar)], rows: names.map { [.text($0.description)] })
    case .catalogs:
      return StatementResult(
        columns: [("catalog", .varchar)], rows: [[.text(catalog?.name ?? settings.catalog)]])
    case .columns(let name): return try describe(name)
    case .partitions(let name):
      let parts = (name.names + ["partitions"]).map { SQLName.quoted($0) }.joined(separator: ".")
      return try run(single: "SELECT * FROM \(parts) ORDER BY 1")
    case .createTable(let name): return try showCreateTable(name)
    case .properties(let name):
      let table = try requireTable(name)
      return StatementResult(
        columns: [("key", .varchar), ("value", .varchar)],
        rows: table.metadata.properties.sorted { $0.key < $1.key }.map { [.text($0.key), .text($0.value)] })
    case .functions(let like): return showFunctions(like: like)
    case .procedures:
      return StatementResult(
        columns: [("name", .varchar), ("arguments", .varchar), ("description", .varchar)],
        rows: procedures.map { procedure in
          let arguments = procedure.parameters.map { "\($0.name) \($0.type)\($0.isRequired ? "" : "?")" }
          return [
            .text("system.\(procedure.name)"), .text(arguments.joined(separator: ", ")),
            .text(procedure.summary),
          ]
        })
    }
  }

  private func showTables(_ namespace: QualifiedName?, like: String?) throws(QueryError) -> StatementResult {
    var rows: [[ScalarValue]] = []
    let pattern = like.map { NamePattern($0) }
    func add(_ namespace: String, _ name: String, _ kind: String) {
      if let pattern, !pattern.matches(name) { return }
      rows.append([.text(namespace), .text(name), .text(kind)])
    }
    if namespace == nil {
      for table in objects.tables.keys.sorted() { add("temp", table, "temporary table") }
      for view in objects.views.values.map(\.name).sorted() { add("temp", view, "view") }
    }
    if let catalog {
      let known = try tableFormat { () throws(TableFormatError) in try catalog.namespaces() }
      let wanted = namespace.map { [Namespace($0.names)] } ?? known
      for namespace in wanted {
        guard known.contains(namespace) else {
          throw QueryError(
            .undefinedNamespace, "there is no namespace \"\(namespace)\"",
            hint: NearestName.hint(for: namespace.description, among: known.map(\.description)))
        }
        let tables = try tableFormat { () throws(TableFormatError) in try catalog.tables(in: namespace) }
        for table in tables { add(namespace.description, table.name, "table") }
        let views = try tableFormat { () throws(TableFormatError) in try catalog.views(in: namespace) }
        for view in views { add(namespace.description, view.name, "view") }
      }
    }
    return StatementResult(
      columns: [("namespace", .varchar), ("name", .varchar), ("kind", .varchar)], rows: rows)
  }

  private func showFunctions(like: String?) -> StatementResult {
    let pattern = like.map { NamePattern($0) }
    let scalars = FunctionRegistry.builtin.functions.map { ($0.name, "scalar", $0.summary) }
    let aggregates = AggregateFunctions.all.map { ($0.name, "aggregate", $0.summary) }
    let rows = (scalars + aggregates).filter { pattern?.matches($0.0) ?? true }.sorted { $0.0 < $1.0 }
    return StatementResult(
      columns: [("name", .varchar), ("kind", .varchar), ("description", .varchar)],
      rows: rows.map { [.text($0.0), .text($0.1), .text($0.2)] })
  }

  func describe(_ name: QualifiedName) throws(QueryError) -> StatementResult {
    guard let relation = try CatalogResolver(self).resolve(name.names, version: nil, at: name.range) else {
      throw unknownTable(name)
    }
    let columns: [(name: String, type: LogicalType)] = [
      ("column_name", .varchar), ("column_type", .varchar), ("null", .varchar), ("partition", .varchar),
      ("comment", .varchar),
    ]
    switch relation {
    case .view(let view):
      return StatementResult(
        columns: columns,
        rows: try self.columns(of: view).map {
          [.text($0.name), .text("\($0.type)"), .text($0.isNullable ? "YES" : "NO"), .null, .null]
        })
    case .relation(let table as TableRelation):
      let spec = table.table.metadata.partitionSpec
      return StatementResult(
        columns: columns,
        rows: table.schema.fields.map { field in
          let transforms = spec.fields.filter { $0.sourceID == field.id && $0.transform != .void }
          let type = SQLName.type(field.type)
          return [
            .text(field.name), .text(type), .text(field.isRequired ? "NO" : "YES"),
            transforms.isEmpty ? .null : .text(transforms.map { "\($0.transform)" }.joined(separator: ", ")),
            field.doc.map { .text($0) } ?? .null,
          ]
        })
    case .relation(let other):
      return StatementResult(
        columns: columns,
        rows: other.columns.filter { !$0.isHidden }.map {
          [.text($0.name), .text("\($0.type)"), .text($0.isNullable ? "YES" : "NO"), .null, .null]
        })
    }
  }

  func describe(
    _ query: QuerySyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let plan = try makeBinder(environment).bindQuery(query)
    return StatementResult(
      columns: [("column_name", .varchar), ("column_type", .varchar), ("null", .varchar)],
      rows: plan.outputColumns.map {
        [.text($0.name), .text("\($0.type)"), .text($0.isNullable ? "YES" : "NO")]
      })
  }

  /// Loads a table of the catalog by its name.
  func requireTable(_ name: QualifiedName) throws(QueryError) -> Table {
    let resolver = CatalogResolver(self)
    for identifier in TableSelector.identifiers(name.names, settings) {
      if let table = try resolver.load(identifier) { return table }
    }
    if objects.relation(name.names) != nil {
      throw QueryError(
        .invalidParameter, "\"\(name.text)\" is kept by the session and is no table of the catalog",
        at: name.range)
    }
    if (try? requireView(name)) != nil {
      throw QueryError(
        .invalidParameter, "\"\(name.text)\" is a view, not a table",
        hint: "DROP VIEW, ALTER VIEW and SHOW CREATE VIEW know views", at: name.range)
    }
    throw unknownTable(name)
  }

  func unknownTable(_ name: QualifiedName) -> QueryError {
    QueryError(
      .undefinedTable, "there is no table \"\(name.text)\"",
      hint: NearestName.hint(for: name.last.text, among: CatalogResolver(self).tableNames()), at: name.range)
  }

  /// Calls into the table format, whose errors become those of the statement.
  func tableFormat<Result>(_ body: () throws(TableFormatError) -> Result) throws(QueryError) -> Result {
    do throws(TableFormatError) {
      return try body()
    } catch {
      throw QueryError(error)
    }
  }
}
