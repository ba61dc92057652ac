internal import Columnar

/// Groups by fewer keys where some follow from others: `GROUP BY ip, ip - 1, 'x'` groups by `ip`, and computes the
/// rest once for each group.
struct DropDependentKeys: OptimizerRule {
  static let name = "drop_dependent_keys"

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    rewrite(plan, context)
  }

  private func rewrite(_ plan: LogicalPlan, _ context: OptimizerContext) -> LogicalPlan {
    let mapped = plan.mapInputs { rewrite($0, context) }
    guard case .aggregate(var aggregate) = mapped, aggregate.groupingSets.isEmpty, aggregate.groups.count > 1
    else { return mapped }
    var columns: [ColumnID: BoundExpression] = [:]
    for group in aggregate.groups {
      guard case .column(let id, let type) = group.expression, isExact(type), columns[id] == nil else {
        continue
      }
      columns[id] = .column(group.column.id, type)
    }
    let kept = aggregate.groups.filter { !isDependent($0.expression, columns, context) }
    // Without any key there would be a row even if there is no input.
    guard !kept.isEmpty, kept.count < aggregate.groups.count else { return mapped }
    var outputs = aggregate.groups.map { group in
      isDependent(group.expression, columns, context)
        ? LogicalPlan.NamedExpression(group.expression.replacing(columns), as: group.column)
        : LogicalPlan.NamedExpression(passing: group.column)
    }
    outputs += mapped.outputColumns.dropFirst(outputs.count).map { LogicalPlan.NamedExpression(passing: $0) }
    aggregate.groups = kept
    return .project(outputs, .aggregate(aggregate))
  }

  /// Whether a key follows from those that are columns.
  private func isDependent(
    _ expression: BoundExpression, _ columns: [ColumnID: BoundExpression], _ context: OptimizerContext
  ) -> Bool {
    if case .column = expression { return false }
    return expression.columns.allSatisfy { columns[$0] != nil } && !expression.isVolatile(context.functions)
  }

  /// Whether values that are the same for GROUP BY are the same for every function.
  private func isExact(_ type: LogicalType) -> Bool {
    switch type {
    case .real, .double, .interval: false
    default: !type.isNested
    }
  }
}
