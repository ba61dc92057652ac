internal import Columnar

/// An aggregate in two steps, the first of which is computed for each file apart.
struct AggregateParts: Sendable {
  /// Groups by the file's number and the keys, and computes the parts.
  let partial: AggregatePlan
  /// Groups what the first step puts out, less the file's number, and computes the answer.
  let whole: AggregatePlan
  /// The keys and parts, between the steps.
  let columns: [OutputColumn]

  /// Takes a plan apart; `nil` if one of its aggregates cannot be.
  ///
  /// - Parameters:
  ///   - plan: A plan of one grouping set.
  ///   - file: The column that holds the file's number.
  ///   - makeColumn: Makes a column that no statement names.
  init?(_ plan: AggregatePlan, file: OutputColumn, makeColumn: (LogicalType) -> OutputColumn) {
    var columns = plan.keys.map { makeColumn($0.type) }
    let keys = columns.map { BoundExpression.column($0.id, $0.type) }
    var arguments: [BoundExpression] = []
    var (first, second): ([AggregateStep], [AggregateStep]) = ([], [])
    for step in plan.steps {
      guard let partial = PartialAggregate(step) else { return nil }
      var places: [Int] = []
      for part in partial.parts {
        var binding = step.binding
        binding.resultType = part.type
        first.append(
          AggregateStep(
            function: part.function, binding: binding, arguments: step.arguments, filter: step.filter,
            isDistinct: false))
        let column = makeColumn(part.type)
        columns.append(column)
        places.append(arguments.count)
        arguments.append(.column(column.id, column.type))
      }
      var binding = step.binding
      binding.argumentTypes = partial.parts.map(\.type)
      binding.literals = partial.parts.map { _ in nil }
      second.append(
        AggregateStep(
          function: partial.whole, binding: binding, arguments: places, filter: nil, isDistinct: false))
    }
    self.columns = columns
    partial = AggregatePlan(
      keys: [.column(file.id, file.type)] + plan.keys, steps: first, arguments: plan.arguments,
      filters: plan.filters)
    whole = AggregatePlan(keys: keys, steps: second, arguments: arguments, filters: [])
  }
}

/// Adds the number of the file that rows are from as a last column.
struct FileNumberOperator: StreamingOperator {
  let scan: TableScanSource

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance {
    Instance(scan, next: next)
  }

  private final class Instance: StreamingInstance {
    private let scan: TableScanSource
    private var number = Vector.flat([Int64(0)])

    init(_ scan: TableScanSource, next: OperatorInstance) {
      self.scan = scan
      super.init(next: next)
    }

    override func begin(morsel: Int) throws(QueryError) {
      number = .flat([Int64(scan.morsel(morsel).task)])
      try next.begin(morsel: morsel)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      let column = Vector.constant(number, count: batch.rowCount)
      return try next.push(
        Batch(columns: batch.columns + [column], rowCount: batch.rowCount, selection: batch.selection))
    }
  }
}
