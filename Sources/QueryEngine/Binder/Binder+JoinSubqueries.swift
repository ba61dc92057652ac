internal import Columnar

/// Joins that keep rows without a match, and whose condition needs the pairs of rows: those with subqueries in it.
extension Binder {
  /// Finds the pairs that match as an inner join does, and joins them back to the rows that are kept, by number.
  func joinByMatches(
    _ condition: ExpressionSyntax, _ left: LogicalPlan, _ right: LogicalPlan, _ kind: JoinSyntax.Kind,
    _ scope: Scope, _ tables: CommonTables
  ) throws(QueryError) -> LogicalPlan {
    let (leftRows, rightRows) = (NumberedRows(left, self), NumberedRows(right, self))
    let keepsLeft = kind != .right
    let keepsRight = kind == .right || kind == .full
    let builder = RelationBuilder(
      .join(
        LogicalPlan.Join(
          .cross, keepsLeft ? leftRows.reference : left, keepsRight ? rightRows.reference : right)))
    try addFilter(condition, in: ExpressionContext(scope, .join, builder: builder, tables: tables))
    let outputs = left.outputColumns + right.outputColumns
    let plan: LogicalPlan
    switch kind {
    case .semi, .anti:
      let (matches, number) = matches(builder.plan, leftRows, and: [])
      plan = leftRows.joined(kind.planKind, to: matches, by: number)
    case .right:
      let (matches, number) = matches(builder.plan, rightRows, and: left.outputColumns)
      plan = rightRows.joined(.left, to: matches, by: number)
    case .full: plan = fullJoin(builder.plan, leftRows, rightRows, outputs)
    case .left, .inner, .cross:
      let (matches, number) = matches(builder.plan, leftRows, and: right.outputColumns)
      plan = leftRows.joined(.left, to: matches, by: number)
    }
    let shown = kind == .semi || kind == .anti ? left.outputColumns : outputs
    var result = LogicalPlan.project(shown.map { .init(passing: $0) }, plan)
    if keepsLeft { result = leftRows.shared(in: result) }
    if keepsRight { result = rightRows.shared(in: result) }
    return result
  }

  /// `LEFT JOIN unnest(list) ON condition`: rows without an element that meets the condition stay.
  func leftJoinUnnested(
    _ left: BoundTable, _ right: TableReference, on condition: ExpressionSyntax, outer: Scope?,
    tables: CommonTables
  ) throws(QueryError) -> BoundTable {
    let rows = NumberedRows(left.plan, self)
    var result = try bind(
      right, after: BoundTable(plan: rows.reference, scope: left.scope), outer: outer, tables: tables)
    let builder = RelationBuilder(result.plan)
    try addFilter(condition, in: ExpressionContext(result.scope, .join, builder: builder, tables: tables))
    let known = Set(rows.reference.outputColumns.map(\.id))
    let added = result.plan.outputColumns.filter { !known.contains($0.id) }
    let (matches, number) = matches(builder.plan, rows, and: added)
    result.plan = rows.shared(
      in: .project(
        (left.plan.outputColumns + added).map { .init(passing: $0) },
        rows.joined(.left, to: matches, by: number)))
    return result
  }

  /// The matches' other columns, and the number of the row kept under another id.
  private func matches(
    _ plan: LogicalPlan, _ rows: NumberedRows, and columns: [OutputColumn]
  ) -> (LogicalPlan, OutputColumn) {
    let number = newColumn("row_number", .bigint)
    let named = LogicalPlan.NamedExpression(.column(rows.number.id, .bigint), as: number)
    return (.project([named] + columns.map { .init(passing: $0) }, plan), number)
  }

  /// The left rows with their matches, and the right rows without one.
  private func fullJoin(
    _ plan: LogicalPlan, _ left: NumberedRows, _ right: NumberedRows, _ outputs: [OutputColumn]
  ) -> LogicalPlan {
    let shared = newPlanID()
    func copies(_ columns: [OutputColumn]) -> [OutputColumn] {
      columns.map { newColumn($0.name, $0.type) }
    }
    let (leftColumns, rightColumns) = (left.input.outputColumns, right.input.outputColumns)
    let matches = LogicalPlan.project(
      ([left.number, right.number] + rightColumns).map { .init(passing: $0) }, plan)
    func reference() -> (LogicalPlan, [OutputColumn]) {
      let columns = copies(matches.outputColumns)
      return (.cteReference(id: shared, columns: columns), columns)
    }
    func renamed(_ columns: [(BoundExpression, OutputColumn)], _ plan: LogicalPlan) -> LogicalPlan {
      .project(columns.map { .init($0.0, as: newColumn($0.1.name, $0.1.type)) }, plan)
    }
    let (first, firstColumns) = reference()
    let (second, secondColumns) = reference()
    let matched = renamed(
      zip(leftColumns + firstColumns.dropFirst(2), outputs).map { (.column($0.id, $0.type), $1) },
      left.joined(.left, to: first, by: firstColumns[0]))
    let unmatched = renamed(
      leftColumns.map { (.literal(.null, $0.type), $0) }
        + rightColumns.map { (.column($0.id, $0.type), $0) },
      right.joined(.anti, to: second, by: secondColumns[1]))
    return .with(
      id: shared, name: "matches", definition: matches,
      body: .setOperation(
        LogicalPlan.SetOperation(.union, isAll: true, matched, unmatched, columns: outputs)))
  }
}

/// The rows of one side of a join, computed once and numbered.
private struct NumberedRows {
  let input: LogicalPlan
  let number: OutputColumn
  private let id: Int

  init(_ input: LogicalPlan, _ binder: Binder) {
    self.input = input
    number = binder.newColumn("row_number", .bigint, isNullable: false)
    id = binder.newPlanID()
  }

  var reference: LogicalPlan { .cteReference(id: id, columns: input.outputColumns + [number]) }

  func joined(
    _ kind: LogicalPlan.Join.Kind, to matches: LogicalPlan, by column: OutputColumn
  ) -> LogicalPlan {
    var join = LogicalPlan.Join(kind, reference, matches)
    join.equalities = [.init(.column(number.id, .bigint), .column(column.id, .bigint))]
    return .join(join)
  }

  /// A plan that refers to the rows, with their definition.
  func shared(in body: LogicalPlan) -> LogicalPlan {
    let frame = LogicalPlan.WindowFrame(.rows, from: .unboundedPreceding, to: .currentRow)
    let window = LogicalPlan.Window(
      partitionBy: [], orderBy: [], calls: [.init("row_number", [], frame: frame, as: number)],
      input: .project(input.outputColumns.map { .init(passing: $0) }, input))
    return .with(id: id, name: "rows of the join", definition: .window(window), body: body)
  }
}
