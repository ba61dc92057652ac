internal import Columnar

extension LogicalPlan {
  /// The inputs, in order.
  package var inputs: [LogicalPlan] {
    switch self {
    case .scan, .values, .cteReference: []
    case .filter(_, let input), .project(_, let input), .sort(_, let input), .topN(_, _, _, let input),
      .limit(_, _, let input):
      [input]
    case .aggregate(let aggregate): [aggregate.input]
    case .join(let join): [join.left, join.right]
    case .window(let window): [window.input]
    case .distinct(let distinct): [distinct.input]
    case .setOperation(let operation): [operation.left, operation.right]
    case .unnest(let unnest): [unnest.input]
    case .with(_, _, let definition, let body): [definition, body]
    case .recursive(_, let initial, let step, _, _): [initial, step]
    }
  }

  /// Whether some table is read more than once.
  var readsATableAgain: Bool {
    var seen: Set<String> = []
    return repeatsAScan(&seen)
  }

  private func repeatsAScan(_ seen: inout Set<String>) -> Bool {
    switch self {
    case .scan(let scan): return !seen.insert(scan.relation.displayName).inserted
    case .recursive: return true
    default:
      for input in inputs where input.repeatsAScan(&seen) { return true }
      return false
    }
  }

  /// The shared plans that the plan refers to and that are defined around it.
  var sharedPlansAround: Set<Int> {
    var (used, made): (Set<Int>, Set<Int>) = ([], [])
    collectSharedPlans(used: &used, made: &made)
    return used.subtracting(made)
  }

  private func collectSharedPlans(used: inout Set<Int>, made: inout Set<Int>) {
    switch self {
    case .cteReference(let id, _): used.insert(id)
    case .with(let id, _, _, _), .recursive(let id, _, _, _, _): made.insert(id)
    default: break
    }
    for input in inputs { input.collectSharedPlans(used: &used, made: &made) }
  }

  /// Whether rows of several inputs are brought together anywhere in the plan.
  var hasJoin: Bool {
    if case .join = self { return true }
    return inputs.contains { $0.hasJoin }
  }

  /// Returns the node with each input replaced by what `transform` makes of it.
  package func mapInputs<Failure: Error>(
    _ transform: (LogicalPlan) throws(Failure) -> LogicalPlan
  ) throws(Failure) -> LogicalPlan {
    switch self {
    case .scan, .values, .cteReference: return self
    case .filter(let predicate, let input): return .filter(predicate, try transform(input))
    case .project(let expressions, let input): return .project(expressions, try transform(input))
    case .sort(let keys, let input): return .sort(keys, try transform(input))
    case .topN(let keys, let count, let offset, let input):
      return .topN(keys, count: count, offset: offset, try transform(input))
    case .limit(let count, let offset, let input):
      return .limit(count: count, offset: offset, try transform(input))
    case .aggregate(var aggregate):
      aggregate.input = try transform(aggregate.input)
      return .aggregate(aggregate)
    case .join(var join):
      join.left = try transform(join.left)
      join.right = try transform(join.right)
      return .join(join)
    case .window(var window):
      window.input = try transform(window.input)
      return .window(window)
    case .distinct(var distinct):
      distinct.input = try transform(distinct.input)
      return .distinct(distinct)
    case .setOperation(var operation):
      operation.left = try transform(operation.left)
      operation.right = try transform(operation.right)
      return .setOperation(operation)
    case .unnest(var unnest):
      unnest.input = try transform(unnest.input)
      return .unnest(unnest)
    case .with(let id, let name, let definition, let body):
      return .with(id: id, name: name, definition: try transform(definition), body: try transform(body))
    case .recursive(let id, let initial, let step, let columns, let isAll):
      return .recursive(
        id: id, initial: try transform(initial), step: try transform(step), columns: columns, isAll: isAll)
    }
  }

  /// The expressions of this node alone.
  package var expressions: [BoundExpression] {
    switch self {
    case .scan(let scan): scan.filters
    case .values(let rows, _): rows.flatMap { $0 }
    case .filter(let predicate, _): [predicate]
    case .project(let expressions, _): expressions.map(\.expression)
    case .sort(let keys, _), .topN(let keys, _, _, _): keys.map(\.expression)
    case .limit, .cteReference, .with, .recursive, .setOperation: []
    case .aggregate(let aggregate):
      aggregate.groups.map(\.expression)
        + aggregate.aggregates.flatMap {
          $0.arguments + ($0.filter.map { [$0] } ?? []) + $0.orderBy.map(\.expression)
        }
    case .join(let join):
      join.equalities.flatMap { [$0.left, $0.right] } + (join.residual.map { [$0] } ?? [])
    case .window(let window):
      window.partitionBy + window.orderBy.map(\.expression) + window.calls.flatMap(\.expressions)
    case .distinct(let distinct): (distinct.on ?? []) + distinct.orderBy.map(\.expression)
    case .unnest(let unnest): unnest.lists.map(\.expression)
    }
  }

  /// Returns the node with each of its own expressions replaced by what `transform` makes of it.
  package func mapExpressions<Failure: Error>(
    _ transform: (BoundExpression) throws(Failure) -> BoundExpression
  ) throws(Failure) -> LogicalPlan {
    func all(_ expressions: [BoundExpression]) throws(Failure) -> [BoundExpression] {
      var result: [BoundExpression] = []
      result.reserveCapacity(expressions.count)
      for expression in expressions { result.append(try transform(expression)) }
      return result
    }
    func keys(_ keys: [SortKey]) throws(Failure) -> [SortKey] {
      var result = keys
      for index in result.indices { result[index].expression = try transform(result[index].expression) }
      return result
    }
    func named(_ expressions: [NamedExpression]) throws(Failure) -> [NamedExpression] {
      var result = expressions
      for index in result.indices { result[index].expression = try transform(result[index].expression) }
      return result
    }
    func optional(_ expression: BoundExpression?) throws(Failure) -> BoundExpression? {
      guard let expression else { return nil }
      return try transform(expression)
    }
    switch self {
    case .limit, .cteReference, .with, .recursive, .setOperation: return self
    case .scan(var scan):
      scan.filters = try all(scan.filters)
      return .scan(scan)
    case .values(let rows, let columns):
      var mapped: [[BoundExpression]] = []
      mapped.reserveCapacity(rows.count)
      for row in rows { mapped.append(try all(row)) }
      return .values(rows: mapped, columns: columns)
    case .filter(let predicate, let input): return .filter(try transform(predicate), input)
    case .project(let expressions, let input): return .project(try named(expressions), input)
    case .sort(let sortKeys, let input): return .sort(try keys(sortKeys), input)
    case .topN(let sortKeys, let count, let offset, let input):
      return .topN(try keys(sortKeys), count: count, offset: offset, input)
    case .aggregate(var aggregate):
      aggregate.groups = try named(aggregate.groups)
      for index in aggregate.aggregates.indices {
        aggregate.aggregates[index].arguments = try all(aggregate.aggregates[index].arguments)
        aggregate.aggregates[index].filter = try optional(aggregate.aggregates[index].filter)
        aggregate.aggregates[index].orderBy = try keys(aggregate.aggregates[index].orderBy)
      }
      return .aggregate(aggregate)
    case .join(var join):
      for index in join.equalities.indices {
        join.equalities[index].left = try transform(join.equalities[index].left)
        join.equalities[index].right = try transform(join.equalities[index].right)
      }
      join.residual = try optional(join.residual)
      return .join(join)
    case .window(var window):
      window.partitionBy = try all(window.partitionBy)
      window.orderBy = try keys(window.orderBy)
      for index in window.calls.indices {
        window.calls[index].arguments = try all(window.calls[index].arguments)
        window.calls[index].filter = try optional(window.calls[index].filter)
        window.calls[index].orderBy = try keys(window.calls[index].orderBy)
      }
      return .window(window)
    case .distinct(var distinct):
      if let on = distinct.on { distinct.on = try all(on) }
      distinct.orderBy = try keys(distinct.orderBy)
      return .distinct(distinct)
    case .unnest(var unnest):
      unnest.lists = try named(unnest.lists)
      return .unnest(unnest)
    }
  }

  /// The columns named in the plan that nothing in it makes: those of the queries around.
  package var freeColumns: Set<ColumnID> {
    var used: Set<ColumnID> = []
    var made: Set<ColumnID> = []
    collectColumns(used: &used, made: &made)
    return used.subtracting(made)
  }

  private func collectColumns(used: inout Set<ColumnID>, made: inout Set<ColumnID>) {
    for expression in expressions { used.formUnion(expression.columns) }
    for column in ownColumns { made.insert(column.id) }
    for input in inputs { input.collectColumns(used: &used, made: &made) }
  }

  /// The columns that this node puts out, without a walk through its inputs where it only passes them on.
  ///
  /// A column that is passed on under its own id is made by what stands below, or by a query around; so
  /// it does not count.
  private var ownColumns: [OutputColumn] {
    switch self {
    case .scan(let scan): return scan.columns
    case .values(_, let columns), .cteReference(_, let columns), .recursive(_, _, _, let columns, _):
      return columns
    case .project(let expressions, _): return expressions.filter { !$0.passesOn }.map(\.column)
    case .aggregate(let aggregate):
      return aggregate.groups.filter { !$0.passesOn }.map(\.column) + aggregate.aggregates.map(\.column)
        + (aggregate.groupingID.map { [$0] } ?? [])
    case .join(let join):
      if case .mark(let column, _) = join.kind { return [column] }
      return []
    case .window(let window): return window.calls.map(\.column)
    case .setOperation(let operation): return operation.columns
    case .unnest(let unnest): return unnest.lists.map(\.column) + (unnest.ordinality.map { [$0] } ?? [])
    case .filter, .sort, .topN, .limit, .distinct, .with: return []
    }
  }
}

extension LogicalPlan.NamedExpression {
  /// Whether this is a column under its own id.
  package var passesOn: Bool {
    if case .column(column.id, _) = expression { return true }
    return false
  }

  /// Makes the expression that passes a column on.
  package init(passing column: OutputColumn) {
    self.init(.column(column.id, column.type), as: column)
  }
}

extension LogicalPlan.WindowCall {
  /// Arguments, the keys of ORDER BY and the filter.
  package var expressions: [BoundExpression] {
    var all = arguments + orderBy.map(\.expression)
    if let filter { all.append(filter) }
    return all
  }
}

extension BoundExpression {
  /// Returns the expression with columns replaced by expressions.
  ///
  /// - Parameter replacements: What stands for which column; others stay.
  /// - Returns: The new expression.
  package func replacing(_ replacements: [ColumnID: BoundExpression]) -> BoundExpression {
    if replacements.isEmpty { return self }
    if case .column(let id, _) = self { return replacements[id] ?? self }
    return mapChildren { $0.replacing(replacements) }
  }

  /// The operands of AND, nested ones too; of anything else the expression itself.
  package var conjuncts: [BoundExpression] {
    if case .and(let operands) = self { return operands.flatMap(\.conjuncts) }
    return [self]
  }

  /// Joins conditions by AND; `nil` when there are none.
  package static func conjunction(_ conditions: [BoundExpression]) -> BoundExpression? {
    switch conditions.count {
    case 0: nil
    case 1: conditions[0]
    default: .and(conditions)
    }
  }
}

extension LogicalPlan {
  /// Returns the plan with a filter on it, unless there are no conditions.
  package func filtered(by conditions: [BoundExpression]) -> LogicalPlan {
    guard let condition = BoundExpression.conjunction(conditions) else { return self }
    return .filter(condition, self)
  }
}
