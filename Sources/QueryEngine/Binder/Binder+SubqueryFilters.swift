internal import Columnar

/// Subqueries as conditions: EXISTS, IN and quantified comparisons become semi and anti joins.
extension Binder {
  /// Adds a condition to the rows of `context`: EXISTS and IN become semi and anti joins.
  func addFilter(_ condition: ExpressionSyntax, in context: ExpressionContext) throws(QueryError) {
    guard let builder = context.builder else { throw QueryError.internalError("a filter without rows") }
    var plain: [BoundExpression] = []
    var subqueries: [ExpressionSyntax] = []
    var conjuncts: [ExpressionSyntax] = []
    for conjunct in condition.conjuncts {
      conjuncts += try expandingColumns(conjunct, context)?.map(\.expression) ?? [conjunct]
    }
    for conjunct in conjuncts {
      if conjunct.isSubqueryCondition {
        subqueries.append(conjunct)
      } else {
        let bound = try bindOutput(conjunct, in: context)
        plain.append(try self.condition(bound, in: context.clause.rawValue, at: conjunct.range))
      }
    }
    builder.plan = builder.plan.filtered(by: plain)
    for subquery in subqueries { try addSubqueryFilter(subquery, negated: false, in: context, builder) }
  }

  private func addSubqueryFilter(
    _ condition: ExpressionSyntax, negated: Bool, in context: ExpressionContext, _ builder: RelationBuilder
  ) throws(QueryError) {
    switch condition.kind {
    case .not(let inner): try addSubqueryFilter(inner, negated: !negated, in: context, builder)
    case .exists(let query):
      let subquery = try bindSubquery(query, in: context)
      try addJoin(negated ? .anti : .semi, subquery, conditions: { _ in [] }, to: builder)
    case .inSubquery(let value, let query, let isNegated):
      try addIn(value, query, negated: negated != isNegated, at: condition.range, in: context, builder)
    case .quantified(let value, let sign, let all, .query(let query)):
      try addQuantified(
        value, sign, all: all, query, negated: negated, at: condition.range, in: context, builder)
    default: throw QueryError.internalError("no subquery condition", at: condition.range)
    }
  }

  private func addIn(
    _ value: ExpressionSyntax, _ query: QuerySyntax, negated: Bool, at range: SourceRange,
    in context: ExpressionContext, _ builder: RelationBuilder
  ) throws(QueryError) {
    let (comparisons, subquery) = try inComparisons(value, query, at: range, in: context)
    guard negated else {
      return try addJoin(
        .semi, subquery, conditions: { outputs in comparisons.map { $0.replacing(outputs) } }, to: builder)
    }
    if subquery.correlated.isEmpty, comparisons.count == 1 {
      return try addJoin(
        .nullAwareAnti, subquery, conditions: { outputs in comparisons.map { $0.replacing(outputs) } },
        to: builder)
    }
    // A row passes if the comparison is false for every row of its subquery.
    try addJoin(
      .anti, subquery,
      conditions: { outputs in comparisons.map { Binder.notFalse($0.replacing(outputs)) } }, to: builder)
  }

  private func addQuantified(
    _ value: ExpressionSyntax, _ sign: BinarySign, all: Bool, _ query: QuerySyntax, negated: Bool,
    at range: SourceRange, in context: ExpressionContext, _ builder: RelationBuilder
  ) throws(QueryError) {
    let (comparison, subquery) = try quantifiedComparison(value, sign, query, at: range, in: context)
    switch (all, negated) {
    case (false, false):
      try addJoin(.semi, subquery, conditions: { [comparison.replacing($0)] }, to: builder)
    case (true, false):
      // All are true: there is none that is false or null.
      try addJoin(.anti, subquery, conditions: { [Binder.notTrue(comparison.replacing($0))] }, to: builder)
    case (false, true):
      // None is true or null.
      try addJoin(.anti, subquery, conditions: { [Binder.notFalse(comparison.replacing($0))] }, to: builder)
    case (true, true):
      try addJoin(.semi, subquery, conditions: { [.not(comparison.replacing($0))] }, to: builder)
    }
  }

  /// True where the condition is true or null.
  static func notFalse(_ condition: BoundExpression) -> BoundExpression {
    .comparison(.isDistinctFrom, condition, .literal(.boolean(false), .boolean))
  }

  /// True where the condition is false or null.
  static func notTrue(_ condition: BoundExpression) -> BoundExpression {
    .comparison(.isDistinctFrom, condition, .literal(.boolean(true), .boolean))
  }
}

extension ExpressionSyntax {
  /// The operands of AND, those of nested ANDs too.
  var conjuncts: [ExpressionSyntax] {
    if case .and(let operands) = kind { return operands.flatMap(\.conjuncts) }
    return [self]
  }

  /// Whether this is EXISTS, IN or a quantified comparison with a subquery, perhaps after NOT.
  var isSubqueryCondition: Bool {
    switch kind {
    case .exists, .inSubquery, .quantified(_, _, _, .query): true
    case .not(let operand): operand.isSubqueryCondition
    default: false
    }
  }
}
