internal import Columnar
internal import TableFormat

/// CREATE, DROP and SHOW of views: those of the catalog, and those that live as long as the session.
extension Session {
  func create(
    _ view: CreateViewSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let done = StatementResult(message: "CREATE VIEW")
    // Bound once now, so that a view that cannot work is not made.
    let columns = try makeBinder(environment).bindQuery(view.query).outputColumns
    if !view.columns.isEmpty && view.columns.count != columns.count {
      throw QueryError(
        .invalidColumnReference,
        "the view names \(view.columns.count) columns, its query has \(columns.count)", at: view.name.range)
    }
    let isOwn = view.name.parts.count == 2 && view.name.parts[0].text.lowercased() == "temp"
    guard let catalog, !view.isTemporary, !isOwn else { return try createTemporary(view) }
    guard let identifier = TableSelector.identifiers(view.name.names, settings).first else {
      throw unknownTable(view.name)
    }
    let version = ViewMetadata.Version(
      id: 1, timestampMillis: commitClock.nowMillis, schemaID: 0,
      summary: ["engine-name": "wequery", ViewDefinition.divisionKey: "\(settings.integerDivision)"],
      representations: ["wequery", "spark"].map { .init(sql: view.text, dialect: $0) },
      defaultNamespace: settings.namespace.split(separator: ".").map(String.init))
    try tableFormat { () throws(TableFormatError) in
      if view.ifNotExists, try catalog.loadView(identifier) != nil { return }
      let schema = try Schema(
        columns: columns.enumerated().map { index, column in
          Schema.Column(view.columns.isEmpty ? column.name : view.columns[index].text, column.type)
        })
      var creation = CreateView(identifier, version, schema: schema, replaces: view.orReplace)
      creation.properties[ViewDefinition.columnsKey] = view.columns.isEmpty ? "query" : "named"
      if let comment = view.comment { creation.properties["comment"] = comment }
      if try !catalog.namespaces().contains(identifier.namespace) {
        try catalog.createNamespace(identifier.namespace, properties: [:])
      }
      try catalog.createView(creation)
    }
    return done
  }

  private func createTemporary(_ view: CreateViewSyntax) throws(QueryError) -> StatementResult {
    let done = StatementResult(message: "CREATE VIEW")
    guard let name = view.name.names.last else { throw unknownTable(view.name) }
    let key = name.lowercased()
    if objects.views[key] != nil || objects.tables[key] != nil {
      if view.ifNotExists { return done }
      guard view.orReplace else {
        throw QueryError(
          .duplicateTable, "\"\(name)\" exists already", hint: "CREATE OR REPLACE VIEW replaces it",
          at: view.name.range)
      }
    }
    objects.tables[key] = nil
    objects.views[key] = ViewDefinition(
      name: name, text: view.text, columns: view.columns.map(\.text),
      integerDivision: settings.integerDivision, comment: view.comment)
    return done
  }

  /// Drops a view of the catalog.
  func dropView(_ drop: DropSyntax) throws(QueryError) {
    let dropped = try tableFormat { () throws(TableFormatError) in
      for identifier in TableSelector.identifiers(drop.name.names, settings) {
        guard let catalog, try catalog.loadView(identifier) != nil else { continue }
        try catalog.dropView(identifier)
        return true
      }
      return false
    }
    guard !dropped, !drop.ifExists else { return }
    throw QueryError(.undefinedTable, "there is no view \"\(drop.name.text)\"", at: drop.name.range)
  }

  func showViews(_ namespace: QualifiedName?) throws(QueryError) -> StatementResult {
    var rows: [[ScalarValue]] = []
    if namespace == nil {
      rows = objects.views.values.map(\.name).sorted().map { [.text("temp"), .text($0)] }
    }
    if let catalog {
      try tableFormat { () throws(TableFormatError) in
        var namespaces = try catalog.namespaces()
        if let namespace { namespaces = [Namespace(namespace.names)] }
        for one in namespaces {
          for view in try catalog.views(in: one) { rows.append([.text(one.description), .text(view.name)]) }
        }
      }
    }
    return StatementResult(columns: [("namespace", .varchar), ("view_name", .varchar)], rows: rows)
  }

  /// SHOW CREATE VIEW: a statement that makes the view again.
  func showCreateView(_ view: ViewDefinition, _ name: QualifiedName) -> StatementResult {
    let columns =
      view.columns.isEmpty ? "" : " (" + view.columns.map { SQLName.quoted($0) }.joined(separator: ", ") + ")"
    let kind = objects.relation(name.names) == nil ? "VIEW" : "TEMP VIEW"
    let quoted = view.name.split(separator: ".").map { SQLName.quoted(String($0)) }.joined(separator: ".")
    let comment = view.comment.map { "\nCOMMENT \(SQLName.literal($0))" } ?? ""
    let text = "CREATE \(kind) \(quoted)\(columns)\(comment) AS\n\(view.text)"
    return StatementResult(columns: [("create_statement", .varchar)], rows: [[.text(text)]])
  }

  /// The columns of a view's query.
  func columns(of view: ViewDefinition) throws(QueryError) -> [OutputColumn] {
    let range = SourceRange(0, view.text.utf8.count)
    return try makeBinder(evaluationEnvironment(view.text)).bind(view, at: range).outputColumns
  }
}

extension ViewDefinition {
  /// Names an entry of a version's summary: whether `/` truncated when the view was made.
  static let divisionKey = "integer-division"
  /// Names a property: whether the view names its columns, or takes those of its query.
  static let columnsKey = "wequery.columns"

  /// Makes the definition of a view of the catalog; other engines' text is read if there is none of ours.
  init(_ view: ViewMetadata, _ identifier: TableIdentifier) throws(QueryError) {
    let known = view.currentVersion?.representations ?? []
    let preferred = ["wequery", "spark", "trino"].lazy.compactMap { dialect in
      known.first { $0.dialect.lowercased() == dialect }
    }
    guard let version = view.currentVersion, let representation = preferred.first ?? known.first else {
      throw QueryError(.unsupported, "the view \"\(identifier)\" has no text in SQL")
    }
    let namespace = version.defaultNamespace.joined(separator: ".")
    self.init(
      name: identifier.description, text: representation.sql,
      columns: view.properties[Self.columnsKey] == "query" ? [] : view.schema?.fields.map(\.name) ?? [],
      integerDivision: version.summary[Self.divisionKey] != "false",
      namespace: namespace.isEmpty ? identifier.namespace.description : namespace,
      comment: view.properties["comment"])
  }
}
