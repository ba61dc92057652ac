package import Columnar

/// The order of values as predicates, bounds and partition tuples use it.
package enum ScalarOrder {
  /// Compares two values of comparable types.
  ///
  /// NaN equals itself and is greater than every number; -0 equals +0; bytes compare unsigned.
  ///
  /// - Parameters:
  ///   - left: A value; decimals of the same scale as `right`.
  ///   - right: A value.
  /// - Returns: Less than, equal to or greater than 0; `nil` if one is null or they are of unlike kinds.
  package static func compare(_ left: ScalarValue, _ right: ScalarValue) -> Int? {
    switch (left, right) {
    case (.boolean(let left), .boolean(let right)): left == right ? 0 : (left ? 1 : -1)
    case (.integer(let left), .integer(let right)): left < right ? -1 : (left == right ? 0 : 1)
    case (.decimal(let left), .decimal(let right)): left < right ? -1 : (left == right ? 0 : 1)
    case (.real(let left), .real(let right)): compare(Double(left), Double(right))
    case (.double(let left), .double(let right)): compare(left, right)
    case (.real(let left), .double(let right)): compare(Double(left), right)
    case (.double(let left), .real(let right)): compare(left, Double(right))
    case (.bytes(let left), .bytes(let right)): compare(left, right)
    default: nil
    }
  }

  private static func compare(_ left: Double, _ right: Double) -> Int {
    if left.isNaN || right.isNaN { return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0) }
    return left < right ? -1 : (left == right ? 0 : 1)
  }

  /// Compares unsigned bytes.
  package static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
      return left[index] < right[index] ? -1 : 1
    }
    return left.count - right.count
  }

  /// Returns whether literals of type `literal` compare with values of type `column` as the values stand.
  package static func isComparable(_ literal: LogicalType, with column: LogicalType) -> Bool {
    if literal == column { return !literal.isNested && literal != .interval }
    switch (literal, column) {
    case (.decimal(_, let left), .decimal(_, let right)): return left == right
    case (.real, .double), (.double, .real): return true
    case (.binary, .fixed), (.fixed, .binary), (.fixed, .fixed): return true
    case (.null, _): return true
    default: return literal.isInteger && column.isInteger
    }
  }
}

extension ScalarValue {
  /// Whether this is a floating-point NaN.
  package var isNaN: Bool {
    switch self {
    case .real(let value): value.isNaN
    case .double(let value): value.isNaN
    default: false
    }
  }
}
