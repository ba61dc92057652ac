package import Columnar

/// Which conversions happen without a cast, and how far apart the types are.
package enum ImplicitConversion {
  /// Returns how far an argument is from a parameter: 0 for the same type, `nil` if only a cast converts it.
  ///
  /// - Parameters:
  ///   - source: The argument's type.
  ///   - target: The parameter's type.
  ///   - isUntyped: Whether the argument is a string literal, which takes the type it is wanted in.
  /// - Returns: The distance.
  package static func cost(from source: LogicalType, to target: LogicalType, isUntyped: Bool = false) -> Int?
  {
    if source == target { return 0 }
    if source == .null { return 1 }
    if isUntyped, source == .varchar { return target.isNested ? nil : 10 }
    switch (source, target) {
    case (_, .bigint), (_, .integer), (_, .smallint):
      guard let from = integerRank(source), let to = integerRank(target), from < to else { return nil }
      return to - from
    case (_, .decimal(let precision, let scale)):
      if case .decimal(let fromPrecision, let fromScale) = source {
        return fromScale <= scale && fromPrecision - fromScale <= precision - scale ? 2 : nil
      }
      guard let digits = integerDigits(source) else { return nil }
      return digits <= precision - scale ? 5 : nil
    case (.real, .double): return 1
    case (.decimal, .double): return 6
    case (.decimal, .real): return 8
    case (_, .double): return integerRank(source).map { 10 - $0 }
    case (_, .real): return integerRank(source).map { 12 - $0 }
    case (.date, .timestamp): return 2
    case (.date, .timestampTZ): return 4
    case (.date, .timestampNanos), (.date, .timestampTZNanos): return 5
    case (.timestamp, .timestampNanos), (.timestampTZ, .timestampTZNanos): return 2
    case (.timestamp, .timestampTZ), (.timestampNanos, .timestampTZNanos): return 3
    case (.timestamp, .timestampTZNanos): return 5
    case (.fixed, .binary): return 1
    case (.list(let from), .list(let to)): return cost(from: from, to: to)
    case (.struct(let from), .struct(let to)):
      guard from.count == to.count else { return nil }
      var total = 1
      for (left, right) in zip(from, to) {
        guard let step = cost(from: left.type, to: right.type) else { return nil }
        total += step
      }
      return total
    case (.map(let fromKey, let fromValue), .map(let toKey, let toValue)):
      guard let key = cost(from: fromKey, to: toKey), let value = cost(from: fromValue, to: toValue) else {
        return nil
      }
      return key + value
    default: return nil
    }
  }

  /// The smallest type that values of both types convert to without a cast; `nil` if there is none.
  package static func commonType(_ left: LogicalType, _ right: LogicalType) -> LogicalType? {
    if left == right { return left }
    if left == .null { return right }
    if right == .null { return left }
    if let (leftPrecision, leftScale) = decimalShape(left),
      let (rightPrecision, rightScale) = decimalShape(right),
      !(left.isInteger && right.isInteger)
    {
      let scale = max(leftScale, rightScale)
      let digits = max(leftPrecision - leftScale, rightPrecision - rightScale)
      return .decimal(precision: min(38, digits + scale), scale: scale)
    }
    if left.isNumeric && right.isNumeric {
      if left.isInteger && right.isInteger {
        return (integerRank(left) ?? 0) > (integerRank(right) ?? 0) ? left : right
      }
      return .double
    }
    switch (left, right) {
    case (.list(let left), .list(let right)): return commonType(left, right).map { .list($0) }
    case (.struct(let leftFields), .struct(let rightFields)):
      guard leftFields.count == rightFields.count else { return nil }
      var fields: [LogicalType.StructField] = []
      for (left, right) in zip(leftFields, rightFields) {
        guard let type = commonType(left.type, right.type) else { return nil }
        fields.append(.init(left.name, type))
      }
      return .struct(fields)
    case (.map(let leftKey, let leftValue), .map(let rightKey, let rightValue)):
      guard let key = commonType(leftKey, rightKey), let value = commonType(leftValue, rightValue) else {
        return nil
      }
      return .map(key: key, value: value)
    default: break
    }
    if cost(from: left, to: right) != nil { return right }
    if cost(from: right, to: left) != nil { return left }
    switch (left, right) {
    case (.timestampNanos, .timestampTZ), (.timestampTZ, .timestampNanos): return .timestampTZNanos
    case (.fixed, .fixed): return .binary
    default: return nil
    }
  }

  static func integerRank(_ type: LogicalType) -> Int? {
    switch type {
    case .tinyint: 0
    case .smallint: 1
    case .integer: 2
    case .bigint: 3
    default: nil
    }
  }

  /// How many decimal digits the values of an integer type may have.
  static func integerDigits(_ type: LogicalType) -> Int? {
    switch type {
    case .tinyint: 3
    case .smallint: 5
    case .integer: 10
    case .bigint: 19
    default: nil
    }
  }

  /// Precision and scale of an exact number: an integer counts as a decimal of its digits.
  static func decimalShape(_ type: LogicalType) -> (precision: Int, scale: Int)? {
    if case .decimal(let precision, let scale) = type { return (precision, scale) }
    return integerDigits(type).map { ($0, 0) }
  }
}
