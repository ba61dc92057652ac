internal import Columnar

/// The list of a SELECT: stars become columns, and every column gets its name.
extension Binder {
  /// A column of the result: an expression to bind, or one that a star already found.
  struct OutputItem {
    enum Source {
      case syntax(ExpressionSyntax)
      case column(ScopeColumn)
    }
    var source: Source
    var name: String
  }

  func expressions(of items: [OutputItem]) -> [ExpressionSyntax] {
    items.compactMap { item in
      if case .syntax(let expression) = item.source { return expression }
      return nil
    }
  }

  func expand(_ items: [SelectItem], in context: ExpressionContext) throws(QueryError) -> [OutputItem] {
    var result: [OutputItem] = []
    for item in items {
      switch item {
      case .expression(let expression, let alias):
        if case .columns(let pattern) = expression.kind {
          for column in try matching(pattern, context) {
            result.append(OutputItem(source: .column(column), name: column.name))
          }
          continue
        }
        if let copies = try expandingColumns(expression, context) {
          result += copies.map {
            OutputItem(source: .syntax($0.expression), name: alias?.text ?? $0.column.name)
          }
          continue
        }
        result.append(
          OutputItem(source: .syntax(expression), name: alias?.text ?? defaultName(of: expression)))
      case .wildcard(let wildcard): result += try expand(wildcard, in: context)
      }
    }
    guard !result.isEmpty else {
      throw QueryError(.syntaxError, "the SELECT list is empty", at: place(items.first?.range), kind: .bind)
    }
    return result
  }

  func expand(
    _ wildcard: WildcardSyntax, in context: ExpressionContext
  ) throws(QueryError) -> [OutputItem] {
    let scope = context.scope
    var columns: [ScopeColumn]
    if let qualifier = wildcard.qualifier {
      let found = scope.tables(named: qualifier.parts.map(\.text))
      guard !found.isEmpty else {
        // `s.*` of a struct column.
        if let fields = try structFields(qualifier, in: context) { return fields }
        throw QueryError(
          .undefinedTable, "there is no table \"\(qualifier.text)\" in FROM",
          hint: NearestName.hint(for: qualifier.last.text, among: scope.tableNames),
          at: place(qualifier.range),
          kind: .bind)
      }
      columns = scope.columns.filter { column in column.table.map { found.contains($0) } ?? false }
    } else {
      guard !scope.tables.isEmpty else {
        throw QueryError(.syntaxError, "* needs FROM", at: place(wildcard.range), kind: .bind)
      }
      columns = scope.columns.filter { !$0.needsQualifier }
    }
    columns.removeAll(where: \.isHidden)
    func index(of name: QualifiedName) throws(QueryError) -> Int? {
      let wanted = name.last.text.lowercased()
      if let index = columns.firstIndex(where: { $0.name.lowercased() == wanted }) { return index }
      _ = unknown(
        QueryError(
          .undefinedColumn, "there is no column \"\(name.text)\" in *",
          hint: NearestName.hint(for: name.last.text, among: columns.map(\.name)), at: place(name.range)))
      return nil
    }
    var replaced: [ColumnID: ExpressionSyntax] = [:]
    for (expression, name) in wildcard.replaced {
      if let index = try index(of: QualifiedName(parts: [name])) { replaced[columns[index].id] = expression }
    }
    for (from, to) in wildcard.renamed {
      if let index = try index(of: from) { columns[index].name = to.text }
    }
    for name in wildcard.excluded {
      if let index = try index(of: name) { columns.remove(at: index) }
    }
    return columns.map { column in
      if let expression = replaced[column.id] {
        return OutputItem(source: .syntax(expression), name: column.name)
      }
      return OutputItem(source: .column(column), name: column.name)
    }
  }

  private func structFields(
    _ name: QualifiedName, in context: ExpressionContext
  ) throws(QueryError) -> [OutputItem]? {
    guard !context.scope.columns(named: name.parts[0]).isEmpty else { return nil }
    let value = try bindColumn(name, in: context)
    guard case .struct(let fields) = value.type else { return nil }
    return fields.map { field in
      let part = Identifier(text: field.name, isQuoted: true, range: name.range)
      return OutputItem(
        source: .syntax(
          ExpressionSyntax(kind: .column(QualifiedName(parts: name.parts + [part])), range: name.range)),
        name: field.name)
    }
  }

  /// The name of a column without an alias: PostgreSQL's for columns, casts and functions, else the text.
  func defaultName(of expression: ExpressionSyntax) -> String {
    switch expression.kind {
    case .column(let name): return name.last.text
    case .field(_, let name): return name.text
    case .cast(let operand, _, _):
      if case .column = operand.kind { return defaultName(of: operand) }
      if case .function = operand.kind { return defaultName(of: operand) }
      return text(of: expression)
    case .function(let call): return call.name.last.text.lowercased()
    case .extract: return "extract"
    case .case: return "case"
    case .exists: return "exists"
    case .subquery(let query):
      if case .select(let select) = query.body, case .expression(let inner, let alias)? = select.items.first {
        return alias?.text ?? defaultName(of: inner)
      }
      return "?column?"
    default: return text(of: expression)
    }
  }
}

extension SelectItem {
  var range: SourceRange {
    switch self {
    case .expression(let expression, _): expression.range
    case .wildcard(let wildcard): wildcard.range
    }
  }
}
