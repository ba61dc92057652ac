extension Parser {
  /// Parses one element of FROM with the joins that follow it.
  func tableReference() throws(QueryError) -> TableReference {
    try nested { () throws(QueryError) in
      let start = token.range.start
      var left = try tablePrimary()
      var chain = 0
      while let (kind, isNatural, isAsOf) = try joinHead() {
        left = try join(left, kind, isNatural: isNatural, isAsOf: isAsOf, from: start)
        chain += 1
        guard chain <= Parser.maximumDepth else { throw tooDeep() }
      }
      return left
    }
  }

  /// Takes the words up to and with JOIN.
  private func joinHead() throws(QueryError) -> (JoinSyntax.Kind, isNatural: Bool, isAsOf: Bool)? {
    guard token.kind == .word else { return nil }
    let before = index
    let isNatural = takeWord("natural")
    let isAsOf = takeWord("asof")
    var kind: JoinSyntax.Kind = .inner
    if takeWord("cross") {
      kind = .cross
    } else if takeWord("inner") {
      kind = .inner
    } else if isWord("left"), !peek().isSign("(") {
      advance()
      kind = takeWord("semi") ? .semi : takeWord("anti") ? .anti : .left
      _ = takeWord("outer")
    } else if isWord("right"), !peek().isSign("(") {
      advance()
      kind = .right
      _ = takeWord("outer")
    } else if takeWord("full") {
      kind = .full
      _ = takeWord("outer")
    } else if isWord("semi"), peek().isWord("join") {
      advance()
      kind = .semi
    } else if isWord("anti"), peek().isWord("join") {
      advance()
      kind = .anti
    }
    if takeWord("join") { return (kind, isNatural, isAsOf) }
    guard index == before else { throw unexpected("JOIN") }
    return nil
  }

  private func join(
    _ left: TableReference, _ kind: JoinSyntax.Kind, isNatural: Bool, isAsOf: Bool, from start: Int
  ) throws(QueryError) -> TableReference {
    let right = try tablePrimary()
    var join = JoinSyntax(
      kind: kind, isAsOf: isAsOf, left: left, right: right, condition: isNatural ? .natural : .none,
      range: range(from: start))
    if takeWord("match_condition") {
      try expectSign("(")
      join.matchCondition = try expression()
      try expectSign(")")
    }
    if takeWord("on") {
      join.condition = .on(try expression())
    } else if isWord("using"), peek().isSign("(") {
      advance()
      join.condition = .using(try parenthesized(columnName))
    } else if kind != .cross, !isNatural, !isCorrelatedWithoutCondition(right) {
      // `a JOIN b JOIN c ON … ON …`: the second join belongs to b.
      guard let (inner, innerNatural, innerAsOf) = try joinHead() else {
        throw unexpected("ON or USING")
      }
      join.right = try self.join(
        right, inner, isNatural: innerNatural, isAsOf: innerAsOf, from: right.range.start)
      if takeWord("on") {
        join.condition = .on(try expression())
      } else if takeWord("using") {
        join.condition = .using(try parenthesized(columnName))
      } else {
        throw unexpected("ON or USING")
      }
    }
    join.range = range(from: start)
    return .join(join)
  }

  /// `JOIN UNNEST(…)` and `JOIN LATERAL (…)` need no condition.
  private func isCorrelatedWithoutCondition(_ table: TableReference) -> Bool {
    switch table {
    case .function: true
    case .query(_, let isLateral, _, _): isLateral
    default: false
    }
  }

  func tablePrimary() throws(QueryError) -> TableReference {
    var table = try tableAtom()
    while isWord("pivot") || isWord("unpivot"), peek().isSign("(") || peek(2).isWord("nulls") {
      table = isWord("pivot") ? try pivot(table) : try unpivot(table)
    }
    if areWords("lateral", "view") { table = try lateralView(table) }
    return table
  }

  private func tableAtom() throws(QueryError) -> TableReference {
    let start = token.range.start
    let isLateral = isWord("lateral") && !peek().isWord("view") && takeWord("lateral")
    if isSign("(") { return try parenthesizedTable(isLateral: isLateral, start) }
    if token.kind == .string {
      let path = advance().text
      let alias = try tableAlias()
      return .file(path, alias: alias, range(from: start))
    }
    if isWord("values"), peek().isSign("(") {
      let query = try query()
      let alias = try tableAlias()
      return .query(query, isLateral: false, alias: alias, range(from: start))
    }
    let name = try qualifiedName("a table's name")
    if isSign("(") { return try tableFunction(name, isLateral: isLateral, start) }
    return try namedTable(name, start)
  }

  private func namedTable(_ name: QualifiedName, _ start: Int) throws(QueryError) -> TableReference {
    var table = NamedTableSyntax(name: name, range: range(from: start))
    table.timeTravel = try timeTravel()
    table.alias = try tableAlias()
    if let count = timeTravelHead() {
      let clause = token.range.union(peek(count - 1).range)
      let alias = table.alias.map { " AS \($0.name.text)" } ?? ""
      throw QueryError(
        .syntaxError, "\(text(clause)) stands after the alias",
        hint: "write it before the alias: \(name.text) \(text(clause)) …\(alias)", at: clause)
    }
    if takeWord("tablesample") { table.sample = try sample() }
    table.range = range(from: start)
    return .named(table)
  }

  private func timeTravel() throws(QueryError) -> TimeTravelSyntax? {
    guard let count = timeTravelHead() else { return nil }
    let start = token.range.start
    let isCall = isWord("at")
    let word = isCall ? peek(2).text : isWord("for") ? peek().text : token.text
    let kind: TimeTravelSyntax.Kind =
      word == "timestamp" || word == "system_time" ? .timestamp : .version
    index += count
    let expression = try expression(.other)
    if isCall { try expectSign(")") }
    return TimeTravelSyntax(kind: kind, expression: expression, range: range(from: start))
  }

  func tableAlias() throws(QueryError) -> TableAlias? {
    guard let name = try self.alias(Keywords.notTableAlias) else { return nil }
    let columns = isSign("(") ? try parenthesized(columnName) : []
    return TableAlias(name: name, columns: columns)
  }

  /// A subquery, or a join in parentheses; which one shows only at the closing parenthesis.
  private func parenthesizedTable(isLateral: Bool, _ start: Int) throws(QueryError) -> TableReference {
    var offset = 0
    while peek(offset).isSign("(") { offset += 1 }
    let first = peek(offset)
    let mayBeQuery =
      first.isWord("select") || first.isWord("with") || first.isWord("values") || first.isWord("from")
      || (first.isWord("table") && offset == 1)
    let before = index
    if offset == 1, first.isWord("pivot") || first.isWord("unpivot"), isPivotInput(peek(2)) {
      advance()
      let query = isWord("pivot") ? try pivotStatement() : try unpivotStatement()
      try expectSign(")")
      return .query(query, isLateral: isLateral, alias: try tableAlias(), range(from: start))
    }
    if mayBeQuery {
      do throws(QueryError) {
        advance()
        let query = try query()
        try expectSign(")")
        let alias = try tableAlias()
        return .query(query, isLateral: isLateral, alias: alias, range(from: start))
      } catch {
        // `((SELECT 1) AS t JOIN u …)` begins like a query and is none.
        guard offset > 1, rereads < 64, error.sqlState != .tooComplex else { throw error }
        rereads += 1
        index = before
      }
    }
    try expectSign("(")
    let inner = try tableReference()
    try expectSign(")")
    guard let alias = try tableAlias() else { return inner }
    let select = SelectSyntax(
      items: [.wildcard(WildcardSyntax(range: inner.range))], from: [inner], range: inner.range)
    let query = QuerySyntax(body: .select(select), range: inner.range)
    return .query(query, isLateral: false, alias: alias, range(from: start))
  }

  /// Whether the token behind PIVOT begins a table: a table may be named pivot.
  private func isPivotInput(_ token: Token) -> Bool {
    switch token.kind {
    case .word: !Keywords.notTableAlias.contains(token.text) && !token.isWord("as")
    case .quotedName, .string: true
    default: token.isSign("(")
    }
  }

  private func tableFunction(
    _ name: QualifiedName, isLateral: Bool, _ start: Int
  ) throws(QueryError) -> TableReference {
    let call = try call(name)
    // Those of `iceberg('folder')` and its like are tables, which have a past.
    let clause = name.last.text.lowercased().hasPrefix("iceberg") ? try timeTravel() : nil
    let withOrdinality = takeWords("with", "ordinality") || takeWords("with", "offset")
    let alias = try tableAlias()
    return .function(
      TableFunctionSyntax(
        call: call, timeTravel: clause, isLateral: isLateral, withOrdinality: withOrdinality, alias: alias,
        range: range(from: start)))
  }

  /// Spark's `LATERAL VIEW [OUTER] explode(list) t AS x`.
  private func lateralView(_ left: TableReference) throws(QueryError) -> TableReference {
    var left = left
    while takeWords("lateral", "view") {
      let start = token.range.start
      let isOuter = takeWord("outer")
      let name = try qualifiedName("a function's name")
      let call = try call(name)
      var alias: TableAlias?
      if token.kind == .word || token.kind == .quotedName, !isWord("as"), !isWord("lateral") {
        let table = try identifier("an alias")
        let columns = takeWord("as") ? try commaList(columnName) : []
        alias = TableAlias(name: table, columns: columns)
      } else if takeWord("as") {
        let columns = try commaList(columnName)
        alias = TableAlias(name: columns[0], columns: columns)
      }
      let ordinality = name.last.text.lowercased().hasPrefix("pos")
      let function = TableFunctionSyntax(
        call: call, isLateral: true, withOrdinality: ordinality, alias: alias, range: range(from: start))
      left = .join(
        JoinSyntax(
          kind: isOuter ? .left : .cross, left: left, right: .function(function), condition: .none,
          range: left.range.union(function.range)))
    }
    return left
  }
}
