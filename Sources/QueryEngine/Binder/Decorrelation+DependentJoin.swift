internal import Columnar

/// The dependent join: outer values joined in at the bottom and carried up through every operator.
extension Decorrelation {
  /// The outer values that a plan is joined to.
  struct Domain {
    /// Puts out the distinct values.
    var plan: LogicalPlan
    /// For each outer column, the column of `plan` that holds it.
    var columns: [ColumnID: OutputColumn]

    var outer: Set<ColumnID> { Set(columns.keys) }
    /// The columns, always in the same order.
    var carried: [OutputColumn] { columns.sorted { $0.key < $1.key }.map(\.value) }
    var passing: [LogicalPlan.NamedExpression] { carried.map { .init(passing: $0) } }
    var keys: [BoundExpression] { carried.map { .column($0.id, $0.type) } }
    var replacements: [ColumnID: BoundExpression] { columns.mapValues { .column($0.id, $0.type) } }

    func replaced(_ plan: LogicalPlan) -> LogicalPlan {
      let replacements = replacements
      return plan.mapExpressions { $0.replacing(replacements) }
    }
  }

  /// Two copies of the same columns, which a join holds equal, nulls too.
  typealias Pairs = [(OutputColumn, OutputColumn)]

  /// Joins `domain` to a plan that refers to its columns, at the bottom, and carries them up.
  ///
  /// - Parameters:
  ///   - domain: The outer values.
  ///   - plan: The plan that refers to the outer columns.
  /// - Returns: A plan without outer references that puts out `plan`'s columns and `domain`'s, in any order.
  /// - Throws: 0A000 for what outer values cannot be carried through.
  func dependentJoin(_ domain: Domain, _ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    guard isDependent(plan, on: domain.outer) else {
      return .join(LogicalPlan.Join(.cross, domain.plan, plan))
    }
    let replacements = domain.replacements
    switch plan {
    case .filter(let predicate, let input):
      return .filter(predicate.replacing(replacements), try dependentJoin(domain, input))
    case .project(let expressions, let input):
      let mapped = expressions.map {
        LogicalPlan.NamedExpression($0.expression.replacing(replacements), as: $0.column)
      }
      return .project(mapped + domain.passing, try dependentJoin(domain, input))
    case .sort(_, let input): return try dependentJoin(domain, input)
    case .limit(let count, let offset, let input): return try limit(count, offset, input, domain)
    case .aggregate(let aggregate): return try self.aggregate(aggregate, domain)
    case .distinct:
      guard case .distinct(var distinct) = domain.replaced(plan) else { return plan }
      distinct.input = try dependentJoin(domain, distinct.input)
      distinct.on = distinct.on.map { $0 + domain.keys }
      return .distinct(distinct)
    case .window:
      guard case .window(var window) = domain.replaced(plan) else { return plan }
      window.partitionBy += domain.keys
      window.input = try dependentJoin(domain, window.input)
      return .window(window)
    case .unnest:
      guard case .unnest(var unnest) = domain.replaced(plan) else { return plan }
      unnest.input = try dependentJoin(domain, unnest.input)
      return .unnest(unnest)
    case .join(let join): return try self.join(join, domain)
    case .setOperation(let operation): return try setOperation(operation, domain)
    case .values(let rows, let columns): return values(rows, columns, domain)
    case .cteReference(let id, let columns): return .cteReference(id: id, columns: columns + domain.carried)
    case .with(let id, let name, let definition, let body):
      var inner = self
      if isDependent(definition, on: domain.outer) { inner.carrying.insert(id) }
      return .with(
        id: id, name: name,
        definition: inner.carrying.contains(id) ? try ordered(definition, domain).plan : definition,
        body: try inner.dependentJoin(domain, body))
    case .recursive(let id, let initial, let step, let columns, let isAll):
      // The rows of each round carry the outer values that they are of.
      var inner = self
      inner.carrying.insert(id)
      return .recursive(
        id: id, initial: try ordered(initial, domain).plan, step: try inner.ordered(step, domain).plan,
        columns: columns + domain.carried, isAll: isAll)
    case .scan, .topN: throw QueryError.internalError("a scan refers to the query around it")
    }
  }

  /// Whether a plan refers to outer columns, itself or by a shared plan.
  private func isDependent(_ plan: LogicalPlan, on outer: Set<ColumnID>) -> Bool {
    !plan.freeColumns.isDisjoint(with: outer) || (!carrying.isEmpty && refersToCarrying(plan))
  }

  private func refersToCarrying(_ plan: LogicalPlan) -> Bool {
    if case .cteReference(let id, _) = plan { return carrying.contains(id) }
    return plan.inputs.contains(where: refersToCarrying)
  }

  /// The domain under other ids, and the pairs of columns that must be equal.
  private func copy(_ domain: Domain) -> (domain: Domain, pairs: Pairs) {
    var copies: [ColumnID: OutputColumn] = [:]
    var pairs: Pairs = []
    for (outer, column) in domain.columns.sorted(by: { $0.key < $1.key }) {
      let copy = binder.newColumn(column.name, column.type)
      copies[outer] = copy
      pairs.append((column, copy))
    }
    let renamed = domain.plan.outputColumns.map { column in
      (column, pairs.first { $0.0.id == column.id }?.1 ?? column)
    }
    if case .cteReference(let id, _) = domain.plan {
      // Columns by position.
      return (Domain(plan: .cteReference(id: id, columns: renamed.map(\.1)), columns: copies), pairs)
    }
    let plan = LogicalPlan.project(
      renamed.map { .init(.column($0.id, $0.type), as: $1) }, domain.plan)
    return (Domain(plan: plan, columns: copies), pairs)
  }

  /// The join of a copy of the domain; `plan`'s columns in their order, then the domain's.
  private func ordered(
    _ plan: LogicalPlan, _ domain: Domain
  ) throws(QueryError) -> (plan: LogicalPlan, pairs: Pairs) {
    let (copies, pairs) = copy(domain)
    let pushed = try dependentJoin(copies, plan)
    return (.project(plan.outputColumns.map { .init(passing: $0) } + copies.passing, pushed), pairs)
  }

  private func equalities(_ pairs: Pairs) -> [LogicalPlan.Join.Equality] {
    pairs.map { .init(.column($0.0.id, $0.0.type), .column($0.1.id, $0.1.type), matchesNulls: true) }
  }

  /// Rows whose values are computed of outer values: which row it is decides which.
  private func values(
    _ rows: [[BoundExpression]], _ columns: [OutputColumn], _ domain: Domain
  ) -> LogicalPlan {
    let replacements = domain.replacements
    let mapped = rows.map { row in row.map { $0.replacing(replacements) } }
    return binder.rows(mapped, columns, over: domain.plan, keeping: domain.carried)
  }

  private func aggregate(
    _ aggregate: LogicalPlan.Aggregate, _ domain: Domain
  ) throws(QueryError) -> LogicalPlan {
    guard case .aggregate(var result) = domain.replaced(.aggregate(aggregate)) else {
      return .aggregate(aggregate)
    }
    result.input = try dependentJoin(domain, aggregate.input)
    let emptySets =
      aggregate.groups.isEmpty && aggregate.groupingSets.isEmpty
      ? 1 : aggregate.groupingSets.count(where: \.isEmpty)
    guard emptySets <= 1 else {
      throw QueryError.unsupported(
        "a reference to the query around from a query with several grouping sets ()",
        hint: "write it as a join")
    }
    // The outer values are the first keys, so that the bits of grouping() stay where they are.
    let count = domain.carried.count
    result.groupingSets = result.groupingSets.map { Array(0..<count) + $0.map { $0 + count } }
    guard emptySets == 1 else {
      result.groups = domain.passing + result.groups
      return .aggregate(result)
    }
    // Without rows only () has a group: an outer join brings back the outer values that have no rows.
    let (_, pairs) = copy(domain)
    let groups = result.groups.map { LogicalPlan.NamedExpression(passing: $0.column) }
    result.groups = pairs.map { .init(.column($0.0.id, $0.0.type), as: $0.1) } + result.groups
    var values: [LogicalPlan.NamedExpression] = []
    func fill(_ column: OutputColumn, with value: BoundExpression?) -> OutputColumn {
      guard let value else {
        values.append(.init(passing: column))
        return column
      }
      let counted = binder.newColumn(column.name, column.type)
      values.append(.init(Decorrelation.filled(counted, with: value), as: column))
      return counted
    }
    for index in result.aggregates.indices {
      let call = result.aggregates[index]
      result.aggregates[index].column = fill(call.column, with: Decorrelation.valueWhenEmpty(of: call))
    }
    if let id = result.groupingID {
      let absent = Int64(1) &<< Int64(aggregate.groups.count) - 1
      result.groupingID = fill(id, with: .literal(.integer(absent), id.type))
    }
    var join = LogicalPlan.Join(.left, domain.plan, .aggregate(result))
    join.equalities = equalities(pairs)
    return .project(groups + values + domain.passing, .join(join))
  }

  /// What an aggregate answers for no rows, where that is not null.
  static func valueWhenEmpty(of call: LogicalPlan.AggregateCall) -> BoundExpression? {
    switch call.function {
    case "count", "count_star", "count_if", "approx_count_distinct", "regr_count":
      .literal(.integer(0), call.column.type)
    case "entropy": .literal(.double(0), .double)
    case "collect_set": .call(ScalarCall(OperatorFunctions.list, [], type: call.column.type))
    default: nil
    }
  }

  /// The column, or a value in the place of null.
  static func filled(_ column: OutputColumn, with value: BoundExpression) -> BoundExpression {
    let found = BoundExpression.column(column.id, column.type)
    return .caseWhen(
      [.init(condition: .isNull(found, isNegated: false), result: value)], otherwise: found,
      type: column.type)
  }

  /// LIMIT of each outer value: a row number within it.
  private func limit(
    _ count: Int?, _ offset: Int, _ input: LogicalPlan, _ domain: Domain
  ) throws(QueryError) -> LogicalPlan {
    var keys: [LogicalPlan.SortKey] = []
    var source = input
    // ORDER BY stands below LIMIT, perhaps with a projection that drops hidden keys between them.
    if case .sort(let sortKeys, let below) = input { (keys, source) = (sortKeys, below) }
    var dropped: [LogicalPlan.NamedExpression]?
    if case .project(let expressions, .sort(let sortKeys, let below)) = input {
      (keys, source, dropped) = (sortKeys, below, expressions)
    }
    let replacements = domain.replacements
    let number = binder.newColumn("row_number", .bigint, isNullable: false)
    let frame = LogicalPlan.WindowFrame(.rows, from: .unboundedPreceding, to: .currentRow)
    let window = LogicalPlan.Window(
      partitionBy: domain.keys,
      orderBy: keys.map {
        .init($0.expression.replacing(replacements), isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
      }, calls: [.init("row_number", [], frame: frame, as: number)],
      input: try dependentJoin(domain, source))
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
    return .project(outputs + domain.passing, limited)
  }

  private func setOperation(
    _ operation: LogicalPlan.SetOperation, _ domain: Domain
  ) throws(QueryError) -> LogicalPlan {
    var result = operation
    result.left = try ordered(operation.left, domain).plan
    result.right = try ordered(operation.right, domain).plan
    result.columns += domain.carried
    return .setOperation(result)
  }

  // Joins

  private func join(_ join: LogicalPlan.Join, _ domain: Domain) throws(QueryError) -> LogicalPlan {
    switch join.kind {
    case .full: return try fullJoin(join, domain)
    case .right:
      var mirrored = join
      mirrored.kind = .left
      (mirrored.left, mirrored.right) = (join.right, join.left)
      mirrored.equalities = join.equalities.map {
        .init($0.right, $0.left, matchesNulls: $0.matchesNulls)
      }
      return try self.join(mirrored, domain)
    default: break
    }
    guard case .join(var result) = domain.replaced(.join(join)) else { return .join(join) }
    result.left = try dependentJoin(domain, join.left)
    guard isDependent(join.right, on: domain.outer) else { return .join(result) }
    let (right, pairs) = try ordered(join.right, domain)
    result.right = right
    switch join.kind {
    case .mark(let mark, isNullAware: true): return nullAwareMark(mark, result, pairs)
    case .nullAwareAnti:
      // A row passes if the comparison is false for all rows of its outer values.
      result.kind = .anti
      result.residual = .conjunction(comparisons(of: result).map(Binder.notFalse))
      result.equalities = []
    case .cross: result.kind = .inner
    default: break
    }
    result.equalities += equalities(pairs)
    // The copies must not be seen above.
    let hidden = Set(pairs.map(\.1.id))
    let outputs = LogicalPlan.join(result).outputColumns
    guard outputs.contains(where: { hidden.contains($0.id) }) else { return .join(result) }
    return .project(
      outputs.filter { !hidden.contains($0.id) }.map { .init(passing: $0) }, .join(result))
  }

  /// The conditions of a join as one conjunction.
  private func comparisons(of join: LogicalPlan.Join) -> [BoundExpression] {
    let all =
      join.equalities.map {
        BoundExpression.comparison($0.matchesNulls ? .isNotDistinctFrom : .equal, $0.left, $0.right)
      } + (join.residual.map { [$0] } ?? [])
    return BoundExpression.conjunction(all).map { [$0] } ?? []
  }

  /// IN as a value, whose rows depend on the outer values: one mark says true, another true or null.
  private func nullAwareMark(
    _ mark: OutputColumn, _ join: LogicalPlan.Join, _ pairs: Pairs
  ) -> LogicalPlan {
    let shared = binder.newPlanID()
    let columns = join.right.outputColumns
    let second = columns.map { binder.newColumn($0.name, $0.type) }
    var replacements: [ColumnID: BoundExpression] = [:]
    for (column, copy) in zip(columns, second) { replacements[column.id] = .column(copy.id, copy.type) }
    let (isTrue, isOpen) = (binder.newColumn("mark", .boolean), binder.newColumn("mark", .boolean))
    var first = join
    first.kind = .mark(isTrue, isNullAware: false)
    first.right = .cteReference(id: shared, columns: columns)
    first.equalities += equalities(pairs)
    var next = LogicalPlan.Join(
      .mark(isOpen, isNullAware: false), .join(first), .cteReference(id: shared, columns: second))
    next.equalities = equalities(pairs).map {
      .init($0.left, $0.right.replacing(replacements), matchesNulls: true)
    }
    next.residual = .conjunction(
      comparisons(of: join).map { Binder.notFalse($0.replacing(replacements)) })
    let value = BoundExpression.caseWhen(
      [
        .init(condition: .column(isTrue.id, .boolean), result: .literal(.boolean(true), .boolean)),
        .init(condition: .column(isOpen.id, .boolean), result: .literal(.null, .boolean)),
      ], otherwise: .literal(.boolean(false), .boolean), type: .boolean)
    return .with(
      id: shared, name: "rows of IN", definition: join.right,
      body: .project(
        join.left.outputColumns.map { .init(passing: $0) } + [.init(value, as: mark)], .join(next)))
  }

  /// FULL JOIN: both sides carry the outer values, and the side that is there says them.
  private func fullJoin(
    _ join: LogicalPlan.Join, _ domain: Domain
  ) throws(QueryError) -> LogicalPlan {
    let (left, leftPairs) = try ordered(join.left, domain)
    let (right, rightPairs) = try ordered(join.right, domain)
    var seen: [ColumnID: BoundExpression] = [:]
    for (outer, column) in domain.columns {
      guard let copy = leftPairs.first(where: { $0.0.id == column.id })?.1 else { continue }
      seen[outer] = .column(copy.id, copy.type)
    }
    guard case .join(var result) = LogicalPlan.join(join).mapExpressions({ $0.replacing(seen) }) else {
      return .join(join)
    }
    let present = binder.newColumn("present", .boolean)
    result.left = .project(
      left.outputColumns.map { .init(passing: $0) } + [
        .init(.literal(.boolean(true), .boolean), as: present)
      ],
      left)
    result.right = right
    result.equalities += zip(leftPairs, rightPairs).map {
      .init(.column($0.1.id, $0.1.type), .column($1.1.id, $1.1.type), matchesNulls: true)
    }
    let isLeft = BoundExpression.isNull(.column(present.id, .boolean), isNegated: true)
    let carried = zip(leftPairs, rightPairs).map { left, right in
      LogicalPlan.NamedExpression(
        .caseWhen(
          [.init(condition: isLeft, result: .column(left.1.id, left.1.type))],
          otherwise: .column(right.1.id, right.1.type), type: left.0.type), as: left.0)
    }
    let outputs = join.left.outputColumns + join.right.outputColumns
    return .project(outputs.map { .init(passing: $0) } + carried, .join(result))
  }
}
