internal import Columnar

/// Orders inner joins so that few rows are passed between them.
///
/// Up to ten inputs by dynamic programming over their subsets (Selinger et al. 1979; Moerkotte 2020, "Building
/// Query Compilers", 3.2), more of them greedily. The cost of an order is the sum of the rows of its joins.
struct OrderJoins: OptimizerRule {
  static let name = "order_joins"

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    rewrite(plan, Cardinality())
  }

  private func rewrite(_ plan: LogicalPlan, _ cardinality: Cardinality) -> LogicalPlan {
    if case .with(let id, let name, let definition, let body) = plan {
      let definition = rewrite(definition, cardinality)
      var inner = cardinality
      inner.define(id, rows: cardinality.rows(definition))
      return .with(id: id, name: name, definition: definition, body: rewrite(body, inner))
    }
    guard case .join(let join) = plan, join.kind == .inner || join.kind == .cross else {
      return plan.mapInputs { rewrite($0, cardinality) }
    }
    var graph = JoinGraph()
    graph.collect(plan)
    let inputs = graph.inputs.map { rewrite($0, cardinality) }
    return JoinOrder(inputs: inputs, conditions: graph.conditions, cardinality: cardinality).best()
  }
}

/// The inputs of a tree of inner joins, and the conditions over them.
private struct JoinGraph {
  var inputs: [LogicalPlan] = []
  var conditions: [BoundExpression] = []

  mutating func collect(_ plan: LogicalPlan) {
    switch plan {
    case .join(let join) where join.kind == .inner || join.kind == .cross:
      collect(join.left)
      collect(join.right)
      conditions += join.equalities.map {
        .comparison($0.matchesNulls ? .isNotDistinctFrom : .equal, $0.left, $0.right)
      }
      conditions += join.residual?.conjuncts ?? []
    case .project(let expressions, let input) where expressions.allSatisfy(\.passesOn) && isInnerJoin(input):
      // A projection that only drops columns does not stand in the way.
      collect(input)
    default: inputs.append(plan)
    }
  }

  private func isInnerJoin(_ plan: LogicalPlan) -> Bool {
    if case .join(let join) = plan { return join.kind == .inner || join.kind == .cross }
    return false
  }
}

/// Finds a cheap order of the inputs of inner joins.
private struct JoinOrder {
  let inputs: [LogicalPlan]
  private let given: [BoundExpression]
  private let equations: ImpliedEquations
  private var conditions: [BoundExpression] { equations.conditions }
  let cardinality: Cardinality
  private let inputRows: [Double]
  /// For each condition the inputs it needs, as bits, and the distinct values of its sides if it is an equation.
  private var needs: [UInt64] = []
  private var keys: [(left: UInt64, right: UInt64, distinct: (Double, Double))?] = []

  init(inputs: [LogicalPlan], conditions: [BoundExpression], cardinality: Cardinality) {
    (self.inputs, given, self.cardinality) = (inputs, conditions, cardinality)
    inputRows = inputs.map { cardinality.rows($0) }
    var owner: [ColumnID: Int] = [:]
    for (index, input) in inputs.enumerated() {
      for column in input.outputColumns { owner[column.id] = index }
    }
    equations = ImpliedEquations(conditions, owner: owner)
    func bits(_ expression: BoundExpression) -> UInt64 {
      expression.columns.reduce(0) { bits, id in owner[id].map { bits | (1 &<< UInt64($0)) } ?? bits }
    }
    for condition in equations.conditions {
      needs.append(bits(condition))
      if case .comparison(let comparison, let left, let right) = condition,
        comparison == .equal || comparison == .isNotDistinctFrom
      {
        let (leftBits, rightBits) = (bits(left), bits(right))
        if leftBits != 0, rightBits != 0, leftBits & rightBits == 0 {
          keys.append(
            (
              leftBits, rightBits,
              (
                Self.distinct(left, inputs, leftBits, cardinality),
                Self.distinct(right, inputs, rightBits, cardinality)
              )
            ))
          continue
        }
      }
      keys.append(nil)
    }
  }

  private static func distinct(
    _ expression: BoundExpression, _ inputs: [LogicalPlan], _ bits: UInt64, _ cardinality: Cardinality
  ) -> Double {
    guard bits.nonzeroBitCount == 1, bits.trailingZeroBitCount < inputs.count else { return 1_000 }
    return cardinality.distinct(expression, in: inputs[bits.trailingZeroBitCount])
  }

  /// A join of some of the inputs.
  private struct Partial {
    var plan: Tree
    var rows: Double
    var cost: Double
  }

  private indirect enum Tree {
    case input(Int)
    case join(Tree, Tree)
  }

  func best() -> LogicalPlan {
    guard inputs.count > 1, inputs.count <= 60 else {
      return inputs.count == 1 ? inputs[0].filtered(by: given) : inOrder()
    }
    let tree = inputs.count <= 10 ? dynamic() : greedy()
    return build(tree).plan
  }

  private func inOrder() -> LogicalPlan {
    var plan = inputs[0]
    for input in inputs.dropFirst() { plan = .join(LogicalPlan.Join(.cross, plan, input)) }
    return plan.filtered(by: given)
  }

  /// Returns the conditions that join two sets of inputs, one of each class.
  private func joining(_ left: UInt64, _ right: UInt64) -> [Int] {
    var seen: UInt64 = 0
    return needs.indices.filter { index in
      let need = needs[index]
      guard need & ~(left | right) == 0 && need & left != 0 && need & right != 0 else { return false }
      guard let number = equations.classes[index] else { return true }
      defer { seen |= 1 &<< UInt64(number) }
      return seen & 1 &<< UInt64(number) == 0
    }
  }

  private func isConnected(_ left: UInt64, _ right: UInt64) -> Bool {
    for key in keys {
      guard let key else { continue }
      if key.left & ~left == 0, key.right & ~right == 0 { return true }
      if key.right & ~left == 0, key.left & ~right == 0 { return true }
    }
    return false
  }

  /// Rows of the join of two sets of inputs.
  private func rows(_ left: UInt64, _ leftRows: Double, _ right: UInt64, _ rightRows: Double) -> Double {
    var distinct: [(Double, Double)] = []
    var rest = 1.0
    for index in joining(left, right) {
      if let key = keys[index] { distinct.append(key.distinct) } else { rest *= 0.3 }
    }
    return max(1, Cardinality.joined(leftRows, rightRows, distinct) * rest)
  }

  private func combined(_ left: Partial, _ leftSet: UInt64, _ right: Partial, _ rightSet: UInt64) -> Partial {
    let rows = rows(leftSet, left.rows, rightSet, right.rows)
    // The smaller side is built: a row built costs more than one that passes.
    let build = min(left.rows, right.rows)
    let isLeftSmaller = left.rows < right.rows
    return Partial(
      plan: isLeftSmaller ? .join(right.plan, left.plan) : .join(left.plan, right.plan), rows: rows,
      cost: left.cost + right.cost + rows + build * 2)
  }

  private func dynamic() -> Tree {
    let count = inputs.count
    var table: [UInt64: Partial] = [:]
    for index in 0..<count {
      table[1 &<< UInt64(index)] = Partial(plan: .input(index), rows: inputRows[index], cost: 0)
    }
    let full: UInt64 = (1 &<< UInt64(count)) - 1
    for allowsCross in [false, true] {
      for set in 1...full where set.nonzeroBitCount > 1 {
        var best = table[set]
        // Every way to cut the set in two, each once.
        var part = (set - 1) & set
        while part > 0 {
          let rest = set & ~part
          if part > rest, let left = table[part], let right = table[rest],
            allowsCross || isConnected(part, rest)
          {
            let candidate = combined(left, part, right, rest)
            if candidate.cost < best?.cost ?? .infinity { best = candidate }
          }
          part = (part - 1) & set
        }
        table[set] = best
      }
      if let found = table[full] { return found.plan }
    }
    return greedy()
  }

  private func greedy() -> Tree {
    var parts = inputs.indices.map {
      (set: UInt64(1) &<< UInt64($0), partial: Partial(plan: .input($0), rows: inputRows[$0], cost: 0))
    }
    while parts.count > 1 {
      var best: (Int, Int, Partial, Bool)?
      for first in 0..<parts.count {
        for second in (first + 1)..<parts.count {
          let connected = isConnected(parts[first].set, parts[second].set)
          if let best, best.3, !connected { continue }
          let candidate = combined(
            parts[first].partial, parts[first].set, parts[second].partial, parts[second].set)
          if best == nil || (connected && best?.3 == false) || candidate.rows < best?.2.rows ?? .infinity {
            best = (first, second, candidate, connected)
          }
        }
      }
      guard let (first, second, partial, _) = best else { break }
      let set = parts[first].set | parts[second].set
      parts.remove(at: second)
      parts[first] = (set, partial)
    }
    return parts[0].partial.plan
  }

  private func build(_ tree: Tree) -> (plan: LogicalPlan, set: UInt64) {
    switch tree {
    case .input(let index):
      let set = UInt64(1) &<< UInt64(index)
      // Conditions without columns stand at the first input.
      let own = index == 0 ? conditions.indices.filter { needs[$0] == 0 }.map { conditions[$0] } : []
      let single = conditions.indices.filter { needs[$0] == set }.map { conditions[$0] }
      return (inputs[index].filtered(by: own + single), set)
    case .join(let left, let right):
      let (leftPlan, leftSet) = build(left)
      let (rightPlan, rightSet) = build(right)
      let leftColumns = Set(leftPlan.outputColumns.map(\.id))
      let rightColumns = Set(rightPlan.outputColumns.map(\.id))
      var join = LogicalPlan.Join(.inner, leftPlan, rightPlan)
      var rest: [BoundExpression] = []
      for index in joining(leftSet, rightSet) {
        if let equality = LogicalPlan.Join.Equality(conditions[index], left: leftColumns, right: rightColumns)
        {
          join.equalities.append(equality)
        } else {
          rest.append(conditions[index])
        }
      }
      join.residual = BoundExpression.conjunction(rest)
      if join.equalities.isEmpty, join.residual == nil { join.kind = .cross }
      return (.join(join), leftSet | rightSet)
    }
  }
}
