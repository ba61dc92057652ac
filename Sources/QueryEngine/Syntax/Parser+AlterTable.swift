/// ALTER TABLE in Spark's spelling, and where it costs nothing PostgreSQL's.
extension Parser {
  func alter() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    if takeWord("view") { return try alterView() }
    guard takeWord("table") else { throw unexpected("TABLE or VIEW") }
    let ifExists = takeWords("if", "exists")
    let name = try qualifiedName("a table's name")
    return .alterTable(name, ifExists: ifExists, try alterAction())
  }

  private func alterAction() throws(QueryError) -> AlterTableAction {
    guard token.kind == .word else { throw unexpected("ADD, DROP, RENAME, ALTER or SET") }
    switch token.text {
    case "add":
      advance()
      return try add()
    case "drop":
      advance()
      return try dropPart()
    case "rename":
      advance()
      return try rename()
    case "alter", "change", "modify":
      advance()
      return try alterColumn()
    case "set":
      advance()
      return try setPart()
    case "unset":
      advance()
      guard takeWord("tblproperties") || takeWord("properties") else { throw unexpected("TBLPROPERTIES") }
      let ifExists = takeWords("if", "exists")
      return .unsetProperties(try parenthesized(propertyKey), ifExists: ifExists)
    case "replace":
      advance()
      if takeWords("partition", "field") {
        let old = try partitionField()
        try expectWord("with")
        return .replacePartitionField(old, try partitionField())
      }
      return .createReference(try reference(orReplace: true))
    case "create":
      advance()
      let orReplace = takeWords("or", "replace")
      return .createReference(try reference(orReplace: orReplace))
    case "write":
      advance()
      return try writeOrder()
    case "execute":
      advance()
      let procedure = try identifier("a procedure's name")
      let arguments = isSign("(") ? try parenthesized { () throws(QueryError) in try argument() } : []
      let condition = takeWord("where") ? try expression() : nil
      return .execute(procedure, arguments, condition: condition)
    default: throw unexpected("ADD, DROP, RENAME, ALTER, SET, UNSET, REPLACE, CREATE, WRITE or EXECUTE")
    }
  }

  private func add() throws(QueryError) -> AlterTableAction {
    if takeWords("partition", "field") { return .addPartitionField(try partitionField()) }
    let several = takeWord("columns")
    if !several { _ = takeWord("column") }
    let ifNotExists = takeWords("if", "not", "exists")
    let columns = isSign("(") ? try parenthesized(addedColumn) : try commaList(addedColumn)
    return .addColumns(columns, ifNotExists: ifNotExists)
  }

  private func addedColumn() throws(QueryError) -> (
    column: ColumnDefinition, parent: [Identifier], position: AlterTableAction.Position?
  ) {
    var parent: [Identifier] = []
    while peek().isSign(".") {
      parent.append(try label("a column's name"))
      advance()
    }
    let column = try columnDefinition()
    return (column: column, parent: parent, position: try columnPosition())
  }

  private func columnPosition() throws(QueryError) -> AlterTableAction.Position? {
    if takeWord("first") { return .first }
    if takeWord("after") { return .after(try label("a column's name")) }
    return nil
  }

  private func dropPart() throws(QueryError) -> AlterTableAction {
    if takeWords("partition", "field") { return .dropPartitionField(try partitionField()) }
    if takeWords("identifier", "fields") {
      return .dropIdentifierFields(try commaList { () throws(QueryError) in try qualifiedName() })
    }
    if isWord("branch") || isWord("tag"), peek().kind != .end, !peek().isSign(";") {
      let isBranch = advance().text == "branch"
      let ifExists = takeWords("if", "exists")
      return .dropReference(isBranch: isBranch, try label("a name"), ifExists: ifExists)
    }
    if !takeWord("columns") { _ = takeWord("column") }
    let ifExists = takeWords("if", "exists")
    func name() throws(QueryError) -> QualifiedName { try qualifiedName("a column's name") }
    return .dropColumns(isSign("(") ? try parenthesized(name) : try commaList(name), ifExists: ifExists)
  }

  private func rename() throws(QueryError) -> AlterTableAction {
    if takeWord("to") { return .renameTable(try qualifiedName("a table's name")) }
    _ = takeWord("column")
    let column = try qualifiedName("a column's name")
    try expectWord("to")
    return .renameColumn(column, try label("a column's name"))
  }

  private func alterColumn() throws(QueryError) -> AlterTableAction {
    _ = takeWord("column")
    let column = try qualifiedName("a column's name")
    if takeWord("type") || takeWords("set", "data", "type") || takeWords("set", "type") {
      return .setColumnType(column, try type())
    }
    if takeWords("set", "not", "null") { return .setColumnRequired(column, true) }
    if takeWords("drop", "not", "null") { return .setColumnRequired(column, false) }
    if takeWords("set", "default") { return .setColumnDefault(column, try expression()) }
    if takeWords("drop", "default") { return .setColumnDefault(column, nil) }
    if takeWord("comment") {
      return .setColumnComment(column, takeWord("null") ? nil : try string("a comment"))
    }
    if let position = try columnPosition() { return .moveColumn(column, position) }
    throw unexpected("TYPE, SET, DROP, COMMENT, FIRST or AFTER")
  }

  private func setPart() throws(QueryError) -> AlterTableAction {
    if takeWord("tblproperties") || takeWord("properties") { return .setProperties(try properties()) }
    if takeWord("location") { return .setLocation(try string("a location")) }
    if takeWords("identifier", "fields") {
      return .setIdentifierFields(try commaList { () throws(QueryError) in try qualifiedName() })
    }
    if takeWords("partition", "spec") || takeWords("partitioned", "by") {
      return .setPartitioning(try partitionFields())
    }
    if takeWords("sort", "order") || takeWords("sorted", "by") {
      return .setSortOrder(try parenthesized { () throws(QueryError) in try sortField() })
    }
    throw unexpected("TBLPROPERTIES, LOCATION, IDENTIFIER FIELDS, PARTITION SPEC or SORT ORDER")
  }

  private func writeOrder() throws(QueryError) -> AlterTableAction {
    if takeWord("unordered") { return .setSortOrder([]) }
    if takeWords("distributed", "by", "partition") {
      return .setProperties([(key: "write.distribution-mode", value: "hash")])
    }
    _ = takeWord("locally")
    if takeWord("ordered") {
      try expectWord("by")
      func field() throws(QueryError) -> SortFieldSyntax { try sortField() }
      return .setSortOrder(isSign("(") ? try parenthesized(field) : try commaList(field))
    }
    throw unexpected("ORDERED BY, DISTRIBUTED BY PARTITION or UNORDERED")
  }

  private func reference(orReplace: Bool) throws(QueryError) -> ReferenceSyntax {
    guard isWord("branch") || isWord("tag") else { throw unexpected("BRANCH or TAG") }
    let isBranch = advance().text == "branch"
    let ifNotExists = takeWords("if", "not", "exists")
    var reference = ReferenceSyntax(
      isBranch: isBranch, name: try label("a name"), orReplace: orReplace, ifNotExists: ifNotExists)
    if takeWords("as", "of", "version") { reference.version = try expression(.other) }
    if takeWord("retain") { reference.retention = try retention() }
    if takeWords("with", "snapshot", "retention") {
      if peek().isWord("snapshots") {
        reference.minSnapshots = try integer("a number of snapshots")
        try expectWord("snapshots")
        if token.kind == .integer { reference.snapshotRetention = try retention() }
      } else {
        reference.snapshotRetention = try retention()
      }
    }
    return reference
  }

  /// `7 DAYS`.
  private func retention() throws(QueryError) -> ExpressionSyntax {
    let start = token.range.start
    let amount = try expression(.power)
    let unit = try label("a unit such as DAYS")
    return ExpressionSyntax(kind: .interval(amount, unit: unit, to: nil), range: range(from: start))
  }
}
