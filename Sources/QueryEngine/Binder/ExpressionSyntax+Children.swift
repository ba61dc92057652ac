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

extension ExpressionSyntax {
  /// Returns the expression with each expression inside replaced by what `transform` makes of it; subqueries stay.
  func mapChildren(_ transform: (ExpressionSyntax) -> ExpressionSyntax) -> ExpressionSyntax {
    ExpressionSyntax(kind: mappedKind(transform), range: range)
  }

  private func mappedKind(_ map: (ExpressionSyntax) -> ExpressionSyntax) -> Kind {
    switch kind {
    case .null, .boolean, .integer, .decimal, .float, .string, .bytes, .typedString, .parameter, .column,
      .exists, .subquery, .arraySubquery, .defaultValue, .wildcard:
      kind
    case .interval(let value, let unit, let to): .interval(map(value), unit: unit, to: to)
    case .unary(let sign, let value): .unary(sign, map(value))
    case .not(let value): .not(map(value))
    case .isNull(let value, let negated): .isNull(map(value), negated: negated)
    case .isBoolean(let value, let wanted, let negated): .isBoolean(map(value), wanted, negated: negated)
    case .inSubquery(let value, let query, let negated): .inSubquery(map(value), query, negated: negated)
    case .cast(let value, let type, let isTry): .cast(map(value), type, isTry: isTry)
    case .extract(let field, let value): .extract(field, map(value))
    case .field(let value, let name): .field(map(value), name)
    case .lambda(let parameters, let value): .lambda(parameters, map(value))
    case .columns(let value): .columns(map(value))
    case .path(let value, let path): .path(map(value), path)
    case .binary(let sign, let left, let right): .binary(sign, map(left), map(right))
    case .isDistinct(let left, let right, let negated): .isDistinct(map(left), map(right), negated: negated)
    case .element(let base, let index): .element(map(base), map(index))
    case .atTimeZone(let value, let zone): .atTimeZone(map(value), map(zone))
    case .and(let all): .and(all.map(map))
    case .or(let all): .or(all.map(map))
    case .array(let all): .array(all.map(map))
    case .row(let all): .row(all.map(map))
    case .between(let value, let lower, let upper, let negated, let symmetric):
      .between(map(value), map(lower), map(upper), negated: negated, symmetric: symmetric)
    case .inList(let value, let list, let negated): .inList(map(value), list.map(map), negated: negated)
    case .quantified(let value, let sign, let all, let operand):
      .quantified(map(value), sign, all: all, operand.mapList(map))
    case .like(let like): .like(like.mapChildren(map))
    case .case(let operand, let branches, let otherwise):
      .case(
        operand: operand.map(map),
        branches: branches.map { CaseBranchSyntax(condition: map($0.condition), result: map($0.result)) },
        otherwise: otherwise.map(map))
    case .function(let call): .function(call.mapChildren(map))
    case .structure(let fields): .structure(fields.map { ($0.name, map($0.value)) })
    case .map(let entries): .map(entries.map { (map($0.key), map($0.value)) })
    case .slice(let base, let lower, let upper): .slice(map(base), from: lower.map(map), to: upper.map(map))
    case .listComprehension(let body, let variable, let list, let condition):
      .listComprehension(map(body), variable: variable, list: map(list), condition: condition.map(map))
    }
  }
}

extension QuantifiedOperand {
  fileprivate func mapList(_ map: (ExpressionSyntax) -> ExpressionSyntax) -> QuantifiedOperand {
    if case .list(let list) = self { return .list(map(list)) }
    return self
  }
}

extension LikeSyntax {
  fileprivate func mapChildren(_ map: (ExpressionSyntax) -> ExpressionSyntax) -> LikeSyntax {
    var copy = self
    copy.value = map(value)
    copy.patterns = patterns.map(map)
    copy.escape = escape.map(map)
    return copy
  }
}

extension FunctionCallSyntax {
  fileprivate func mapChildren(_ map: (ExpressionSyntax) -> ExpressionSyntax) -> FunctionCallSyntax {
    var copy = self
    copy.arguments = arguments.map { ArgumentSyntax(name: $0.name, value: map($0.value)) }
    for index in copy.orderBy.indices { copy.orderBy[index].expression = map(orderBy[index].expression) }
    copy.filter = filter.map(map)
    if case .inline(var window)? = over {
      window.partitionBy = window.partitionBy.map(map)
      for index in window.orderBy.indices {
        window.orderBy[index].expression = map(window.orderBy[index].expression)
      }
      copy.over = .inline(window)
    }
    return copy
  }
}
