internal import Columnar

/// LIMIT in percent and FETCH … WITH TIES: filters by the rows' numbers.
extension Binder {
  func limitedByNumber(_ plan: LogicalPlan, by limit: LimitSyntax) throws(QueryError) -> LogicalPlan {
    var keys: [LogicalPlan.SortKey] = []
    var rows = plan
    if case .sort(let sortKeys, let input) = plan { (keys, rows) = (sortKeys, input) }
    guard !limit.withTies || !keys.isEmpty else {
      throw QueryError(
        .syntaxError, "WITH TIES needs ORDER BY", at: place(limit.range), kind: .bind)
    }
    let offset = Int64(
      try limit.offset.map { expression throws(QueryError) in try rowCount(expression, "OFFSET") ?? 0 } ?? 0)
    let number = newColumn("row_number", .bigint, isNullable: false)
    let rank = newColumn("rank", .bigint, isNullable: false)
    let total = newColumn("count", .bigint, isNullable: false)
    let wholeFrame = LogicalPlan.WindowFrame(.rows, from: .unboundedPreceding, to: .unboundedFollowing)
    let frame = LogicalPlan.WindowFrame(.rows, from: .unboundedPreceding, to: .currentRow)
    var window = LogicalPlan.Window(
      partitionBy: [], orderBy: keys, calls: [.init("row_number", [], frame: frame, as: number)], input: rows)
    if limit.withTies { window.calls.append(.init("rank", [], frame: frame, as: rank)) }
    if limit.isPercent { window.calls.append(.init("count_star", [], frame: wholeFrame, as: total)) }
    var conditions: [BoundExpression] = []
    if offset > 0 {
      conditions.append(
        .comparison(.greater, .column(number.id, .bigint), .literal(.integer(offset), .bigint)))
    }
    if let last = try lastRow(limit, offset, of: total) {
      let position = limit.withTies ? rank : number
      conditions.append(.comparison(.lessOrEqual, .column(position.id, .bigint), last))
    }
    let kept = LogicalPlan.window(window).filtered(by: conditions)
    return .project(
      plan.outputColumns.map { .init(passing: $0) }, keys.isEmpty ? kept : .sort(keys, kept))
  }

  /// The number of the last row, but for ties: a constant, or a share of all rows that is rounded down.
  private func lastRow(
    _ limit: LimitSyntax, _ offset: Int64, of total: OutputColumn
  ) throws(QueryError) -> BoundExpression? {
    guard let syntax = limit.count else { return nil }
    guard limit.isPercent else {
      guard let count = try rowCount(syntax, "LIMIT") else { return nil }
      let (sum, overflow) = Int64(count).addingReportingOverflow(offset)
      return .literal(.integer(overflow ? .max : sum), .bigint)
    }
    let bound = try bind(syntax, in: ExpressionContext(Scope(parent: nil), .constant))
    guard bound.type.isNumeric else {
      throw QueryError(
        .datatypeMismatch, "LIMIT needs a number, not \(bound.type)", at: place(syntax.range))
    }
    let value = try constant(
      bound.type == .double ? bound : .cast(bound, to: .double, isTry: false, position: nil),
      what: "LIMIT", at: syntax.range)
    guard case .double(let percent) = value else { return nil }
    guard percent >= 0, percent <= 100 else {
      throw QueryError(
        .invalidParameter, "LIMIT in percent must be from 0 to 100", at: place(syntax.range))
    }
    let rows = BoundExpression.cast(
      .column(total.id, .bigint), to: .double, isTry: false, position: nil)
    let share = try call(
      "floor", [try call("multiply", [rows, .literal(.double(percent / 100), .double)], at: syntax.range)],
      at: syntax.range)
    return try call(
      "add",
      [
        .cast(share, to: .bigint, isTry: false, position: nil), .literal(.integer(offset), .bigint),
      ], at: syntax.range)
  }
}
