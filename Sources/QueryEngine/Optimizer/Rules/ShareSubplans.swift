internal import Columnar

/// Computes once what a statement asks for twice: equal sub-plans become one shared plan and references to it.
///
/// Subqueries and branches of set operations often repeat the aggregate or the join of the query around, as TPC-H's
/// eleventh query does. It pays where many rows become few; rows that pass through are cheaper read again than kept.
struct ShareSubplans: OptimizerRule {
  static let name = "share_subplans"
  /// How many rows must be read for one that is kept.
  private static let leastReduction = 4.0
  /// More estimated rows than this are not kept.
  private static let mostRows = 1_000_000.0

  func rewrite(_ plan: LogicalPlan, context: OptimizerContext) throws(QueryError) -> LogicalPlan {
    guard plan.readsATableAgain else { return plan }
    var plan = plan
    var nextID = plan.greatestSharedPlan + 1
    while let shared = ShareSubplans.largestRepeated(in: plan, context) {
      let body = plan.referring(to: nextID, insteadOf: shared)
      // References go by place, and joins that are put in another order put their columns out in another.
      let definition = LogicalPlan.project(shared.outputColumns.map { .init(passing: $0) }, shared)
      plan = .with(id: nextID, name: "what is asked for twice", definition: definition, body: body)
      nextID += 1
    }
    return plan
  }

  /// The repeated sub-plan of the most nodes that is worth sharing; `nil` if there is none.
  private static func largestRepeated(in plan: LogicalPlan, _ context: OptimizerContext) -> LogicalPlan? {
    var candidates: [String: [(plan: LogicalPlan, size: Int)]] = [:]
    collect(plan, isRoot: true, into: &candidates)
    var best: (plan: LogicalPlan, size: Int)?
    for alike in candidates.values where alike.count > 1 {
      for (index, candidate) in alike.enumerated() where candidate.size > best?.size ?? 0 {
        let isRepeated = alike[(index + 1)...].contains { candidate.plan.renaming(to: $0.plan) != nil }
        if isRepeated, isWorthSharing(candidate.plan, context) { best = candidate }
      }
    }
    return best?.plan
  }

  /// Adds the sub-plans that could be shared, under an outline that equal ones have in common.
  ///
  /// - Parameters:
  ///   - plan: Where to look.
  ///   - isRoot: Whether the plan stands by itself: part of a chain of joins is left to the order of joins.
  ///   - candidates: Plans and how many nodes they have, by outline.
  /// - Returns: The plan's own outline and size.
  @discardableResult
  private static func collect(
    _ plan: LogicalPlan, isRoot: Bool, into candidates: inout [String: [(plan: LogicalPlan, size: Int)]]
  ) -> (outline: String, size: Int) {
    var (outline, size) = (plan.outlineName, 1)
    for input in plan.inputs {
      let below = collect(input, isRoot: !plan.isInnerJoin, into: &candidates)
      outline += "(\(below.outline))"
      size += below.size
    }
    switch plan {
    case .aggregate, .distinct, .window: candidates[outline, default: []].append((plan, size))
    case .join where isRoot: candidates[outline, default: []].append((plan, size))
    default: break
    }
    return (outline, size)
  }

  private static func isWorthSharing(_ plan: LogicalPlan, _ context: OptimizerContext) -> Bool {
    guard plan.freeColumns.isEmpty, plan.sharedPlansAround.isEmpty, plan.givesTheSame(context) else {
      return false
    }
    let cardinality = Cardinality()
    let rows = cardinality.rows(plan)
    return rows <= mostRows && rows * leastReduction <= plan.rowsRead
  }
}

extension LogicalPlan {
  /// The greatest number that names a shared plan, or zero.
  fileprivate var greatestSharedPlan: Int {
    let own =
      switch self {
      case .with(let id, _, _, _), .recursive(let id, _, _, _, _), .cteReference(let id, _): id
      default: 0
      }
    return inputs.reduce(own) { max($0, $1.greatestSharedPlan) }
  }

  fileprivate var isInnerJoin: Bool {
    if case .join(let join) = self { return join.kind == .inner || join.kind == .cross }
    return false
  }

  /// What equal nodes have in common and most others have not.
  fileprivate var outlineName: String {
    switch self {
    case .scan(let scan): scan.relation.displayName
    case .join(let join): "join \(join.equalities.count)"
    case .aggregate(let aggregate): "aggregate \(aggregate.groups.count) \(aggregate.aggregates.count)"
    default: operatorName
    }
  }

  /// The rows of the tables read.
  fileprivate var rowsRead: Double {
    if case .scan(let scan) = self {
      return scan.relation.statistics.rowCount.map(Double.init) ?? Cardinality.unknownRows
    }
    return inputs.reduce(0) { $0 + $1.rowsRead }
  }

  /// Whether a second run gives the same rows: tables are read at one snapshot, and nothing in it is left to chance.
  fileprivate func givesTheSame(_ context: OptimizerContext) -> Bool {
    switch self {
    case .limit, .topN, .recursive: return false
    case .scan(let scan) where !(scan.relation is TableRelation): return false
    default:
      return !expressions.contains { $0.isVolatile(context.functions) }
        && inputs.allSatisfy { $0.givesTheSame(context) }
    }
  }

  /// Returns the plan with every sub-plan equal to `shared` replaced by a reference to the shared plan `id`.
  fileprivate func referring(to id: Int, insteadOf shared: LogicalPlan) -> LogicalPlan {
    if let names = shared.renaming(to: self) {
      let columns = zip(shared.outputColumns, outputColumns).map { made, wanted in
        OutputColumn(
          id: names[made.id] ?? made.id, name: wanted.name, type: made.type, isNullable: made.isNullable)
      }
      return .cteReference(id: id, columns: columns)
    }
    return mapInputs { $0.referring(to: id, insteadOf: shared) }
  }
}
