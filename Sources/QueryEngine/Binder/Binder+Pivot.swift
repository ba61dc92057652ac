internal import Columnar

/// PIVOT and UNPIVOT.
extension Binder {
  func bind(
    _ pivot: PivotSyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    let input = try bind(pivot.input, after: nil, outer: outer, tables: tables)
    guard let column = pivot.columns.first, !pivot.values.isEmpty else {
      throw QueryError.unsupported("PIVOT without IN (values)", at: place(pivot.range))
    }
    // PIVOT (f(x) FOR c IN (v AS a)) is SELECT …, f(x) FILTER (WHERE c = v) AS a … GROUP BY the other columns.
    var used: Set<String> = []
    var pending = pivot.aggregates.map(\.expression) + [column]
    while let expression = pending.popLast() {
      if case .column(let name) = expression.kind { used.insert(name.last.text.lowercased()) }
      pending += expression.children
    }
    var items: [SelectItem] = []
    var groups: [ExpressionSyntax] = pivot.groupBy
    if groups.isEmpty {
      groups = input.scope.columns.filter { !$0.isHidden && !used.contains($0.name.lowercased()) }.map {
        ExpressionSyntax(
          kind: .column(
            QualifiedName(parts: [Identifier(text: $0.name, isQuoted: true, range: pivot.range)])),
          range: pivot.range)
      }
    }
    for group in groups { items.append(.expression(group, alias: nil)) }
    for value in pivot.values {
      for aggregate in pivot.aggregates {
        guard case .function(var call) = aggregate.expression.kind else {
          throw QueryError.unsupported(
            "an expression of aggregates in PIVOT", at: place(aggregate.expression.range))
        }
        let equal = ExpressionSyntax(
          kind: .binary(.equal, column, value.expression), range: value.expression.range)
        call.filter = call.filter.map { ExpressionSyntax(kind: .and([$0, equal]), range: $0.range) } ?? equal
        var name = value.alias?.text ?? text(of: value.expression)
        if pivot.aggregates.count > 1 { name += "_" + (aggregate.alias?.text ?? call.name.text) }
        // Each call has a place of its own, by which it is found again.
        let range = SourceRange(
          value.expression.range.start, aggregate.expression.range.end + value.expression.range.end)
        items.append(
          .expression(
            ExpressionSyntax(kind: .function(call), range: range),
            alias: Identifier(text: name, isQuoted: true, range: value.expression.range)))
      }
    }
    var select = SelectSyntax(items: items, from: [], range: pivot.range)
    select.groupBy = GroupBySyntax(elements: groups.map { .expression($0) })
    let plan = try bind(select, over: input, orderBy: nil, limit: nil, tables: tables)
    return try named(plan, pivot.alias, default: ["pivot"], at: pivot.range, outer: outer)
  }

  func bind(
    _ unpivot: UnpivotSyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    let input = try bind(unpivot.input, after: nil, outer: outer, tables: tables)
    let context = ExpressionContext(input.scope, .from, tables: tables)
    var names: [BoundExpression] = []
    var values: [(expression: BoundExpression, range: SourceRange)] = []
    var used: Set<ColumnID> = []
    for (column, alias) in unpivot.columns {
      let value = try bindColumn(QualifiedName(parts: [column]), in: context)
      used.formUnion(value.columns)
      values.append((value, column.range))
      names.append(.literal(.text(alias?.text ?? column.text), .varchar))
    }
    let (unified, type) = try unified(values, what: "UNPIVOT")
    let name = newColumn(unpivot.nameName.text, .varchar, isNullable: false)
    let value = newColumn(unpivot.valueName.text, type)
    var plan = LogicalPlan.unnest(
      LogicalPlan.Unnest(
        lists: [
          .init(.call(ScalarCall(OperatorFunctions.list, names, type: .list(.varchar))), as: name),
          .init(.call(ScalarCall(OperatorFunctions.list, unified, type: .list(type))), as: value),
        ], input: input.plan))
    if !unpivot.includeNulls { plan = .filter(.isNull(.column(value.id, type), isNegated: true), plan) }
    let kept = input.scope.columns.filter { !$0.isHidden && !used.contains($0.id) }.map(\.output)
    plan = .project((kept + [name, value]).map { .init(passing: $0) }, plan)
    return try named(plan, unpivot.alias, default: ["unpivot"], at: unpivot.range, outer: outer)
  }
}
