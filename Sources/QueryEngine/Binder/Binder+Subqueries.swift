internal import Columnar

/// Subqueries in expressions: each becomes a join to the rows that the expression is bound over.
extension Binder {
  /// Adds a condition to the rows of `context`: EXISTS and IN become semi and anti joins.
  func addFilter(_ condition: ExpressionSyntax, in context: ExpressionContext) throws(QueryError) {
    guard let builder = context.builder else { throw QueryError.internalError("a filter without rows") }
    var plain: [BoundExpression] = []
    var subqueries: [ExpressionSyntax] = []
    for conjunct in condition.conjuncts {
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

  // Binding the query itself

  /// A subquery's plan, and the columns of the rows around that it refers to.
  struct Subquery {
    var plan: LogicalPlan
    var correlated: Set<ColumnID>
    var columns: [OutputColumn]
  }

  private func bindSubquery(
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
  private func inComparisons(
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

  private func quantifiedComparison(
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
  private func addJoin(
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
    let pushed = try Decorrelation(binder: self).dependentJoin(reference, inside, subquery.plan)
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

  // Subqueries as values

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
    guard let builder = context.builder else { throw QueryError.internalError("a subquery without rows") }
    guard let column = subquery.columns.first, subquery.columns.count == 1 else {
      throw QueryError(
        .datatypeMismatch, "a subquery used as a value has one column, not \(subquery.columns.count)",
        at: place(range))
    }
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
    for call in aggregate.aggregates where Decorrelation.isZeroWhenEmpty(call.function) {
      filled[call.column.id] = Decorrelation.zeroIfNull(.column(call.column.id, call.column.type))
    }
    result = result.replacing(filled)
    guard let condition = BoundExpression.conjunction(having.map { $0.replacing(filled) }) else {
      return result
    }
    return .caseWhen([.init(condition: condition, result: result)], otherwise: nil, type: result.type)
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
}
