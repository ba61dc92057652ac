/// Turns a statement's text into its syntax tree, by recursive descent.
///
/// Expressions are in `Parser+Expressions`, queries in `Parser+Queries`, and so on; here is what all use:
/// looking at tokens, taking them, and saying what was wrong.
final class Parser {
  /// Deeper nesting than any person writes, and far from the end of the stack.
  static let maximumDepth = 160
  /// The longest chain such as `a + b + c …`, which makes a tree as deep as it is long.
  static let maximumChain = 400

  let source: [UInt8]
  var tokens: [Token]
  var index = 0
  var depth = 0
  /// How many `?` were seen.
  var anonymousParameters = 0
  /// Whether `x -> …` is a lambda here, rather than JSON access.
  var inLambdaArguments = false
  /// How often a parenthesis in FROM was read twice.
  var rereads = 0

  init(_ text: String) throws(QueryError) {
    source = Array(text.utf8)
    tokens = try Lexer.tokens(of: text)
  }

  /// Parses a text that holds exactly one statement, perhaps with a semicolon at its end.
  static func statement(_ text: String) throws(QueryError) -> StatementSyntax {
    let parser = try Parser(text)
    while parser.takeSign(";") {}
    guard parser.token.kind != .end else {
      throw QueryError(.syntaxError, "the statement is empty", at: SourceRange(0, 0))
    }
    let statement = try parser.statement()
    while parser.takeSign(";") {}
    guard parser.token.kind == .end else { throw parser.unexpected("the end of the statement") }
    return statement
  }

  /// Parses statements separated by semicolons; each has its range in the text.
  static func parse(_ text: String) throws(QueryError) -> [StatementSyntax] {
    let parser = try Parser(text)
    var statements: [StatementSyntax] = []
    while true {
      while parser.takeSign(";") {}
      if parser.token.kind == .end { return statements }
      statements.append(try parser.statement())
      guard parser.token.kind == .end || parser.token.isSign(";") else {
        throw parser.unexpected("\";\" or the end of the text")
      }
    }
  }

  /// Parses a text that is one expression, as a column default or a filter option.
  static func expression(_ text: String) throws(QueryError) -> ExpressionSyntax {
    let parser = try Parser(text)
    let expression = try parser.expression()
    guard parser.token.kind == .end else { throw parser.unexpected("the end of the expression") }
    return expression
  }

  // Looking

  var token: Token { tokens[index] }

  func peek(_ offset: Int = 1) -> Token { tokens[Swift.min(index + offset, tokens.count - 1)] }

  func isWord(_ keyword: String) -> Bool { token.isWord(keyword) }

  /// Whether the next tokens are these keywords.
  func areWords(_ keywords: String...) -> Bool {
    for (offset, keyword) in keywords.enumerated() where !peek(offset).isWord(keyword) { return false }
    return true
  }

  func isSign(_ sign: String) -> Bool { token.isSign(sign) }

  /// The text of a stretch of the statement.
  func text(_ range: SourceRange) -> String {
    String(decoding: source[range.start..<range.end], as: UTF8.self)
  }

  /// The end of the token taken last.
  var lastEnd: Int { index > 0 ? tokens[index - 1].range.end : 0 }

  func range(from start: Int) -> SourceRange { SourceRange(start, Swift.max(start, lastEnd)) }

  // Taking

  @discardableResult
  func advance() -> Token {
    let taken = token
    if index < tokens.count - 1 { index += 1 }
    return taken
  }

  func takeWord(_ keyword: String) -> Bool {
    guard token.isWord(keyword) else { return false }
    advance()
    return true
  }

  /// Takes all of these keywords or none.
  func takeWords(_ keywords: String...) -> Bool {
    for (offset, keyword) in keywords.enumerated() where !peek(offset).isWord(keyword) { return false }
    for _ in keywords { advance() }
    return true
  }

  func takeSign(_ sign: String) -> Bool {
    guard token.isSign(sign) else { return false }
    advance()
    return true
  }

  func expectWord(_ keyword: String) throws(QueryError) {
    guard takeWord(keyword) else { throw unexpected(keyword.uppercased()) }
  }

  func expectSign(_ sign: String) throws(QueryError) {
    guard takeSign(sign) else { throw unexpected("\"\(sign)\"") }
  }

  func string(_ what: String) throws(QueryError) -> String {
    guard token.kind == .string else { throw unexpected(what) }
    return advance().text
  }

  func integer(_ what: String) throws(QueryError) -> Int {
    guard token.kind == .integer, let value = Int(token.text) else { throw unexpected(what) }
    advance()
    return value
  }

  /// Takes a name; a keyword may be one unless it is reserved.
  func identifier(_ what: String = "a name") throws(QueryError) -> Identifier {
    guard let identifier = takeIdentifier() else { throw unexpected(what) }
    return identifier
  }

  func takeIdentifier() -> Identifier? {
    switch token.kind {
    case .quotedName:
      let taken = advance()
      return Identifier(text: taken.text, isQuoted: true, range: taken.range)
    case .word:
      guard !Keywords.reserved.contains(token.text) else { return nil }
      return anyWord()
    default: return nil
    }
  }

  /// Takes a word or quoted name, keywords too: after a dot, after AS.
  func label(_ what: String = "a name") throws(QueryError) -> Identifier {
    switch token.kind {
    case .quotedName:
      let taken = advance()
      return Identifier(text: taken.text, isQuoted: true, range: taken.range)
    case .word: return anyWord()
    default: throw unexpected(what)
    }
  }

  private func anyWord() -> Identifier {
    let taken = advance()
    return Identifier(text: text(taken.range), isQuoted: false, range: taken.range)
  }

  func qualifiedName(_ what: String = "a name") throws(QueryError) -> QualifiedName {
    var parts = [try identifier(what)]
    while isSign("."), peek().kind == .word || peek().kind == .quotedName {
      advance()
      parts.append(try label())
      guard parts.count <= Parser.maximumDepth else { throw tooDeep() }
    }
    return QualifiedName(parts: parts)
  }

  /// Parses elements between commas; a comma before the end of the list does not disturb.
  func commaList<Element>(_ element: () throws(QueryError) -> Element) throws(QueryError) -> [Element] {
    var elements = [try element()]
    while isSign(",") {
      advance()
      if isListEnd { break }
      elements.append(try element())
    }
    return elements
  }

  /// Parses `( element, … )`, perhaps without elements.
  func parenthesized<Element>(
    _ element: () throws(QueryError) -> Element
  ) throws(QueryError) -> [Element] {
    try expectSign("(")
    if takeSign(")") { return [] }
    let elements = try commaList(element)
    try expectSign(")")
    return elements
  }

  private var isListEnd: Bool {
    switch token.kind {
    case .end: true
    case .sign: [")", "]", "}", ";"].contains(token.text)
    case .word:
      // `where => …` is an argument of CALL.
      Keywords.clauses.contains(token.text) && !peek().isSign("(") && !peek().isSign("=>")
    default: false
    }
  }

  /// Runs `body` one level deeper, unless that is too deep.
  func nested<Result>(_ body: () throws(QueryError) -> Result) throws(QueryError) -> Result {
    guard depth < Parser.maximumDepth else { throw tooDeep() }
    depth += 1
    defer { depth -= 1 }
    return try body()
  }

  func tooDeep() -> QueryError {
    QueryError(
      .tooComplex, "the statement is nested too deeply", hint: "split it with WITH or a temporary table",
      at: token.range)
  }

  // Saying what was wrong

  /// Makes the error for the token at hand.
  ///
  /// - Parameter expected: What would have been right, as `a name` or `FROM`.
  /// - Returns: The error, with a keyword as hint if one is near.
  func unexpected(_ expected: String) -> QueryError {
    if let error = misplacedTimeTravel() { return error }
    if token.kind == .end {
      return QueryError(
        .syntaxError, "unexpected end of input, expected \(expected)", hint: keywordHint(),
        at: SourceRange(token.range.start, token.range.start))
    }
    return QueryError(
      .syntaxError, "unexpected \"\(text(token.range))\", expected \(expected)", hint: keywordHint(),
      at: token.range)
  }

  /// A misspelt keyword is taken for a name, so that the token after it is the one that does not fit.
  private func keywordHint() -> String? {
    for offset in [0, -1] where index + offset >= 0 {
      let candidate = tokens[index + offset]
      guard candidate.kind == .word, candidate.text.utf8.count >= 3,
        !Keywords.reserved.contains(candidate.text), !Keywords.clauses.contains(candidate.text)
      else { continue }
      let near = NearestName.suggestions(for: candidate.text, among: Keywords.suggested)
        .filter { abs($0.utf8.count - candidate.text.utf8.count) <= 1 }
      if let keyword = near.first { return "did you mean \(keyword.uppercased())?" }
    }
    return nil
  }

  /// `FOR VERSION AS OF` and its like anywhere but after a table's name.
  private func misplacedTimeTravel() -> QueryError? {
    guard let count = timeTravelHead() else { return nil }
    let range = token.range.union(peek(count - 1).range)
    return QueryError(
      .syntaxError, "\(text(range)) stands in the wrong place",
      hint: "it follows the table's name, before the alias: FROM t \(text(range)) … AS alias", at: range)
  }

  /// The number of tokens that open a time travel clause here, if one does.
  func timeTravelHead() -> Int? {
    let first = isWord("for") ? 1 : 0
    let kinds = ["timestamp", "version", "system_time", "system_version"]
    if peek(first).kind == .word, kinds.contains(peek(first).text), peek(first + 1).isWord("as"),
      peek(first + 2).isWord("of")
    {
      return first + 3
    }
    if isWord("at"), peek().isSign("("), kinds.contains(peek(2).text), peek(3).isSign("=>") { return 4 }
    return nil
  }
}
