internal import Columnar

/// GROUP BY: the keys, the grouping sets over them, and the aggregates that the statement uses.
extension Binder {
  func group(
    _ select: SelectSyntax, _ items: [OutputItem], _ above: [ExpressionSyntax],
    _ context: inout ExpressionContext
  ) throws(QueryError) {
    var calls: [(call: FunctionCallSyntax, range: SourceRange)] = []
    for expression in above { collectAggregates(expression, into: &calls) }
    guard select.groupBy != nil || !calls.isEmpty else { return }
    guard let builder = context.builder else { throw QueryError.internalError("GROUP BY without rows") }

    let inputColumns = Set(builder.plan.outputColumns.map(\.id))
    let (keys, sets) = try groups(of: select.groupBy, items, context.with(.group))
    let isSimple = sets.count <= 1
    var groups: [LogicalPlan.NamedExpression] = []
    for key in keys {
      if isSimple, case .column(let id, let type) = key.expression, inputColumns.contains(id),
        !groups.contains(where: { $0.column.id == id })
      {
        groups.append(.init(passing: OutputColumn(id: id, name: key.name, type: type)))
      } else {
        groups.append(.init(key.expression, as: newColumn(key.name, key.expression.type)))
      }
    }
    var aggregates: [LogicalPlan.AggregateCall] = []
    for (call, range) in calls where context.computed[range] == nil {
      let bound = try bindAggregate(call, at: range, in: context.with(.aggregate))
      let same = aggregates.first { $0.isSame(as: bound) }
      if same == nil { aggregates.append(bound) }
      let column = (same ?? bound).column
      context.computed[range] = .column(column.id, column.type)
    }
    let groupingID = isSimple ? nil : newColumn("grouping_id", .bigint, isNullable: false)
    builder.plan = .aggregate(
      LogicalPlan.Aggregate(
        groups: groups, aggregates: aggregates, groupingSets: isSimple ? [] : sets, groupingID: groupingID,
        input: builder.plan))
    context.grouping = Grouping(
      groups: zip(keys, groups).map { ($0.expression.withoutPositions, $1.column) },
      inputColumns: inputColumns,
      groupingID: groupingID)
  }

  func collectAggregates(
    _ expression: ExpressionSyntax, into calls: inout [(call: FunctionCallSyntax, range: SourceRange)]
  ) {
    if case .function(let call) = expression.kind, AggregateCalls.isAggregate(call, functions) {
      calls.append((call, expression.range))
      return
    }
    for child in expression.children { collectAggregates(child, into: &calls) }
  }

  /// Whether an aggregate stands inside, be it by an alias of the list.
  func holdsAggregate(
    _ expression: ExpressionSyntax, _ scope: Scope, seen: Set<String> = []
  ) -> Bool {
    if case .function(let call) = expression.kind, AggregateCalls.isAggregate(call, functions) { return true }
    if let name = expression.simpleName?.text.lowercased(), !seen.contains(name),
      let alias = scope.aliases[name], !scope.columns.contains(where: { $0.name.lowercased() == name })
    {
      return holdsAggregate(alias, scope, seen: seen.union([name]))
    }
    return expression.children.contains { holdsAggregate($0, scope, seen: seen) }
  }

  private struct GroupKey {
    var expression: BoundExpression
    var name: String
  }

  /// The distinct group expressions, and the grouping sets over them.
  private func groups(
    of groupBy: GroupBySyntax?, _ items: [OutputItem], _ context: ExpressionContext
  ) throws(QueryError) -> (keys: [GroupKey], sets: [[Int]]) {
    var keys: [GroupKey] = []
    func index(_ key: GroupKey) -> Int {
      let plain = key.expression.withoutPositions
      if let found = keys.firstIndex(where: { $0.expression.withoutPositions == plain }) { return found }
      keys.append(key)
      return keys.count - 1
    }
    guard let groupBy else { return ([], []) }
    if groupBy.isAll {
      for item in items {
        switch item.source {
        case .column(let column):
          _ = index(GroupKey(expression: .column(column.id, column.type), name: column.name))
        case .syntax(let expression):
          guard !holdsAggregate(expression, context.scope), !expression.holdsWindow else { continue }
          let bound = try bind(expression, in: context)
          if !bound.isLiteral { _ = index(GroupKey(expression: bound, name: item.name)) }
        }
      }
      return (keys, [])
    }
    var sets: [[Int]] = [[]]
    for element in groupBy.elements {
      let choices = try self.sets(of: element, items, context, index)
      guard sets.count * choices.count <= 4_096 else {
        throw QueryError(.tooComplex, "GROUP BY has more than 4096 grouping sets")
      }
      sets = sets.flatMap { set in choices.map { choice in set + choice.filter { !set.contains($0) } } }
    }
    return (keys, sets)
  }

  private func sets(
    of element: GroupBySyntax.Element, _ items: [OutputItem], _ context: ExpressionContext,
    _ index: (GroupKey) -> Int
  ) throws(QueryError) -> [[Int]] {
    func indices(_ expressions: [ExpressionSyntax]) throws(QueryError) -> [Int] {
      var result: [Int] = []
      for expression in expressions {
        let key = index(try groupKey(expression, items, context))
        if !result.contains(key) { result.append(key) }
      }
      return result
    }
    func indices(_ lists: [[ExpressionSyntax]]) throws(QueryError) -> [[Int]] {
      var result: [[Int]] = []
      for list in lists { result.append(try indices(list)) }
      return result
    }
    switch element {
    case .expression(let expression): return [try indices([expression])]
    case .list(let expressions): return [try indices(expressions)]
    case .rollup(let lists):
      let parts = try indices(lists)
      return (0...parts.count).reversed().map { count in parts.prefix(count).flatMap { $0 } }
    case .cube(let lists):
      let parts = try indices(lists)
      guard parts.count <= 12 else { throw QueryError(.tooComplex, "CUBE has more than 12 elements") }
      return (0..<(1 &<< parts.count)).reversed().map { mask in
        parts.indices.filter { mask & (1 &<< (parts.count - 1 - $0)) != 0 }.flatMap { parts[$0] }
      }
    case .sets(let elements):
      var result: [[Int]] = []
      for element in elements { result += try sets(of: element, items, context, index) }
      return result
    }
  }

  private func groupKey(
    _ expression: ExpressionSyntax, _ items: [OutputItem], _ context: ExpressionContext
  ) throws(QueryError) -> GroupKey {
    guard let position = try position(expression, of: items.count, in: "GROUP BY") else {
      return GroupKey(expression: try bind(expression, in: context), name: defaultName(of: expression))
    }
    let item = items[position]
    switch item.source {
    case .column(let column): return GroupKey(expression: .column(column.id, column.type), name: item.name)
    case .syntax(let expression):
      return GroupKey(expression: try bind(expression, in: context), name: item.name)
    }
  }
}

extension LogicalPlan.AggregateCall {
  /// Whether two calls always have the same value.
  func isSame(as other: LogicalPlan.AggregateCall) -> Bool {
    function == other.function && isDistinct == other.isDistinct
      && arguments.map(\.withoutPositions) == other.arguments.map(\.withoutPositions)
      && filter?.withoutPositions == other.filter?.withoutPositions && orderBy == other.orderBy
  }
}
