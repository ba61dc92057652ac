internal import Columnar

/// Removes references to the columns of the query around, so that a subquery becomes a join.
///
/// Two ways (Neumann and Kemper 2015, "Unnesting Arbitrary Queries"): where the conditions that refer outward
/// can be pulled up to the join, they are (``pulledUp(_:outer:)``); otherwise the distinct outer values are
/// joined in at the bottom and carried up through every operator (``dependentJoin``).
struct Decorrelation {
  let binder: Binder
  /// The shared plans whose rows carry the outer values.
  var carrying: Set<Int> = []

  /// A plan whose outward conditions have been taken out.
  struct PulledUp {
    var plan: LogicalPlan
    /// What was taken out; over columns of `plan` and of the outer side.
    var conditions: [BoundExpression] = []
    /// The former output columns in terms of `plan`'s and outer columns, where they changed.
    var outputs: [ColumnID: BoundExpression] = [:]
  }

  /// Pulls conditions over `outer` columns up through filters, projections and inner joins.
  ///
  /// - Returns: `nil` where an operator is in the way.
  func pulledUp(_ plan: LogicalPlan, outer: Set<ColumnID>) -> PulledUp? {
    guard !plan.freeColumns.isDisjoint(with: outer) else { return PulledUp(plan: plan) }
    switch plan {
    case .project(let expressions, let input):
      guard var pulled = pulledUp(input, outer: outer) else { return nil }
      var outputs = pulled.outputs
      for expression in expressions where !expression.passesOn || pulled.outputs[expression.column.id] != nil
      {
        outputs[expression.column.id] = expression.expression.replacing(pulled.outputs)
      }
      pulled.outputs = outputs
      return pulled
    case .filter(let predicate, let input):
      guard var pulled = pulledUp(input, outer: outer) else { return nil }
      var kept: [BoundExpression] = []
      for conjunct in predicate.conjuncts {
        let conjunct = conjunct.replacing(pulled.outputs)
        if conjunct.columns.isDisjoint(with: outer) {
          kept.append(conjunct)
        } else {
          pulled.conditions.append(conjunct)
        }
      }
      pulled.plan = pulled.plan.filtered(by: kept)
      return pulled
    case .sort(_, let input): return pulledUp(input, outer: outer)
    case .join(let join): return pulledUp(join, outer: outer)
    default: return nil
    }
  }

  private func pulledUp(_ join: LogicalPlan.Join, outer: Set<ColumnID>) -> PulledUp? {
    let isInner = join.kind == .inner || join.kind == .cross
    let conditionColumns = LogicalPlan.join(join).expressions.reduce(into: Set<ColumnID>()) {
      $0.formUnion($1.columns)
    }
    guard let left = pulledUp(join.left, outer: outer) else { return nil }
    if !isInner {
      // Only what stands on the preserved side may go up.
      switch join.kind {
      case .left, .semi, .anti, .single, .mark, .nullAwareAnti: break
      default: return nil
      }
      guard conditionColumns.isDisjoint(with: outer), join.right.freeColumns.isDisjoint(with: outer),
        left.outputs.isEmpty
      else { return nil }
      var result = left
      var joined = join
      joined.left = left.plan
      result.plan = .join(joined)
      return result
    }
    guard let right = pulledUp(join.right, outer: outer) else { return nil }
    let outputs = left.outputs.merging(right.outputs) { first, _ in first }
    var result = PulledUp(
      plan: .join(LogicalPlan.Join(.cross, left.plan, right.plan)),
      conditions: left.conditions + right.conditions, outputs: outputs)
    var kept: [BoundExpression] = []
    let all =
      join.equalities.map {
        BoundExpression.comparison($0.matchesNulls ? .isNotDistinctFrom : .equal, $0.left, $0.right)
      }
      + (join.residual?.conjuncts ?? [])
    for condition in all {
      let condition = condition.replacing(outputs)
      if condition.columns.isDisjoint(with: outer) {
        kept.append(condition)
      } else {
        result.conditions.append(condition)
      }
    }
    result.plan = binder.join(.inner, left.plan, right.plan, on: kept)
    return result
  }
}
