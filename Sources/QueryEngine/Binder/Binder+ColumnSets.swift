internal import Columnar

/// `COLUMNS(…)`: several columns in the place of one.
extension Binder {
  /// The columns that `COLUMNS(…)` means: all, those whose names match a pattern or meet a lambda, or a list.
  func matching(
    _ pattern: ExpressionSyntax, _ context: ExpressionContext
  ) throws(QueryError) -> [ScopeColumn] {
    let columns = context.scope.columns.filter { !$0.isHidden && !$0.needsQualifier }
    var found: [ScopeColumn] = []
    switch pattern.kind {
    case .wildcard(let wildcard):
      for item in try expand(wildcard, in: context) {
        guard case .column(let column) = item.source else {
          throw QueryError.unsupported("REPLACE inside COLUMNS", at: place(pattern.range))
        }
        found.append(column)
      }
    case .string:
      let bound = try bind(pattern, in: context)
      for column in columns {
        let test = try call(
          "regexp_matches", [.literal(.text(column.name), .varchar), bound], at: pattern.range)
        if try constant(test, what: "the pattern", at: pattern.range) == .boolean(true) {
          found.append(column)
        }
      }
    case .lambda(let parameters, let body) where parameters.count == 1:
      let parameter = newColumn(parameters[0].text, .varchar, isNullable: false)
      var inner = ExpressionContext(Scope(parent: nil), .constant)
      inner.lambdaParameters = [parameter]
      let condition = try self.condition(
        try bind(body, in: inner), in: "COLUMNS", at: body.range)
      for column in columns {
        let test = condition.replacing([parameter.id: .literal(.text(column.name), .varchar)])
        if try constant(test, what: "the condition", at: body.range) == .boolean(true) {
          found.append(column)
        }
      }
    case .array(let names):
      for name in names {
        guard case .string(let text) = name.kind else {
          throw QueryError(.syntaxError, "a list in COLUMNS holds names in quotes", at: place(name.range))
        }
        let named = columns.filter { $0.name.lowercased() == text.lowercased() }
        guard !named.isEmpty else {
          throw QueryError(
            .undefinedColumn, "there is no column \"\(text)\" here",
            hint: NearestName.hint(for: text, among: columns.map(\.name)), at: place(name.range))
        }
        found += named
      }
      // The table's order, not the list's.
      let wanted = Set(found.map(\.id))
      found = columns.filter { wanted.contains($0.id) }
    default:
      throw QueryError.unsupported(
        "COLUMNS of anything but *, a pattern, a lambda or a list of names", at: place(pattern.range))
    }
    guard !found.isEmpty else {
      throw QueryError(.undefinedColumn, "no column matches \(text(of: pattern))", at: place(pattern.range))
    }
    return found
  }

  /// Copies of an expression, one for each column of the `COLUMNS(…)` in it; `nil` if there is none.
  func expandingColumns(
    _ expression: ExpressionSyntax, _ context: ExpressionContext
  ) throws(QueryError) -> [(expression: ExpressionSyntax, column: ScopeColumn)]? {
    var patterns: [ExpressionSyntax] = []
    expression.collectColumnSets(into: &patterns)
    guard let first = patterns.first else { return nil }
    let columns = try matching(first, context)
    for pattern in patterns.dropFirst() {
      guard try matching(pattern, context).map(\.id) == columns.map(\.id) else {
        throw QueryError(
          .syntaxError, "the COLUMNS of one expression must mean the same columns",
          at: place(pattern.range), kind: .bind)
      }
    }
    return columns.enumerated().map { number, column in
      var parts = column.table.map { context.scope.tables[$0].parts } ?? []
      parts.append(column.name)
      let name = QualifiedName(
        parts: parts.map { Identifier(text: $0, isQuoted: true, range: expression.range) })
      // Calls are found again by their place, so each copy has places of its own.
      let copy = expression.replacingColumnSets(by: name, shift: number * (expression.range.end + 1))
      return (copy, column)
    }
  }
}

extension ExpressionSyntax {
  fileprivate func collectColumnSets(into patterns: inout [ExpressionSyntax]) {
    if case .columns(let pattern) = kind { return patterns.append(pattern) }
    for child in children { child.collectColumnSets(into: &patterns) }
  }

  fileprivate func replacingColumnSets(by name: QualifiedName, shift: Int) -> ExpressionSyntax {
    if case .columns = kind { return ExpressionSyntax(kind: .column(name), range: range) }
    var copy = mapChildren { $0.replacingColumnSets(by: name, shift: shift) }
    if case .function = kind { copy.range = SourceRange(range.start, range.end + shift) }
    return copy
  }
}
