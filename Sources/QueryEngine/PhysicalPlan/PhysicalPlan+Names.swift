extension LogicalPlan {
  /// What EXPLAIN ANALYZE calls the operator of this node.
  var operatorName: String {
    switch self {
    case .scan: "Scan"
    case .values: "Values"
    case .filter: "Filter"
    case .project: "Project"
    case .aggregate: "HashAggregate"
    case .join: "HashJoin"
    case .window: "Window"
    case .sort: "Sort"
    case .topN: "TopN"
    case .limit: "Limit"
    case .distinct: "Distinct"
    case .setOperation(let operation): operation.kind.rawValue.uppercased() + (operation.isAll ? " ALL" : "")
    case .unnest: "Unnest"
    case .cteReference: "CTE reference"
    case .with: "With"
    case .recursive: "Recursive"
    }
  }

  /// What tells one operator from others of its name.
  var operatorDetail: String {
    switch self {
    case .scan(let scan): scan.name
    case .join(let join): "\(join.kind)"
    case .topN(_, let count, _, _): "\(count)"
    case .with(_, let name, _, _): name
    default: ""
    }
  }
}
