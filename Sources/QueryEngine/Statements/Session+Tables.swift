internal import Columnar
internal import TableFormat

/// CREATE and DROP of tables, views and namespaces.
extension Session {
  func create(
    _ statement: CreateTableSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    if statement.isExternal {
      throw QueryError(
        .unsupported, "external tables are not supported", hint: "FROM 'file.parquet' reads a file as it is",
        at: statement.name.range)
    }
    if statement.isTemporary || catalog == nil || objects.relation(statement.name.names) != nil {
      let rows = try statement.query.map { (query) throws(QueryError) in try answer(query, environment) }
      return try createTemporary(statement, rows)
    }
    let plan = try statement.query.map { (query) throws(QueryError) in
      try optimized(try makeBinder(environment).bindQuery(query), environment)
    }
    guard let catalog else { throw QueryError.internalError("a table without a catalog") }
    let identifier = try newIdentifier(statement.name)
    let exists = try tableFormat { () throws(TableFormatError) in
      try catalog.metadataLocation(of: identifier) != nil
    }
    if exists {
      if statement.ifNotExists { return StatementResult(message: "CREATE TABLE") }
      guard statement.orReplace else {
        throw QueryError(
          .duplicateTable, "the table \"\(identifier)\" exists already",
          hint: "CREATE TABLE IF NOT EXISTS leaves it alone", at: statement.name.range)
      }
    }
    let creation = try creation(of: identifier, statement, plan)
    let defaults = try defaultValues(of: statement, environment)
    var rowCount: Int?
    if exists {
      let table = try tableFormat { () throws(TableFormatError) in try catalog.loadTable(identifier) }
      let replacement = ReplaceTable(creation)
      var transaction = Transaction(table, replacement, clock: commitClock)
      if !defaults.isEmpty { transaction.add(UpdateSchema(defaults)) }
      let preview = try tableFormat { () throws(TableFormatError) in try replacement.preview(of: table) }
      rowCount = try commit(transaction, with: plan, to: preview, environment)
    } else {
      let isNew = try tableFormat { () throws(TableFormatError) in
        if try catalog.namespaces().contains(identifier.namespace) { return false }
        try catalog.createNamespace(identifier.namespace, properties: [:])
        return true
      }
      do throws(QueryError) {
        // One commit makes the table and its rows, so that nobody sees it without them.
        let table = try tableFormat { () throws(TableFormatError) in try catalog.stageTable(creation) }
        var transaction = Transaction(table, clock: commitClock)
        if !defaults.isEmpty { transaction.add(UpdateSchema(defaults)) }
        rowCount = try commit(transaction, with: plan, to: table, environment)
      } catch {
        // It goes unless somebody has put a table into it meanwhile.
        if isNew { try? catalog.dropNamespace(identifier.namespace) }
        throw error
      }
    }
    return StatementResult(message: "CREATE TABLE", changes: rowCount)
  }

  /// The changes that give new columns their defaults, which only format version 3 has.
  private func defaultValues(
    of statement: CreateTableSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> [UpdateSchema.Change] {
    var changes: [UpdateSchema.Change] = []
    for column in statement.columns {
      if let value = try defaultValue(of: column, environment) {
        changes.append(.setDefault(column.name.text, value))
      }
      changes += try ColumnTypes.defaults(within: column, in: self, environment)
    }
    return changes
  }

  /// The value of DEFAULT of a column or of a struct's field; `nil` for null and without one.
  func defaultValue(
    of column: ColumnDefinition, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> ScalarValue? {
    guard let expression = column.defaultValue else { return nil }
    let cast = ExpressionSyntax(kind: .cast(expression, column.type, isTry: false), range: expression.range)
    let value = try constant(cast, environment).0
    return value.isNull ? nil : value
  }

  /// Writes the rows of a plan, if there are any, and commits them with what a transaction holds besides.
  ///
  /// - Returns: How many rows there are; `nil` without a plan.
  private func commit(
    _ transaction: Transaction, with plan: LogicalPlan?, to table: Table, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> Int? {
    guard let plan else {
      try tableFormat { () throws(TableFormatError) in _ = try transaction.commit() }
      return nil
    }
    let target = try tableFormat { () throws(TableFormatError) in try WriteTarget(table) }
    let (files, rowCount) = try RowWriting.run(plan, to: target, in: self, environment)
    try tableFormat { () throws(TableFormatError) in
      do throws(TableFormatError) {
        var transaction = transaction
        if !files.isEmpty { transaction.add(AppendFiles(files)) }
        try transaction.commit()
      } catch {
        target.abort(after: error)
        throw error
      }
    }
    return rowCount
  }

  /// Returns the identifier of a table to be made.
  private func newIdentifier(_ name: QualifiedName) throws(QueryError) -> TableIdentifier {
    guard let identifier = TableSelector.identifiers(name.names, settings).first else {
      throw unknownTable(name)
    }
    return identifier
  }

  private func createTemporary(
    _ statement: CreateTableSyntax, _ rows: StatementResult?
  ) throws(QueryError) -> StatementResult {
    guard let key = SessionObjects.key(statement.name.names) ?? statement.name.names.last?.lowercased() else {
      throw unknownTable(statement.name)
    }
    if objects.tables[key] != nil || objects.views[key] != nil {
      if statement.ifNotExists { return StatementResult(message: "CREATE TABLE") }
      guard statement.orReplace else {
        throw QueryError(
          .duplicateTable, "\"\(statement.name.text)\" exists already",
          hint: "CREATE OR REPLACE TEMP TABLE replaces it", at: statement.name.range)
      }
    }
    var columns: [RelationColumn] = []
    if let rows {
      columns = rows.columns.enumerated().map { index, column in
        RelationColumn(
          statement.columns.indices.contains(index) ? statement.columns[index].name.text : column.name,
          column.type)
      }
    } else {
      for column in statement.columns {
        columns.append(
          RelationColumn(
            column.name.text, try TypeNames.type(of: column.type), isNullable: !column.isRequired))
      }
    }
    try checkDistinct(columns.map(\.name), at: statement.name.range)
    objects.views[key] = nil
    objects.tables[key] = InMemoryRelation(
      displayName: statement.name.last.text, columns: columns,
      batches: rows?.batches.map { $0.compacted() } ?? [])
    return StatementResult(message: "CREATE TABLE", changes: rows?.rowCount)
  }

  private func checkDistinct(_ names: [String], at range: SourceRange) throws(QueryError) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name.lowercased()).inserted {
      throw QueryError(
        .duplicateColumn, "the column \"\(name)\" is there twice", hint: "give one of them another name",
        at: range)
    }
  }

  /// Describes the table that a statement makes.
  private func creation(
    of identifier: TableIdentifier, _ statement: CreateTableSyntax, _ query: LogicalPlan?
  ) throws(QueryError) -> CreateTable {
    var columns: [Schema.Column] = []
    if let query {
      columns = query.outputColumns.map { Schema.Column($0.name, $0.type) }
    } else {
      for column in statement.columns {
        columns.append(
          Schema.Column(
            column.name.text, .null, exactly: try ColumnTypes.type(of: column.type),
            isRequired: column.isRequired, doc: column.comment))
      }
    }
    guard !columns.isEmpty else {
      throw QueryError(.syntaxError, "a table needs at least one column", at: statement.name.range)
    }
    try checkDistinct(columns.map(\.name), at: statement.name.range)
    let keys = statement.primaryKey.map(\.text) + statement.columns.filter(\.isPrimaryKey).map(\.name.text)
    return try tableFormat { () throws(TableFormatError) in
      let schema = try Schema(columns: columns, identifiers: keys)
      var creation = CreateTable(identifier, schema: schema, clock: self.commitClock)
      creation.partitionSpec = try PartitionSyntax.spec(statement.partitionedBy, schema)
      creation.sortOrder = try PartitionSyntax.order(statement.sortedBy, schema)
      creation.location = statement.location
      for (key, value) in statement.properties { creation.properties[key] = value }
      if let comment = statement.comment { creation.properties["comment"] = comment }
      return creation
    }
  }

  func createNamespace(_ name: QualifiedName, ifNotExists: Bool) throws(QueryError) -> StatementResult {
    guard let catalog else {
      throw QueryError(.undefinedNamespace, "there is no catalog to make a namespace in", at: name.range)
    }
    try tableFormat { () throws(TableFormatError) in
      let namespace = Namespace(name.names)
      if ifNotExists, try catalog.namespaces().contains(namespace) { return }
      try catalog.createNamespace(namespace, properties: [:])
    }
    return StatementResult(message: "CREATE NAMESPACE")
  }

  func drop(_ drop: DropSyntax) throws(QueryError) -> StatementResult {
    let done = StatementResult(message: "DROP \(drop.kind.rawValue)")
    switch drop.kind {
    case .namespace:
      try tableFormat { () throws(TableFormatError) in
        let namespace = Namespace(drop.name.names)
        if drop.ifExists, try self.catalog?.namespaces().contains(namespace) != true { return }
        try self.catalog?.dropNamespace(namespace)
      }
      return done
    case .table, .view:
      if let key = SessionObjects.key(drop.name.names) {
        if drop.kind == .table, objects.tables.removeValue(forKey: key) != nil { return done }
        if drop.kind == .view, objects.views.removeValue(forKey: key) != nil { return done }
      }
      if drop.kind == .view {
        try dropView(drop)
        return done
      }
    }
    let table: Table
    do throws(QueryError) {
      table = try requireTable(drop.name)
    } catch {
      if drop.ifExists && error.sqlState == .undefinedTable { return done }
      throw error
    }
    try tableFormat { () throws(TableFormatError) in
      // What goes is read before the name goes: without the manifests nobody could tell any more.
      let files = drop.isPurge ? try TableFiles(table) : nil
      try self.catalog?.dropTable(table.identifier)
      files?.remove()
    }
    return done
  }
}

/// Turns PARTITIONED BY and ORDERED BY into what tables have.
enum PartitionSyntax {
  static func spec(
    _ fields: [PartitionFieldSyntax], _ schema: Schema
  ) throws(TableFormatError) -> PartitionSpec {
    var spec = PartitionSpec(id: 0)
    for (place, syntax) in fields.enumerated() {
      let (field, transform) = try resolve(syntax, schema)
      let suffix: String =
        switch transform {
        case .identity: ""
        case .bucket: "_bucket"
        case .truncate: "_trunc"
        default: "_\(transform)"
        }
      spec.fields.append(
        PartitionField(
          id: FieldID(1000 + Int32(place)), sourceID: field.id,
          name: syntax.name?.text ?? field.name + suffix,
          transform: transform))
    }
    return spec
  }

  static func order(_ fields: [SortFieldSyntax], _ schema: Schema) throws(TableFormatError) -> SortOrder {
    var sorted: [SortField] = []
    for syntax in fields {
      let (field, transform) = try resolve(syntax.field, schema)
      let direction = syntax.descending ? SortField.Direction.descending : .ascending
      sorted.append(
        SortField(
          sourceID: field.id, transform: transform, direction: direction,
          nullOrder: syntax.nullsFirst.map { $0 ? .first : .last }))
    }
    return sorted.isEmpty ? .unsorted : SortOrder(id: 1, fields: sorted)
  }

  private static func resolve(
    _ syntax: PartitionFieldSyntax, _ schema: Schema
  ) throws(TableFormatError) -> (NestedField, Transform) {
    guard let field = try schema.field(path: syntax.column.names) else {
      throw TableFormatError(
        .invalidArgument, "there is no column \"\(syntax.column.text)\"",
        hint: NearestName.hint(for: syntax.column.text, among: schema.fields.map(\.name)))
    }
    guard let name = syntax.transform?.text.lowercased() else { return (field, .identity) }
    let transform: Transform
    switch (name, syntax.argument) {
    case ("bucket", .some(let count)) where count > 0: transform = .bucket(count)
    case ("truncate", .some(let width)) where width > 0: transform = .truncate(width)
    default: transform = Transform(name)
    }
    if case .unknown = transform {
      throw TableFormatError(
        .invalidArgument, "there is no partition transform \"\(name)\"",
        hint: "identity, bucket(n, c), truncate(n, c), year, month, day, hour and void are")
    }
    return (field, transform)
  }
}
