internal import Columnar

/// What an aggregate computes, each argument once.
struct AggregatePlan: Sendable {
  let keys: [BoundExpression]
  let steps: [AggregateStep]
  let arguments: [BoundExpression]
  let filters: [BoundExpression]
  /// The keys of each grouping set; one set of all keys if the statement has none.
  let sets: [[Int]]
  let hasGroupingID: Bool
  /// How many groups are enough, whichever they are.
  let groupLimit: Int?

  init(_ aggregate: LogicalPlan.Aggregate) throws(QueryError) {
    keys = aggregate.groups.map(\.expression)
    sets = aggregate.groupingSets.isEmpty ? [Array(aggregate.groups.indices)] : aggregate.groupingSets
    hasGroupingID = aggregate.groupingID != nil
    groupLimit = aggregate.groupLimit
    var places: [BoundExpression: Int] = [:]
    var arguments: [BoundExpression] = []
    func place(_ expression: BoundExpression) -> Int {
      if let known = places[expression] { return known }
      places[expression] = arguments.count
      arguments.append(expression)
      return arguments.count - 1
    }
    var filters: [BoundExpression] = []
    var steps: [AggregateStep] = []
    for call in aggregate.aggregates {
      guard let function = AggregateRegistry.function(call.function) else {
        throw .internalError("there is no aggregate \(call.function)", at: call.position)
      }
      // An aggregate whose result the order cannot change does not collect the order's keys.
      let usesOrder = AggregatePlan.needsOrder(function.name)
      let orderBy = usesOrder ? call.orderBy : []
      let binding = AggregateFunction.Binding(
        argumentTypes: call.arguments.map(\.type),
        orderBy: orderBy.map { .init(isDescending: $0.isDescending, nullsFirst: $0.nullsFirst) },
        orderTypes: orderBy.map(\.expression.type), resultType: call.column.type,
        literals: call.arguments.map(AggregatePlan.literal), position: call.position)
      var filter: Int?
      if let predicate = call.filter {
        filter = filters.firstIndex(of: predicate)
        if filter == nil {
          filter = filters.count
          filters.append(predicate)
        }
      }
      steps.append(
        AggregateStep(
          function: function, binding: binding,
          arguments: (call.arguments + orderBy.map(\.expression)).map(place), filter: filter,
          isDistinct: call.isDistinct && !function.ignoresDistinct && !call.arguments.isEmpty))
      if call.isDistinct && !orderBy.isEmpty
        && !orderBy.allSatisfy({ call.arguments.contains($0.expression) })
      {
        throw QueryError.unsupported(
          "DISTINCT with an ORDER BY of something else inside \(call.function)", at: call.position)
      }
    }
    (self.arguments, self.filters, self.steps) = (arguments, filters, steps)
  }

  /// Makes a plan of one grouping set of steps that are ready.
  init(
    keys: [BoundExpression], steps: [AggregateStep], arguments: [BoundExpression], filters: [BoundExpression]
  ) {
    (self.keys, self.steps, self.arguments, self.filters) = (keys, steps, arguments, filters)
    (sets, hasGroupingID, groupLimit) = ([Array(keys.indices)], false, nil)
  }

  /// Whether the result of an aggregate depends on the order of its rows or has it as an argument.
  static func needsOrder(_ function: String) -> Bool {
    switch function {
    case "array_agg", "string_agg", "first", "last", "percentile_cont", "percentile_disc", "mode", "map_agg":
      true
    default: false
    }
  }

  private static func literal(_ expression: BoundExpression) -> ScalarValue? {
    switch expression {
    case .literal(let value, let type):
      if case .decimal(let number) = value, case .decimal(_, let scale) = type {
        var divisor = 1.0
        for _ in 0..<scale { divisor *= 10 }
        return .double(Double(number) / divisor)
      }
      return value
    case .cast(let operand, let type, _, _):
      guard let value = literal(operand), type == .double else { return literal(operand) }
      if case .integer(let number) = value { return .double(Double(number)) }
      return value
    default: return nil
    }
  }

  /// Makes the empty state of a grouping set.
  func makeState(_ set: Int) -> AggregateState {
    let state = AggregateState(sets[set].map { keys[$0].type }, steps)
    if sets[set].isEmpty { state.makeOnlyGroup() }
    return state
  }

  func makeStates() -> [AggregateState] { sets.indices.map { makeState($0) } }

  /// The bits of the keys that are absent from a set, the last key lowest.
  func groupingID(of set: Int) -> Int64 {
    var id: Int64 = 0
    for key in keys.indices {
      id = id &<< 1
      if !sets[set].contains(key) { id |= 1 }
    }
    return id
  }
}
