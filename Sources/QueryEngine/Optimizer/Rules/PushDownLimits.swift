internal import Columnar

/// Makes one top-N of ORDER BY and LIMIT, and lets scans stop early and aggregates keep no more groups than wanted.
struct PushDownLimits: OptimizerRule {
  static let name = "push_down_limits"
  /// A top-N keeps its rows in memory; beyond this many a sort is as good.
  private static let maximumTopN = 1_000_000
  /// Up to so many groups are looked up faster than all are made.
  private static let maximumGroups = 10_000

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    rewrite(plan)
  }

  private func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    let mapped = plan.mapInputs { rewrite($0) }
    guard case .limit(let count?, let offset, let input) = mapped else { return mapped }
    let (total, overflow) = count.addingReportingOverflow(offset)
    guard !overflow else { return mapped }
    switch input {
    case .sort(let keys, let below) where total <= PushDownLimits.maximumTopN:
      return .topN(keys, count: count, offset: offset, below)
    case .project(let expressions, let below):
      return .project(expressions, rewrite(.limit(count: count, offset: offset, below)))
    case .limit(let inner, let innerOffset, let below):
      let rest = inner.map { max(0, $0 - offset) } ?? Int.max
      return .limit(count: min(count, rest), offset: offset + innerOffset, below)
    default: return .limit(count: count, offset: offset, limited(input, to: total))
    }
  }

  /// Tells the plan below that only its first rows are wanted.
  private func limited(_ plan: LogicalPlan, to count: Int) -> LogicalPlan {
    switch plan {
    case .scan(var scan):
      scan.limit = min(scan.limit ?? .max, count)
      return .scan(scan)
    case .project(let expressions, let input): return .project(expressions, limited(input, to: count))
    case .aggregate(var aggregate)
    where aggregate.groupingSets.isEmpty && !aggregate.groups.isEmpty && count <= PushDownLimits.maximumGroups:
      aggregate.groupLimit = min(aggregate.groupLimit ?? .max, count)
      return .aggregate(aggregate)
    case .distinct(let distinct)
    where distinct.on == nil && !plan.outputColumns.isEmpty && count <= PushDownLimits.maximumGroups:
      let groups = plan.outputColumns.map { LogicalPlan.NamedExpression(passing: $0) }
      var aggregate = LogicalPlan.Aggregate(groups: groups, aggregates: [], input: distinct.input)
      aggregate.groupLimit = count
      return .aggregate(aggregate)
    case .setOperation(var operation) where operation.kind == .union && operation.isAll:
      operation.left = .limit(count: count, offset: 0, limited(operation.left, to: count))
      operation.right = .limit(count: count, offset: 0, limited(operation.right, to: count))
      return .setOperation(operation)
    default: return plan
    }
  }
}
