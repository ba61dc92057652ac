/// INSERT, DELETE, UPDATE, MERGE, TRUNCATE.
extension Parser {
  func change() throws(QueryError) -> StatementSyntax.Kind {
    switch token.text {
    case "insert": return .insert(try insert())
    case "delete": return .delete(try delete())
    case "update": return .update(try update())
    case "merge": return .merge(try merge())
    default:
      advance()
      _ = takeWord("table")
      return .truncate(try qualifiedName("a table's name"))
    }
  }

  private func insert() throws(QueryError) -> InsertSyntax {
    advance()
    let isOverwrite = takeWord("overwrite")
    if !isOverwrite { try expectWord("into") } else { _ = takeWord("into") }
    _ = takeWord("table")
    var insert = InsertSyntax(
      table: try qualifiedName("a table's name"), isOverwrite: isOverwrite, columns: [], byName: false,
      source: .defaultValues, returning: [])
    if isWord("partition"), peek().isSign("(") {
      advance()
      insert.partition = try parenthesized { () throws(QueryError) in
        let name = try columnName()
        return (name: name, value: takeSign("=") ? try expression() : nil)
      }
    }
    if isSign("("), !peek().isWord("select"), !peek().isWord("with"), !peek().isWord("values"),
      !peek().isSign("(")
    {
      insert.columns = try parenthesized { () throws(QueryError) in try qualifiedName("a column's name") }
    }
    insert.byName = takeWords("by", "name")
    if !insert.byName { _ = takeWords("by", "position") }
    if takeWords("default", "values") {
      insert.source = .defaultValues
    } else {
      guard isQueryStart || isSign("(") || isWord("table") else { throw unexpected("VALUES or SELECT") }
      insert.source = .query(try query())
    }
    insert.returning = try returning()
    return insert
  }

  private func returning() throws(QueryError) -> [SelectItem] {
    guard takeWord("returning") else { return [] }
    return try commaList(selectItem)
  }

  private func targetAlias() throws(QueryError) -> Identifier? {
    let excluded = Keywords.notTableAlias.union(["set", "using", "when", "where"])
    return try alias(excluded)
  }

  private func delete() throws(QueryError) -> DeleteSyntax {
    advance()
    try expectWord("from")
    let table = try qualifiedName("a table's name")
    var delete = DeleteSyntax(
      table: table, alias: try targetAlias(), using: [], condition: nil, returning: [])
    if takeWord("using") { delete.using = try commaList(tableReference) }
    if takeWord("where") { delete.condition = try expression() }
    delete.returning = try returning()
    return delete
  }

  private func update() throws(QueryError) -> UpdateSyntax {
    advance()
    let table = try qualifiedName("a table's name")
    let alias = try targetAlias()
    try expectWord("set")
    var update = UpdateSyntax(
      table: table, alias: alias, assignments: try assignments(), from: [], condition: nil, returning: [])
    if takeWord("from") { update.from = try commaList(tableReference) }
    if takeWord("where") { update.condition = try expression() }
    update.returning = try returning()
    return update
  }

  private func assignments() throws(QueryError) -> [AssignmentSyntax] {
    var all: [AssignmentSyntax] = []
    repeat {
      if isSign("(") {
        let start = token.range
        let columns = try parenthesized { () throws(QueryError) in try qualifiedName("a column's name") }
        try expectSign("=")
        let values = try expression()
        guard case .row(let list) = values.kind, list.count == columns.count else {
          throw QueryError(
            .syntaxError, "\(columns.count) columns need a row of \(columns.count) values",
            at: start.union(values.range))
        }
        all += zip(columns, list).map { AssignmentSyntax(column: $0, value: $1) }
      } else {
        let column = try qualifiedName("a column's name")
        try expectSign("=")
        all.append(AssignmentSyntax(column: column, value: try expression()))
      }
      if isSign(","), peek().isWord("where") || peek().isWord("from") { advance() }
    } while takeSign(",")
    return all
  }

  private func merge() throws(QueryError) -> MergeSyntax {
    advance()
    try expectWord("into")
    let table = try qualifiedName("a table's name")
    let alias = try targetAlias()
    try expectWord("using")
    let source = try tableReference()
    var condition: ExpressionSyntax
    if isWord("using"), peek().isSign("(") {
      let start = advance().range.start
      let columns = try parenthesized(columnName)
      let target = alias ?? table.last
      condition = usingCondition(columns, target: target, source: source, range(from: start))
    } else {
      try expectWord("on")
      condition = try expression()
    }
    var clauses: [MergeSyntax.Clause] = []
    while isWord("when") { clauses.append(try mergeClause()) }
    guard !clauses.isEmpty else { throw unexpected("WHEN MATCHED or WHEN NOT MATCHED") }
    return MergeSyntax(table: table, alias: alias, source: source, condition: condition, clauses: clauses)
  }

  private func usingCondition(
    _ columns: [Identifier], target: Identifier, source: TableReference, _ range: SourceRange
  ) -> ExpressionSyntax {
    let sourceName: Identifier? =
      switch source {
      case .named(let table): table.alias?.name ?? table.name.last
      case .query(_, _, let alias, _), .file(_, let alias, _): alias?.name
      case .function(let function): function.alias?.name
      default: nil
      }
    let equalities = columns.map { column in
      let left = ExpressionSyntax(
        kind: .column(QualifiedName(parts: [target, column])), range: column.range)
      let right = ExpressionSyntax(
        kind: .column(QualifiedName(parts: (sourceName.map { [$0] } ?? []) + [column])), range: column.range)
      return ExpressionSyntax(kind: .binary(.equal, left, right), range: column.range)
    }
    return equalities.count == 1
      ? equalities[0] : ExpressionSyntax(kind: .and(equalities), range: range)
  }

  private func mergeClause() throws(QueryError) -> MergeSyntax.Clause {
    let start = advance().range.start
    let match: MergeSyntax.Match
    if takeWord("matched") {
      match = .matched
    } else {
      guard takeWords("not", "matched") else { throw unexpected("MATCHED or NOT MATCHED") }
      if takeWords("by", "source") {
        match = .notMatchedBySource
      } else {
        _ = takeWords("by", "target")
        match = .notMatched
      }
    }
    let condition = takeWord("and") ? try expression() : nil
    try expectWord("then")
    let action: MergeSyntax.Action
    if takeWord("delete") {
      action = .delete
    } else if takeWords("do", "nothing") {
      action = .doNothing
    } else if takeWord("update") {
      if takeWord("set") {
        if isSign("*") {
          advance()
          action = .updateAll
        } else {
          action = .update(try assignments())
        }
      } else {
        guard isSign("*") else { throw unexpected("SET") }
        advance()
        action = .updateAll
      }
    } else if takeWord("insert") {
      action = try mergeInsert()
    } else {
      throw unexpected("UPDATE, DELETE or INSERT")
    }
    return MergeSyntax.Clause(match: match, condition: condition, action: action, range: range(from: start))
  }

  private func mergeInsert() throws(QueryError) -> MergeSyntax.Action {
    if takeSign("*") { return .insertAll }
    var columns: [QualifiedName] = []
    if isSign("(") {
      columns = try parenthesized { () throws(QueryError) in try qualifiedName("a column's name") }
    }
    try expectWord("values")
    return .insert(columns, try parenthesized(expression))
  }
}
