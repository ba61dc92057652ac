internal import Columnar

/// Leaves out columns that nothing above uses, so that scans do not read them.
struct PruneColumns: OptimizerRule {
  static let name = "prune_columns"

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    PruneColumns.pruned(plan)
  }

  /// Returns the plan without the columns that none of its output columns needs.
  static func pruned(_ plan: LogicalPlan) -> LogicalPlan {
    var pruning = ColumnPruning()
    return pruning.prune(plan, Set(plan.outputColumns.map(\.id)))
  }
}

private struct ColumnPruning {
  /// For each shared plan, the positions of the columns that its references use.
  private var used: [Int: Set<Int>] = [:]

  mutating func prune(_ plan: LogicalPlan, _ needed: Set<ColumnID>) -> LogicalPlan {
    func columns(_ expressions: [BoundExpression]) -> Set<ColumnID> {
      expressions.reduce(into: []) { $0.formUnion($1.columns) }
    }
    switch plan {
    case .scan(var scan):
      let wanted = needed.union(columns(scan.filters))
      let kept = scan.columns.indices.filter { wanted.contains(scan.columns[$0].id) }
      scan.columnIndices = kept.map { scan.columnIndices[$0] }
      scan.columns = kept.map { scan.columns[$0] }
      return .scan(scan)
    case .values(let rows, let valueColumns):
      let kept = valueColumns.indices.filter { needed.contains(valueColumns[$0].id) }
      guard kept.count < valueColumns.count else { return plan }
      return .values(rows: rows.map { row in kept.map { row[$0] } }, columns: kept.map { valueColumns[$0] })
    case .filter(let predicate, let input):
      return .filter(predicate, prune(input, needed.union(predicate.columns)))
    case .project(let expressions, let input):
      let kept = expressions.filter { needed.contains($0.column.id) }
      return .project(kept, prune(input, columns(kept.map(\.expression))))
    case .sort(let keys, let input):
      return .sort(keys, prune(input, needed.union(columns(keys.map(\.expression)))))
    case .topN(let keys, let count, let offset, let input):
      return .topN(
        keys, count: count, offset: offset, prune(input, needed.union(columns(keys.map(\.expression)))))
    case .limit(let count, let offset, let input):
      return .limit(count: count, offset: offset, prune(input, needed))
    case .aggregate(var aggregate):
      aggregate.aggregates.removeAll { !needed.contains($0.column.id) }
      if aggregate.aggregates.isEmpty, aggregate.groups.isEmpty, aggregate.groupingSets.isEmpty {
        // One row stays one row: a count costs least.
        aggregate.aggregates = firstAggregate(of: plan)
      }
      aggregate.input = prune(aggregate.input, columns(LogicalPlan.aggregate(aggregate).expressions))
      return .aggregate(aggregate)
    case .join(var join):
      let wanted = needed.union(columns(plan.expressions))
      join.left = prune(join.left, wanted.intersection(join.left.outputColumns.map(\.id)))
      join.right = prune(join.right, wanted.intersection(join.right.outputColumns.map(\.id)))
      return .join(join)
    case .window(var window):
      window.calls.removeAll { !needed.contains($0.column.id) }
      if window.calls.isEmpty { return prune(window.input, needed) }
      let own = Set(window.calls.map(\.column.id))
      window.input = prune(
        window.input, needed.subtracting(own).union(columns(LogicalPlan.window(window).expressions)))
      return .window(window)
    case .distinct(var distinct):
      let below: Set<ColumnID> =
        distinct.on == nil
        ? Set(distinct.input.outputColumns.map(\.id)) : needed.union(columns(plan.expressions))
      distinct.input = prune(distinct.input, below)
      return .distinct(distinct)
    case .setOperation(let operation): return setOperation(operation, needed)
    case .unnest(var unnest):
      let own = Set(unnest.lists.map(\.column.id) + [unnest.ordinality?.id].compactMap { $0 })
      unnest.input = prune(
        unnest.input, needed.subtracting(own).union(columns(unnest.lists.map(\.expression))))
      return .unnest(unnest)
    case .cteReference(let id, let referenced):
      used[id, default: []].formUnion(referenced.indices.filter { needed.contains(referenced[$0].id) })
      return plan
    case .with(let id, let name, let definition, let body): return with(id, name, definition, body, needed)
    case .recursive(let id, let initial, let step, let recursive, let isAll):
      // The rounds feed each other: all their columns stay.
      let initial = prune(initial, Set(initial.outputColumns.map(\.id)))
      let step = prune(step, Set(step.outputColumns.map(\.id)))
      return .recursive(id: id, initial: initial, step: step, columns: recursive, isAll: isAll)
    }
  }

  private func firstAggregate(of plan: LogicalPlan) -> [LogicalPlan.AggregateCall] {
    guard case .aggregate(let aggregate) = plan, let first = aggregate.aggregates.first else { return [] }
    if let count = aggregate.aggregates.first(where: { $0.function == "count_star" }) { return [count] }
    return [first]
  }

  /// Prunes both sides by position; only UNION ALL may lose columns.
  private mutating func setOperation(
    _ operation: LogicalPlan.SetOperation, _ needed: Set<ColumnID>
  ) -> LogicalPlan {
    var operation = operation
    var kept = Array(operation.columns.indices)
    if operation.kind == .union, operation.isAll {
      kept = kept.filter { needed.contains(operation.columns[$0].id) }
    }
    operation.left = side(operation.left, kept)
    operation.right = side(operation.right, kept)
    operation.columns = kept.map { operation.columns[$0] }
    return .setOperation(operation)
  }

  /// Returns the plan with exactly the columns at these positions.
  private mutating func side(_ input: LogicalPlan, _ kept: [Int]) -> LogicalPlan {
    let outputs = input.outputColumns
    let wanted = kept.map { outputs[$0] }
    let pruned = prune(input, Set(wanted.map(\.id)))
    guard pruned.outputColumns.map(\.id) != wanted.map(\.id) else { return pruned }
    return .project(wanted.map { .init(passing: $0) }, pruned)
  }

  private mutating func with(
    _ id: Int, _ name: String, _ definition: LogicalPlan, _ body: LogicalPlan, _ needed: Set<ColumnID>
  ) -> LogicalPlan {
    used[id] = []
    let body = prune(body, needed)
    let count = definition.outputColumns.count
    let kept = (used[id] ?? []).sorted()
    let all = kept.count == count ? Array(0..<count) : kept
    return .with(
      id: id, name: name, definition: side(definition, all),
      body: all.count == count ? body : body.keeping(all, of: id))
  }
}

extension LogicalPlan {
  /// Returns the plan with references to a shared plan cut to some of its columns.
  fileprivate func keeping(_ positions: [Int], of id: Int) -> LogicalPlan {
    if case .cteReference(id, let columns) = self {
      return .cteReference(id: id, columns: positions.map { columns[$0] })
    }
    return mapInputs { $0.keeping(positions, of: id) }
  }
}
