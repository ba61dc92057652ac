extension Parser {
  /// Parses a function's arguments and what follows them; the token at hand is `(`.
  func call(_ name: QualifiedName) throws(QueryError) -> FunctionCallSyntax {
    try expectSign("(")
    var call = FunctionCallSyntax(name: name, arguments: [])
    let lower = name.parts.count == 1 ? name.parts[0].text.lowercased() : ""
    if try !specialArguments(lower, &call) {
      let outer = inLambdaArguments
      inLambdaArguments = Keywords.takingLambdas.contains(lower)
      defer { inLambdaArguments = outer }
      try arguments(&call)
    }
    try expectSign(")")
    try callTail(&call)
    return call
  }

  private func arguments(_ call: inout FunctionCallSyntax) throws(QueryError) {
    if isSign(")") { return }
    if isSign("*"), peek().isSign(")") {
      advance()
      call.isStar = true
      return
    }
    if takeWord("distinct") {
      call.isDistinct = true
    } else if isWord("all"), !peek().isSign(")"), !peek().isSign(",") {
      advance()
    }
    if isQueryStart {
      // `f(SELECT …)`: a scalar subquery without a second pair of parentheses.
      let start = token.range.start
      let query = try query()
      call.arguments = [
        ArgumentSyntax(name: nil, value: ExpressionSyntax(kind: .subquery(query), range: range(from: start)))
      ]
      return
    }
    call.arguments = try commaList { () throws(QueryError) in try argument() }
    if let nulls = nullTreatment() { call.nulls = nulls }
    if takeWords("order", "by") {
      call.orderBy = try commaList { () throws(QueryError) in try sortItem() }
    }
    if let nulls = nullTreatment() { call.nulls = nulls }
  }

  /// `value`, `name => value`, `name := value`.
  func argument() throws(QueryError) -> ArgumentSyntax {
    if token.kind == .word || token.kind == .quotedName, peek().isSign("=>") || peek().isSign(":=") {
      let name = try label()
      advance()
      return ArgumentSyntax(name: name, value: try expression())
    }
    return ArgumentSyntax(name: nil, value: try expression())
  }

  /// The standard's forms with words between arguments; true when one was read.
  private func specialArguments(_ name: String, _ call: inout FunctionCallSyntax) throws(QueryError) -> Bool {
    switch name {
    case "substring", "substr":
      let value = try expression()
      guard isWord("from") || isWord("for") else {
        call.arguments = try argumentsAfter(value)
        return true
      }
      var arguments = [value]
      if takeWord("from") {
        arguments.append(try expression())
      } else {
        arguments.append(ExpressionSyntax(kind: .integer("1"), range: value.range))
      }
      if takeWord("for") { arguments.append(try expression()) }
      call.arguments = arguments.map { ArgumentSyntax(name: nil, value: $0) }
      return true
    case "position":
      let part = try expression(.other)
      guard takeWord("in") else {
        call.arguments = try argumentsAfter(part)
        return true
      }
      let text = try expression()
      // The registry's `strpos(text, part)` has the other order.
      call.name.parts[0].text = "strpos"
      call.arguments = [ArgumentSyntax(name: nil, value: text), ArgumentSyntax(name: nil, value: part)]
      return true
    case "trim": return try trimArguments(&call)
    case "overlay":
      let value = try expression()
      guard takeWord("placing") else {
        call.arguments = try argumentsAfter(value)
        return true
      }
      var arguments = [value, try expression()]
      try expectWord("from")
      arguments.append(try expression())
      if takeWord("for") { arguments.append(try expression()) }
      call.arguments = arguments.map { ArgumentSyntax(name: nil, value: $0) }
      return true
    case "date_add", "date_sub", "date_diff", "datediff", "dateadd", "timestampadd", "timestampdiff",
      "date_trunc", "date_part":
      // A bare unit, as in `dateadd(day, 1, t)`, is a word, not a column.
      guard token.kind == .word, Keywords.intervalUnits.contains(token.text), peek().isSign(",") else {
        return false
      }
      let unit = advance()
      let literal = ExpressionSyntax(kind: .string(unit.text), range: unit.range)
      call.arguments = try argumentsAfter(literal)
      return true
    default: return false
    }
  }

  private func argumentsAfter(_ first: ExpressionSyntax) throws(QueryError) -> [ArgumentSyntax] {
    var arguments = [ArgumentSyntax(name: nil, value: first)]
    while takeSign(",") { arguments.append(try argument()) }
    return arguments
  }

  /// `TRIM([BOTH | LEADING | TRAILING] [characters] FROM text)`.
  private func trimArguments(_ call: inout FunctionCallSyntax) throws(QueryError) -> Bool {
    var function = "trim"
    var hasSide = false
    for (side, name) in [("both", "trim"), ("leading", "ltrim"), ("trailing", "rtrim")] where isWord(side) {
      advance()
      (function, hasSide) = (name, true)
      break
    }
    call.name.parts[0].text = function
    if takeWord("from") {
      call.arguments = [ArgumentSyntax(name: nil, value: try expression())]
      return true
    }
    let first = try expression()
    if takeWord("from") {
      let text = try expression()
      call.arguments = [ArgumentSyntax(name: nil, value: text), ArgumentSyntax(name: nil, value: first)]
      return true
    }
    if hasSide, isSign(")") {
      call.arguments = [ArgumentSyntax(name: nil, value: first)]
      return true
    }
    call.arguments = try argumentsAfter(first)
    return true
  }

  private func nullTreatment() -> FunctionCallSyntax.NullTreatment? {
    if takeWords("ignore", "nulls") { return .ignore }
    if takeWords("respect", "nulls") { return .respect }
    return nil
  }

  /// The words behind a call, if they are its own: in `lag(f(x) IGNORE NULLS)` they belong to the call around it.
  private func trailingNullTreatment() -> FunctionCallSyntax.NullTreatment? {
    let next = peek(2)
    guard next.kind == .word && ["over", "filter"].contains(next.text) else { return nil }
    return nullTreatment()
  }

  /// `WITHIN GROUP (…)`, `FILTER (…)`, `IGNORE NULLS`, `OVER …`.
  private func callTail(_ call: inout FunctionCallSyntax) throws(QueryError) {
    if areWords("within", "group") {
      index += 2
      try expectSign("(")
      guard takeWords("order", "by") else { throw unexpected("ORDER BY") }
      call.orderBy = try commaList { () throws(QueryError) in try sortItem() }
      call.isWithinGroup = true
      try expectSign(")")
    }
    if let nulls = trailingNullTreatment() { call.nulls = nulls }
    if isWord("filter"), peek().isSign("(") {
      advance()
      advance()
      _ = takeWord("where")
      call.filter = try expression()
      try expectSign(")")
    }
    if let nulls = trailingNullTreatment() { call.nulls = nulls }
    if takeWord("over") {
      if isSign("(") {
        call.over = .inline(try window())
      } else {
        call.over = .named(try identifier("a window's name"))
      }
    }
  }

  /// A window's definition in parentheses.
  func window() throws(QueryError) -> WindowSyntax {
    let start = token.range.start
    try expectSign("(")
    var window = WindowSyntax(range: SourceRange(start, start))
    if token.kind == .quotedName
      || (token.kind == .word && !["partition", "order", "rows", "range", "groups"].contains(token.text))
    {
      window.base = try identifier("PARTITION BY, ORDER BY or a window's name")
    }
    if takeWords("partition", "by") {
      window.partitionBy = try commaList(expression)
    }
    if takeWords("order", "by") {
      window.orderBy = try commaList { () throws(QueryError) in try sortItem() }
    }
    if isWord("rows") || isWord("range") || isWord("groups") { window.frame = try frame() }
    guard isSign(")") else { throw unexpected("PARTITION BY, ORDER BY, a frame or \")\"") }
    advance()
    window.range = range(from: start)
    return window
  }

  private func frame() throws(QueryError) -> FrameSyntax {
    let start = token.range.start
    let unit: FrameSyntax.Unit
    switch advance().text {
    case "rows": unit = .rows
    case "range": unit = .range
    default: unit = .groups
    }
    let first: FrameSyntax.Bound
    var last = FrameSyntax.Bound.currentRow
    if takeWord("between") {
      first = try bound()
      try expectWord("and")
      last = try bound()
    } else {
      first = try bound()
    }
    var exclusion = FrameSyntax.Exclusion.noOthers
    if takeWord("exclude") {
      if takeWords("current", "row") {
        exclusion = .currentRow
      } else if takeWord("group") {
        exclusion = .group
      } else if takeWord("ties") {
        exclusion = .ties
      } else if !takeWords("no", "others") {
        throw unexpected("CURRENT ROW, GROUP, TIES or NO OTHERS")
      }
    }
    let frame = FrameSyntax(
      unit: unit, start: first, end: last, exclusion: exclusion, range: range(from: start))
    try check(frame)
    return frame
  }

  private func bound() throws(QueryError) -> FrameSyntax.Bound {
    if takeWords("unbounded", "preceding") { return .unboundedPreceding }
    if takeWords("unbounded", "following") { return .unboundedFollowing }
    if takeWords("current", "row") { return .currentRow }
    let offset = try expression(.other)
    if takeWord("preceding") { return .preceding(offset) }
    if takeWord("following") { return .following(offset) }
    throw unexpected("PRECEDING or FOLLOWING")
  }

  /// SQL:2016 part 2, 7.15, syntax rules: a frame does not end before it starts.
  private func check(_ frame: FrameSyntax) throws(QueryError) {
    func rank(_ bound: FrameSyntax.Bound) -> Int {
      switch bound {
      case .unboundedPreceding: 0
      case .preceding: 1
      case .currentRow: 2
      case .following: 3
      case .unboundedFollowing: 4
      }
    }
    let (first, last) = (rank(frame.start), rank(frame.end))
    guard first <= last, first != 4, last != 0 else {
      throw QueryError(.windowing, "the frame ends before it starts", at: frame.range)
    }
  }
}
