internal import Columnar

/// Moves conditions as near to the data as they may go: into scans, join keys and join inputs.
struct PushDownFilters: OptimizerRule {
  static let name = "push_down_filters"

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    FilterPushDown(functions: context.functions).push([], into: plan)
  }
}

/// Carries conjuncts down a plan.
struct FilterPushDown {
  let functions: FunctionRegistry

  /// Returns the plan with `filters` applied to its output, as deep inside as they may go.
  func push(_ filters: [BoundExpression], into plan: LogicalPlan) -> LogicalPlan {
    switch plan {
    case .filter(let predicate, let input): return push(filters + predicate.conjuncts, into: input)
    case .project(let expressions, let input): return project(expressions, input, filters)
    case .scan(var scan):
      let known = Set(scan.filters)
      scan.filters += filters.filter { !known.contains($0) }
      return .scan(scan)
    case .sort(let keys, let input): return .sort(keys, push(filters, into: input))
    case .aggregate(let aggregate): return self.aggregate(aggregate, filters)
    case .join(let join): return self.join(join, filters)
    case .window(let window): return self.window(window, filters)
    case .distinct(var distinct):
      guard let on = distinct.on else {
        distinct.input = push(filters, into: distinct.input)
        return .distinct(distinct)
      }
      let keys = Set(
        on.compactMap { key -> ColumnID? in if case .column(let id, _) = key { id } else { nil } })
      let (below, above) = split(filters) { $0.columns.isSubset(of: keys) }
      distinct.input = push(below, into: distinct.input)
      return LogicalPlan.distinct(distinct).filtered(by: above)
    case .setOperation(let operation): return setOperation(operation, filters)
    case .unnest(var unnest):
      let own = Set(unnest.lists.map(\.column.id) + [unnest.ordinality?.id].compactMap { $0 })
      let (below, above) = split(filters) { $0.columns.isDisjoint(with: own) }
      unnest.input = push(below, into: unnest.input)
      return LogicalPlan.unnest(unnest).filtered(by: above)
    case .with(let id, let name, let definition, let body):
      return .with(
        id: id, name: name, definition: push([], into: definition), body: push(filters, into: body))
    case .limit, .topN, .values, .cteReference, .recursive:
      return plan.mapInputs { push([], into: $0) }.filtered(by: filters)
    }
  }

  private func split(
    _ filters: [BoundExpression], _ goesDown: (BoundExpression) -> Bool
  ) -> (below: [BoundExpression], above: [BoundExpression]) {
    (
      filters.filter { goesDown($0) && !$0.isVolatile(functions) },
      filters.filter { !goesDown($0) || $0.isVolatile(functions) }
    )
  }

  private func project(
    _ expressions: [LogicalPlan.NamedExpression], _ input: LogicalPlan, _ filters: [BoundExpression]
  ) -> LogicalPlan {
    var replacements: [ColumnID: BoundExpression] = [:]
    var fixed: Set<ColumnID> = []
    for expression in expressions where !expression.passesOn {
      if expression.expression.isVolatile(functions) {
        fixed.insert(expression.column.id)
      } else {
        replacements[expression.column.id] = expression.expression
      }
    }
    let (below, above) = split(filters) { $0.columns.isDisjoint(with: fixed) }
    let pushed = below.flatMap { Predicates.simplified($0.replacing(replacements)).conjuncts }
    return LogicalPlan.project(expressions, push(pushed, into: input)).filtered(by: above)
  }

  private func aggregate(_ aggregate: LogicalPlan.Aggregate, _ filters: [BoundExpression]) -> LogicalPlan {
    var aggregate = aggregate
    // A group that is in every grouping set can be filtered before; without groups there is always a row.
    var replacements: [ColumnID: BoundExpression] = [:]
    for (index, group) in aggregate.groups.enumerated()
    where aggregate.groupingSets.allSatisfy({ $0.contains(index) }) {
      replacements[group.column.id] = group.expression
    }
    let (below, above) = split(filters) { filter in
      !filter.columns.isEmpty && filter.columns.allSatisfy { replacements[$0] != nil }
    }
    aggregate.input = push(below.map { $0.replacing(replacements) }, into: aggregate.input)
    return LogicalPlan.aggregate(aggregate).filtered(by: above)
  }

  private func window(_ window: LogicalPlan.Window, _ filters: [BoundExpression]) -> LogicalPlan {
    var window = window
    let keys = Set(
      window.partitionBy.compactMap { key -> ColumnID? in if case .column(let id, _) = key { id } else { nil }
      })
    let (below, above) = split(filters) { !$0.columns.isEmpty && $0.columns.isSubset(of: keys) }
    window.input = push(below, into: window.input)
    return LogicalPlan.window(window).filtered(by: above)
  }

  private func setOperation(
    _ operation: LogicalPlan.SetOperation, _ filters: [BoundExpression]
  ) -> LogicalPlan {
    var operation = operation
    let (below, above) = split(filters) { _ in true }
    func side(_ input: LogicalPlan) -> LogicalPlan {
      var replacements: [ColumnID: BoundExpression] = [:]
      for (column, source) in zip(operation.columns, input.outputColumns) {
        replacements[column.id] = .column(source.id, source.type)
      }
      return push(below.map { $0.replacing(replacements) }, into: input)
    }
    operation.left = side(operation.left)
    operation.right = side(operation.right)
    return LogicalPlan.setOperation(operation).filtered(by: above)
  }

  // Joins

  private func join(_ join: LogicalPlan.Join, _ filters: [BoundExpression]) -> LogicalPlan {
    var join = join
    let left = Set(join.left.outputColumns.map(\.id))
    let right = Set(join.right.outputColumns.map(\.id))
    if join.kind == .left,
      filters.contains(where: { Predicates.rejectsNulls($0, right) && !$0.columns.isDisjoint(with: right) })
    {
      join.kind = .inner
    }
    if join.kind == .right,
      filters.contains(where: { Predicates.rejectsNulls($0, left) && !$0.columns.isDisjoint(with: left) })
    {
      join.kind = .inner
    }
    switch join.kind {
    case .inner, .cross: return inner(join, filters, left, right)
    case .left, .single, .semi, .anti, .nullAwareAnti, .mark, .asof:
      var (below, above) = split(filters) { $0.columns.isSubset(of: left) }
      var rightFilters: [BoundExpression] = []
      if let residual = join.residual, join.kind != .nullAwareAnti, !isNullAwareMark(join.kind),
        !isAsOf(join.kind)
      {
        var kept: [BoundExpression] = []
        for conjunct in residual.conjuncts {
          if conjunct.columns.isSubset(of: right), !conjunct.columns.isEmpty, !conjunct.isVolatile(functions)
          {
            rightFilters.append(conjunct)
          } else if join.kind == .semi, conjunct.columns.isSubset(of: left), !conjunct.columns.isEmpty {
            below.append(conjunct)
          } else {
            kept.append(conjunct)
          }
        }
        join.residual = BoundExpression.conjunction(kept)
      }
      if join.kind != .nullAwareAnti, !isNullAwareMark(join.kind) {
        rightFilters += implied(by: below, join.equalities.map { ($0.left, $0.right) })
      }
      join.left = push(below, into: join.left)
      join.right = push(rightFilters, into: join.right)
      return LogicalPlan.join(join).filtered(by: above)
    case .right:
      let (below, above) = split(filters) { $0.columns.isSubset(of: right) }
      join.left = push(implied(by: below, join.equalities.map { ($0.right, $0.left) }), into: join.left)
      join.right = push(below, into: join.right)
      return LogicalPlan.join(join).filtered(by: above)
    case .full:
      join.left = push([], into: join.left)
      join.right = push([], into: join.right)
      return LogicalPlan.join(join).filtered(by: filters)
    }
  }

  /// What a disjunction says of one side alone: `(a = 1 AND b = 2) OR (a = 2 AND b = 1)` implies `a = 1 OR a = 2`.
  private func implied(by condition: BoundExpression, over columns: Set<ColumnID>) -> [BoundExpression] {
    guard case .or(let alternatives) = condition, !condition.isVolatile(functions) else { return [] }
    var sides: [BoundExpression] = []
    for alternative in alternatives {
      let own = alternative.conjuncts.filter { isPlain($0) && $0.columns.isSubset(of: columns) }
      guard let side = BoundExpression.conjunction(own) else { return [] }
      sides.append(side)
    }
    return [Predicates.simplified(.or(sides))]
  }

  /// Whether a condition compares a column with literals, which never fails.
  private func isPlain(_ condition: BoundExpression) -> Bool {
    func isColumn(_ expression: BoundExpression) -> Bool {
      if case .column = expression { true } else { false }
    }
    return switch condition {
    case .comparison(_, let left, let right):
      isColumn(left) && right.isLiteral || left.isLiteral && isColumn(right)
    case .inList(let operand, let values, _): isColumn(operand) && values.allSatisfy(\.isLiteral)
    case .isNull(let operand, _): isColumn(operand)
    default: false
    }
  }

  private func isNullAwareMark(_ kind: LogicalPlan.Join.Kind) -> Bool {
    if case .mark(_, isNullAware: true) = kind { return true }
    return false
  }

  private func isAsOf(_ kind: LogicalPlan.Join.Kind) -> Bool {
    if case .asof = kind { return true }
    return false
  }

  private func inner(
    _ join: LogicalPlan.Join, _ filters: [BoundExpression], _ left: Set<ColumnID>, _ right: Set<ColumnID>
  ) -> LogicalPlan {
    var result = LogicalPlan.Join(.inner, join.left, join.right, equalities: join.equalities)
    let (candidates, above) = split(filters + (join.residual?.conjuncts ?? [])) { _ in true }
    var (leftFilters, rightFilters, rest): ([BoundExpression], [BoundExpression], [BoundExpression]) = (
      [], [], []
    )
    for filter in candidates {
      let columns = filter.columns
      if !columns.isSubset(of: left) && !columns.isSubset(of: right) {
        leftFilters += implied(by: filter, over: left)
        rightFilters += implied(by: filter, over: right)
      }
      if columns.isSubset(of: left) {
        leftFilters.append(filter)
      } else if columns.isSubset(of: right) {
        rightFilters.append(filter)
      } else if let equality = LogicalPlan.Join.Equality(filter, left: left, right: right) {
        result.equalities.append(equality)
      } else {
        rest.append(filter)
      }
    }
    leftFilters += implied(by: rightFilters, result.equalities.map { ($0.right, $0.left) })
    rightFilters += implied(by: leftFilters, result.equalities.map { ($0.left, $0.right) })
    result.residual = BoundExpression.conjunction(rest)
    if result.equalities.isEmpty, result.residual == nil { result.kind = .cross }
    result.left = push(leftFilters, into: join.left)
    result.right = push(rightFilters, into: join.right)
    return LogicalPlan.join(result).filtered(by: above)
  }

  /// Conditions on one key of a join hold for the other: `a.d = b.d AND a.d > x` implies `b.d > x`.
  private func implied(
    by filters: [BoundExpression], _ keys: [(from: BoundExpression, to: BoundExpression)]
  ) -> [BoundExpression] {
    var result: [BoundExpression] = []
    for (from, to) in keys {
      guard case .column(let id, _) = from, case .column = to else { continue }
      for filter in filters {
        switch filter {
        case .comparison(let comparison, from, let literal)
        where literal.isLiteral && comparison != .isDistinctFrom && comparison != .isNotDistinctFrom:
          result.append(filter.replacing([id: to]))
        case .inList(from, let values, _) where values.allSatisfy(\.isLiteral):
          result.append(filter.replacing([id: to]))
        default: break
        }
      }
    }
    return result
  }
}

extension LogicalPlan.Join.Equality {
  /// Makes a join key of an equation between the two sides.
  init?(_ condition: BoundExpression, left: Set<ColumnID>, right: Set<ColumnID>) {
    guard case .comparison(let comparison, let first, let second) = condition,
      comparison == .equal || comparison == .isNotDistinctFrom
    else { return nil }
    let (firstColumns, secondColumns) = (first.columns, second.columns)
    guard !firstColumns.isEmpty, !secondColumns.isEmpty else { return nil }
    let matchesNulls = comparison == .isNotDistinctFrom
    if firstColumns.isSubset(of: left), secondColumns.isSubset(of: right) {
      self.init(first, second, matchesNulls: matchesNulls)
    } else if firstColumns.isSubset(of: right), secondColumns.isSubset(of: left) {
      self.init(second, first, matchesNulls: matchesNulls)
    } else {
      return nil
    }
  }
}
