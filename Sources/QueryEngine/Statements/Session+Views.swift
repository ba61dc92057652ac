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
    try tableFormat { () throws(TableFormatError) in
      if view.ifNotExists, try catalog.loadView(identifier) != nil { return }
      let names = view.columns.isEmpty ? columns.map(\.name) : view.columns.map(\.text)
      var creation = CreateView(
        identifier, viewVersion(view.text), schema: try Self.schema(columns, named: names),
        replaces: view.orReplace)
      for (key, value) in view.properties { creation.properties[key] = value }
      creation.properties[ViewDefinition.columnsKey] = view.columns.isEmpty ? "query" : "named"
      if let comment = view.comment { creation.properties["comment"] = comment }
      if try !catalog.namespaces().contains(identifier.namespace) {
        try catalog.createNamespace(identifier.namespace, properties: [:])
      }
      try catalog.createView(creation)
    }
    return done
  }

  /// A state of a view whose query is `text`, in what is set now.
  private func viewVersion(_ text: String) -> ViewMetadata.Version {
    ViewMetadata.Version(
      id: 1, timestampMillis: commitClock.nowMillis, schemaID: 0,
      summary: ["engine-name": "wequery", ViewDefinition.divisionKey: "\(settings.integerDivision)"],
      representations: ["wequery", "spark"].map { .init(sql: text, dialect: $0) },
      defaultNamespace: settings.namespace.split(separator: ".").map(String.init))
  }

  private static func schema(
    _ columns: [OutputColumn], named names: [String]
  ) throws(TableFormatError) -> Schema {
    try Schema(columns: zip(columns, names).map { Schema.Column($1, $0.type) })
  }

  /// ALTER VIEW: another name, other properties, or another query.
  func alterView(
    _ name: QualifiedName, ifExists: Bool, _ action: AlterViewAction, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let done = StatementResult(message: "ALTER VIEW")
    let view: TableIdentifier
    do throws(QueryError) {
      view = try requireView(name)
    } catch {
      if ifExists && error.sqlState == .undefinedTable { return done }
      throw error
    }
    var creation: CreateView?
    if case .setQuery(let query, let text) = action {
      let columns = try makeBinder(environment).bindQuery(query).outputColumns
      let schema = try tableFormat { () throws(TableFormatError) in
        try Self.schema(columns, named: columns.map(\.name))
      }
      creation = CreateView(
        view, viewVersion(text), schema: schema, properties: [ViewDefinition.columnsKey: "query"],
        replaces: true)
    }
    try tableFormat { () throws(TableFormatError) in
      switch action {
      case .rename(let newName):
        let target = TableSelector.identifiers(newName.names, self.settings).first ?? view
        try self.catalog?.renameView(
          view, to: newName.parts.count == 1 ? TableIdentifier(view.namespace, newName.last.text) : target)
      case .setProperties(let pairs):
        try self.catalog?.changeView(
          view, setting: Dictionary(pairs.map { ($0.key, $0.value) }) { $1 }, removing: [])
      case .unsetProperties(let keys): try self.catalog?.changeView(view, setting: [:], removing: keys)
      case .setQuery: if let creation { try self.catalog?.createView(creation) }
      }
    }
    return done
  }

  /// Finds a view of the catalog by its name.
  func requireView(_ name: QualifiedName) throws(QueryError) -> TableIdentifier {
    if objects.relation(name.names) != nil {
      throw QueryError(
        .unsupported, "\"\(name.text)\" is kept by the session: only views of the catalog are changed",
        hint: "CREATE OR REPLACE TEMP VIEW replaces it", at: name.range)
    }
    for identifier in TableSelector.identifiers(name.names, settings) {
      let found = try tableFormat { () throws(TableFormatError) in
        try self.catalog?.loadView(identifier) != nil
      }
      if found { return identifier }
    }
    throw QueryError(.undefinedTable, "there is no view \"\(name.text)\"", at: name.range)
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
    let pairs = view.properties.map { "\(SQLName.literal($0.key)) = \(SQLName.literal($0.value))" }
    let properties = pairs.isEmpty ? "" : "\nTBLPROPERTIES (\(pairs.joined(separator: ", ")))"
    let text = "CREATE \(kind) \(quoted)\(columns)\(comment)\(properties) AS\n\(view.text)"
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
    // Ours says which columns are named; the rest is for the reader.
    let own = view.properties.filter { $0.key != Self.columnsKey && $0.key != "comment" }
    self.init(
      name: identifier.description, text: representation.sql,
      columns: view.properties[Self.columnsKey] == "query" ? [] : view.schema?.fields.map(\.name) ?? [],
      integerDivision: version.summary[Self.divisionKey] != "false",
      namespace: namespace.isEmpty ? identifier.namespace.description : namespace,
      comment: view.properties["comment"])
    properties = own.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
