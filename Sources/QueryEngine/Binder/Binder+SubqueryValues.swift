internal import Columnar

/// Subqueries as values: a mark of a join, or a column of the rows joined.
extension Binder {
  func bindExists(
    _ query: QuerySyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let subquery = try bindSubquery(query, in: context)
    return try addMark(subquery, isNullAware: false, in: context) { _ in [] }
  }

  private func addMark(
    _ subquery: Subquery, isNullAware: Bool, in context: ExpressionContext,
    _ conditions: ([ColumnID: BoundExpression]) -> [BoundExpression]
  ) throws(QueryError) -> BoundExpression {
    guard let builder = context.builder else { throw QueryError.internalError("a subquery without rows") }
    let mark = newColumn("mark", .boolean, isNullable: isNullAware)
    try addJoin(.mark(mark, isNullAware: isNullAware), subquery, conditions: conditions, to: builder)
    return .column(mark.id, .boolean)
  }

  func bindInSubquery(
    _ value: ExpressionSyntax, _ query: QuerySyntax, negated: Bool, at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let (comparisons, subquery) = try inComparisons(value, query, at: range, in: context)
    let result: BoundExpression
    if subquery.correlated.isEmpty, comparisons.count == 1 {
      result = try addMark(subquery, isNullAware: true, in: context) { outputs in
        comparisons.map { $0.replacing(outputs) }
      }
    } else {
      result = try threeValued(
        subquery, comparisons,
        again: { () throws(QueryError) in
          try inComparisons(value, query, at: range, in: context)
        }, in: context)
    }
    return negated ? .not(result) : result
  }

  /// True if a row makes the comparisons true, null if one makes them null, else false: two marks.
  private func threeValued(
    _ subquery: Subquery, _ comparisons: [BoundExpression],
    again: () throws(QueryError) -> ([BoundExpression], Subquery), in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let isTrue = try addMark(subquery, isNullAware: false, in: context) { outputs in
      comparisons.map { $0.replacing(outputs) }
    }
    let (second, copy) = try again()
    let isOpen = try addMark(copy, isNullAware: false, in: context) { outputs in
      second.map { Binder.notFalse($0.replacing(outputs)) }
    }
    return .caseWhen(
      [
        .init(condition: isTrue, result: .literal(.boolean(true), .boolean)),
        .init(condition: isOpen, result: .literal(.null, .boolean)),
      ], otherwise: .literal(.boolean(false), .boolean), type: .boolean)
  }

  func bindQuantified(
    _ value: ExpressionSyntax, _ sign: BinarySign, all: Bool, _ operand: QuantifiedOperand,
    at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    switch operand {
    case .query(let query):
      if sign == .equal, !all {
        return try bindInSubquery(value, query, negated: false, at: range, in: context)
      }
      if sign == .notEqual, all {
        return try bindInSubquery(value, query, negated: true, at: range, in: context)
      }
      // x > ALL (…) is NOT (x <= ANY (…)).
      guard let comparison = OperatorFunctions.comparison(of: sign) else {
        throw QueryError(.syntaxError, "ANY and ALL need a comparison before them", at: place(range))
      }
      let effective = all ? Binder.sign(of: comparison.negated) : sign
      let (first, subquery) = try quantifiedComparison(value, effective, query, at: range, in: context)
      let any = try threeValued(
        subquery, [first],
        again: { () throws(QueryError) in
          let (second, copy) = try quantifiedComparison(value, effective, query, at: range, in: context)
          return ([second], copy)
        }, in: context)
      return all ? .not(any) : any
    case .list(let list):
      if case .array(let elements) = list.kind, !elements.isEmpty {
        // `x = ANY ([1, 2])` is `x IN (1, 2)`.
        if sign == .equal, !all {
          return try bindInList(value, elements, negated: false, at: range, in: context)
        }
        if sign == .notEqual, all {
          return try bindInList(value, elements, negated: true, at: range, in: context)
        }
      }
      let container = try bind(list, in: context)
      let element = try bind(value, in: context)
      if sign == .equal, !all {
        return try call(OperatorFunctions.listContains, [container, element], at: range)
      }
      guard case .list(let type) = container.type, let comparison = OperatorFunctions.comparison(of: sign)
      else {
        throw QueryError(
          .datatypeMismatch, "ANY and ALL need a list or a subquery, not \(container.type)",
          at: place(list.range))
      }
      let parameter = newColumn("element", type)
      let body = try compare(
        comparison, element, .column(parameter.id, type), leftRange: value.range, rightRange: list.range)
      let lambda = BoundExpression.lambda(parameters: [parameter], body: body)
      return try call(all ? "all_match" : "any_match", [container, lambda], at: range)
    }
  }

  private static func sign(of comparison: ComparisonOperator) -> BinarySign {
    switch comparison {
    case .equal, .isNotDistinctFrom: .equal
    case .notEqual, .isDistinctFrom: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    }
  }

  func bindScalarSubquery(
    _ query: QuerySyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    let subquery = try bindSubquery(query, in: context)
    guard subquery.columns.count == 1 else {
      throw QueryError(
        .datatypeMismatch, "a subquery used as a value has one column, not \(subquery.columns.count)",
        at: place(range))
    }
    return try value(of: subquery, in: context)
  }

  /// `ARRAY(SELECT …)`: the values of the rows in their order, an empty list if there are none.
  func bindArraySubquery(
    _ query: QuerySyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    var subquery = try bindSubquery(query, in: context)
    guard let column = subquery.columns.first, subquery.columns.count == 1 else {
      throw QueryError(
        .datatypeMismatch, "the subquery of ARRAY has one column, not \(subquery.columns.count)",
        at: place(range))
    }
    let (rows, keys) = subquery.plan.showingSortKeys
    let type = LogicalType.list(column.type)
    let collected = newColumn("array_agg", type)
    let list = newColumn("array", type, isNullable: false)
    let call = LogicalPlan.AggregateCall(
      "array_agg", [.column(column.id, column.type)], orderBy: keys, as: collected, position: place(range))
    let empty = BoundExpression.call(ScalarCall(OperatorFunctions.list, [], type: type))
    subquery.plan = .project(
      [.init(Decorrelation.filled(collected, with: empty), as: list)],
      .aggregate(LogicalPlan.Aggregate(groups: [], aggregates: [call], input: rows)))
    subquery.columns = [list]
    return try value(of: subquery, in: context)
  }

  /// Joins a subquery of one column to the rows and returns what its value became.
  private func value(
    of subquery: Subquery, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    guard let builder = context.builder else { throw QueryError.internalError("a subquery without rows") }
    let column = subquery.columns[0]
    let value = BoundExpression.column(column.id, column.type)
    guard !subquery.correlated.isEmpty else {
      let kind: LogicalPlan.Join.Kind = subquery.plan.isOneRow ? .cross : .single
      builder.plan = join(kind, builder.plan, subquery.plan, on: [])
      return value
    }
    if let result = groupedScalar(subquery, value, builder) { return result }
    if !subquery.plan.isOneRow,
      let pulled = Decorrelation(binder: self).pulledUp(subquery.plan, outer: subquery.correlated),
      isPlain(pulled.outputs[column.id] ?? value, of: pulled.plan)
    {
      builder.plan = join(.single, builder.plan, pulled.plan, on: pulled.conditions)
      return value.replacing(pulled.outputs)
    }
    try addDependentJoin(.single, subquery, [], to: builder)
    return value
  }

  private func isPlain(_ expression: BoundExpression, of plan: LogicalPlan) -> Bool {
    guard case .column(let id, _) = expression else { return false }
    return plan.outputColumns.contains { $0.id == id }
  }

  /// `(SELECT f(aggregates) FROM … WHERE inner = outer AND …)`: grouped by the inner side, and joined.
  private func groupedScalar(
    _ subquery: Subquery, _ value: BoundExpression, _ builder: RelationBuilder
  ) -> BoundExpression? {
    var outputs: [ColumnID: BoundExpression] = [:]
    var having: [BoundExpression] = []
    var current = subquery.plan
    var result = value
    while true {
      switch current {
      case .project(let expressions, let input):
        outputs = [:]
        for expression in expressions { outputs[expression.column.id] = expression.expression }
        result = result.replacing(outputs)
        having = having.map { $0.replacing(outputs) }
        current = input
        continue
      case .filter(let predicate, let input):
        having += predicate.conjuncts
        current = input
        continue
      default: break
      }
      break
    }
    guard case .aggregate(var aggregate) = current, aggregate.groups.isEmpty, aggregate.groupingSets.isEmpty,
      LogicalPlan.aggregate(aggregate).expressions.allSatisfy({
        $0.columns.isDisjoint(with: subquery.correlated)
      }),
      let pulled = Decorrelation(binder: self).pulledUp(aggregate.input, outer: subquery.correlated)
    else { return nil }
    let inner = Set(pulled.plan.outputColumns.map(\.id))
    var equalities: [LogicalPlan.Join.Equality] = []
    var keys: [LogicalPlan.NamedExpression] = []
    for condition in pulled.conditions {
      guard case .comparison(let comparison, let first, let second) = condition,
        comparison == .equal || comparison == .isNotDistinctFrom
      else { return nil }
      let (outerSide, innerSide) = second.columns.isSubset(of: inner) ? (first, second) : (second, first)
      guard innerSide.columns.isSubset(of: inner), outerSide.columns.isDisjoint(with: inner),
        outerSide.columns.isSubset(of: subquery.correlated)
      else { return nil }
      let key = newColumn("key", innerSide.type)
      keys.append(.init(innerSide, as: key))
      equalities.append(
        .init(outerSide, .column(key.id, key.type), matchesNulls: comparison == .isNotDistinctFrom))
    }
    let mapped = LogicalPlan.aggregate(aggregate).mapExpressions { $0.replacing(pulled.outputs) }
    guard case .aggregate(let rewritten) = mapped else { return nil }
    guard
      rewritten.aggregates.allSatisfy({ call in
        (call.arguments + [call.filter].compactMap { $0 } + call.orderBy.map(\.expression))
          .allSatisfy { $0.columns.isSubset(of: inner) }
      })
    else { return nil }
    aggregate = rewritten
    aggregate.groups = keys
    aggregate.input = pulled.plan
    var made = LogicalPlan.Join(.left, builder.plan, .aggregate(aggregate))
    made.equalities = equalities
    builder.plan = .join(made)
    var filled: [ColumnID: BoundExpression] = [:]
    for call in aggregate.aggregates {
      guard let value = Decorrelation.valueWhenEmpty(of: call) else { continue }
      filled[call.column.id] = Decorrelation.filled(call.column, with: value)
    }
    result = result.replacing(filled)
    guard let condition = BoundExpression.conjunction(having.map { $0.replacing(filled) }) else {
      return result
    }
    return .caseWhen([.init(condition: condition, result: result)], otherwise: nil, type: result.type)
  }
}

extension LogicalPlan {
  /// Whether the plan puts out exactly one row, whatever the data.
  var isOneRow: Bool {
    switch self {
    case .aggregate(let aggregate): aggregate.groups.isEmpty && aggregate.groupingSets.isEmpty
    case .project(_, let input), .sort(_, let input): input.isOneRow
    case .values(let rows, _): rows.count == 1
    default: false
    }
  }

  /// The rows with the keys that they are sorted by at the top, hidden ones too.
  fileprivate var showingSortKeys: (plan: LogicalPlan, keys: [SortKey]) {
    switch self {
    case .sort(let keys, _): return (self, keys)
    case .limit(let count, let offset, let input):
      let (plan, keys) = input.showingSortKeys
      return (.limit(count: count, offset: offset, plan), keys)
    case .project(let expressions, let input):
      let (plan, keys) = input.showingSortKeys
      let shown = Set(expressions.map(\.column.id))
      let needed = keys.reduce(into: Set<ColumnID>()) { $0.formUnion($1.expression.columns) }
      let hidden = plan.outputColumns.filter { needed.contains($0.id) && !shown.contains($0.id) }
      return (.project(expressions + hidden.map { .init(passing: $0) }, plan), keys)
    default: return (self, [])
    }
  }
}
