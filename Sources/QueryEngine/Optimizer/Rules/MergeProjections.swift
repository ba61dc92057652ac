internal import Columnar

/// Makes one projection of two, and drops those that change nothing.
struct MergeProjections: OptimizerRule {
  static let name = "merge_projections"

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    rewrite(plan, context, isRoot: true)
  }

  private func rewrite(_ plan: LogicalPlan, _ context: OptimizerContext, isRoot: Bool) -> LogicalPlan {
    let mapped = inputsRewritten(plan, context, isRoot: isRoot)
    guard case .project(let outer, let input) = mapped else { return mapped }
    if outer.allSatisfy(\.passesOn) {
      let (wanted, found) = (outer.map(\.column), input.outputColumns)
      if wanted.map(\.id) == found.map(\.id), !isRoot || wanted.map(\.name) == found.map(\.name) {
        return input
      }
    }
    guard case .project(let inner, let below) = input else { return mapped }
    // An expression that is used twice would be computed twice.
    var uses: [ColumnID: Int] = [:]
    for expression in outer { count(expression.expression, &uses) }
    var replacements: [ColumnID: BoundExpression] = [:]
    for expression in inner where !expression.passesOn {
      let isCheap = expression.expression.isLiteral || isColumn(expression.expression)
      guard isCheap || (uses[expression.column.id] ?? 0) <= 1,
        isCheap || !expression.expression.isVolatile(context.functions)
      else { return mapped }
      replacements[expression.column.id] = expression.expression
    }
    let merged = outer.map {
      LogicalPlan.NamedExpression($0.expression.replacing(replacements), as: $0.column)
    }
    // What passed a column on under its own id may now rename one: the id stays the outer one's.
    return rewrite(.project(merged, below), context, isRoot: isRoot)
  }

  /// The names of the result's columns stand in its topmost projection, which must stay.
  private func inputsRewritten(_ plan: LogicalPlan, _ context: OptimizerContext, isRoot: Bool) -> LogicalPlan
  {
    switch plan {
    case .sort, .limit, .topN, .distinct, .filter:
      return plan.mapInputs { rewrite($0, context, isRoot: isRoot) }
    case .with(let id, let name, let definition, let body):
      return .with(
        id: id, name: name, definition: rewrite(definition, context, isRoot: false),
        body: rewrite(body, context, isRoot: isRoot))
    default: return plan.mapInputs { rewrite($0, context, isRoot: false) }
    }
  }

  private func isColumn(_ expression: BoundExpression) -> Bool {
    if case .column = expression { return true }
    return false
  }

  private func count(_ expression: BoundExpression, _ uses: inout [ColumnID: Int]) {
    if case .column(let id, _) = expression { uses[id, default: 0] += 1 }
    for child in expression.children { count(child, &uses) }
  }
}
