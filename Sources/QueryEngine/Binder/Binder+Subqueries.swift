internal import Columnar

/// Subqueries in expressions: each becomes a join to the rows that the expression is bound over.
extension Binder {
  /// A subquery's plan, and the columns of the rows around that it refers to.
  struct Subquery {
    var plan: LogicalPlan
    var correlated: Set<ColumnID>
    var columns: [OutputColumn]
  }

  func bindSubquery(
    _ query: QuerySyntax, in context: ExpressionContext
  ) throws(QueryError) -> Subquery {
    guard let builder = context.builder else {
      let what = context.lambdaParameters.isEmpty ? context.clause.rawValue : "a lambda"
      throw QueryError.unsupported("a subquery in \(what)", at: place(query.range))
    }
    let plan = try bind(query, outer: context.scope, tables: context.tables)
    let available = Set(builder.plan.outputColumns.map(\.id))
    let free = plan.freeColumns
    if let grouping = context.grouping {
      for id in free where grouping.inputColumns.contains(id) && !available.contains(id) {
        let name = context.scope.columns.first { $0.id == id }?.name ?? "?"
        throw QueryError(
          .grouping, "the subquery uses the column \"\(name)\", which must appear in GROUP BY",
          hint: "add \(name) to GROUP BY", at: place(columnPositions[id] ?? query.range))
      }
    }
    return Subquery(plan: plan, correlated: free.intersection(available), columns: plan.outputColumns)
  }

  /// The comparisons of `value IN (query)`: one, or one for each value of a row.
  func inComparisons(
    _ value: ExpressionSyntax, _ query: QuerySyntax, at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> ([BoundExpression], Subquery) {
    var values = [value]
    if case .row(let row) = value.kind { values = row }
    var bound: [BoundExpression] = []
    for value in values { bound.append(try bindOutput(value, in: context)) }
    let subquery = try bindSubquery(query, in: context)
    guard subquery.columns.count == values.count else {
      throw QueryError(
        .datatypeMismatch,
        "the subquery has \(subquery.columns.count) columns, and IN compares \(values.count)",
        at: place(query.range))
    }
    var comparisons: [BoundExpression] = []
    for (index, column) in subquery.columns.enumerated() {
      comparisons.append(
        try compare(
          .equal, bound[index], .column(column.id, column.type), leftRange: values[index].range,
          rightRange: query.range))
    }
    return (comparisons, subquery)
  }

  func quantifiedComparison(
    _ value: ExpressionSyntax, _ sign: BinarySign, _ query: QuerySyntax, at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> (BoundExpression, Subquery) {
    guard let comparison = OperatorFunctions.comparison(of: sign) else {
      throw QueryError(.syntaxError, "ANY and ALL need a comparison before them", at: place(range))
    }
    let operand = try bindOutput(value, in: context)
    let subquery = try bindSubquery(query, in: context)
    guard let column = subquery.columns.first, subquery.columns.count == 1 else {
      throw QueryError(
        .datatypeMismatch, "the subquery has \(subquery.columns.count) columns, and one is compared",
        at: place(query.range))
    }
    let bound = try compare(
      comparison, operand, .column(column.id, column.type), leftRange: value.range, rightRange: query.range)
    return (bound, subquery)
  }

  // Making joins

  /// Joins a subquery to the rows of `builder`.
  ///
  /// `conditions` makes the join's conditions, given what the subquery's columns became.
  func addJoin(
    _ kind: LogicalPlan.Join.Kind, _ subquery: Subquery,
    conditions: ([ColumnID: BoundExpression]) -> [BoundExpression], to builder: RelationBuilder
  ) throws(QueryError) {
    let decorrelation = Decorrelation(binder: self)
    guard !subquery.correlated.isEmpty else {
      builder.plan = join(kind, builder.plan, subquery.plan, on: conditions([:]))
      return
    }
    if let pulled = decorrelation.pulledUp(subquery.plan, outer: subquery.correlated) {
      builder.plan = join(kind, builder.plan, pulled.plan, on: conditions(pulled.outputs) + pulled.conditions)
      return
    }
    try addDependentJoin(kind, subquery, conditions([:]), to: builder)
  }

  /// The general way: distinct outer values, carried through the subquery.
  func addDependentJoin(
    _ kind: LogicalPlan.Join.Kind, _ subquery: Subquery, _ conditions: [BoundExpression],
    to builder: RelationBuilder
  ) throws(QueryError) {
    let outerColumns = builder.plan.outputColumns
    let shared = newPlanID()
    // The rows around are used twice: as they are, and for the distinct values that the subquery asks for.
    let copies = outerColumns.map { newColumn($0.name, $0.type) }
    var domainColumns: [ColumnID: OutputColumn] = [:]
    var keys: [LogicalPlan.NamedExpression] = []
    for (column, copy) in zip(outerColumns, copies) where subquery.correlated.contains(column.id) {
      domainColumns[column.id] = copy
      keys.append(.init(passing: copy))
    }
    let distinct = LogicalPlan.distinct(
      .init(input: .project(keys, .cteReference(id: shared, columns: copies))))
    // The domain may be used several times inside; so it is shared as well.
    let domainID = newPlanID()
    let ordered = keys.map(\.column)
    let reference = LogicalPlan.cteReference(
      id: domainID, columns: ordered.map { newColumn($0.name, $0.type) })
    var inside: [ColumnID: OutputColumn] = [:]
    for (index, column) in ordered.enumerated() {
      guard let outer = domainColumns.first(where: { $0.value.id == column.id })?.key else { continue }
      inside[outer] = reference.outputColumns[index]
    }
    let pushed = try Decorrelation(binder: self).dependentJoin(
      .init(plan: reference, columns: inside), subquery.plan)
    var made = LogicalPlan.Join(kind, .cteReference(id: shared, columns: outerColumns), pushed)
    split(conditions, into: &made)
    made.equalities += inside.sorted { $0.key < $1.key }.map { outer, column in
      .init(.column(outer, column.type), .column(column.id, column.type), matchesNulls: true)
    }
    let body = LogicalPlan.with(id: domainID, name: "outer values", definition: distinct, body: .join(made))
    // References go by position: the projection keeps the columns in order when joins below change places.
    let rows = LogicalPlan.project(builder.plan.outputColumns.map { .init(passing: $0) }, builder.plan)
    builder.plan = .with(id: shared, name: "outer rows", definition: rows, body: body)
  }

  /// Makes a join whose conditions are split into equalities of both sides and the rest.
  func join(
    _ kind: LogicalPlan.Join.Kind, _ left: LogicalPlan, _ right: LogicalPlan, on conditions: [BoundExpression]
  ) -> LogicalPlan {
    var made = LogicalPlan.Join(kind, left, right)
    split(conditions, into: &made)
    if kind == .inner, made.equalities.isEmpty, made.residual == nil { made.kind = .cross }
    return .join(made)
  }

  private func split(_ conditions: [BoundExpression], into join: inout LogicalPlan.Join) {
    let left = Set(join.left.outputColumns.map(\.id))
    let right = Set(join.right.outputColumns.map(\.id))
    var rest: [BoundExpression] = []
    for condition in conditions.flatMap(\.conjuncts) {
      if case .comparison(let comparison, let first, let second) = condition,
        comparison == .equal || comparison == .isNotDistinctFrom
      {
        let matchesNulls = comparison == .isNotDistinctFrom
        let (firstColumns, secondColumns) = (first.columns, second.columns)
        if !firstColumns.isEmpty, !secondColumns.isEmpty {
          if firstColumns.isSubset(of: left), secondColumns.isSubset(of: right) {
            join.equalities.append(.init(first, second, matchesNulls: matchesNulls))
            continue
          }
          if firstColumns.isSubset(of: right), secondColumns.isSubset(of: left) {
            join.equalities.append(.init(second, first, matchesNulls: matchesNulls))
            continue
          }
        }
      }
      rest.append(condition)
    }
    // NOT IN compares its one pair of keys also when one of them is a constant.
    if join.kind == .nullAwareAnti, join.equalities.isEmpty, rest.count == 1,
      case .comparison(.equal, let first, let second) = rest[0], second.columns.isSubset(of: right)
    {
      join.equalities = [.init(first, second)]
      rest = []
    }
    if case .mark(_, isNullAware: true) = join.kind, join.equalities.isEmpty, rest.count == 1,
      case .comparison(.equal, let first, let second) = rest[0], second.columns.isSubset(of: right)
    {
      join.equalities = [.init(first, second)]
      rest = []
    }
    join.residual = BoundExpression.conjunction((join.residual.map { [$0] } ?? []) + rest)
  }
}
