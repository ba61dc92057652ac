extension Parser {
  /// Parses a type, with any number of `[]` after it.
  func type() throws(QueryError) -> TypeSyntax {
    try nested { () throws(QueryError) in
      let start = token.range.start
      var type = try elementType()
      while isSign("[") {
        advance()
        if token.kind == .integer { advance() }
        try expectSign("]")
        type = TypeSyntax(kind: .list(type), range: range(from: start))
      }
      return type
    }
  }

  private func elementType() throws(QueryError) -> TypeSyntax {
    let start = token.range.start
    guard token.kind == .quotedName || (token.kind == .word && !Keywords.clauses.contains(token.text)) else {
      throw unexpected("a type")
    }
    let name = token.text.lowercased()
    switch name {
    case "array", "list":
      advance()
      guard let close = takeOpening() else {
        // `ARRAY` alone is no type; `INT ARRAY` is handled below.
        throw unexpected("\"<\" and the type of the elements")
      }
      let element = try type()
      let isRequired = takeWords("not", "null")
      try expectClosing(close)
      return TypeSyntax(kind: .list(element, isRequired: isRequired), range: range(from: start))
    case "map":
      advance()
      guard let close = takeOpening() else { throw unexpected("\"<\", key type and value type") }
      let key = try type()
      try expectSign(",")
      let value = try type()
      let isRequired = takeWords("not", "null")
      try expectClosing(close)
      return TypeSyntax(kind: .map(key, value, isRequired: isRequired), range: range(from: start))
    case "struct", "row":
      advance()
      guard let close = takeOpening() else { throw unexpected("\"<\" and fields") }
      var fields: [ColumnDefinition] = []
      repeat {
        let name = try label("a field's name")
        _ = takeSign(":")
        let field = try attributes(of: name, try type())
        guard !field.isPrimaryKey else {
          throw QueryError.unsupported(
            "PRIMARY KEY within a type", hint: "PRIMARY KEY (a.b) after the columns names a part of one",
            at: name.range)
        }
        fields.append(field)
      } while takeSign(",")
      try expectClosing(close)
      return TypeSyntax(kind: .struct(fields), range: range(from: start))
    default:
      return try scalarType(name, start)
    }
  }

  private func scalarType(_ first: String, _ start: Int) throws(QueryError) -> TypeSyntax {
    advance()
    var name = first
    if first == "double", takeWord("precision") { name = "double" }
    if first == "character" || first == "char", takeWord("varying") { name = "varchar" }
    var numbers: [Int] = []
    if isSign("("), peek().kind == .integer {
      advance()
      numbers = try commaList { () throws(QueryError) in try integer("a number") }
      try expectSign(")")
    }
    if first == "timestamp" || first == "time" || first == "timestamp_ns" {
      if takeWords("with", "time", "zone") || takeWords("with", "local", "time", "zone") {
        name = first == "timestamp_ns" ? "timestamptz_ns" : first + "tz"
      } else {
        _ = takeWords("without", "time", "zone")
      }
    }
    var result = TypeSyntax(kind: .named(name, numbers), range: range(from: start))
    if takeWord("array") { result = TypeSyntax(kind: .list(result), range: range(from: start)) }
    return result
  }

  /// Takes `<` or `(` and returns what closes it.
  private func takeOpening() -> String? {
    if takeSign("<") { return ">" }
    return takeSign("(") ? ")" : nil
  }

  /// `>>` closes two levels: it is cut in two.
  private func expectClosing(_ sign: String) throws(QueryError) {
    if sign == ">", isSign(">>") {
      tokens[index].text = ">"
      tokens[index].range.start += 1
      return
    }
    try expectSign(sign)
  }
}
