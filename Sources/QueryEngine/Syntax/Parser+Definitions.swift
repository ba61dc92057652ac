/// CREATE and DROP.
extension Parser {
  func create() throws(QueryError) -> StatementSyntax.Kind {
    let isReplace = advance().text == "replace"
    let orReplace = takeWords("or", "replace") || isReplace
    let isTemporary = takeWord("temporary") || takeWord("temp")
    let isExternal = takeWord("external")
    if takeWord("table") {
      return .createTable(
        try createTable(orReplace: orReplace, isTemporary: isTemporary, isExternal: isExternal))
    }
    if takeWord("view") { return .createView(try createView(orReplace: orReplace, isTemporary: isTemporary)) }
    if takeWord("namespace") || takeWord("schema") || takeWord("database") {
      let ifNotExists = takeWords("if", "not", "exists")
      return .createNamespace(try qualifiedName("a namespace's name"), ifNotExists: ifNotExists)
    }
    for word in ["macro", "function", "index", "sequence", "type", "materialized", "secret"]
    where isWord(word) {
      throw QueryError.unsupported("CREATE \(word.uppercased())", at: token.range)
    }
    throw unexpected("TABLE, VIEW or NAMESPACE")
  }

  private func createTable(
    orReplace: Bool, isTemporary: Bool, isExternal: Bool
  ) throws(QueryError) -> CreateTableSyntax {
    let ifNotExists = takeWords("if", "not", "exists")
    var create = CreateTableSyntax(
      name: try qualifiedName("a table's name"), orReplace: orReplace, isTemporary: isTemporary,
      isExternal: isExternal, ifNotExists: ifNotExists)
    if isSign("("), !isQueryInParentheses { try columnDefinitions(&create) }
    try tableClauses(&create)
    if takeWord("as") || isQueryStart || isSign("(") {
      create.query = try query()
      if takeWords("with", "no", "data") {
        create.query?.limit = LimitSyntax(
          count: ExpressionSyntax(kind: .integer("0"), range: range(from: lastEnd)),
          range: range(from: lastEnd))
      } else {
        _ = takeWords("with", "data")
      }
    } else if create.columns.isEmpty, !isExternal {
      throw unexpected("a list of columns or AS SELECT")
    }
    return create
  }

  private var isQueryInParentheses: Bool {
    var offset = 0
    while peek(offset).isSign("(") { offset += 1 }
    return peek(offset).isWord("select") || peek(offset).isWord("with")
  }

  private func columnDefinitions(_ create: inout CreateTableSyntax) throws(QueryError) {
    try expectSign("(")
    repeat {
      if isSign(")") { break }
      if takeWord("primary") {
        try expectWord("key")
        create.primaryKey = try parenthesized(columnName)
      } else if isWord("constraint") || isWord("unique") || isWord("check") || isWord("foreign") {
        throw QueryError.unsupported(
          "a \(token.text.uppercased()) constraint", hint: "Iceberg knows NOT NULL and identifier fields",
          at: token.range)
      } else {
        create.columns.append(try columnDefinition())
      }
    } while takeSign(",")
    try expectSign(")")
    create.primaryKey += create.columns.filter(\.isPrimaryKey).map(\.name)
  }

  func columnDefinition() throws(QueryError) -> ColumnDefinition {
    let name = try label("a column's name")
    if isSign(",") || isSign(")") { throw unexpected("a type") }
    return try attributes(of: name, try type())
  }

  /// What stands after the type of a column or of a struct's field.
  func attributes(of name: Identifier, _ type: TypeSyntax) throws(QueryError) -> ColumnDefinition {
    var column = ColumnDefinition(name: name, type: type, isRequired: false, isPrimaryKey: false)
    while true {
      if takeWords("not", "null") {
        column.isRequired = true
      } else if takeWord("null") {
        column.isRequired = false
      } else if takeWord("default") {
        column.defaultValue = try expression(.other)
      } else if takeWord("comment") {
        column.comment = try string("a comment")
      } else if takeWords("primary", "key") {
        column.isPrimaryKey = true
        column.isRequired = true
      } else if isWord("generated") || isWord("check") || isWord("references") || isWord("unique") {
        throw QueryError.unsupported(
          "\(token.text.uppercased()) of a column", at: token.range)
      } else {
        return column
      }
    }
  }

  /// USING, PARTITIONED BY, TBLPROPERTIES, COMMENT, LOCATION … in any order.
  private func tableClauses(_ create: inout CreateTableSyntax) throws(QueryError) {
    while token.kind == .word {
      switch token.text {
      case "using":
        advance()
        create.format = try identifier("a format such as iceberg")
      case "partitioned", "partition":
        advance()
        try expectWord("by")
        create.partitionedBy = try partitionFields()
      case "clustered", "ordered", "sorted":
        advance()
        try expectWord("by")
        create.sortedBy = try parenthesized { () throws(QueryError) in try sortField() }
      case "tblproperties", "options":
        advance()
        create.properties += try properties()
      case "with" where peek().isSign("("):
        advance()
        create.properties += try properties()
      case "comment":
        advance()
        _ = takeSign("=")
        create.comment = try string("a comment")
      case "location":
        advance()
        create.location = try string("a location")
      case "stored":
        advance()
        try expectWord("as")
        create.format = try identifier("a format")
      default: return
      }
    }
  }

  /// `('key' = 'value', …)`; keys may be words with dots and dashes inside quotes.
  func properties() throws(QueryError) -> [(key: String, value: String)] {
    try parenthesized { () throws(QueryError) in
      let key = try propertyKey()
      guard takeSign("=") || takeSign("=>") else { throw unexpected("\"=\"") }
      switch token.kind {
      case .string, .integer, .decimal, .float: return (key: key, value: advance().text)
      case .word: return (key: key, value: advance().text)
      case .sign where isSign("-") && peek().kind == .integer:
        advance()
        return (key: key, value: "-" + advance().text)
      default: throw unexpected("a value")
      }
    }
  }

  func propertyKey() throws(QueryError) -> String {
    if token.kind == .string { return advance().text }
    var key = try label("a property's name").text
    while isSign(".") || isSign("-") {
      key += advance().text
      key += try label("a property's name").text
    }
    return key
  }

  func partitionFields() throws(QueryError) -> [PartitionFieldSyntax] {
    try parenthesized { () throws(QueryError) in try partitionField() }
  }

  /// `column`, `bucket(16, column)`, `truncate(column, 10)`, `days(column)`, each with `AS name`.
  func partitionField() throws(QueryError) -> PartitionFieldSyntax {
    let start = token.range.start
    var field: PartitionFieldSyntax
    if token.kind == .word, peek().isSign("(") {
      let transform = try label()
      try expectSign("(")
      var argument: Int?
      if token.kind == .integer {
        argument = try integer("a number")
        try expectSign(",")
      }
      let column = try qualifiedName("a column's name")
      if takeSign(",") { argument = try integer("a number") }
      try expectSign(")")
      field = PartitionFieldSyntax(
        transform: Identifier(
          text: transform.text.lowercased(), isQuoted: false, range: transform.range), argument: argument,
        column: column, range: range(from: start))
    } else {
      let column = try qualifiedName("a column or a transform of one")
      field = PartitionFieldSyntax(column: column, range: range(from: start))
    }
    if takeWord("as") { field.name = try label("a partition field's name") }
    field.range = range(from: start)
    return field
  }

  func sortField() throws(QueryError) -> SortFieldSyntax {
    let field = try partitionField()
    let (descending, nullsFirst) = try direction()
    return SortFieldSyntax(field: field, descending: descending, nullsFirst: nullsFirst)
  }

  func drop() throws(QueryError) -> StatementSyntax.Kind {
    advance()
    let kind: DropSyntax.Kind
    if takeWord("table") {
      kind = .table
    } else if takeWord("view") {
      kind = .view
    } else if takeWord("namespace") || takeWord("schema") || takeWord("database") {
      kind = .namespace
    } else {
      throw unexpected("TABLE, VIEW or NAMESPACE")
    }
    let ifExists = takeWords("if", "exists")
    let name = try qualifiedName("a name")
    var drop = DropSyntax(kind: kind, name: name, ifExists: ifExists, isPurge: false, isCascade: false)
    while true {
      if takeWord("purge") {
        drop.isPurge = true
      } else if takeWord("cascade") {
        drop.isCascade = true
      } else if !takeWord("restrict") {
        return .drop(drop)
      }
    }
  }
}
