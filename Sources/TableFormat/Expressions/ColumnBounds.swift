public import Columnar

/// What is known of the values of one column in a file, a row group, a page or a partition.
///
/// Whatever is absent is unknown, never zero (Iceberg specification, "Scan planning").
public struct ColumnBounds: Sendable {
  /// The type that ``lower`` and ``upper`` are given in.
  public var type: LogicalType
  /// No value that is neither null nor NaN is less than this.
  public var lower: ScalarValue?
  /// No value that is neither null nor NaN is greater than this.
  public var upper: ScalarValue?
  /// Nulls.
  public var nullCount: Int?
  /// NaNs; taken as 0 unless the type is `REAL` or `DOUBLE`.
  public var nanCount: Int?
  /// Values with nulls and NaNs.
  public var valueCount: Int?
  /// What every value that is not null begins with; from a `truncate` partition.
  public var prefix: [UInt8]?

  /// Makes bounds of what is known.
  public init(
    _ type: LogicalType, lower: ScalarValue? = nil, upper: ScalarValue? = nil, nullCount: Int? = nil,
    nanCount: Int? = nil, valueCount: Int? = nil, prefix: [UInt8]? = nil
  ) {
    self.type = type
    // Writers that let NaN into their bounds made both of them useless.
    self.lower = lower.flatMap { $0.isNull || $0.isNaN ? nil : $0 }
    self.upper = upper.flatMap { $0.isNull || $0.isNaN ? nil : $0 }
    self.nullCount = nullCount
    self.nanCount = type == .real || type == .double ? nanCount : 0
    self.valueCount = valueCount
    self.prefix = prefix
  }

  /// Makes the bounds of a column that holds `value` in every row.
  public init(constant value: ScalarValue, _ type: LogicalType, rowCount: Int = 1) {
    let isNaN = value.isNaN
    self.init(
      type, lower: value, upper: value, nullCount: value.isNull ? rowCount : 0,
      nanCount: isNaN ? rowCount : 0, valueCount: rowCount)
  }

  private var hasRows: Bool { valueCount != 0 }
  private var mayHoldNulls: Bool { nullCount != 0 && hasRows }
  private var mayHoldNaNs: Bool { nanCount != 0 && mayHoldValues }

  /// Whether some row may be other than null.
  private var mayHoldValues: Bool {
    guard let valueCount else { return true }
    return valueCount > 0 && nullCount != valueCount
  }

  /// Whether some row may be neither null nor NaN.
  private var mayHoldOrdered: Bool {
    guard let valueCount, let nullCount, let nanCount else { return mayHoldValues }
    return valueCount > nullCount + nanCount
  }
}

extension ColumnBounds {
  /// Returns what a predicate on this column alone can be; `unknown` if it is no single condition.
  public func outcomes(of leaf: Predicate) -> Outcomes {
    switch leaf {
    case .comparison(_, let comparison, let literal):
      switch comparison {
      case .equal: outcomesOfEqual([literal])
      case .notEqual: outcomesOfEqual([literal]).negated
      case .less: outcomesOfLess(literal, orEqual: false)
      case .lessOrEqual: outcomesOfLess(literal, orEqual: true)
      case .greater: outcomesOfLess(literal, orEqual: true).negated
      case .greaterOrEqual: outcomesOfLess(literal, orEqual: false).negated
      }
    case .isIn(_, let literals): outcomesOfEqual(literals)
    case .isNotIn(_, let literals): outcomesOfEqual(literals).negated
    case .isNull: outcomesOfNull
    case .isNotNull: outcomesOfNull.negated
    case .isNaN: outcomesOfNaN
    case .isNotNaN: outcomesOfNaN.negated
    case .startsWith(_, let prefix): outcomes(ofStartingWith: prefix)
    case .doesNotStartWith(_, let prefix): outcomes(ofStartingWith: prefix).negated
    case .alwaysTrue, .alwaysFalse, .and, .or, .not: .unknown
    }
  }

  private var outcomesOfNull: Outcomes {
    var result: Outcomes = []
    if mayHoldNulls { result.insert(.isTrue) }
    if mayHoldValues { result.insert(.isFalse) }
    return result
  }

  private var outcomesOfNaN: Outcomes {
    var result: Outcomes = mayHoldNulls ? .isNull : []
    if mayHoldNaNs { result.insert(.isTrue) }
    if mayHoldOrdered { result.insert(.isFalse) }
    return result
  }

  /// `column < literal`, or `<=`.
  private func outcomesOfLess(_ literal: Predicate.Literal, orEqual: Bool) -> Outcomes {
    guard ScalarOrder.isComparable(literal.type, with: type) else { return .unknown }
    if literal.value.isNull { return hasRows ? .isNull : [] }
    var result: Outcomes = mayHoldNulls ? .isNull : []
    if mayHoldOrdered {
      // No order: something is odd about the bound, so that it says nothing.
      let low = lower.flatMap { ScalarOrder.compare($0, literal.value) } ?? -1
      let high = upper.flatMap { ScalarOrder.compare($0, literal.value) } ?? 1
      if orEqual ? low <= 0 : low < 0 { result.insert(.isTrue) }
      if orEqual ? high > 0 : high >= 0 { result.insert(.isFalse) }
      // Every number is less than NaN.
      if literal.value.isNaN { result.formUnion(.isTrue) }
      if literal.value.isNaN { result.remove(.isFalse) }
    }
    if mayHoldNaNs {
      // NaN is less than nothing and equal to itself.
      result.insert(orEqual && literal.value.isNaN ? .isTrue : .isFalse)
    }
    return result
  }

  /// `column IN (literals)`.
  private func outcomesOfEqual(_ literals: [Predicate.Literal]) -> Outcomes {
    guard hasRows else { return [] }
    let hasNullLiteral = literals.contains { $0.value.isNull }
    // With a null among the literals, "none is equal" is null rather than false.
    let isOther: Outcomes = hasNullLiteral ? .isNull : .isFalse
    var result: Outcomes = mayHoldNulls ? .isNull : []
    for literal in literals where !ScalarOrder.isComparable(literal.type, with: type) {
      return .unknown
    }
    if mayHoldNaNs { result.insert(literals.contains { $0.value.isNaN } ? .isTrue : isOther) }
    guard mayHoldOrdered else { return result }
    var isOnly = false
    for literal in literals where !literal.value.isNull && !literal.value.isNaN {
      let low = lower.flatMap { ScalarOrder.compare($0, literal.value) }
      let high = upper.flatMap { ScalarOrder.compare($0, literal.value) }
      if (low ?? -1) <= 0 && (high ?? 1) >= 0 && matchesPrefix(literal.value) { result.insert(.isTrue) }
      if low == 0 && high == 0 { isOnly = true }
    }
    if !isOnly { result.insert(isOther) }
    return result
  }

  private func matchesPrefix(_ value: ScalarValue) -> Bool {
    guard let prefix, case .bytes(let bytes) = value else { return true }
    return bytes.starts(with: prefix)
  }

  private func outcomes(ofStartingWith wanted: [UInt8]) -> Outcomes {
    switch type {
    case .varchar, .binary, .fixed: break
    default: return .unknown
    }
    var result: Outcomes = mayHoldNulls ? .isNull : []
    guard mayHoldValues else { return result }
    var (canMatch, canDiffer) = (true, true)
    if let prefix {
      if prefix.starts(with: wanted) {
        canDiffer = false
      } else if !wanted.starts(with: prefix) {
        canMatch = false
      }
    }
    if case .bytes(let low)? = lower {
      if ScalarOrder.compare(Array(low.prefix(wanted.count)), wanted) > 0 { canMatch = false }
      if case .bytes(let high)? = upper, low.starts(with: wanted) && high.starts(with: wanted) {
        canDiffer = false
      }
    }
    if case .bytes(let high)? = upper, ScalarOrder.compare(high, wanted) < 0 { canMatch = false }
    if wanted.isEmpty { canDiffer = false }
    if canMatch { result.insert(.isTrue) }
    if canDiffer { result.insert(.isFalse) }
    return result
  }
}
