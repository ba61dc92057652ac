internal import Columnar

/// PIVOT and UNPIVOT.
extension Binder {
  func bind(
    _ pivot: PivotSyntax, outer: Scope?, tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    let input = try bind(pivot.input, after: nil, outer: outer, tables: tables)
    // PIVOT (f(x) FOR c IN (v AS a)) is SELECT …, f(x) FILTER (WHERE c = v) AS a … GROUP BY the other columns.
    var used: Set<String> = []
    var pending = pivot.aggregates.map(\.expression) + pivot.columns.map(\.expression)
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
    let cells = try cells(of: pivot, over: input, tables: tables)
    guard cells.count * pivot.aggregates.count <= 4_096 else {
      throw QueryError(
        .tooComplex, "PIVOT would make \(cells.count * pivot.aggregates.count) columns, more than 4096",
        at: place(pivot.range))
    }
    for (number, cell) in cells.enumerated() {
      for aggregate in pivot.aggregates {
        guard case .function(var call) = aggregate.expression.kind else {
          throw QueryError.unsupported(
            "an expression of aggregates in PIVOT", at: place(aggregate.expression.range))
        }
        let conditions = (call.filter.map { [$0] } ?? []) + cell.conditions
        call.filter =
          conditions.count == 1
          ? conditions[0] : ExpressionSyntax(kind: .and(conditions), range: pivot.range)
        var name = cell.name
        if pivot.aggregates.count > 1 { name += "_" + (aggregate.alias?.text ?? call.name.text) }
        // Each call has a place of its own, by which it is found again.
        let place = aggregate.expression.range
        let range = SourceRange(place.start, place.end + number * (pivot.range.end + 1))
        items.append(
          .expression(
            ExpressionSyntax(kind: .function(call), range: range),
            alias: Identifier(text: name, isQuoted: true, range: place)))
      }
    }
    var select = SelectSyntax(items: items, from: [], range: pivot.range)
    select.groupBy = GroupBySyntax(elements: groups.map { .expression($0) })
    let plan = try bind(select, over: input, orderBy: nil, limit: nil, tables: tables)
    return try named(plan, pivot.alias, default: ["pivot"], at: pivot.range, outer: outer)
  }

  /// A column that PIVOT makes, for each aggregate.
  private struct PivotCell {
    var name: String
    var conditions: [ExpressionSyntax]
  }

  /// The combinations of the columns' values.
  private func cells(
    of pivot: PivotSyntax, over input: BoundTable, tables: CommonTables
  ) throws(QueryError) -> [PivotCell] {
    var cells = [PivotCell(name: "", conditions: [])]
    for (column, values) in pivot.columns {
      var choices: [(name: String, value: ExpressionSyntax)] = []
      switch values {
      case .listed(let listed):
        choices = listed.map { ($0.alias?.text ?? text(of: $0.expression), $0.expression) }
      case .all:
        choices = try distinctValues(of: column, in: input, tables).map {
          ($0, ExpressionSyntax(kind: .string($0), range: column.range))
        }
      }
      cells = cells.flatMap { cell in
        choices.map { name, value in
          let equal = ExpressionSyntax(kind: .binary(.equal, column, value), range: value.range)
          return PivotCell(
            name: cell.name.isEmpty ? name : cell.name + "_" + name, conditions: cell.conditions + [equal])
        }
      }
      guard cells.count <= 4_096 else { break }
    }
    return cells
  }

  /// The values that a column has, in order: what `PIVOT … ON column` makes columns of.
  private func distinctValues(
    of column: ExpressionSyntax, in input: BoundTable, _ tables: CommonTables
  ) throws(QueryError) -> [String] {
    let builder = RelationBuilder(input.plan)
    let bound = try bind(
      column, in: ExpressionContext(input.scope, .from, builder: builder, tables: tables))
    let value = newColumn("value", bound.type)
    let reference = BoundExpression.column(value.id, value.type)
    let rows = tables.defining(
      LogicalPlan.project([.init(bound, as: value)], builder.plan)
        .filtered(by: [.isNull(reference, isNegated: true)]))
    // The input is read before the statement runs: it must stand by itself.
    guard let run = runRows, rows.freeColumns.isEmpty, rows.sharedPlansAround.isEmpty else {
      throw QueryError.unsupported(
        "PIVOT without the values to make columns of over rows of another query",
        hint: "PIVOT … ON column IN (value, …) USING …", at: place(column.range))
    }
    let sorted = LogicalPlan.sort([.init(reference)], .distinct(.init(input: rows)))
    return try run(.limit(count: 4_097, offset: 0, sorted)).map { ValueText.string($0[0], as: value.type) }
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
