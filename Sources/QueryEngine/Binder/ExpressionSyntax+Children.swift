extension ExpressionSyntax {
  /// The expressions inside, without those of subqueries.
  var children: [ExpressionSyntax] {
    switch kind {
    case .null, .boolean, .integer, .decimal, .float, .string, .bytes, .typedString, .parameter, .column,
      .exists, .subquery, .arraySubquery, .defaultValue:
      return []
    case .wildcard(let wildcard): return wildcard.replaced.map(\.expression)
    case .interval(let value, _, _), .unary(_, let value), .not(let value), .isNull(let value, _),
      .isBoolean(let value, _, _), .inSubquery(let value, _, _), .cast(let value, _, _),
      .extract(_, let value),
      .field(let value, _), .lambda(_, let value), .columns(let value), .path(let value, _):
      return [value]
    case .binary(_, let left, let right), .isDistinct(let left, let right, _), .element(let left, let right),
      .atTimeZone(let left, let right):
      return [left, right]
    case .and(let all), .or(let all), .array(let all), .row(let all): return all
    case .between(let value, let lower, let upper, _, _): return [value, lower, upper]
    case .inList(let value, let list, _): return [value] + list
    case .quantified(let value, _, _, let operand):
      if case .list(let list) = operand { return [value, list] }
      return [value]
    case .like(let like): return [like.value] + like.patterns + (like.escape.map { [$0] } ?? [])
    case .case(let operand, let branches, let otherwise):
      return (operand.map { [$0] } ?? []) + branches.flatMap { [$0.condition, $0.result] }
        + (otherwise.map { [$0] } ?? [])
    case .function(let call): return call.children
    case .structure(let fields): return fields.map(\.value)
    case .map(let entries): return entries.flatMap { [$0.key, $0.value] }
    case .slice(let base, let lower, let upper): return [base] + [lower, upper].compactMap { $0 }
    case .listComprehension(let body, _, let list, let condition):
      return [body, list] + (condition.map { [$0] } ?? [])
    }
  }
}

extension FunctionCallSyntax {
  /// Arguments, keys, filter and window.
  var children: [ExpressionSyntax] {
    var all = arguments.map(\.value) + orderBy.map(\.expression)
    if let filter { all.append(filter) }
    if case .inline(let window)? = over { all += window.children }
    return all
  }
}

extension WindowSyntax {
  var children: [ExpressionSyntax] { partitionBy + orderBy.map(\.expression) }
}
