internal import Columnar

extension LogicalPlan {
  /// Which column of `other` stands where which column of this plan does, if the two compute the same.
  ///
  /// Plans are the same here if they are node by node, with columns and positions in the text renamed; what a table
  /// is called does not count, but its snapshot does. Plans with limits, shared plans or recursion are never the same.
  ///
  /// - Parameter other: The plan to compare with.
  /// - Returns: A column of `other` for each of this plan's; `nil` if the plans differ.
  func renaming(to other: LogicalPlan) -> [ColumnID: ColumnID]? {
    var names: [ColumnID: ColumnID] = [:]
    return matches(other, &names) ? names : nil
  }

  private func matches(_ other: LogicalPlan, _ names: inout [ColumnID: ColumnID]) -> Bool {
    let (inputs, others) = (inputs, other.inputs)
    guard inputs.count == others.count else { return false }
    for (input, other) in zip(inputs, others) where !input.matches(other, &names) { return false }
    let (columns, theirs) = (outputColumns, other.outputColumns)
    guard columns.count == theirs.count else { return false }
    for (column, other) in zip(columns, theirs) {
      guard names.updateValue(other.id, forKey: column.id) ?? other.id == other.id else { return false }
    }
    guard hasShape(of: other) else { return false }
    let (expressions, otherExpressions) = (expressions, other.expressions)
    return expressions.count == otherExpressions.count
      && zip(expressions, otherExpressions).allSatisfy { mine, other in
        mine.withoutPositions.renaming(names) == other.withoutPositions
      }
  }

  /// Whether the nodes are the same but for their inputs, columns and expressions.
  private func hasShape(of other: LogicalPlan) -> Bool {
    switch (self, other) {
    case (.scan(let scan), .scan(let other)):
      guard let table = scan.relation as? TableRelation, let theirs = other.relation as? TableRelation else {
        return false
      }
      return table.readsTheSame(as: theirs) && scan.columnIndices == other.columnIndices
        && scan.limit == other.limit
    case (.values(let rows, _), .values(let others, _)): return rows.map(\.count) == others.map(\.count)
    case (.filter, .filter), (.project, .project): return true
    case (.aggregate(let aggregate), .aggregate(let other)):
      return aggregate.aggregates.map(\.shape) == other.aggregates.map(\.shape)
        && aggregate.groupingSets == other.groupingSets && aggregate.groupLimit == other.groupLimit
        && (aggregate.groupingID == nil) == (other.groupingID == nil)
    case (.join(let join), .join(let other)):
      return join.kind.matches(other.kind) && join.buildsLeft == other.buildsLeft
        && join.equalities.map(\.matchesNulls) == other.equalities.map(\.matchesNulls)
        && (join.residual == nil) == (other.residual == nil)
    case (.window(let window), .window(let other)):
      return window.orderBy.map(\.direction) == other.orderBy.map(\.direction)
        && window.calls.map(\.shape) == other.calls.map(\.shape)
        && window.calls.map(\.frame) == other.calls.map(\.frame)
    case (.sort(let keys, _), .sort(let others, _)): return keys.map(\.direction) == others.map(\.direction)
    case (.distinct(let distinct), .distinct(let other)):
      return distinct.on?.count == other.on?.count
        && distinct.orderBy.map(\.direction) == other.orderBy.map(\.direction)
    case (.setOperation(let operation), .setOperation(let other)):
      return operation.kind == other.kind && operation.isAll == other.isAll
    case (.unnest(let unnest), .unnest(let other)):
      return unnest.isOuter == other.isOuter && (unnest.ordinality == nil) == (other.ordinality == nil)
    default: return false
    }
  }
}

/// What a call is besides its expressions: how many of them stand for what, and how it is called.
private struct CallShape: Hashable {
  let function: String
  let argumentCount: Int
  let isDistinct: Bool
  let hasFilter: Bool
  let directions: [[Bool]]
  var ignoresNulls = false
}

extension LogicalPlan.AggregateCall {
  fileprivate var shape: CallShape {
    CallShape(
      function: function, argumentCount: arguments.count, isDistinct: isDistinct, hasFilter: filter != nil,
      directions: orderBy.map(\.direction))
  }
}

extension LogicalPlan.WindowCall {
  fileprivate var shape: CallShape {
    CallShape(
      function: function, argumentCount: arguments.count, isDistinct: isDistinct, hasFilter: filter != nil,
      directions: orderBy.map(\.direction), ignoresNulls: ignoresNulls)
  }
}

extension LogicalPlan.SortKey {
  fileprivate var direction: [Bool] { [isDescending, nullsFirst] }
}

extension LogicalPlan.Join.Kind {
  /// Whether the joins are of one kind; the column that a mark is put into does not count.
  fileprivate func matches(_ other: LogicalPlan.Join.Kind) -> Bool {
    if case .mark(_, let isNullAware) = self, case .mark(_, let other) = other { return isNullAware == other }
    return self == other
  }
}

extension BoundExpression {
  /// Returns the expression with columns renamed.
  fileprivate func renaming(_ names: [ColumnID: ColumnID]) -> BoundExpression {
    if case .column(let id, let type) = self { return .column(names[id] ?? id, type) }
    return mapChildren { $0.renaming(names) }
  }
}
