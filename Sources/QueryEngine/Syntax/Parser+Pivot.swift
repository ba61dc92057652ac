/// PIVOT and UNPIVOT, behind a table and as statements.
extension Parser {
  /// Parses PIVOT behind a table.
  func pivot(_ input: TableReference) throws(QueryError) -> TableReference {
    advance()
    try expectSign("(")
    let aggregates = try commaList { () throws(QueryError) in
      (expression: try expression(), alias: try self.alias(Keywords.notColumnAlias))
    }
    try expectWord("for")
    var columns: [(expression: ExpressionSyntax, values: PivotValues)] = []
    repeat {
      let column = try expression(.other)
      try expectWord("in")
      columns.append((column, try pivotValues()))
    } while !isSign(")") && !isWord("group")
    var groupBy: [ExpressionSyntax] = []
    if takeWords("group", "by") { groupBy = try commaList(expression) }
    try expectSign(")")
    let alias = try tableAlias()
    return .pivot(
      PivotSyntax(
        input: input, aggregates: aggregates, columns: columns, groupBy: groupBy, alias: alias,
        range: range(from: input.range.start)))
  }

  /// Parses UNPIVOT behind a table.
  func unpivot(_ input: TableReference) throws(QueryError) -> TableReference {
    advance()
    var includeNulls = false
    if takeWords("include", "nulls") { includeNulls = true } else { _ = takeWords("exclude", "nulls") }
    try expectSign("(")
    let value = try identifier("a column's name")
    try expectWord("for")
    let name = try identifier("a column's name")
    try expectWord("in")
    let columns = try parenthesized { () throws(QueryError) in
      (column: try identifier("a column's name"), alias: try self.alias(Keywords.notColumnAlias))
    }
    try expectSign(")")
    let alias = try tableAlias()
    return .unpivot(
      UnpivotSyntax(
        input: input, valueName: value, nameName: name, columns: columns, includeNulls: includeNulls,
        alias: alias, range: range(from: input.range.start)))
  }

  private func pivotValues() throws(QueryError) -> PivotValues {
    if isSign("("), peek().isWord("any"), peek(2).isSign(")") {
      for _ in 0..<3 { advance() }
      return .all
    }
    return .listed(
      try parenthesized { () throws(QueryError) in
        (expression: try expression(), alias: try self.alias(Keywords.notColumnAlias))
      })
  }

  /// Parses `PIVOT table ON column [IN (values)], … [USING aggregates] [GROUP BY columns]`.
  func pivotStatement() throws(QueryError) -> QuerySyntax {
    let start = token.range.start
    advance()
    let input = try tablePrimary()
    try expectWord("on")
    let columns = try commaList { () throws(QueryError) in
      (expression: try expression(.other), values: takeWord("in") ? try pivotValues() : .all)
    }
    var aggregates: [(expression: ExpressionSyntax, alias: Identifier?)] = []
    if takeWord("using") {
      aggregates = try commaList { () throws(QueryError) in
        (expression: try expression(), alias: try self.alias(Keywords.notColumnAlias))
      }
    } else {
      let here = range(from: start)
      let count = FunctionCallSyntax(
        name: QualifiedName(parts: [Identifier(text: "count", isQuoted: false, range: here)]),
        arguments: [], isStar: true)
      aggregates = [(ExpressionSyntax(kind: .function(count), range: here), nil)]
    }
    let groupBy = takeWords("group", "by") ? try commaList(expression) : []
    let pivot = PivotSyntax(
      input: input, aggregates: aggregates, columns: columns, groupBy: groupBy, alias: nil,
      range: range(from: start))
    return try statement(over: .pivot(pivot), from: start)
  }

  /// Parses `UNPIVOT [INCLUDE NULLS] table ON columns INTO NAME name VALUE value`.
  func unpivotStatement() throws(QueryError) -> QuerySyntax {
    let start = token.range.start
    advance()
    let includeNulls = takeWords("include", "nulls")
    let input = try tablePrimary()
    try expectWord("on")
    let columns = try commaList { () throws(QueryError) in
      (
        column: try identifier("a column's name"),
        alias: try self.alias(Keywords.notColumnAlias.union(["into"]))
      )
    }
    try expectWord("into")
    try expectWord("name")
    let name = try identifier("a column's name")
    try expectWord("value")
    let value = try identifier("a column's name")
    let unpivot = UnpivotSyntax(
      input: input, valueName: value, nameName: name, columns: columns, includeNulls: includeNulls,
      alias: nil, range: range(from: start))
    return try statement(over: .unpivot(unpivot), from: start)
  }

  /// Makes a query of all columns, with what may follow it.
  private func statement(over table: TableReference, from start: Int) throws(QueryError) -> QuerySyntax {
    let all = SelectSyntax(
      items: [.wildcard(WildcardSyntax(range: range(from: start)))], from: [table], range: range(from: start))
    return try queryRest(.select(all), with: nil, from: start)
  }
}
