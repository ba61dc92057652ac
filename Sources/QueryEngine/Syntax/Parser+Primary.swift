extension Parser {
  /// Whether a query begins here, in parentheses or not.
  var isQueryStart: Bool {
    guard token.kind == .word else { return false }
    switch token.text {
    case "select", "with", "values": return peek().kind != .sign || !peek().isSign(".")
    case "from": return true
    default: return false
    }
  }

  /// Parses an operand without operators.
  func primary() throws(QueryError) -> ExpressionSyntax {
    let start = token.range.start
    func made(_ kind: ExpressionSyntax.Kind) -> ExpressionSyntax {
      ExpressionSyntax(kind: kind, range: range(from: start))
    }
    switch token.kind {
    case .integer: return made(.integer(advance().text))
    case .decimal: return made(.decimal(advance().text))
    case .float: return made(.float(advance().text))
    case .string: return made(.string(advance().text))
    case .binary: return made(.bytes(try hexadecimal()))
    case .parameter: return made(.parameter(parameter(advance().text)))
    case .sign: return try signPrimary(start)
    case .quotedName: return try named(start)
    case .word: return try wordPrimary(start)
    case .end: throw unexpected("an expression")
    }
  }

  private func hexadecimal() throws(QueryError) -> [UInt8] {
    let taken = advance()
    let digits = Array(taken.text.utf8)
    var bytes: [UInt8] = []
    var offset = 0
    while offset + 1 < digits.count {
      guard let byte = UInt8(String(decoding: digits[offset...offset + 1], as: UTF8.self), radix: 16) else {
        break
      }
      bytes.append(byte)
      offset += 2
    }
    guard offset == digits.count else {
      throw QueryError(
        .syntaxError, "a binary literal holds pairs of hexadecimal digits", at: taken.range)
    }
    return bytes
  }

  private func parameter(_ text: String) -> ParameterSyntax {
    if text.isEmpty {
      anonymousParameters += 1
      return ParameterSyntax(number: anonymousParameters, name: nil)
    }
    if let number = Int(text) { return ParameterSyntax(number: number, name: nil) }
    return ParameterSyntax(number: nil, name: text)
  }

  private func signPrimary(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    switch token.text {
    case "(": return try parenthesis(start)
    case "[": return try bracket(start)
    case "{":
      advance()
      var fields: [(name: Identifier, value: ExpressionSyntax)] = []
      if !isSign("}") {
        fields = try commaList { () throws(QueryError) in try structField() }
      }
      try expectSign("}")
      return ExpressionSyntax(kind: .structure(fields), range: range(from: start))
    case ":" where peek().kind == .word:
      advance()
      let name = try label()
      return ExpressionSyntax(
        kind: .parameter(ParameterSyntax(number: nil, name: name.text)), range: range(from: start))
    case "*":
      advance()
      return ExpressionSyntax(
        kind: .wildcard(try wildcardRest(nil, start)), range: range(from: start))
    default: throw unexpected("an expression")
    }
  }

  private func structField() throws(QueryError) -> (name: Identifier, value: ExpressionSyntax) {
    let name: Identifier
    if token.kind == .string {
      let taken = advance()
      name = Identifier(text: taken.text, isQuoted: true, range: taken.range)
    } else {
      name = try label("a field's name")
    }
    try expectSign(":")
    return (name, try expression())
  }

  /// `(query)`, `(expression)`, `(row, value)`, `(x, y) -> body`.
  private func parenthesis(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    try expectSign("(")
    if isQueryStart {
      let query = try query()
      try expectSign(")")
      return ExpressionSyntax(kind: .subquery(query), range: range(from: start))
    }
    if isSign(")"), peek().isSign("->") {
      advance()
      advance()
      return ExpressionSyntax(kind: .lambda([], try expression()), range: range(from: start))
    }
    let first = try expression()
    if case .subquery(let query) = first.kind, isSetOperator || isWord("order") || isWord("limit") {
      let whole = try queryRest(.nested(query), with: nil, from: first.range.start)
      try expectSign(")")
      return ExpressionSyntax(kind: .subquery(whole), range: range(from: start))
    }
    guard isSign(",") else {
      try expectSign(")")
      if isSign("->"), let name = first.simpleName, inLambdaArguments {
        advance()
        return ExpressionSyntax(kind: .lambda([name], try expression()), range: range(from: start))
      }
      // The range takes in the parentheses, so that carets do.
      return ExpressionSyntax(kind: first.kind, range: range(from: start))
    }
    var values = [first]
    while takeSign(",") {
      if isSign(")") { break }
      values.append(try expression())
    }
    try expectSign(")")
    if isSign("->") {
      var names: [Identifier] = []
      for value in values {
        guard let name = value.simpleName else {
          return ExpressionSyntax(kind: .row(values), range: range(from: start))
        }
        names.append(name)
      }
      advance()
      return ExpressionSyntax(kind: .lambda(names, try expression()), range: range(from: start))
    }
    return ExpressionSyntax(kind: .row(values), range: range(from: start))
  }

  /// `[1, 2]` or `[f(x) for x in list if condition]`.
  private func bracket(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    try expectSign("[")
    if takeSign("]") { return ExpressionSyntax(kind: .array([]), range: range(from: start)) }
    let first = try expression()
    if takeWord("for") {
      let variable = try identifier("a variable's name")
      try expectWord("in")
      let list = try expression()
      let condition = takeWord("if") ? try expression() : nil
      try expectSign("]")
      return ExpressionSyntax(
        kind: .listComprehension(first, variable: variable, list: list, condition: condition),
        range: range(from: start))
    }
    var elements = [first]
    while takeSign(",") {
      if isSign("]") { break }
      elements.append(try expression())
    }
    try expectSign("]")
    return ExpressionSyntax(kind: .array(elements), range: range(from: start))
  }

  private func wordPrimary(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    func made(_ kind: ExpressionSyntax.Kind) -> ExpressionSyntax {
      ExpressionSyntax(kind: kind, range: range(from: start))
    }
    let next = peek()
    switch token.text {
    case "null":
      advance()
      return made(.null)
    case "true":
      advance()
      return made(.boolean(true))
    case "false":
      advance()
      return made(.boolean(false))
    case "default" where !next.isSign("("):
      advance()
      return made(.defaultValue)
    case "case": return try caseForm(start)
    case "cast" where next.isSign("("), "try_cast" where next.isSign("("): return try castForm(start)
    case "extract" where next.isSign("("): return try extractForm(start)
    case "exists" where next.isSign("(") && isQueryWord(peek(2)):
      advance()
      advance()
      let query = try query()
      try expectSign(")")
      return made(.exists(query))
    case "interval":
      if let interval = try intervalForm(start) { return interval }
    case "array" where next.isSign("["):
      advance()
      return try bracket(start)
    case "array" where next.isSign("(") && isQueryWord(peek(2)):
      advance()
      advance()
      let query = try query()
      try expectSign(")")
      return made(.arraySubquery(query))
    case "map" where next.isSign("{"): return try mapForm(start)
    case "row" where next.isSign("("):
      advance()
      return made(.row(try parenthesized(expression)))
    case "columns" where next.isSign("("):
      advance()
      advance()
      let outer = inLambdaArguments
      inLambdaArguments = true
      defer { inLambdaArguments = outer }
      let pattern = try expression()
      try expectSign(")")
      return made(.columns(pattern))
    case "lambda" where next.kind == .word && (peek(2).isSign(":") || peek(2).isSign(",")):
      advance()
      let names = try commaList { () throws(QueryError) in try identifier("a parameter") }
      try expectSign(":")
      return made(.lambda(names, try expression()))
    default: break
    }
    if let literal = try typedLiteral(start) { return literal }
    return try named(start)
  }

  private func isQueryWord(_ token: Token) -> Bool {
    token.isWord("select") || token.isWord("with") || token.isWord("from") || token.isWord("values")
  }

  private func caseForm(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    advance()
    let operand = isWord("when") ? nil : try expression()
    var branches: [CaseBranchSyntax] = []
    while takeWord("when") {
      let condition = try expression()
      try expectWord("then")
      branches.append(CaseBranchSyntax(condition: condition, result: try expression()))
    }
    guard !branches.isEmpty else { throw unexpected("WHEN") }
    let otherwise = takeWord("else") ? try expression() : nil
    try expectWord("end")
    return ExpressionSyntax(
      kind: .case(operand: operand, branches: branches, otherwise: otherwise), range: range(from: start))
  }

  private func castForm(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    let isTry = advance().text == "try_cast"
    try expectSign("(")
    let operand = try expression()
    try expectWord("as")
    let type = try type()
    try expectSign(")")
    return ExpressionSyntax(kind: .cast(operand, type, isTry: isTry), range: range(from: start))
  }

  private func extractForm(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    advance()
    try expectSign("(")
    let field: Identifier
    if token.kind == .string {
      let taken = advance()
      field = Identifier(text: taken.text, isQuoted: true, range: taken.range)
    } else {
      field = try label("a field such as hour")
    }
    guard takeWord("from") || takeSign(",") else { throw unexpected("FROM") }
    let operand = try expression()
    try expectSign(")")
    return ExpressionSyntax(kind: .extract(field, operand), range: range(from: start))
  }

  /// `INTERVAL '7' DAY` and its forms; `nil` when `interval` is a name here.
  private func intervalForm(_ start: Int) throws(QueryError) -> ExpressionSyntax? {
    let next = peek()
    let isLiteral: Bool
    switch next.kind {
    case .string, .integer, .decimal, .parameter: isLiteral = true
    case .sign: isLiteral = next.text == "(" || (next.text == "-" && peek(2).kind == .integer)
    case .word: isLiteral = peek(2).kind == .word && Keywords.intervalUnits.contains(peek(2).text)
    default: isLiteral = false
    }
    guard isLiteral else { return nil }
    advance()
    let value = try expression(.power)
    var unit: Identifier?
    var to: Identifier?
    if token.kind == .word, Keywords.intervalUnits.contains(token.text) {
      unit = try label()
      if isWord("to"), Keywords.intervalUnits.contains(peek().text) {
        advance()
        to = try label()
      }
    } else if case .string = value.kind {
    } else if case .parameter = value.kind {
    } else {
      throw unexpected("a unit such as DAY")
    }
    return ExpressionSyntax(kind: .interval(value, unit: unit, to: to), range: range(from: start))
  }

  private func mapForm(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    advance()
    try expectSign("{")
    var entries: [(key: ExpressionSyntax, value: ExpressionSyntax)] = []
    if !isSign("}") {
      entries = try commaList { () throws(QueryError) in
        let key = try expression()
        try expectSign(":")
        return (key, try expression())
      }
    }
    try expectSign("}")
    return ExpressionSyntax(kind: .map(entries), range: range(from: start))
  }

  /// `DATE '2024-01-15'`, `TIMESTAMP WITH TIME ZONE '…'`.
  private func typedLiteral(_ start: Int) throws(QueryError) -> ExpressionSyntax? {
    guard Keywords.literalTypes.contains(token.text) else { return nil }
    let hasZone =
      (isWord("timestamp") || isWord("time")) && peek().isWord("with") && peek(2).isWord("time")
      && peek(4).kind == .string
    let isWithout = isWord("timestamp") && peek().isWord("without") && peek(4).kind == .string
    guard peek().kind == .string || hasZone || isWithout else { return nil }
    let type = try type()
    let value = try string("a string")
    return ExpressionSyntax(kind: .typedString(type, value), range: range(from: start))
  }

  /// A column, a function call, a lambda or `t.*`.
  private func named(_ start: Int) throws(QueryError) -> ExpressionSyntax {
    func made(_ kind: ExpressionSyntax.Kind) -> ExpressionSyntax {
      ExpressionSyntax(kind: kind, range: range(from: start))
    }
    if token.kind == .word, peek().isSign("("), !Keywords.notFunction.contains(token.text) {
      let name = Identifier(text: text(token.range), isQuoted: false, range: token.range)
      advance()
      return made(.function(try call(QualifiedName(parts: [name]))))
    }
    guard let first = takeIdentifier() else { throw unexpected("an expression") }
    var parts = [first]
    while isSign("."), peek().kind == .word || peek().kind == .quotedName || peek().isSign("*") {
      advance()
      if takeSign("*") {
        return made(.wildcard(try wildcardRest(QualifiedName(parts: parts), start)))
      }
      parts.append(try label())
      // Every way to read a name as table, column and fields is tried.
      guard parts.count <= Parser.maximumDepth else { throw tooDeep() }
    }
    let name = QualifiedName(parts: parts)
    if isSign("("), parts.count > 1 || first.isQuoted { return made(.function(try call(name))) }
    if parts.count == 1, isSign("->"), inLambdaArguments {
      advance()
      return made(.lambda([first], try expression()))
    }
    if parts.count == 1, !first.isQuoted, Keywords.valueFunctions.contains(first.text.lowercased()) {
      return made(.function(FunctionCallSyntax(name: name, arguments: [])))
    }
    return made(.column(name))
  }
}

extension ExpressionSyntax {
  /// The name, if the expression is an unqualified column.
  var simpleName: Identifier? {
    guard case .column(let name) = kind, name.parts.count == 1 else { return nil }
    return name.parts[0]
  }
}
