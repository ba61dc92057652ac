internal import Columnar

/// Evaluates what has no columns, and simplifies conditions.
struct FoldConstants: OptimizerRule {
  static let name = "fold_constants"

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    let folding = ConstantFolding(context: context)
    return try rewrite(plan, folding)
  }

  private func rewrite(_ plan: LogicalPlan, _ folding: ConstantFolding) throws(QueryError) -> LogicalPlan {
    let inputs = try plan.mapInputs { input throws(QueryError) in try rewrite(input, folding) }
    if case .values(let rows, _) = inputs, rows.count > 1, rows.allSatisfy({ $0.allSatisfy(\.isLiteral) }) {
      return inputs
    }
    let folded = try inputs.mapExpressions { expression throws(QueryError) in try folding.folded(expression) }
    guard case .filter(let predicate, let input) = folded else { return folded }
    let conditions = Predicates.simplified(predicate).conjuncts.filter {
      $0 != .literal(.boolean(true), .boolean)
    }
    return input.filtered(by: conditions)
  }
}

/// Evaluates constant parts of expressions.
struct ConstantFolding {
  let context: OptimizerContext

  func folded(_ expression: BoundExpression, isGuarded: Bool = false) throws(QueryError) -> BoundExpression {
    switch expression {
    case .literal, .column, .parameter: return expression
    case .lambda(let parameters, let body):
      return .lambda(parameters: parameters, body: try folded(body, isGuarded: true))
    default: break
    }
    // A branch of CASE may never be evaluated: what fails there is left for run time.
    let guarded: Bool =
      switch expression {
      case .caseWhen, .tryEvaluate: true
      case .call(let call): isGuarded || call.function == "coalesce"
      default: isGuarded
      }
    let mapped = try expression.mapChildren { child throws(QueryError) in
      try folded(child, isGuarded: guarded)
    }
    let simplified = Predicates.simplified(mapped, shallow: true)
    guard isConstant(simplified), !simplified.isLiteral else { return unwrapped(simplified) }
    do throws(QueryError) {
      return .literal(
        try ExpressionEvaluator.value(of: simplified, environment: context.environment), simplified.type)
    } catch {
      // Text that is no date is an error of the statement; the rest shows when rows are there.
      if !isGuarded, case .cast(.literal, _, isTry: false, let position) = simplified {
        throw error.located(at: position)
      }
      return simplified
    }
  }

  private func isConstant(_ expression: BoundExpression) -> Bool {
    switch expression {
    case .call(let call):
      guard let function = context.functions[call.function], function.volatility != .volatile else {
        return false
      }
      return call.arguments.allSatisfy(\.isLiteral)
    case .lambda, .parameter, .column: return false
    default: return expression.children.allSatisfy(\.isLiteral)
    }
  }

  /// Compares a column itself, rather than a cast of it, with a literal, so that files can be pruned by it.
  private func unwrapped(_ expression: BoundExpression) -> BoundExpression {
    guard case .comparison(let comparison, let left, let right) = expression else { return expression }
    if case .literal(let value, _) = right, !value.isNull,
      let result = CastComparison.unwrapped(comparison, left, value, zoneIsUTC: isUTC)
    {
      return result
    }
    if case .literal(let value, _) = left, !value.isNull,
      let result = CastComparison.unwrapped(comparison.mirrored, right, value, zoneIsUTC: isUTC)
    {
      return result
    }
    return expression
  }

  private var isUTC: Bool { context.environment.timeZone.name == "UTC" }
}

/// Rewrites `CAST(column) op literal` as a comparison of the column.
enum CastComparison {
  static func unwrapped(
    _ comparison: ComparisonOperator, _ side: BoundExpression, _ value: ScalarValue, zoneIsUTC: Bool
  ) -> BoundExpression? {
    guard case .cast(let operand, let target, isTry: false, _) = side, case .column = operand else {
      return nil
    }
    let day: Int64 = 86_400_000_000
    switch (operand.type, target, value) {
    case (.date, .timestamp, .integer(let micros)):
      return integer(comparison, operand, floor: floorDivide(micros, day), isExact: micros % day == 0)
    case (.date, .timestampTZ, .integer(let micros)) where zoneIsUTC:
      return integer(comparison, operand, floor: floorDivide(micros, day), isExact: micros % day == 0)
    case (.timestamp, .date, .integer(let days)): return sameDay(comparison, operand, days)
    case (.timestampTZ, .date, .integer(let days)) where zoneIsUTC: return sameDay(comparison, operand, days)
    case (_, _, .integer(let number)) where operand.type.isInteger && target.isInteger:
      return integer(comparison, operand, floor: number, isExact: true)
    case (_, .decimal(_, let scale), .decimal(let unscaled)) where operand.type.isInteger:
      var divisor: Int128 = 1
      for _ in 0..<scale { divisor *= 10 }
      var quotient = unscaled / divisor
      if unscaled % divisor < 0 { quotient -= 1 }
      guard let floor = Int64(exactly: quotient) else { return nil }
      return integer(comparison, operand, floor: floor, isExact: unscaled % divisor == 0)
    case (.integer, .double, .double(let number)), (.smallint, .double, .double(let number)),
      (.tinyint, .double, .double(let number)):
      guard number.isFinite, abs(number) < 1e15 else { return nil }
      return integer(
        comparison, operand, floor: Int64(number.rounded(.down)), isExact: number.rounded(.down) == number)
    default: return nil
    }
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }

  /// Compares whole numbers with a number that lies at `floor`, or between it and the next.
  private static func integer(
    _ comparison: ComparisonOperator, _ operand: BoundExpression, floor: Int64, isExact: Bool
  ) -> BoundExpression? {
    let range: ClosedRange<Int64> =
      switch operand.type {
      case .tinyint: -128...127
      case .smallint: -32_768...32_767
      case .integer, .date: Int64(Int32.min)...Int64(Int32.max)
      default: Int64.min...Int64.max
      }
    guard range.contains(floor) else { return nil }
    let result: ComparisonOperator
    switch comparison {
    case .equal, .notEqual, .isDistinctFrom, .isNotDistinctFrom:
      guard isExact else { return nil }
      result = comparison
    case .less: result = isExact ? .less : .lessOrEqual
    case .lessOrEqual: result = .lessOrEqual
    case .greater: result = .greater
    case .greaterOrEqual: result = isExact ? .greaterOrEqual : .greater
    }
    return .comparison(result, operand, .literal(.integer(floor), operand.type))
  }

  /// Compares the day of a timestamp: a range of timestamps.
  private static func sameDay(
    _ comparison: ComparisonOperator, _ operand: BoundExpression, _ days: Int64
  ) -> BoundExpression? {
    let (start, overflow) = days.multipliedReportingOverflow(by: 86_400_000_000)
    let (end, second) = start.addingReportingOverflow(86_400_000_000)
    guard !overflow, !second else { return nil }
    func compare(_ comparison: ComparisonOperator, _ micros: Int64) -> BoundExpression {
      .comparison(comparison, operand, .literal(.integer(micros), operand.type))
    }
    switch comparison {
    case .equal: return .and([compare(.greaterOrEqual, start), compare(.less, end)])
    case .notEqual: return .or([compare(.less, start), compare(.greaterOrEqual, end)])
    case .less: return compare(.less, start)
    case .lessOrEqual: return compare(.less, end)
    case .greater: return compare(.greaterOrEqual, end)
    case .greaterOrEqual: return compare(.greaterOrEqual, start)
    case .isDistinctFrom, .isNotDistinctFrom: return nil
    }
  }
}
