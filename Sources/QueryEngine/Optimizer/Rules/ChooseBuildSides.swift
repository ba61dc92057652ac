internal import Columnar

/// Builds the hash table of a join on the smaller side where the join's kind leaves the choice.
///
/// The right side is built unless a join says otherwise; an inner join changes its sides, an outer one is marked.
struct ChooseBuildSides: OptimizerRule {
  static let name = "choose_build_sides"

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    rewrite(plan, Cardinality())
  }

  private func rewrite(_ plan: LogicalPlan, _ cardinality: Cardinality) -> LogicalPlan {
    if case .with(let id, let name, let definition, let body) = plan {
      let definition = rewrite(definition, cardinality)
      var inner = cardinality
      inner.define(id, rows: cardinality.rows(definition))
      return .with(id: id, name: name, definition: definition, body: rewrite(body, inner))
    }
    let mapped = plan.mapInputs { rewrite($0, cardinality) }
    guard case .join(var join) = mapped, !join.equalities.isEmpty else { return mapped }
    let (left, right) = (cardinality.rows(join.left), cardinality.rows(join.right))
    switch join.kind {
    case .inner where right > left * 1.5:
      (join.left, join.right) = (join.right, join.left)
      for index in join.equalities.indices {
        let equality = join.equalities[index]
        join.equalities[index] = .init(equality.right, equality.left, matchesNulls: equality.matchesNulls)
      }
      return .join(join)
    case .left where right > left * 4, .semi where right > left * 4, .anti where right > left * 4:
      join.buildsLeft = true
      return .join(join)
    default: return mapped
    }
  }
}
