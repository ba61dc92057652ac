/// How tightly operators bind, loosest first (PostgreSQL manual, 4.1.6 "Operator Precedence").
enum Precedence: Int, Comparable {
  case or = 1
  case and, not, comparison, pattern, other, additive, multiplicative, power

  static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }

  var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .power }
}

extension Parser {
  func expression() throws(QueryError) -> ExpressionSyntax { try expression(.or) }

  /// Parses an expression whose operators bind at least as tightly as `minimum`.
  func expression(_ minimum: Precedence) throws(QueryError) -> ExpressionSyntax {
    try nested { () throws(QueryError) in
      var left = try prefix()
      var chain = 0
      while let next = try infix(left, minimum) {
        left = next
        chain += 1
        guard chain <= Parser.maximumChain else { throw tooDeep() }
      }
      return left
    }
  }

  private func prefix() throws(QueryError) -> ExpressionSyntax {
    let start = token.range.start
    if takeWord("not") {
      let operand = try expression(.not)
      return ExpressionSyntax(kind: .not(operand), range: range(from: start))
    }
    if token.kind == .sign, let sign = UnarySign(rawValue: token.text) {
      advance()
      let operand = try expression(.power)
      // -9223372036854775808 is a number of its own, not the negative of one that does not fit.
      if sign == .minus {
        switch operand.kind {
        case .integer(let digits) where !digits.hasPrefix("-"):
          return ExpressionSyntax(kind: .integer("-" + digits), range: range(from: start))
        case .decimal(let digits) where !digits.hasPrefix("-"):
          return ExpressionSyntax(kind: .decimal("-" + digits), range: range(from: start))
        case .float(let digits) where !digits.hasPrefix("-"):
          return ExpressionSyntax(kind: .float("-" + digits), range: range(from: start))
        default: break
        }
      }
      return ExpressionSyntax(kind: .unary(sign, operand), range: range(from: start))
    }
    return try postfix(try primary())
  }

  /// Subscripts, fields, casts and time zones after a primary.
  private func postfix(_ primary: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
    var result = primary
    let start = primary.range.start
    var chain = 0
    while token.kind == .sign || isWord("at") || isWord("collate") {
      if takeSign("::") {
        let type = try type()
        result = ExpressionSyntax(kind: .cast(result, type, isTry: false), range: range(from: start))
      } else if takeSign("[") {
        result = try subscriptOrSlice(result, start)
      } else if isSign("."), peek().kind == .word || peek().kind == .quotedName {
        advance()
        let name = try label()
        result = ExpressionSyntax(kind: .field(result, name), range: range(from: start))
        if isSign("(") { throw unexpected("an operator") }
      } else if isVariantPath(after: result) {
        result = ExpressionSyntax(kind: .path(result, try variantPath()), range: range(from: start))
      } else if areWords("at", "time", "zone") {
        index += 3
        let zone = try postfix(try self.primary())
        result = ExpressionSyntax(kind: .atTimeZone(result, zone), range: range(from: start))
      } else if isWord("collate") {
        throw QueryError.unsupported("COLLATE", hint: "text compares by bytes", at: token.range)
      } else {
        break
      }
      chain += 1
      guard chain <= Parser.maximumDepth else { throw tooDeep() }
    }
    return result
  }

  private func subscriptOrSlice(_ base: ExpressionSyntax, _ start: Int) throws(QueryError) -> ExpressionSyntax
  {
    var lower: ExpressionSyntax?
    if !isSign(":") { lower = try expression() }
    if takeSign(":") {
      let upper = isSign("]") ? nil : try expression()
      try expectSign("]")
      return ExpressionSyntax(kind: .slice(base, from: lower, to: upper), range: range(from: start))
    }
    guard let lower else { throw unexpected("an index") }
    try expectSign("]")
    return ExpressionSyntax(kind: .element(base, lower), range: range(from: start))
  }

  /// Whether a path follows, with no space before or behind its colon; that behind a literal is a map's.
  private func isVariantPath(after base: ExpressionSyntax) -> Bool {
    guard isSign(":"), token.range.start == lastEnd, peek().range.start == token.range.end else {
      return false
    }
    switch base.kind {
    case .null, .boolean, .integer, .decimal, .float, .string, .bytes, .typedString: return false
    default: break
    }
    return peek().kind == .quotedName || (peek().kind == .word && !Keywords.reserved.contains(peek().text))
  }

  /// `:a.b[0]['c']` after a value.
  private func variantPath() throws(QueryError) -> String {
    try expectSign(":")
    var path = "$" + variantStep(try label().text)
    while true {
      if isSign("."), peek().kind == .word || peek().kind == .quotedName {
        advance()
        path += variantStep(try label().text)
      } else if isSign("["), peek().kind == .integer {
        advance()
        path += "[\(try integer("an index"))]"
        try expectSign("]")
      } else if isSign("["), peek().kind == .string, peek(2).isSign("]") {
        advance()
        path += variantStep(advance().text)
        try expectSign("]")
      } else {
        return path
      }
    }
  }

  /// A step to a member, whose name may hold anything.
  private func variantStep(_ name: String) -> String {
    "[\"" + name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\"]"
  }

  /// Parses one infix or postfix operator and its right side; `nil` when there is none that binds tightly enough.
  private func infix(
    _ left: ExpressionSyntax, _ minimum: Precedence
  ) throws(QueryError) -> ExpressionSyntax? {
    let start = left.range.start
    switch token.kind {
    case .word: return try wordInfix(left, minimum, start)
    case .sign: break
    default: return nil
    }
    guard let (sign, precedence) = binarySign(token.text), precedence >= minimum else { return nil }
    advance()
    if precedence == .comparison || precedence == .other, isWord("any") || isWord("some") || isWord("all"),
      peek().isSign("(")
    {
      return try quantified(left, sign, start)
    }
    // Comparisons do not associate; everything else does to the left, powers too, as in PostgreSQL.
    let right = try expression(precedence.tighter)
    return ExpressionSyntax(kind: .binary(sign, left, right), range: range(from: start))
  }

  private func binarySign(_ text: String) -> (BinarySign, Precedence)? {
    switch text {
    case "=", "==": (.equal, .comparison)
    case "<>", "!=": (.notEqual, .comparison)
    case "<": (.less, .comparison)
    case "<=": (.lessOrEqual, .comparison)
    case ">": (.greater, .comparison)
    case ">=": (.greaterOrEqual, .comparison)
    case "+": (.add, .additive)
    case "-": (.subtract, .additive)
    case "*": (.multiply, .multiplicative)
    case "/": (.divide, .multiplicative)
    case "//": (.integerDivide, .multiplicative)
    case "%": (.modulo, .multiplicative)
    case "^", "**": (.power, .power)
    case "||": (.concatenate, .other)
    case "&": (.bitAnd, .other)
    case "|": (.bitOr, .other)
    case "#": (.bitXor, .other)
    case "<<": (.shiftLeft, .other)
    case ">>": (.shiftRight, .other)
    case "->": (.arrow, .other)
    case "->>": (.doubleArrow, .other)
    case "^@": (.startsWith, .other)
    case "~": (.matches, .other)
    case "~*": (.matchesInsensitive, .other)
    case "!~": (.matchesNot, .other)
    case "!~*": (.matchesNotInsensitive, .other)
    case "&&": (.overlaps, .other)
    case "@>": (.contains, .other)
    case "<@": (.containedBy, .other)
    default: nil
    }
  }

  private func quantified(
    _ left: ExpressionSyntax, _ sign: BinarySign, _ start: Int
  ) throws(QueryError) -> ExpressionSyntax {
    let all = advance().text == "all"
    try expectSign("(")
    let operand: QuantifiedOperand
    if isQueryStart {
      operand = .query(try query())
    } else {
      operand = .list(try expression())
    }
    try expectSign(")")
    return ExpressionSyntax(kind: .quantified(left, sign, all: all, operand), range: range(from: start))
  }

  private func wordInfix(
    _ left: ExpressionSyntax, _ minimum: Precedence, _ start: Int
  ) throws(QueryError) -> ExpressionSyntax? {
    switch token.text {
    case "or" where minimum <= .or: return try chain("or", left, .and, start)
    case "and" where minimum <= .and: return try chain("and", left, .not, start)
    case "is" where minimum <= .comparison: return try isForm(left, start)
    case "isnull" where minimum <= .comparison:
      advance()
      return ExpressionSyntax(kind: .isNull(left, negated: false), range: range(from: start))
    case "notnull" where minimum <= .comparison:
      advance()
      return ExpressionSyntax(kind: .isNull(left, negated: true), range: range(from: start))
    case "div" where minimum <= .multiplicative && !peek().isSign(","):
      advance()
      let right = try expression(.power)
      return ExpressionSyntax(kind: .binary(.integerDivide, left, right), range: range(from: start))
    case "not" where minimum <= .pattern:
      guard ["between", "in", "like", "ilike", "similar", "rlike", "regexp", "glob"].contains(peek().text)
      else { return nil }
      advance()
      return try patternForm(left, negated: true, start)
    case "between", "in", "like", "ilike", "similar", "rlike", "regexp", "glob":
      guard minimum <= .pattern else { return nil }
      return try patternForm(left, negated: false, start)
    default: return nil
    }
  }

  /// `a OR b OR c` becomes one node of three operands, so that long conditions are not deep trees.
  private func chain(
    _ word: String, _ first: ExpressionSyntax, _ operandPrecedence: Precedence, _ start: Int
  ) throws(QueryError) -> ExpressionSyntax {
    var operands = [first]
    while takeWord(word) { operands.append(try expression(operandPrecedence)) }
    let whole = range(from: start)
    return ExpressionSyntax(kind: word == "or" ? .or(operands) : .and(operands), range: whole)
  }

  private func isForm(_ left: ExpressionSyntax, _ start: Int) throws(QueryError) -> ExpressionSyntax {
    advance()
    let negated = takeWord("not")
    let kind: ExpressionSyntax.Kind
    if takeWord("null") {
      kind = .isNull(left, negated: negated)
    } else if takeWord("true") {
      kind = .isBoolean(left, true, negated: negated)
    } else if takeWord("false") {
      kind = .isBoolean(left, false, negated: negated)
    } else if takeWord("unknown") {
      kind = .isBoolean(left, nil, negated: negated)
    } else if takeWords("distinct", "from") {
      kind = .isDistinct(left, try expression(.pattern), negated: negated)
    } else {
      throw unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
    }
    return ExpressionSyntax(kind: kind, range: range(from: start))
  }

  private func patternForm(
    _ left: ExpressionSyntax, negated: Bool, _ start: Int
  ) throws(QueryError) -> ExpressionSyntax {
    switch advance().text {
    case "between":
      let symmetric = takeWord("symmetric")
      if !symmetric { _ = takeWord("asymmetric") }
      let lower = try expression(.other)
      try expectWord("and")
      let upper = try expression(.other)
      return ExpressionSyntax(
        kind: .between(left, lower, upper, negated: negated, symmetric: symmetric), range: range(from: start))
    case "in": return try inForm(left, negated: negated, start)
    case "like": return try like(.like, left, negated, start)
    case "ilike": return try like(.ilike, left, negated, start)
    case "similar":
      try expectWord("to")
      return try like(.similarTo, left, negated, start)
    case "glob": return try like(.glob, left, negated, start)
    default: return try like(.regexp, left, negated, start)
    }
  }

  private func inForm(
    _ left: ExpressionSyntax, negated: Bool, _ start: Int
  ) throws(QueryError) -> ExpressionSyntax {
    guard isSign("(") else {
      // `x IN list`: any value of a list type.
      let list = try expression(.other)
      let any = ExpressionSyntax(
        kind: .quantified(left, .equal, all: false, .list(list)), range: range(from: start))
      return negated ? ExpressionSyntax(kind: .not(any), range: any.range) : any
    }
    advance()
    if isQueryStart {
      let query = try query()
      try expectSign(")")
      return ExpressionSyntax(kind: .inSubquery(left, query, negated: negated), range: range(from: start))
    }
    let values = try commaList(expression)
    try expectSign(")")
    if values.count == 1, case .subquery(let query) = values[0].kind {
      return ExpressionSyntax(kind: .inSubquery(left, query, negated: negated), range: range(from: start))
    }
    return ExpressionSyntax(kind: .inList(left, values, negated: negated), range: range(from: start))
  }

  private func like(
    _ operation: LikeSyntax.Operator, _ left: ExpressionSyntax, _ negated: Bool, _ start: Int
  ) throws(QueryError) -> ExpressionSyntax {
    var quantifier: LikeSyntax.Quantifier?
    var patterns: [ExpressionSyntax]
    if isWord("any") || isWord("all") || isWord("some"), peek().isSign("(") {
      quantifier = advance().text == "all" ? .all : .any
      patterns = try parenthesized(expression)
    } else {
      patterns = [try expression(.other)]
    }
    var escape: ExpressionSyntax?
    if takeWord("escape") { escape = try expression(.other) }
    let like = LikeSyntax(
      operation: operation, value: left, patterns: patterns, quantifier: quantifier, escape: escape,
      isNegated: negated)
    return ExpressionSyntax(kind: .like(like), range: range(from: start))
  }

  func sortItem() throws(QueryError) -> SortItemSyntax {
    let expression = try expression()
    let (descending, nullsFirst) = try direction()
    return SortItemSyntax(expression: expression, descending: descending, nullsFirst: nullsFirst)
  }

  /// `[ASC | DESC] [NULLS FIRST | NULLS LAST]`.
  func direction() throws(QueryError) -> (descending: Bool, nullsFirst: Bool?) {
    var descending = false
    if takeWord("desc") {
      descending = true
    } else {
      _ = takeWord("asc")
    }
    var nullsFirst: Bool?
    if takeWord("nulls") {
      if takeWord("first") {
        nullsFirst = true
      } else if takeWord("last") {
        nullsFirst = false
      } else {
        throw unexpected("FIRST or LAST")
      }
    }
    return (descending, nullsFirst)
  }
}
