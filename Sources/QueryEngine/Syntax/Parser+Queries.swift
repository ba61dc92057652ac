extension Parser {
  /// Parses a query with its WITH, set operations, ORDER BY and LIMIT.
  func query() throws(QueryError) -> QuerySyntax {
    try nested { () throws(QueryError) in
      let start = token.range.start
      let with = isWord("with") ? try withClause() : nil
      let first = try queryTerm()
      return try queryRest(first, with: with, from: start)
    }
  }

  /// What may follow the first SELECT of a query.
  func queryRest(
    _ first: QueryBody, with: WithSyntax?, from start: Int
  ) throws(QueryError) -> QuerySyntax {
    let body = try setOperations(first, from: start)
    var query = QuerySyntax(with: with, body: body, orderBy: nil, limit: nil, range: range(from: start))
    if takeWords("order", "by") { query.orderBy = try orderBy() }
    query.limit = try limit()
    if query.orderBy == nil, query.limit != nil, areWords("order", "by") {
      throw QueryError(.syntaxError, "ORDER BY stands before LIMIT", at: token.range.union(peek().range))
    }
    query.range = range(from: start)
    return query
  }

  private func withClause() throws(QueryError) -> WithSyntax {
    advance()
    let isRecursive = takeWord("recursive")
    let tables = try commaList { () throws(QueryError) in
      let name = try identifier("a name for the query")
      let columns = isSign("(") ? try parenthesized(columnName) : []
      try expectWord("as")
      var isMaterialized: Bool?
      if takeWord("materialized") { isMaterialized = true }
      if takeWords("not", "materialized") { isMaterialized = false }
      try expectSign("(")
      let query = try query()
      try expectSign(")")
      return CommonTableSyntax(name: name, columns: columns, isMaterialized: isMaterialized, query: query)
    }
    return WithSyntax(isRecursive: isRecursive, tables: tables)
  }

  func columnName() throws(QueryError) -> Identifier { try label("a column's name") }

  /// INTERSECT binds tighter than UNION and EXCEPT, which go from left to right.
  private func setOperations(_ first: QueryBody, from start: Int) throws(QueryError) -> QueryBody {
    var left = try intersections(first, from: start)
    var chain = 0
    while isWord("union") || isWord("except") || isWord("minus") {
      let operation: SetOperationSyntax.Operator = advance().text == "union" ? .union : .except
      left = try joined(left, operation, from: start) { () throws(QueryError) in
        let branchStart = token.range.start
        return try intersections(try queryTerm(), from: branchStart)
      }
      chain += 1
      guard chain <= 10 * Parser.maximumChain else { throw tooDeep() }
    }
    return left
  }

  private func intersections(_ first: QueryBody, from start: Int) throws(QueryError) -> QueryBody {
    var left = first
    var chain = 0
    while takeWord("intersect") {
      left = try joined(left, .intersect, from: start) { () throws(QueryError) in try queryTerm() }
      chain += 1
      guard chain <= Parser.maximumChain else { throw tooDeep() }
    }
    return left
  }

  private func joined(
    _ left: QueryBody, _ operation: SetOperationSyntax.Operator, from start: Int,
    _ branch: () throws(QueryError) -> QueryBody
  ) throws(QueryError) -> QueryBody {
    var isAll = takeWord("all")
    if !isAll { _ = takeWord("distinct") }
    let byName = takeWords("by", "name")
    if byName, !isAll { isAll = takeWord("all") }
    let right = try branch()
    // `a UNION ALL b UNION ALL c` is one node, so that long chains are no deep trees.
    if case .setOperation(var before) = left, before.operation == operation, before.isAll == isAll,
      before.byName == byName, operation == .union
    {
      before.branches.append(right)
      before.range = range(from: start)
      return .setOperation(before)
    }
    try countDepth(left)
    return .setOperation(
      SetOperationSyntax(
        operation: operation, isAll: isAll, byName: byName, branches: [left, right],
        range: range(from: start)))
  }

  private func countDepth(_ body: QueryBody) throws(QueryError) {
    var depth = 0
    var current = body
    while case .setOperation(let operation) = current {
      depth += 1
      guard depth < Parser.maximumDepth, let first = operation.branches.first else { throw tooDeep() }
      current = first
    }
  }

  var isSetOperator: Bool {
    isWord("union") || isWord("intersect") || isWord("except") || isWord("minus")
  }

  /// A SELECT, VALUES, TABLE or a query in parentheses.
  private func queryTerm() throws(QueryError) -> QueryBody {
    let start = token.range.start
    if takeSign("(") {
      let query = try query()
      try expectSign(")")
      return .nested(query)
    }
    if isWord("select") || isWord("from") { return .select(try select()) }
    if takeWord("values") {
      let rows = try commaList { () throws(QueryError) in
        guard isSign("(") else { return [try expression()] }
        return try parenthesized(expression)
      }
      return .values(rows, range(from: start))
    }
    if takeWord("table") {
      let name = try qualifiedName("a table's name")
      let table = NamedTableSyntax(name: name, range: range(from: start))
      return .select(
        SelectSyntax(
          items: [.wildcard(WildcardSyntax(range: name.range))], from: [.named(table)],
          range: range(from: start)))
    }
    throw unexpected("SELECT, VALUES or a query in parentheses")
  }

  private func select() throws(QueryError) -> SelectSyntax {
    let start = token.range.start
    var select = SelectSyntax(items: [], range: SourceRange(start, start))
    if takeWord("from") {
      select.from = try commaList(tableReference)
      if isWord("select") {
        advance()
        try selectList(&select)
      } else {
        select.items = [.wildcard(WildcardSyntax(range: SourceRange(start, start + 4)))]
      }
    } else {
      try expectWord("select")
      try selectList(&select)
      if takeWord("into") {
        throw QueryError.unsupported("SELECT INTO", hint: "CREATE TABLE name AS SELECT …", at: token.range)
      }
      if takeWord("from") {
        // A comma before FROM is forgiven in the list; here a table must follow.
        select.from = try commaList(tableReference)
      }
    }
    if takeWord("where") { select.condition = try expression() }
    if takeWords("group", "by") { select.groupBy = try groupBy() }
    if takeWord("having") { select.having = try expression() }
    while true {
      if isWord("window"), peek().kind == .word || peek().kind == .quotedName, peek(2).isWord("as") {
        advance()
        select.windows += try commaList { () throws(QueryError) in
          let name = try identifier("a window's name")
          try expectWord("as")
          return (name: name, window: try window())
        }
      } else if takeWord("qualify") {
        select.qualify = try expression()
      } else if areWords("using", "sample") {
        index += 2
        select.sample = try sample()
      } else {
        break
      }
    }
    select.range = range(from: start)
    return select
  }

  private func selectList(_ select: inout SelectSyntax) throws(QueryError) {
    if takeWord("distinct") {
      if takeWord("on") {
        select.distinct = .on(try parenthesized(expression))
      } else {
        select.distinct = .yes
      }
    } else {
      _ = takeWord("all")
    }
    if isWord("from") { throw unexpected("an expression or *") }
    select.items = try commaList(selectItem)
  }

  func selectItem() throws(QueryError) -> SelectItem {
    let expression = try expression()
    if case .wildcard(let wildcard) = expression.kind { return .wildcard(wildcard) }
    return .expression(expression, alias: try alias(Keywords.notColumnAlias))
  }

  /// `AS name`, or a name that is none of `excluded`.
  func alias(_ excluded: Set<String>) throws(QueryError) -> Identifier? {
    if takeWord("as") {
      if token.kind == .string {
        throw QueryError(
          .syntaxError, "a string is no name", hint: "a quoted name is written \"\(token.text)\"",
          at: token.range)
      }
      return try label("an alias")
    }
    switch token.kind {
    case .quotedName: return try label()
    case .word where !excluded.contains(token.text) && timeTravelHead() == nil: return try label()
    default: return nil
    }
  }

  /// EXCLUDE, REPLACE and RENAME after a star.
  func wildcardRest(_ qualifier: QualifiedName?, _ start: Int) throws(QueryError) -> WildcardSyntax {
    var wildcard = WildcardSyntax(qualifier: qualifier, range: range(from: start))
    while true {
      if isWord("exclude") || (isWord("except") && (peek().isSign("(") && !isQueryToken(peek(2)))) {
        advance()
        let names: [QualifiedName]
        if isSign("(") {
          names = try parenthesized { () throws(QueryError) in try qualifiedName("a column's name") }
        } else {
          names = [try qualifiedName("a column's name")]
        }
        wildcard.excluded += names
      } else if isWord("replace"), peek().isSign("(") {
        advance()
        wildcard.replaced += try parenthesized { () throws(QueryError) in
          let expression = try expression()
          try expectWord("as")
          return (expression: expression, name: try label("a column's name"))
        }
      } else if isWord("rename") {
        advance()
        func one() throws(QueryError) -> (from: QualifiedName, to: Identifier) {
          let from = try qualifiedName("a column's name")
          try expectWord("as")
          return (from: from, to: try label("a column's name"))
        }
        wildcard.renamed += isSign("(") ? try parenthesized(one) : [try one()]
      } else {
        break
      }
    }
    wildcard.range = range(from: start)
    return wildcard
  }

  private func isQueryToken(_ token: Token) -> Bool {
    token.isWord("select") || token.isWord("with") || token.isWord("values") || token.isWord("from")
      || token.isSign("(")
  }

  // GROUP BY

  private func groupBy() throws(QueryError) -> GroupBySyntax {
    if isWord("all"), !peek().isSign(","), !peek().isSign(".") {
      advance()
      return GroupBySyntax(isAll: true)
    }
    var groupBy = GroupBySyntax(elements: try commaList(groupElement))
    if areWords("with", "rollup") || areWords("with", "cube") {
      let isCube = peek().isWord("cube")
      index += 2
      let lists = groupBy.elements.map { element -> [ExpressionSyntax] in
        switch element {
        case .expression(let expression): [expression]
        case .list(let list): list
        default: []
        }
      }
      groupBy.elements = [isCube ? .cube(lists) : .rollup(lists)]
    }
    return groupBy
  }

  private func groupElement() throws(QueryError) -> GroupBySyntax.Element {
    try nested { () throws(QueryError) in
      if isWord("rollup"), peek().isSign("(") {
        advance()
        return .rollup(try parenthesized(groupList))
      }
      if isWord("cube"), peek().isSign("(") {
        advance()
        return .cube(try parenthesized(groupList))
      }
      if takeWords("grouping", "sets") {
        return .sets(try parenthesized(groupElement))
      }
      if isSign("("), peek().isSign(")") {
        index += 2
        return .list([])
      }
      let expression = try expression()
      if case .row(let list) = expression.kind { return .list(list) }
      return .expression(expression)
    }
  }

  /// One expression, or several in parentheses that count as one.
  private func groupList() throws(QueryError) -> [ExpressionSyntax] {
    let expression = try expression()
    if case .row(let list) = expression.kind { return list }
    return [expression]
  }

  // ORDER BY and LIMIT

  func orderBy() throws(QueryError) -> OrderBySyntax {
    if isWord("all"), !peek().isSign(","), !peek().isSign(".") {
      advance()
      let (descending, nullsFirst) = try direction()
      return .all(descending: descending, nullsFirst: nullsFirst)
    }
    return .items(try commaList { () throws(QueryError) in try sortItem() })
  }

  /// Whether `25 %` is at hand, behind which no operand of `%` stands.
  private var isPercentage: Bool {
    guard token.kind == .integer || token.kind == .decimal, peek().isSign("%") else { return false }
    return ![.integer, .decimal, .float].contains(peek(2).kind) && !peek(2).isSign("(")
  }

  private func limit() throws(QueryError) -> LimitSyntax? {
    let start = token.range.start
    var limit = LimitSyntax(range: SourceRange(start, start))
    var found = false
    while true {
      if takeWord("limit") {
        found = true
        if takeWord("all") || takeWord("null") { continue }
        limit.count = isPercentage ? try expression(.power) : try expression(.other)
        if isSign("%") || isWord("percent") {
          advance()
          limit.isPercent = true
        }
        if takeSign(",") {
          limit.offset = limit.count
          limit.count = try expression(.other)
        }
      } else if takeWord("offset") {
        found = true
        limit.offset = try expression(.other)
        _ = takeWord("rows") || takeWord("row")
      } else if takeWord("fetch") {
        found = true
        guard takeWord("first") || takeWord("next") else { throw unexpected("FIRST or NEXT") }
        if isWord("row") || isWord("rows") {
          limit.count = ExpressionSyntax(kind: .integer("1"), range: token.range)
        } else {
          limit.count = try expression(.other)
          if takeWord("percent") { limit.isPercent = true }
        }
        guard takeWord("row") || takeWord("rows") else { throw unexpected("ROWS") }
        if takeWords("with", "ties") {
          limit.withTies = true
        } else {
          try expectWord("only")
        }
      } else {
        break
      }
    }
    guard found else { return nil }
    limit.range = range(from: start)
    return limit
  }

  /// What follows TABLESAMPLE or USING SAMPLE.
  func sample() throws(QueryError) -> SampleSyntax {
    let start = token.range.start
    var method: Identifier?
    if token.kind == .word { method = try identifier("a sampling method or a number") }
    let parenthesized = takeSign("(")
    let amount = try expression(.power)
    var isPercent = method != nil
    if isSign("%") || isWord("percent") {
      advance()
      isPercent = true
    } else if takeWord("rows") {
      isPercent = false
    }
    if parenthesized { try expectSign(")") }
    if method == nil, isSign("("), peek().kind == .word {
      advance()
      method = try identifier("a sampling method")
      try expectSign(")")
    }
    var seed: ExpressionSyntax?
    if takeWord("repeatable") || takeWord("seed") {
      try expectSign("(")
      seed = try expression()
      try expectSign(")")
    }
    return SampleSyntax(
      amount: amount, isPercent: isPercent, method: method, seed: seed, range: range(from: start))
  }
}
