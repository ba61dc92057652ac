internal import Columnar

extension Binder {
  /// Binds a comparison; of rows, element by element.
  func bindComparison(
    _ comparison: ComparisonOperator, _ left: ExpressionSyntax, _ right: ExpressionSyntax,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    if case .row(let lefts) = left.kind, case .row(let rights) = right.kind {
      return try compareRows(comparison, lefts, rights, at: left.range.union(right.range), in: context)
    }
    let (leftBound, rightBound) = (try bind(left, in: context), try bind(right, in: context))
    return try compare(comparison, leftBound, rightBound, leftRange: left.range, rightRange: right.range)
  }

  func compare(
    _ comparison: ComparisonOperator, _ left: BoundExpression, _ right: BoundExpression,
    leftRange: SourceRange,
    rightRange: SourceRange
  ) throws(QueryError) -> BoundExpression {
    let (left, right) = try unified(
      left, right, leftRange: leftRange, rightRange: rightRange, sign: comparison.rawValue)
    return .comparison(comparison, left, right)
  }

  private func compareRows(
    _ comparison: ComparisonOperator, _ lefts: [ExpressionSyntax], _ rights: [ExpressionSyntax],
    at range: SourceRange, in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    guard lefts.count == rights.count, !lefts.isEmpty else {
      throw QueryError(
        .datatypeMismatch, "a row of \(lefts.count) values is compared with one of \(rights.count)",
        at: place(range))
    }
    switch comparison {
    case .equal, .isNotDistinctFrom, .notEqual, .isDistinctFrom:
      let isEqual = comparison == .equal || comparison == .isNotDistinctFrom
      var parts: [BoundExpression] = []
      for (left, right) in zip(lefts, rights) {
        parts.append(try bindComparison(comparison, left, right, in: context))
      }
      if parts.count == 1 { return parts[0] }
      return isEqual ? .and(parts) : .or(parts)
    default:
      // (a, b) < (c, d) is a < c OR (a = c AND b < d).
      let strict: ComparisonOperator =
        comparison == .less || comparison == .lessOrEqual ? .less : .greater
      var branches: [BoundExpression] = []
      var equal: [BoundExpression] = []
      for index in lefts.indices {
        let isLast = index == lefts.count - 1
        let step = try bindComparison(isLast ? comparison : strict, lefts[index], rights[index], in: context)
        branches.append(equal.isEmpty ? step : .and(equal + [step]))
        equal.append(try bindComparison(.equal, lefts[index], rights[index], in: context))
      }
      return branches.count == 1 ? branches[0] : .or(branches)
    }
  }

  func bindInList(
    _ value: ExpressionSyntax, _ list: [ExpressionSyntax], negated: Bool, at range: SourceRange,
    in context: ExpressionContext
  ) throws(QueryError) -> BoundExpression {
    if case .row = value.kind {
      var parts: [BoundExpression] = []
      for element in list { parts.append(try bindComparison(.equal, value, element, in: context)) }
      let any: BoundExpression = parts.count == 1 ? parts[0] : .or(parts)
      return negated ? .not(any) : any
    }
    let operand = try bind(value, in: context)
    var values: [BoundExpression] = []
    // Values of the operand's own type stay a list; others make the comparison of a common type.
    var type = operand.type
    var bound: [(expression: BoundExpression, range: SourceRange)] = []
    for element in list { bound.append((try bind(element, in: context), element.range)) }
    var converted: [BoundExpression?] = []
    for element in bound {
      if isUntyped(element.expression), !operand.type.isNested, operand.type != .null, !isUntyped(operand) {
        converted.append(self.converted(element.expression, to: operand.type, at: place(element.range)))
      } else if element.expression.type == operand.type {
        converted.append(element.expression)
      } else if case .literal(let scalar, let from) = element.expression {
        if scalar.isNull {
          converted.append(.literal(.null, operand.type))
        } else {
          converted.append(
            TypeCoercion.exactLiteral(scalar, from, to: operand.type).map { .literal($0, operand.type) })
        }
      } else {
        converted.append(nil)
      }
    }
    if converted.allSatisfy({ $0 != nil }) {
      values = converted.compactMap { $0 }
      return .inList(operand, values, isNegated: negated)
    }
    for element in bound {
      guard !isUntyped(element.expression) else { continue }
      guard let common = ImplicitConversion.commonType(type, element.expression.type) else {
        _ = try unified(
          operand, element.expression, leftRange: value.range, rightRange: element.range, sign: "IN")
        continue
      }
      type = common
    }
    return .inList(
      self.converted(operand, to: type, at: place(value.range)),
      bound.map { self.converted($0.expression, to: type, at: place($0.range)) }, isNegated: negated)
  }
}
