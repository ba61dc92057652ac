internal import Columnar

/// The conversions that happen without being written (SQL.md, 1.1 to 1.3).
extension Binder {
  /// Whether an expression is a string literal, which takes the type it is wanted in.
  func isUntyped(_ expression: BoundExpression) -> Bool {
    if case .literal(let value, .varchar) = expression { return !value.isNull }
    return false
  }

  /// Returns the expression converted to a type that it is known to convert to.
  ///
  /// Number literals are converted here and now, so that a filter compares a column with a literal of its
  /// own type; everything else becomes a cast, which the optimizer folds.
  func converted(
    _ expression: BoundExpression, to type: LogicalType, at range: SourceRange? = nil
  ) -> BoundExpression {
    let from = expression.type
    if from == type { return expression }
    if case .literal(let value, _) = expression {
      if value.isNull { return .literal(.null, type) }
      if let literal = TypeCoercion.literal(value, from, to: type) { return .literal(literal, type) }
    }
    return .cast(expression, to: type, isTry: false, position: range)
  }

  /// Brings two operands of a comparison to one type.
  func unified(
    _ left: BoundExpression, _ right: BoundExpression, leftRange: SourceRange, rightRange: SourceRange,
    sign: String
  ) throws(QueryError) -> (BoundExpression, BoundExpression) {
    let (leftType, rightType) = (left.type, right.type)
    if leftType == rightType { return (left, right) }
    if isUntyped(left), !rightType.isNested, rightType != .null {
      return (converted(left, to: rightType, at: leftRange), right)
    }
    if isUntyped(right), !leftType.isNested, leftType != .null {
      return (left, converted(right, to: leftType, at: rightRange))
    }
    // A decimal literal beside a DOUBLE column is a DOUBLE; an integer that fits a column takes its type.
    if case .literal(let value, _) = right,
      let literal = TypeCoercion.exactLiteral(value, rightType, to: leftType)
    {
      return (left, .literal(literal, leftType))
    }
    if case .literal(let value, _) = left,
      let literal = TypeCoercion.exactLiteral(value, leftType, to: rightType)
    {
      return (.literal(literal, rightType), right)
    }
    guard let common = ImplicitConversion.commonType(leftType, rightType) else {
      throw incomparable(left, right, sign: sign, at: leftRange.union(rightRange))
    }
    return (converted(left, to: common, at: leftRange), converted(right, to: common, at: rightRange))
  }

  private func incomparable(
    _ left: BoundExpression, _ right: BoundExpression, sign: String, at range: SourceRange
  ) -> QueryError {
    var hint = "convert one side with CAST"
    if left.type == .varchar, right.type.isNumeric {
      hint = "convert the text: CAST(… AS \(right.type)), or try_cast"
    }
    if right.type == .varchar, left.type.isNumeric {
      hint = "convert the text: CAST(… AS \(left.type)), or try_cast"
    }
    return QueryError(
      .undefinedFunction, "\(left.type) and \(right.type) cannot be compared with \(sign)", hint: hint,
      at: range,
      kind: .type)
  }

  /// Brings several values to one type: the branches of CASE, the elements of a list, a column of VALUES.
  func unified(
    _ values: [(expression: BoundExpression, range: SourceRange)], what: String
  ) throws(QueryError) -> (values: [BoundExpression], type: LogicalType) {
    var type = LogicalType.null
    var hasUntyped = false
    for value in values {
      if isUntyped(value.expression) {
        hasUntyped = true
        continue
      }
      guard let common = ImplicitConversion.commonType(type, value.expression.type) else {
        throw QueryError(
          .datatypeMismatch, "\(what) has both \(type) and \(value.expression.type)",
          hint: "convert one of them with CAST", at: value.range)
      }
      type = common
    }
    if hasUntyped, type == .null { type = .varchar }
    // `CASE … THEN 'a' ELSE 1`: text that is no number is an error when it is converted.
    return (values.map { converted($0.expression, to: type, at: $0.range) }, type)
  }

  /// A condition: BOOLEAN, a null or a string that spells one.
  func condition(
    _ expression: BoundExpression, in clause: String, at range: SourceRange
  ) throws(QueryError)
    -> BoundExpression
  {
    switch expression.type {
    case .boolean: return expression
    case .null: return converted(expression, to: .boolean)
    case .varchar where isUntyped(expression): return converted(expression, to: .boolean, at: range)
    default:
      throw QueryError(
        .datatypeMismatch, "\(clause) needs a BOOLEAN, not \(expression.type)",
        hint: expression.type.isNumeric ? "compare it: … <> 0" : nil, at: range)
    }
  }
}

/// Conversions of literals at binding time.
enum TypeCoercion {
  /// Returns a number literal in another numeric type, `nil` when that is not for here.
  static func literal(_ value: ScalarValue, _ from: LogicalType, to: LogicalType) -> ScalarValue? {
    switch (value, to) {
    case (.integer(let number), .bigint) where from.isInteger: return .integer(number)
    case (.integer(let number), .integer) where from.isInteger:
      return Int32(exactly: number).map { .integer(Int64($0)) }
    case (.integer(let number), .smallint) where from.isInteger:
      return Int16(exactly: number).map { .integer(Int64($0)) }
    case (.integer(let number), .tinyint) where from.isInteger:
      return Int8(exactly: number).map { .integer(Int64($0)) }
    case (.integer(let number), .double) where from.isInteger: return .double(Double(number))
    case (.integer(let number), .decimal(let precision, let scale)) where from.isInteger:
      return rescaled(Int128(number), by: scale, precision: precision)
    case (.decimal(let unscaled), .decimal(let precision, let scale)):
      guard case .decimal(_, let fromScale) = from, scale >= fromScale else { return nil }
      return rescaled(unscaled, by: scale - fromScale, precision: precision)
    case (.decimal(let unscaled), .double):
      guard case .decimal(_, let scale) = from else { return nil }
      return double(unscaled, scale: scale).map { .double($0) }
    default: return nil
    }
  }

  /// As ``literal(_:_:to:)``, where the comparison with a column of type `to` means the same.
  static func exactLiteral(_ value: ScalarValue, _ from: LogicalType, to: LogicalType) -> ScalarValue? {
    guard from.isNumeric, to.isNumeric else { return nil }
    if case .decimal(let unscaled) = value, case .decimal(_, let scale) = from, to.isInteger {
      // 100.0 is 100; 0.5 is no integer, and is compared as a decimal.
      var rest = unscaled
      for _ in 0..<scale {
        guard rest % 10 == 0 else { return nil }
        rest /= 10
      }
      return Int64(exactly: rest).flatMap { literal(.integer($0), .bigint, to: to) }
    }
    return literal(value, from, to: to)
  }

  private static func rescaled(_ unscaled: Int128, by digits: Int, precision: Int) -> ScalarValue? {
    var result = unscaled
    for _ in 0..<digits {
      let (next, overflow) = result.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      result = next
    }
    var limit: Int128 = 1
    for _ in 0..<precision { limit = limit &* 10 }
    return result > -limit && result < limit ? .decimal(result) : nil
  }

  /// The nearest DOUBLE, by way of the text, which rounds once.
  static func double(_ unscaled: Int128, scale: Int) -> Double? { Double("\(unscaled)e-\(scale)") }
}
