internal import Columnar

/// SELECT: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, the list, DISTINCT, ORDER BY, LIMIT, in that order.
extension Binder {
  func bind(
    _ select: SelectSyntax, orderBy: OrderBySyntax?, limit: LimitSyntax?, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    let from = try bindFrom(select.from, outer: outer, tables: tables)
    return try bind(select, over: from, orderBy: orderBy, limit: limit, tables: tables)
  }

  /// Binds what follows FROM.
  func bind(
    _ select: SelectSyntax, over from: BoundTable, orderBy: OrderBySyntax?, limit: LimitSyntax?,
    tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    let scope = from.scope
    let builder = RelationBuilder(try sampled(from.plan, by: select.sample))
    for item in select.items {
      if case .expression(let expression, let alias?) = item, scope.aliases[alias.text.lowercased()] == nil {
        scope.aliases[alias.text.lowercased()] = expression
      }
    }
    var context = ExpressionContext(scope, .condition, builder: builder, tables: tables, allowsAliases: true)
    for (name, window) in select.windows { context.windows[name.text.lowercased()] = window }
    if let condition = select.condition { try addFilter(condition, in: context) }

    let items = try expand(select.items, in: context)
    let sortItems: [SortItemSyntax] = if case .items(let sortItems)? = orderBy { sortItems } else { [] }
    let above =
      expressions(of: items) + [select.having, select.qualify].compactMap { $0 } + sortItems.map(\.expression)
    try group(select, items, above, &context)

    context.clause = .having
    if let having = select.having {
      guard context.grouping != nil else {
        throw QueryError(
          .grouping, "HAVING needs GROUP BY or an aggregate", hint: "use WHERE", at: place(having.range))
      }
      try addFilter(having, in: context)
    }
    try addWindows(of: above, &context)
    context.clause = .qualify
    if let qualify = select.qualify { try addFilter(qualify, in: context) }
    try addUnnests(of: above, &context)
    return try output(select, items, orderBy, limit, context)
  }

  private func output(
    _ select: SelectSyntax, _ items: [OutputItem], _ orderBy: OrderBySyntax?, _ limit: LimitSyntax?,
    _ outerContext: ExpressionContext
  ) throws(QueryError) -> LogicalPlan {
    guard let builder = outerContext.builder else { throw QueryError.internalError("SELECT without rows") }
    let context = outerContext.with(.select)
    var expressions: [BoundExpression] = []
    for item in items {
      switch item.source {
      case .syntax(let expression): expressions.append(try bindOutput(expression, in: context))
      case .column(let column):
        let name = Identifier(text: column.name, isQuoted: true, range: select.range)
        expressions.append(try bindOutputColumn(column, name, in: context))
      }
    }
    let (keys, on) = try orderKeys(select, items, expressions, orderBy, outerContext.with(.order))

    let available = Set(builder.plan.outputColumns.map(\.id))
    var used: Set<ColumnID> = []
    var projections: [LogicalPlan.NamedExpression] = []
    func project(_ expression: BoundExpression, _ name: String) -> OutputColumn {
      if case .column(let id, let type) = expression, available.contains(id), used.insert(id).inserted {
        let isNullable = builder.plan.outputColumns.first { $0.id == id }?.isNullable ?? true
        projections.append(
          .init(passing: OutputColumn(id: id, name: name, type: type, isNullable: isNullable)))
      } else {
        projections.append(.init(expression, as: newColumn(name, expression.type)))
      }
      return projections[projections.count - 1].column
    }
    let columns = zip(expressions, items).map { project($0, $1.name) }
    // Keys that are in the list refer to its columns; others become hidden columns.
    let plain = expressions.map(\.withoutPositions)
    func keyColumn(_ expression: BoundExpression) -> BoundExpression {
      if expression.isLiteral { return expression }
      let wanted = expression.withoutPositions
      if let index = plain.firstIndex(of: wanted) { return .column(columns[index].id, columns[index].type) }
      if let hidden = projections.dropFirst(columns.count).first(where: {
        $0.expression.withoutPositions == wanted
      }) {
        return .column(hidden.column.id, hidden.column.type)
      }
      let column = project(expression, "order")
      return .column(column.id, column.type)
    }
    let onColumns = on.map { $0.map(keyColumn) }
    let sortKeys = keys.map {
      LogicalPlan.SortKey(keyColumn($0.expression), isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
    }
    let hasHidden = projections.count > columns.count
    if case .yes = select.distinct, hasHidden {
      throw QueryError(
        .invalidColumnReference, "with SELECT DISTINCT, ORDER BY may use only columns of the SELECT list",
        at: place(sortRange(orderBy) ?? select.range))
    }
    var plan = LogicalPlan.project(projections, builder.plan)
    switch select.distinct {
    case .no: break
    case .yes: plan = .distinct(.init(input: plan))
    case .on: plan = .distinct(.init(on: onColumns, orderBy: sortKeys, input: plan))
    }
    if !sortKeys.isEmpty { plan = .sort(sortKeys, plan) }
    if hasHidden {
      // The limit stays at the sort, so that the optimizer makes a top-N of them.
      plan = try limited(plan, by: limit, outer: nil)
      return .project(columns.map { .init(passing: $0) }, plan)
    }
    return try limited(plan, by: limit, outer: nil)
  }

  private func sortRange(_ orderBy: OrderBySyntax?) -> SourceRange? {
    guard case .items(let items)? = orderBy, let first = items.first, let last = items.last else {
      return nil
    }
    return first.expression.range.union(last.expression.range)
  }

  private func bindOutputColumn(
    _ column: ScopeColumn, _ name: Identifier, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let bound = BoundExpression.column(column.id, column.type)
    guard let grouping = context.grouping else { return bound }
    return try regrouped(bound, grouping, context, name.range)
  }

  private func orderKeys(
    _ select: SelectSyntax, _ items: [OutputItem], _ expressions: [BoundExpression],
    _ orderBy: OrderBySyntax?,
    _ context: ExpressionContext
  ) throws(QueryError) -> (keys: [LogicalPlan.SortKey], on: [BoundExpression]?) {
    func key(_ syntax: ExpressionSyntax, _ clause: String) throws(QueryError) -> BoundExpression {
      if let index = try position(syntax, of: expressions.count, in: clause) { return expressions[index] }
      // A name of the list, given by AS or by the column itself, wins over the columns below.
      if let name = syntax.simpleName {
        let wanted = name.text.lowercased()
        let found = items.indices.filter { items[$0].name.lowercased() == wanted }
        if let first = found.first {
          let choices = Set(found.map { expressions[$0].withoutPositions })
          guard choices.count == 1 else {
            throw QueryError(
              .ambiguousColumn, "\(clause) \"\(name.text)\" is the name of several columns of the list",
              at: place(name.range))
          }
          return expressions[first]
        }
      }
      return try bindOutput(syntax, in: context)
    }
    var keys: [LogicalPlan.SortKey] = []
    switch orderBy {
    case .all(let descending, let nullsFirst)?:
      keys = expressions.map { sortKey($0, descending, nullsFirst) }
    case .items(let sortItems)?:
      for item in sortItems {
        keys.append(sortKey(try key(item.expression, "ORDER BY"), item.descending, item.nullsFirst))
      }
    case nil: break
    }
    guard case .on(let syntaxes) = select.distinct else { return (keys, nil) }
    var on: [BoundExpression] = []
    for syntax in syntaxes { on.append(try key(syntax, "DISTINCT ON")) }
    return (keys, on)
  }
}

extension ExpressionSyntax {
  /// Whether a window call stands inside.
  var holdsWindow: Bool {
    if case .function(let call) = kind, call.over != nil { return true }
    return children.contains(where: \.holdsWindow)
  }
}
