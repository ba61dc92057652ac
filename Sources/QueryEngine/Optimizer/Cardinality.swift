internal import Columnar
internal import Glibc

/// Guesses how many rows plans put out, from what tables know of themselves.
struct Cardinality {
  /// The row counts of shared plans, by id.
  private(set) var shared: [Int: Double] = [:]

  /// Rows of a table of which nothing is known.
  static let unknownRows = 100_000.0

  mutating func define(_ id: Int, rows: Double) { shared[id] = rows }

  /// The rows that a plan puts out, at least 1.
  func rows(_ plan: LogicalPlan) -> Double { max(1, estimate(plan)) }

  private func estimate(_ plan: LogicalPlan) -> Double {
    switch plan {
    case .scan(let scan):
      let total = scan.relation.statistics.rowCount.map(Double.init) ?? Cardinality.unknownRows
      return scan.filters.reduce(total) { $0 * selectivity($1, of: plan) }
    case .values(let rows, _): return Double(rows.count)
    case .filter(let predicate, let input):
      return predicate.conjuncts.reduce(rows(input)) { $0 * selectivity($1, of: input) }
    case .project(_, let input), .sort(_, let input): return rows(input)
    case .window(let window): return rows(window.input)
    case .topN(_, let count, _, let input): return min(Double(count), rows(input))
    case .limit(let count, _, let input): return min(count.map(Double.init) ?? .infinity, rows(input))
    case .aggregate(let aggregate):
      guard !aggregate.groups.isEmpty else { return Double(max(1, aggregate.groupingSets.count)) }
      let input = rows(aggregate.input)
      let groups = aggregate.groups.reduce(1.0) { $0 * distinct($1.expression, in: aggregate.input) }
      return min(input, groups) * Double(max(1, aggregate.groupingSets.count))
    case .join(let join): return self.join(join)
    case .distinct(let distinct): return max(1, rows(distinct.input) * 0.5)
    case .setOperation(let operation):
      switch operation.kind {
      case .union: return rows(operation.left) + rows(operation.right)
      case .intersect: return min(rows(operation.left), rows(operation.right))
      case .except: return rows(operation.left)
      }
    case .unnest(let unnest): return rows(unnest.input) * 4
    case .cteReference(let id, _): return shared[id] ?? 1_000
    case .with(let id, _, let definition, let body):
      var inner = self
      inner.define(id, rows: rows(definition))
      return inner.rows(body)
    case .recursive(_, let initial, _, _, _): return rows(initial) * 10
    }
  }

  private func join(_ join: LogicalPlan.Join) -> Double {
    let (left, right) = (rows(join.left), rows(join.right))
    switch join.kind {
    case .semi: return left * 0.5
    case .anti, .nullAwareAnti: return left * 0.5
    case .mark, .single, .asof: return left
    default:
      let inner =
        Cardinality.joined(
          left, right,
          join.equalities.map { (distinct($0.left, in: join.left), distinct($0.right, in: join.right)) })
        * (join.residual == nil ? 1 : 0.3)
      switch join.kind {
      case .left: return max(left, inner)
      case .right: return max(right, inner)
      case .full: return max(left + right, inner)
      default: return inner
      }
    }
  }

  /// Rows of an inner join on keys with so many distinct values each.
  static func joined(_ left: Double, _ right: Double, _ keys: [(Double, Double)]) -> Double {
    if keys.isEmpty { return max(1, left * right) }
    // Keys together have no more values than their side has rows, and one side's are mostly among the other's.
    let (ofLeft, ofRight) = keys.reduce((1.0, 1.0)) { ($0.0 * max(1, $1.0), $0.1 * max(1, $1.1)) }
    let single = keys.reduce(1.0) { max($0, $1.0, $1.1) }
    let together = max(single, min(min(left, ofLeft), min(right, ofRight)))
    return max(1, left * right / together)
  }

  /// The number of distinct values of an expression in a plan's rows.
  func distinct(_ expression: BoundExpression, in plan: LogicalPlan) -> Double {
    let total = rows(plan)
    switch expression {
    case .column(let id, let type): return min(total, distinct(id, type, in: plan) ?? guess(total, type))
    case .literal: return 1
    case .cast(let operand, _, _, _), .field(let operand, _, _): return distinct(operand, in: plan)
    case .call(let call) where call.function == "date_part": return min(total, 60)
    case .call(let call) where call.function == "date_trunc": return min(total, 1_000)
    default:
      let columns = expression.children.filter { !$0.isLiteral }
      return min(total, columns.reduce(1.0) { $0 * distinct($1, in: plan) })
    }
  }

  private func guess(_ total: Double, _ type: LogicalType) -> Double {
    switch type {
    case .boolean: 2
    case .date: min(total, 1_000)
    default: max(1, total / 10)
    }
  }

  /// Looks a column up in the tables below, where it comes from one.
  private func distinct(_ id: ColumnID, _ type: LogicalType, in plan: LogicalPlan) -> Double? {
    switch plan {
    case .scan(let scan):
      guard let index = scan.columns.firstIndex(where: { $0.id == id }) else { return nil }
      let statistics = scan.relation.statistics
      let column = scan.columnIndices[index]
      if let known = statistics.distinctCounts[column] { return known }
      if let bounds = statistics.bounds[column], case .integer(let low) = bounds.min,
        case .integer(let high) = bounds.max,
        type.isInteger || type == .date
      {
        let total = statistics.rowCount.map(Double.init) ?? Cardinality.unknownRows
        return max(1, min(total, Double(high) - Double(low) + 1))
      }
      return statistics.rowCount.map { rowCount in
        let guess = guess(Double(rowCount), type)
        guard let bits = statistics.valueBits[column] else { return guess }
        // A value of few bits has few possible values: what files store of a column comes near its entropy. Of a
        // small table the file's own parts count most.
        let total = Double(rowCount)
        return bits < 10 ? min(max(guess, 2), exp2(bits) * 1.5) : rowCount < 1_000 ? total : guess
      }
    case .project(let expressions, let input):
      guard let found = expressions.first(where: { $0.column.id == id }) else { return nil }
      return distinct(found.expression, in: input)
    case .aggregate(let aggregate):
      guard let group = aggregate.groups.first(where: { $0.column.id == id }) else { return nil }
      return distinct(group.expression, in: aggregate.input)
    case .join(let join): return distinct(id, type, in: join.left) ?? distinct(id, type, in: join.right)
    case .values, .cteReference, .recursive, .setOperation, .unnest: return nil
    case .with(_, _, _, let body): return distinct(id, type, in: body)
    default:
      for input in plan.inputs { if let found = distinct(id, type, in: input) { return found } }
      return nil
    }
  }

  /// The share of rows that meet a condition.
  func selectivity(_ condition: BoundExpression, of plan: LogicalPlan) -> Double {
    switch condition {
    case .comparison(let comparison, let left, let right):
      switch comparison {
      case .equal, .isNotDistinctFrom:
        if right.isLiteral, let known = known(left, in: plan) { return 1 / max(1, known) }
        if left.isLiteral, let known = known(right, in: plan) { return 1 / max(1, known) }
        return right.isLiteral || left.isLiteral ? 0.05 : 0.1
      case .notEqual, .isDistinctFrom: return 0.9
      default: return range(comparison, left, right, plan) ?? 0.3
      }
    case .inList(let operand, let values, let isNegated):
      let one = known(operand, in: plan).map { 1 / max(1, $0) } ?? 0.05
      let share = min(1, one * Double(values.count))
      return isNegated ? 1 - share : share
    case .isNull(_, let isNegated): return isNegated ? 0.9 : 0.1
    case .and(let operands): return operands.reduce(1) { $0 * selectivity($1, of: plan) }
    case .or(let operands): return min(1, operands.reduce(0) { $0 + selectivity($1, of: plan) })
    case .not(let operand): return 1 - selectivity(operand, of: plan)
    case .call(let call)
    where ["like", "ilike", "regexp_matches", "contains", "starts_with"].contains(call.function):
      return 0.1
    case .literal(let value, _): return value == .boolean(true) ? 1 : 0
    default: return 0.5
    }
  }

  private func known(_ expression: BoundExpression, in plan: LogicalPlan) -> Double? {
    guard case .column(let id, let type) = expression else { return nil }
    return distinct(id, type, in: plan)
  }

  /// The share of a column's range that a comparison with a literal leaves.
  private func range(
    _ comparison: ComparisonOperator, _ left: BoundExpression, _ right: BoundExpression, _ plan: LogicalPlan
  ) -> Double? {
    guard case .scan(let scan) = plan, case .column(let id, _) = left,
      case .literal(.integer(let value), _) = right,
      let index = scan.columns.firstIndex(where: { $0.id == id }),
      let bounds = scan.relation.statistics.bounds[scan.columnIndices[index]],
      case .integer(let low) = bounds.min, case .integer(let high) = bounds.max, high > low
    else { return nil }
    let share = (Double(value) - Double(low)) / (Double(high) - Double(low))
    let below = min(1, max(0, share))
    return max(0.0001, comparison == .less || comparison == .lessOrEqual ? below : 1 - below)
  }
}
