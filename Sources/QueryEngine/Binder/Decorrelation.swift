internal import Columnar

/// Removes references to the columns of the query around, so that a subquery becomes a join.
///
/// Two ways (Neumann and Kemper 2015, "Unnesting Arbitrary Queries"): where the conditions that refer outward
/// can be pulled up to the join, they are (``pulledUp(_:outer:)``); otherwise the distinct outer values are
/// joined in at the bottom and carried up through every operator (``dependentJoin``).
struct Decorrelation {
  let binder: Binder

  /// A plan whose outward conditions have been taken out.
  struct PulledUp {
    var plan: LogicalPlan
    /// What was taken out; over columns of `plan` and of the outer side.
    var conditions: [BoundExpression] = []
    /// The former output columns in terms of `plan`'s and outer columns, where they changed.
    var outputs: [ColumnID: BoundExpression] = [:]
  }

  /// Pulls conditions over `outer` columns up through filters, projections and inner joins.
  ///
  /// - Returns: `nil` where an operator is in the way.
  func pulledUp(_ plan: LogicalPlan, outer: Set<ColumnID>) -> PulledUp? {
    guard !plan.freeColumns.isDisjoint(with: outer) else { return PulledUp(plan: plan) }
    switch plan {
    case .project(let expressions, let input):
      guard var pulled = pulledUp(input, outer: outer) else { return nil }
      var outputs = pulled.outputs
      for expression in expressions where !expression.passesOn || pulled.outputs[expression.column.id] != nil
      {
        outputs[expression.column.id] = expression.expression.replacing(pulled.outputs)
      }
      pulled.outputs = outputs
      return pulled
    case .filter(let predicate, let input):
      guard var pulled = pulledUp(input, outer: outer) else { return nil }
      var kept: [BoundExpression] = []
      for conjunct in predicate.conjuncts {
        let conjunct = conjunct.replacing(pulled.outputs)
        if conjunct.columns.isDisjoint(with: outer) {
          kept.append(conjunct)
        } else {
          pulled.conditions.append(conjunct)
        }
      }
      pulled.plan = pulled.plan.filtered(by: kept)
      return pulled
    case .sort(_, let input): return pulledUp(input, outer: outer)
    case .join(let join): return pulledUp(join, outer: outer)
    default: return nil
    }
  }

  private func pulledUp(_ join: LogicalPlan.Join, outer: Set<ColumnID>) -> PulledUp? {
    let isInner = join.kind == .inner || join.kind == .cross
    let conditionColumns = LogicalPlan.join(join).expressions.reduce(into: Set<ColumnID>()) {
      $0.formUnion($1.columns)
    }
    guard let left = pulledUp(join.left, outer: outer) else { return nil }
    if !isInner {
      // Only what stands on the preserved side may go up.
      switch join.kind {
      case .left, .semi, .anti, .single, .mark, .nullAwareAnti: break
      default: return nil
      }
      guard conditionColumns.isDisjoint(with: outer), join.right.freeColumns.isDisjoint(with: outer),
        left.outputs.isEmpty
      else { return nil }
      var result = left
      var joined = join
      joined.left = left.plan
      result.plan = .join(joined)
      return result
    }
    guard let right = pulledUp(join.right, outer: outer) else { return nil }
    let outputs = left.outputs.merging(right.outputs) { first, _ in first }
    var result = PulledUp(
      plan: .join(LogicalPlan.Join(.cross, left.plan, right.plan)),
      conditions: left.conditions + right.conditions, outputs: outputs)
    var kept: [BoundExpression] = []
    let all =
      join.equalities.map {
        BoundExpression.comparison($0.matchesNulls ? .isNotDistinctFrom : .equal, $0.left, $0.right)
      }
      + (join.residual?.conjuncts ?? [])
    for condition in all {
      let condition = condition.replacing(outputs)
      if condition.columns.isDisjoint(with: outer) {
        kept.append(condition)
      } else {
        result.conditions.append(condition)
      }
    }
    result.plan = binder.join(.inner, left.plan, right.plan, on: kept)
    return result
  }

  /// Joins `domain` to a plan that refers to its columns, at the bottom, and carries them up.
  ///
  /// - Parameters:
  ///   - domain: Distinct values of the outer columns.
  ///   - columns: For each outer column, the column of `domain` that holds it.
  ///   - plan: The plan that refers to the outer columns.
  /// - Returns: A plan without outer references that puts out `plan`'s columns and `domain`'s.
  /// - Throws: 0A000 for an operator that outer values cannot be carried through.
  func dependentJoin(
    _ domain: LogicalPlan, _ columns: [ColumnID: OutputColumn], _ plan: LogicalPlan
  ) throws(QueryError) -> LogicalPlan {
    let outer = Set(columns.keys)
    let replacements = columns.mapValues { BoundExpression.column($0.id, $0.type) }
    let carried = columns.sorted { $0.key < $1.key }.map(\.value)
    guard !plan.freeColumns.isDisjoint(with: outer) else {
      return .join(LogicalPlan.Join(.cross, domain, plan))
    }
    func push(_ input: LogicalPlan) throws(QueryError) -> LogicalPlan {
      try dependentJoin(domain, columns, input)
    }
    switch plan {
    case .filter(let predicate, let input):
      return .filter(predicate.replacing(replacements), try push(input))
    case .project(let expressions, let input):
      let mapped = expressions.map {
        LogicalPlan.NamedExpression($0.expression.replacing(replacements), as: $0.column)
      }
      return .project(mapped + carried.map { .init(passing: $0) }, try push(input))
    case .sort(_, let input): return try push(input)
    case .limit(let count, let offset, let input):
      return try limit(count, offset, input, carried, replacements, push)
    case .aggregate(let aggregate):
      return try self.aggregate(aggregate, domain, columns, carried, replacements, push)
    case .distinct(var distinct):
      distinct.input = try push(distinct.input)
      if let on = distinct.on {
        distinct.on = on.map { $0.replacing(replacements) } + carried.map { .column($0.id, $0.type) }
      }
      return .distinct(distinct)
    case .window(let window):
      let mapped = LogicalPlan.window(window).mapExpressions { $0.replacing(replacements) }
      guard case .window(var result) = mapped else { return mapped }
      result.partitionBy += carried.map { .column($0.id, $0.type) }
      result.input = try push(window.input)
      return .window(result)
    case .unnest(let unnest):
      let mapped = LogicalPlan.unnest(unnest).mapExpressions { $0.replacing(replacements) }
      guard case .unnest(var result) = mapped else { return mapped }
      result.input = try push(unnest.input)
      return .unnest(result)
    case .join(let join): return try self.join(join, domain, columns, outer, replacements)
    case .setOperation(let operation): return try setOperation(operation, domain, columns, carried)
    case .values(let rows, let valueColumns):
      guard rows.count == 1 else { throw unsupported("VALUES of several rows") }
      let computed = zip(rows[0], valueColumns).map {
        LogicalPlan.NamedExpression($0.replacing(replacements), as: $1)
      }
      return .project(computed + carried.map { .init(passing: $0) }, domain)
    case .scan, .topN, .cteReference, .with, .recursive: throw unsupported("this query")
    }
  }

  private func unsupported(_ what: String) -> QueryError {
    QueryError.unsupported("a reference from \(what) to the query around it", hint: "write it as a join")
  }

  /// A copy of the domain under new ids, and the equalities that join it to the first.
  private func copy(
    _ columns: [ColumnID: OutputColumn]
  ) -> (columns: [ColumnID: OutputColumn], pairs: [(OutputColumn, OutputColumn)]) {
    var copies: [ColumnID: OutputColumn] = [:]
    var pairs: [(OutputColumn, OutputColumn)] = []
    for (outer, column) in columns.sorted(by: { $0.key < $1.key }) {
      let copy = binder.newColumn(column.name, column.type)
      copies[outer] = copy
      pairs.append((column, copy))
    }
    return (copies, pairs)
  }

  /// The domain under other ids.
  private func renamed(
    _ domain: LogicalPlan, _ pairs: [(OutputColumn, OutputColumn)]
  ) -> LogicalPlan {
    let columns = domain.outputColumns
    if case .cteReference(let id, let current) = domain {
      // Columns by position.
      let renamed = current.map { column in pairs.first { $0.0.id == column.id }?.1 ?? column }
      return .cteReference(id: id, columns: renamed)
    }
    return .project(
      columns.map { column in
        let new = pairs.first { $0.0.id == column.id }?.1 ?? column
        return .init(.column(column.id, column.type), as: new)
      }, domain)
  }

  private func aggregate(
    _ aggregate: LogicalPlan.Aggregate, _ domain: LogicalPlan, _ columns: [ColumnID: OutputColumn],
    _ carried: [OutputColumn], _ replacements: [ColumnID: BoundExpression],
    _ push: (LogicalPlan) throws(QueryError) -> LogicalPlan
  ) throws(QueryError) -> LogicalPlan {
    let mapped = LogicalPlan.aggregate(aggregate).mapExpressions { $0.replacing(replacements) }
    guard case .aggregate(var result) = mapped else { return mapped }
    result.input = try push(aggregate.input)
    let isGlobal = aggregate.groups.isEmpty && aggregate.groupingSets.isEmpty
    guard isGlobal else {
      let first = result.groups.count
      result.groups += carried.map { .init(passing: $0) }
      guard result.groupingSets.isEmpty else {
        for index in result.groupingSets.indices {
          result.groupingSets[index] += Array(first..<result.groups.count)
        }
        return .aggregate(result)
      }
      return .aggregate(result)
    }
    // Without rows there are no groups: an outer join brings back the outer values that have none.
    let (_, pairs) = copy(columns)
    result.groups = pairs.map { .init(.column($0.0.id, $0.0.type), as: $0.1) }
    var values: [LogicalPlan.NamedExpression] = []
    for index in result.aggregates.indices {
      let column = result.aggregates[index].column
      guard Decorrelation.isZeroWhenEmpty(result.aggregates[index].function) else {
        values.append(.init(passing: column))
        continue
      }
      let counted = binder.newColumn(column.name, column.type)
      result.aggregates[index].column = counted
      values.append(.init(Decorrelation.zeroIfNull(.column(counted.id, counted.type)), as: column))
    }
    var join = LogicalPlan.Join(.left, domain, .aggregate(result))
    join.equalities = pairs.map {
      .init(.column($0.0.id, $0.0.type), .column($0.1.id, $0.1.type), matchesNulls: true)
    }
    return .project(values + carried.map { .init(passing: $0) }, .join(join))
  }

  /// Aggregates that answer 0, not null, for no rows.
  static func isZeroWhenEmpty(_ function: String) -> Bool {
    ["count", "count_star", "count_if", "approx_count_distinct", "regr_count"].contains(function)
  }

  static func zeroIfNull(_ column: BoundExpression) -> BoundExpression {
    .caseWhen(
      [.init(condition: .isNull(column, isNegated: false), result: .literal(.integer(0), column.type))],
      otherwise: column, type: column.type)
  }

  /// LIMIT of each outer value: a row number within it.
  private func limit(
    _ count: Int?, _ offset: Int, _ input: LogicalPlan, _ carried: [OutputColumn],
    _ replacements: [ColumnID: BoundExpression], _ push: (LogicalPlan) throws(QueryError) -> LogicalPlan
  ) throws(QueryError) -> LogicalPlan {
    var keys: [LogicalPlan.SortKey] = []
    var source = input
    // ORDER BY stands below LIMIT, perhaps with a projection that drops hidden keys between them.
    if case .sort(let sortKeys, let below) = input { (keys, source) = (sortKeys, below) }
    var dropped: [LogicalPlan.NamedExpression]?
    if case .project(let expressions, .sort(let sortKeys, let below)) = input {
      (keys, source, dropped) = (sortKeys, below, expressions)
    }
    let number = binder.newColumn("row_number", .bigint, isNullable: false)
    let frame = LogicalPlan.WindowFrame(.rows, from: .unboundedPreceding, to: .currentRow)
    let window = LogicalPlan.Window(
      partitionBy: carried.map { .column($0.id, $0.type) },
      orderBy: keys.map {
        .init($0.expression.replacing(replacements), isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
      }, calls: [.init("row_number", [], frame: frame, as: number)], input: try push(source))
    let position = BoundExpression.column(number.id, .bigint)
    var conditions: [BoundExpression] = []
    if offset > 0 {
      conditions.append(.comparison(.greater, position, .literal(.integer(Int64(offset)), .bigint)))
    }
    if let count {
      let last = Int64(clamping: count).addingReportingOverflow(Int64(clamping: offset))
      conditions.append(
        .comparison(
          .lessOrEqual, position, .literal(.integer(last.overflow ? .max : last.partialValue), .bigint)))
    }
    let limited = LogicalPlan.window(window).filtered(by: conditions)
    let outputs =
      dropped?.map { LogicalPlan.NamedExpression($0.expression.replacing(replacements), as: $0.column) }
      ?? source.outputColumns.map { .init(passing: $0) }
    return .project(outputs + carried.map { .init(passing: $0) }, limited)
  }

  private func join(
    _ join: LogicalPlan.Join, _ domain: LogicalPlan, _ columns: [ColumnID: OutputColumn],
    _ outer: Set<ColumnID>,
    _ replacements: [ColumnID: BoundExpression]
  ) throws(QueryError) -> LogicalPlan {
    let mapped = LogicalPlan.join(join).mapExpressions { $0.replacing(replacements) }
    guard case .join(var result) = mapped else { return mapped }
    let rightIsFree = !join.right.freeColumns.isDisjoint(with: outer)
    switch join.kind {
    case .inner, .cross, .left, .semi, .anti, .single, .mark, .asof:
      result.left = try dependentJoin(domain, columns, join.left)
      guard rightIsFree else { return .join(result) }
      if case .mark(_, isNullAware: true) = join.kind { throw unsupported("IN") }
      let (copies, pairs) = copy(columns)
      let right = try dependentJoin(renamed(domain, pairs), copies, join.right)
      result.right = right
      if result.kind == .cross { result.kind = .inner }
      result.equalities += pairs.map {
        .init(.column($0.0.id, $0.0.type), .column($0.1.id, $0.1.type), matchesNulls: true)
      }
      // The copies must not be seen above.
      let visible = result.kind == .inner || result.kind == .left || result.kind == .single
      guard visible else { return .join(result) }
      let hidden = Set(pairs.map(\.1.id))
      let outputs = LogicalPlan.join(result).outputColumns.filter { !hidden.contains($0.id) }
      return .project(outputs.map { .init(passing: $0) }, .join(result))
    case .right:
      guard join.left.freeColumns.isDisjoint(with: outer) else { throw unsupported("an outer join") }
      result.right = try dependentJoin(domain, columns, join.right)
      return .join(result)
    case .full, .nullAwareAnti: throw unsupported("this join")
    }
  }

  private func setOperation(
    _ operation: LogicalPlan.SetOperation, _ domain: LogicalPlan, _ columns: [ColumnID: OutputColumn],
    _ carried: [OutputColumn]
  ) throws(QueryError) -> LogicalPlan {
    func side(_ input: LogicalPlan) throws(QueryError) -> LogicalPlan {
      let (copies, pairs) = copy(columns)
      let pushed = try dependentJoin(renamed(domain, pairs), copies, input)
      let outputs = input.outputColumns + pairs.map(\.1)
      return .project(outputs.map { .init(passing: $0) }, pushed)
    }
    var result = operation
    result.left = try side(operation.left)
    result.right = try side(operation.right)
    result.columns += carried
    return .setOperation(result)
  }
}
