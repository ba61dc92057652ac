extension Parser {
  /// Parses one statement without its semicolon.
  func statement() throws(QueryError) -> StatementSyntax {
    try nested { () throws(QueryError) in
      let start = token.range.start
      let kind = try statementKind()
      return StatementSyntax(kind: kind, range: range(from: start))
    }
  }

  private func statementKind() throws(QueryError) -> StatementSyntax.Kind {
    if isSign("(") { return .query(try query()) }
    guard token.kind == .word else { throw unexpected("a statement") }
    switch token.text {
    case "select", "values", "from", "table": return .query(try query())
    case "with": return try withStatement()
    case "explain": return try explain()
    case "create": return try create()
    case "replace" where peek().isWord("table"): return try create()
    case "drop": return try drop()
    case "alter": return try alter()
    case "insert", "merge", "update", "delete", "truncate": return try change()
    case "call", "exec":
      advance()
      let name = try qualifiedName("a procedure's name")
      let arguments = isSign("(") ? try parenthesized { () throws(QueryError) in try argument() } : []
      return .call(name, arguments)
    case "optimize": return try optimize()
    case "vacuum":
      advance()
      _ = takeWord("table")
      return .vacuum(try qualifiedName("a table's name"))
    case "analyze": return try analyze()
    case "show": return try show()
    case "describe", "desc": return try describe()
    case "summarize":
      advance()
      if isQueryStart { return .summarize(try query()) }
      return .summarize(wholeTable(try qualifiedName("a table's name")))
    case "pivot": return .query(try pivotStatement())
    case "unpivot": return .query(try unpivotStatement())
    case "set": return try set()
    case "reset":
      advance()
      if takeWord("all") { return .reset(nil) }
      return .reset(try settingName())
    case "use":
      advance()
      _ = takeWord("namespace") || takeWord("schema") || takeWord("catalog") || takeWord("database")
      return .use(try qualifiedName("a namespace's name"))
    case "prepare": return try prepare()
    case "execute":
      advance()
      let name = try identifier("a prepared statement's name")
      let arguments = isSign("(") ? try parenthesized { () throws(QueryError) in try argument() } : []
      return .execute(name, arguments)
    case "deallocate":
      advance()
      _ = takeWord("prepare")
      if takeWord("all") { return .deallocate(nil) }
      return .deallocate(try identifier("a prepared statement's name"))
    case "copy", "unload": return try copy()
    case "comment": return try comment()
    default:
      if let error = unsupportedStatement() { throw error }
      throw unexpected("a statement")
    }
  }

  /// Statements that other engines know.
  private func unsupportedStatement() -> QueryError? {
    switch token.text {
    case "begin", "start", "commit", "rollback", "savepoint":
      QueryError.unsupported(
        "a transaction of several statements", hint: "every statement commits by itself", at: token.range)
    case "grant", "revoke": QueryError.unsupported("\(token.text.uppercased())", at: token.range)
    case "attach", "detach", "install", "load", "pragma", "import", "export", "refresh", "msck", "cache":
      QueryError.unsupported("\(token.text.uppercased())", at: token.range)
    default: nil
    }
  }

  /// `WITH … INSERT`: the WITH goes to the INSERT's query.
  private func withStatement() throws(QueryError) -> StatementSyntax.Kind { .query(try query()) }

  func wholeTable(_ name: QualifiedName) -> QuerySyntax {
    let table = NamedTableSyntax(name: name, range: name.range)
    let select = SelectSyntax(
      items: [.wildcard(WildcardSyntax(range: name.range))], from: [.named(table)], range: name.range)
    return QuerySyntax(body: .select(select), range: name.range)
  }

  private func explain() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    var isAnalyze = false
    var isVerbose = false
    if isSign("("), peek().kind == .word, !peek().isWord("select"), !peek().isWord("with") {
      for option in try parenthesized({ () throws(QueryError) in
        let option = try label("ANALYZE or VERBOSE").text.lowercased()
        if token.kind == .word { advance() }
        return option
      }) {
        isAnalyze = isAnalyze || option == "analyze"
        isVerbose = isVerbose || option == "verbose"
      }
    }
    while isWord("analyze") || isWord("verbose") || isWord("extended") || isWord("formatted")
      || isWord("logical")
    {
      if advance().text == "analyze" { isAnalyze = true } else { isVerbose = true }
    }
    return .explain(ExplainSyntax(isAnalyze: isAnalyze, isVerbose: isVerbose, statement: try statement()))
  }

  private func optimize() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    _ = takeWord("table")
    var optimize = OptimizeSyntax(
      table: try qualifiedName("a table's name"), strategy: nil, orderBy: [], condition: nil)
    if takeWord("rewrite") {
      try expectWord("data")
      if takeWord("using") { optimize.strategy = try identifier("BIN_PACK or SORT") }
    }
    if takeWord("zorder") {
      _ = takeWord("by")
      optimize.strategy = Identifier(text: "zorder", isQuoted: false, range: tokens[index - 1].range)
      let columns = isSign("(") ? try parenthesized(expression) : try commaList(expression)
      optimize.orderBy = columns.map { SortItemSyntax(expression: $0, descending: false, nullsFirst: nil) }
    } else if takeWords("order", "by") {
      optimize.orderBy = try commaList { () throws(QueryError) in try sortItem() }
    }
    if takeWord("where") { optimize.condition = try expression() }
    return .optimize(optimize)
  }

  private func analyze() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    _ = takeWord("table")
    let name = try qualifiedName("a table's name")
    var columns: [Identifier] = []
    if isSign("(") { columns = try parenthesized(columnName) }
    if takeWord("compute") {
      try expectWord("statistics")
      _ = takeWord("noscan")
      if takeWord("for") {
        if takeWord("all") {
          try expectWord("columns")
        } else {
          try expectWord("columns")
          columns = isSign("(") ? try parenthesized(columnName) : try commaList(columnName)
        }
      }
    }
    return .analyze(name, columns: columns)
  }

  private func show() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    if takeWord("all") { return .show(.settings) }
    if takeWord("tables") {
      var namespace: QualifiedName?
      if takeWord("from") || takeWord("in") { namespace = try qualifiedName("a namespace's name") }
      var like: String?
      if takeWord("like") || token.kind == .string { like = try string("a pattern") }
      return .show(.tables(namespace: namespace, like: like))
    }
    if takeWord("views") {
      let namespace = takeWord("from") || takeWord("in") ? try qualifiedName("a namespace's name") : nil
      return .show(.views(namespace: namespace))
    }
    if takeWord("namespaces") || takeWord("schemas") || takeWord("databases") { return .show(.namespaces) }
    if takeWord("catalogs") { return .show(.catalogs) }
    if takeWord("settings") || takeWord("session") { return .show(.settings) }
    if takeWord("procedures") { return .show(.procedures) }
    if takeWord("functions") {
      let like = takeWord("like") || token.kind == .string ? try string("a pattern") : nil
      return .show(.functions(like: like))
    }
    if isWord("columns"), peek().isWord("from") || peek().isWord("in") {
      index += 2
      return .show(.columns(try qualifiedName("a table's name")))
    }
    if isWord("partitions"), peek().kind != .end, !peek().isSign(";") {
      advance()
      _ = takeWord("from") || takeWord("in")
      return .show(.partitions(try qualifiedName("a table's name")))
    }
    if takeWords("create", "table") || takeWords("create", "view") {
      return .show(.createTable(try qualifiedName("a table's name")))
    }
    if takeWord("tblproperties") { return .show(.properties(try qualifiedName("a table's name"))) }
    return .show(.setting(try settingName()))
  }

  private func describe() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    if isQueryStart || isSign("(") { return .describeQuery(try query()) }
    _ = takeWord("table") || takeWord("view")
    var isExtended = false
    while isWord("extended") || isWord("formatted"), peek().kind == .word || peek().kind == .quotedName {
      advance()
      isExtended = true
    }
    return .describe(try qualifiedName("a table's name or a query"), isExtended: isExtended)
  }

  // Settings and prepared statements

  private func settingName() throws(QueryError) -> Identifier {
    var name = try label("a setting's name")
    if name.text.lowercased() == "time", takeWord("zone") { name.text = "timezone" }
    while isSign("."), peek().kind == .word {
      advance()
      name.text += "." + (try label().text)
    }
    name.range.end = lastEnd
    return name
  }

  private func set() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    if isWord("session") || isWord("local") || isWord("global"), peek().kind == .word { advance() }
    let isTimeZone = areWords("time", "zone")
    let name = try settingName()
    guard takeSign("=") || takeWord("to") || isTimeZone else { throw unexpected("= or TO") }
    let start = token.range.start
    let value = try settingValue()
    guard isSign(",") else { return .set(name, value) }
    // `SET disabled_optimizer_rules = a, b` is one text.
    while takeSign(",") { _ = try label() }
    return .set(name, .word(text(range(from: start))))
  }

  func settingValue() throws(QueryError) -> SettingValue {
    if isWord("default"), !peek().isSign("(") {
      advance()
      return .toDefault
    }
    let isWordAlone = token.kind == .word && (peek().kind == .end || [";", ",", ")"].contains(peek().text))
    if isWordAlone, !["null"].contains(token.text), !Keywords.valueFunctions.contains(token.text) {
      return .word(text(advance().range))
    }
    return .expression(try expression())
  }

  private func prepare() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    let name = try identifier("a name for the statement")
    let types = isSign("(") ? try parenthesized(type) : []
    guard takeWord("as") || takeWord("from") else { throw unexpected("AS") }
    return .prepare(name, try statement(), parameterTypes: types)
  }

  // COPY and COMMENT

  private func copy() throws(QueryError) -> StatementSyntax.Kind {
    let isUnload = advance().text == "unload"
    let source: CopySyntax.Source
    if isSign("(") {
      advance()
      source = .query(try query())
      try expectSign(")")
    } else {
      let name = try qualifiedName("a table's name or a query in parentheses")
      let columns = isSign("(") ? try parenthesized(columnName) : []
      source = .table(name, columns: columns)
    }
    let isFrom = !isUnload && takeWord("from")
    if !isFrom { try expectWord("to") }
    var copy = CopySyntax(source: source, isFrom: isFrom, path: try string("a file's path"), options: [])
    _ = takeWord("with")
    if isSign("(") {
      copy.options = try parenthesized { () throws(QueryError) in
        let name = try label("an option's name")
        _ = takeSign("=")
        if isSign(",") || isSign(")") { return (name: name, value: SettingValue.word("true")) }
        return (name: name, value: try settingValue())
      }
    }
    return .copy(copy)
  }

  private func comment() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    try expectWord("on")
    let kind: CommentSyntax.Kind
    if takeWord("table") {
      kind = .table
    } else if takeWord("view") {
      kind = .view
    } else if takeWord("column") {
      kind = .column
    } else {
      throw unexpected("TABLE, VIEW or COLUMN")
    }
    let name = try qualifiedName("a name")
    try expectWord("is")
    let text = takeWord("null") ? nil : try string("a string or NULL")
    return .comment(CommentSyntax(kind: kind, name: name, text: text))
  }
}

extension ExpressionSyntax {
  /// Whether the expression is a string literal.
  var isString: Bool {
    if case .string = kind { return true }
    return false
  }
}
