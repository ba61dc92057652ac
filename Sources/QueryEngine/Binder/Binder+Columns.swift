internal import Columnar

/// Names of columns.
extension Binder {
  /// Binds `a`, `t.a`, `a.field`, `ns.t.a.field` and so on: the longest table name wins, the rest are fields.
  func bindColumn(_ name: QualifiedName, in context: ExpressionContext) throws(QueryError) -> BoundExpression
  {
    if let parameter = lambdaParameter(name, in: context) { return try parameter.get() }
    if context.clause == .order || context.clause == .qualify || context.clause == .having,
      let alias = try bindAlias(name, in: context, beforeColumns: context.clause == .order)
    {
      return alias
    }
    var scope: Scope? = context.scope
    while let current = scope {
      if let (column, used) = try find(name, in: current) {
        columnPositions[column.id] = name.range
        if context.clause == .constant {
          throw QueryError(
            .invalidColumnReference, "the column \"\(name.text)\" cannot be used in a constant",
            at: place(name.range))
        }
        return try fields(name, from: used, of: .column(column.id, column.type))
      }
      if current === context.scope, context.allowsAliases,
        let alias = try bindAlias(name, in: context, beforeColumns: false)
      {
        return alias
      }
      scope = current.parent
    }
    return unknown(unknownColumn(name, in: context))
  }

  /// Finds the column of the longest possible table name, and how many parts were used.
  private func find(_ name: QualifiedName, in scope: Scope) throws(QueryError) -> (ScopeColumn, Int)? {
    let parts = name.parts
    for qualifierCount in stride(from: parts.count - 1, through: 1, by: -1) {
      let tables = scope.tables(named: parts[0..<qualifierCount].map(\.text))
      guard !tables.isEmpty else { continue }
      let found = tables.flatMap { scope.columns(named: parts[qualifierCount], table: $0) }
      if found.count == 1 { return (found[0], qualifierCount + 1) }
      if found.count > 1 { throw ambiguous(name, found, scope) }
    }
    var found = scope.columns(named: parts[0])
    // `x.a` is a field of the column x only if x has fields; else x is a table of a query around.
    if parts.count > 1 { found.removeAll { !$0.type.hasFields } }
    if found.count > 1 { throw ambiguous(name, found, scope) }
    return found.first.map { ($0, 1) }
  }

  private func fields(
    _ name: QualifiedName, from index: Int, of base: BoundExpression
  ) throws(QueryError) -> BoundExpression {
    var result = base
    for part in name.parts[index...] { result = try field(part, of: result, at: name.range) }
    return result
  }

  private func lambdaParameter(
    _ name: QualifiedName, in context: ExpressionContext
  ) -> Result<BoundExpression, QueryError>? {
    let wanted = name.parts[0].text.lowercased()
    guard let parameter = context.lambdaParameters.last(where: { $0.name.lowercased() == wanted }) else {
      return nil
    }
    do throws(QueryError) {
      return .success(try fields(name, from: 1, of: .column(parameter.id, parameter.type)))
    } catch {
      return .failure(error)
    }
  }

  /// Binds an alias of the SELECT list as the expression it stands for.
  ///
  /// In ORDER BY an alias wins over a column; elsewhere a column wins (SQL.md, 1.2).
  private func bindAlias(
    _ name: QualifiedName, in context: ExpressionContext, beforeColumns: Bool
  ) throws(QueryError) -> BoundExpression? {
    guard context.allowsAliases, let expression = context.scope.aliases[name.parts[0].text.lowercased()]
    else {
      return nil
    }
    let key = name.parts[0].text.lowercased()
    // `a + 1 AS a`: the inner a is the column.
    if openAliases.contains(key) { return nil }
    if !beforeColumns, !context.scope.columns(named: name.parts[0]).isEmpty { return nil }
    openAliases.append(key)
    defer { openAliases.removeLast() }
    return try fields(name, from: 1, of: try bind(expression, in: context))
  }

  private func ambiguous(_ name: QualifiedName, _ found: [ScopeColumn], _ scope: Scope) -> QueryError {
    let tables = found.compactMap { column in column.table.flatMap { scope.tables[$0].parts.last } }
    let choices = tables.prefix(3).map { "\($0).\(name.last.text)" }.joined(separator: " or ")
    return QueryError(
      .ambiguousColumn, "the column \"\(name.text)\" is in several tables",
      hint: choices.isEmpty ? nil : "write \(choices)", at: place(name.range))
  }

  private func unknownColumn(_ name: QualifiedName, in context: ExpressionContext) -> QueryError {
    let parts = name.parts
    if parts.count > 1, let column = context.scope.columns(named: parts[0]).first {
      return QueryError(
        .datatypeMismatch,
        "the column \"\(column.name)\" is \(column.type) and has no field \"\(parts[1].text)\"",
        hint: "only a STRUCT has fields", at: place(name.range))
    }
    if parts.count > 1 {
      // A table that is there, without the column; or no such table.
      var scope: Scope? = context.scope
      while let current = scope {
        for count in stride(from: parts.count - 1, through: 1, by: -1) {
          let tables = current.tables(named: parts[0..<count].map(\.text))
          guard let table = tables.first else { continue }
          let names = current.columns.filter { $0.table == table && !$0.isHidden }.map(\.name)
          return QueryError(
            .undefinedColumn, "there is no column \"\(parts[count].text)\" in \"\(parts[count - 1].text)\"",
            hint: NearestName.hint(for: parts[count].text, among: names), at: place(name.range))
        }
        scope = current.parent
      }
      return QueryError(
        .undefinedTable, "there is no table \"\(parts[0].text)\" in FROM",
        hint: NearestName.hint(for: parts[0].text, among: context.scope.tableNames), at: place(name.range),
        kind: .bind)
    }
    var candidates = context.scope.columnNames
    if context.allowsAliases { candidates += Array(context.scope.aliases.keys) }
    var hint = NearestName.hint(for: parts[0].text, among: candidates)
    if hint == nil, parts[0].isQuoted { hint = "a string is written '\(parts[0].text)'" }
    if hint == nil, context.scope.columns.isEmpty, context.scope.parent == nil { hint = "there is no FROM" }
    return QueryError(
      .undefinedColumn, "there is no column \"\(name.text)\" here", hint: hint, at: place(name.range))
  }
}

extension LogicalType {
  /// Whether a name after a dot may mean a part of the value.
  fileprivate var hasFields: Bool {
    switch self {
    case .struct, .null: true
    default: false
    }
  }
}
