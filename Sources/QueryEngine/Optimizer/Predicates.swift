internal import Columnar

/// Laws of three-valued logic that make conditions simpler.
enum Predicates {
  private static let yes = BoundExpression.literal(.boolean(true), .boolean)
  private static let no = BoundExpression.literal(.boolean(false), .boolean)

  /// Returns an expression that always has the same value.
  ///
  /// - Parameters:
  ///   - expression: The expression.
  ///   - shallow: Whether the operands are simple already.
  /// - Returns: The simpler expression.
  static func simplified(_ expression: BoundExpression, shallow: Bool = false) -> BoundExpression {
    let expression = shallow ? expression : expression.mapChildren { simplified($0) }
    switch expression {
    case .and(let operands): return conjunction(operands)
    case .or(let operands): return disjunction(operands)
    case .not(let operand): return negated(operand)
    case .inList(let operand, let values, let isNegated) where values.count == 1:
      return .comparison(isNegated ? .notEqual : .equal, operand, values[0])
    case .comparison(.isNotDistinctFrom, let operand, .literal(.null, _)):
      return .isNull(operand, isNegated: false)
    case .comparison(.isDistinctFrom, let operand, .literal(.null, _)):
      return .isNull(operand, isNegated: true)
    case .caseWhen(let branches, let otherwise, let type): return caseWhen(branches, otherwise, type)
    default: return expression
    }
  }

  private static func conjunction(_ operands: [BoundExpression]) -> BoundExpression {
    var parts: [BoundExpression] = []
    var seen: Set<BoundExpression> = []
    for part in operands.flatMap(\.conjuncts) {
      if part == no { return no }
      if part != yes, seen.insert(part).inserted { parts.append(part) }
    }
    return BoundExpression.conjunction(parts) ?? yes
  }

  private static func disjuncts(_ expression: BoundExpression) -> [BoundExpression] {
    if case .or(let operands) = expression { return operands.flatMap { disjuncts($0) } }
    return [expression]
  }

  private static func disjunction(_ operands: [BoundExpression]) -> BoundExpression {
    var parts: [BoundExpression] = []
    var seen: Set<BoundExpression> = []
    for part in operands.flatMap({ disjuncts($0) }) {
      if part == yes { return yes }
      if part != no, seen.insert(part).inserted { parts.append(part) }
    }
    guard parts.count > 1 else { return parts.first ?? no }
    // (a AND b) OR (a AND c) is a AND (b OR c).
    var common = parts[0].conjuncts
    for part in parts.dropFirst() where !common.isEmpty {
      let conjuncts = Set(part.conjuncts)
      common.removeAll { !conjuncts.contains($0) }
    }
    if !common.isEmpty {
      let shared = Set(common)
      let rests = parts.map { part in
        BoundExpression.conjunction(part.conjuncts.filter { !shared.contains($0) }) ?? yes
      }
      return conjunction(common + [disjunction(rests)])
    }
    return .or(mergedEqualities(parts))
  }

  /// `a = 1 OR a = 2` is `a IN (1, 2)`.
  private static func mergedEqualities(_ parts: [BoundExpression]) -> [BoundExpression] {
    var result: [BoundExpression] = []
    var places: [BoundExpression: Int] = [:]
    for part in parts {
      let operand: BoundExpression
      let values: [BoundExpression]
      switch part {
      case .comparison(.equal, let left, let right) where right.isLiteral && !left.isLiteral:
        (operand, values) = (left, [right])
      case .inList(let left, let list, isNegated: false) where list.allSatisfy(\.isLiteral):
        (operand, values) = (left, list)
      default:
        result.append(part)
        continue
      }
      if let place = places[operand] {
        var known: [BoundExpression] =
          switch result[place] {
          case .inList(_, let list, _): list
          case .comparison(_, _, let right): [right]
          default: []
          }
        for value in values where !known.contains(value) { known.append(value) }
        result[place] = known.count == 1 ? result[place] : .inList(operand, known, isNegated: false)
      } else {
        places[operand] = result.count
        result.append(part)
      }
    }
    return result
  }

  private static func negated(_ operand: BoundExpression) -> BoundExpression {
    switch operand {
    case .not(let inner): return inner
    case .literal(.boolean(let value), let type): return .literal(.boolean(!value), type)
    case .comparison(let comparison, let left, let right): return .comparison(comparison.negated, left, right)
    case .isNull(let inner, let isNegated): return .isNull(inner, isNegated: !isNegated)
    case .inList(let inner, let values, let isNegated): return .inList(inner, values, isNegated: !isNegated)
    case .and(let operands): return disjunction(operands.map { negated($0) })
    case .or(let operands): return conjunction(operands.map { negated($0) })
    default: return .not(operand)
    }
  }

  private static func caseWhen(
    _ branches: [BoundExpression.CaseBranch], _ otherwise: BoundExpression?, _ type: LogicalType
  ) -> BoundExpression {
    var kept: [BoundExpression.CaseBranch] = []
    for branch in branches {
      if case .literal(let value, _) = branch.condition {
        guard value == .boolean(true) else { continue }
        return kept.isEmpty ? branch.result : .caseWhen(kept, otherwise: branch.result, type: type)
      }
      kept.append(branch)
    }
    return kept.isEmpty
      ? otherwise ?? .literal(.null, type) : .caseWhen(kept, otherwise: otherwise, type: type)
  }

  /// Whether the condition is false or null when all of some columns are null.
  static func rejectsNulls(_ expression: BoundExpression, _ columns: Set<ColumnID>) -> Bool {
    switch expression {
    case .comparison(let comparison, let left, let right):
      guard comparison != .isDistinctFrom, comparison != .isNotDistinctFrom else { return false }
      return isNullFor(left, columns) || isNullFor(right, columns)
    case .isNull(let operand, isNegated: true): return isNullFor(operand, columns)
    case .inList(let operand, _, _): return isNullFor(operand, columns)
    case .and(let operands): return operands.contains { rejectsNulls($0, columns) }
    case .or(let operands): return operands.allSatisfy { rejectsNulls($0, columns) }
    case .not(let operand): return isNullFor(operand, columns)
    case .column(let id, _): return columns.contains(id)
    default: return false
    }
  }

  /// Whether the value is null when the columns are; known for columns, casts and arithmetic only.
  private static func isNullFor(_ expression: BoundExpression, _ columns: Set<ColumnID>) -> Bool {
    switch expression {
    case .column(let id, _): return columns.contains(id)
    case .cast(let operand, _, _, _), .field(let operand, _, _), .not(let operand):
      return isNullFor(operand, columns)
    case .comparison(let comparison, let left, let right):
      guard comparison != .isDistinctFrom, comparison != .isNotDistinctFrom else { return false }
      return isNullFor(left, columns) || isNullFor(right, columns)
    case .call(let call):
      let strict = [
        "add", "subtract", "multiply", "divide", "modulo", "negate", "like", "lower", "upper", "date_trunc",
        "date_part",
      ]
      return strict.contains(call.function) && call.arguments.contains { isNullFor($0, columns) }
    default: return false
    }
  }
}
