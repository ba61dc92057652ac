internal import Columnar

/// Sums a column once where it is summed with several numbers added: `sum(x + c)` is `sum(x) + count(x) * c`.
///
/// The least and the greatest value are asked for as well: with `c` added they overflow if, and only if, some row does.
struct ShareSums: OptimizerRule {
  static let name = "share_sums"
  /// So many sums of one expression are dearer than the four aggregates that stand for them.
  private static let leastCount = 5

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    guard plan.hasSums else { return plan }
    var nextColumn = plan.greatestColumn + 1
    return rewrite(plan, &nextColumn, context)
  }

  private func rewrite(
    _ plan: LogicalPlan, _ nextColumn: inout Int, _ context: OptimizerContext
  ) -> LogicalPlan {
    let mapped = plan.mapInputs { rewrite($0, &nextColumn, context) }
    guard case .aggregate(let aggregate) = mapped else { return mapped }
    var uses: [BoundExpression: Int] = [:]
    for call in aggregate.aggregates {
      if let sum = ShiftedSum(call, context) { uses[sum.operand, default: 0] += 1 }
    }
    let shared = Set(uses.filter { $0.value >= ShareSums.leastCount }.keys)
    return shared.isEmpty ? mapped : share(shared, aggregate, mapped.outputColumns, &nextColumn, context)
  }

  private func share(
    _ operands: Set<BoundExpression>, _ aggregate: LogicalPlan.Aggregate, _ outputs: [OutputColumn],
    _ nextColumn: inout Int, _ context: OptimizerContext
  ) -> LogicalPlan {
    var calls: [LogicalPlan.AggregateCall] = []
    var parts: [BoundExpression: Parts] = [:]
    var replaced: [ColumnID: BoundExpression] = [:]
    for call in aggregate.aggregates {
      guard let sum = ShiftedSum(call, context), operands.contains(sum.operand) else {
        calls.append(call)
        continue
      }
      if parts[sum.operand] == nil {
        func column(_ function: String, _ type: LogicalType) -> OutputColumn {
          if let known = aggregate.aggregates.first(where: { $0.isPlain(function, of: sum.operand) }) {
            return known.column
          }
          let column = OutputColumn(id: ColumnID(nextColumn), name: function, type: type)
          nextColumn += 1
          calls.append(.init(function, [sum.operand], as: column, position: call.position))
          return column
        }
        parts[sum.operand] = Parts(
          sum: column("sum", .bigint), count: column("count", .bigint),
          least: column("min", sum.operand.type),
          greatest: column("max", sum.operand.type))
      }
      replaced[call.column.id] = parts[sum.operand]?.value(of: sum)
    }
    var shared = aggregate
    shared.aggregates = calls
    return .project(
      outputs.map { column in
        replaced[column.id].map { LogicalPlan.NamedExpression($0, as: column) }
          ?? LogicalPlan.NamedExpression(passing: column)
      }, .aggregate(shared))
  }

  /// The aggregates that the sums of one expression are made of.
  private struct Parts {
    let sum: OutputColumn
    let count: OutputColumn
    let least: OutputColumn
    let greatest: OutputColumn

    /// Null where there are no values, an error where adding overflows, else the sum.
    func value(of sum: ShiftedSum) -> BoundExpression {
      func reference(_ column: OutputColumn) -> BoundExpression { .column(column.id, column.type) }
      let added = BoundExpression.call(
        ScalarCall(
          "multiply", [reference(count), .literal(.integer(sum.addend), .bigint)], type: .bigint,
          position: sum.call.position))
      let total = BoundExpression.call(
        ScalarCall("add", [reference(self.sum), added], type: .bigint, position: sum.call.position))
      let isInRange = BoundExpression.comparison(
        .lessOrEqual, sum.shifting(reference(least)), sum.shifting(reference(greatest)))
      return .caseWhen([.init(condition: isInRange, result: total)], otherwise: nil, type: .bigint)
    }
  }

  /// `sum(x + c)` of integers of at most 32 bits, whose totals fit BIGINT whatever is added.
  private struct ShiftedSum {
    let call: ScalarCall
    let operand: BoundExpression
    let addend: Int64
    private let place: Int

    init?(_ aggregate: LogicalPlan.AggregateCall, _ context: OptimizerContext) {
      guard aggregate.function == "sum", !aggregate.isDistinct, aggregate.filter == nil,
        case .call(let call)? = aggregate.arguments.first, call.arguments.count == 2,
        call.function == "add" || call.function == "subtract",
        call.type == .integer || call.type == .smallint || call.type == .tinyint
      else { return nil }
      let place: Int
      switch (call.arguments[0], call.arguments[1]) {
      case (_, .literal(.integer(let number), _)):
        (place, addend) = (0, call.function == "add" ? number : -number)
      case (.literal(.integer(let number), _), _) where call.function == "add": (place, addend) = (1, number)
      default: return nil
      }
      let operand = call.arguments[place]
      guard operand.type == call.type, !operand.isLiteral, !operand.isVolatile(context.functions) else {
        return nil
      }
      (self.call, self.operand, self.place) = (call, operand, place)
    }

    /// The sum's expression over another operand.
    func shifting(_ operand: BoundExpression) -> BoundExpression {
      var arguments = call.arguments
      arguments[place] = operand
      return .call(ScalarCall(call.function, arguments, type: call.type, position: call.position))
    }
  }
}

extension LogicalPlan.AggregateCall {
  fileprivate func isPlain(_ function: String, of operand: BoundExpression) -> Bool {
    self.function == function && arguments == [operand] && !isDistinct && filter == nil
  }
}

extension LogicalPlan {
  /// Whether an aggregate below sums several times.
  fileprivate var hasSums: Bool {
    if case .aggregate(let aggregate) = self, aggregate.aggregates.count(where: { $0.function == "sum" }) > 1
    {
      return true
    }
    return inputs.contains { $0.hasSums }
  }

  /// The highest number of a column that the plan puts out, or any node of it.
  fileprivate var greatestColumn: Int {
    inputs.reduce(outputColumns.reduce(0) { max($0, $1.id.number) }) { max($0, $1.greatestColumn) }
  }
}
