internal import Columnar

/// SQL's order of single values: NaN greatest, text by bytes, lists and structs by their parts, nulls last.
enum ScalarOrdering {
  static func isLess(_ left: ScalarValue, _ right: ScalarValue) -> Bool { compare(left, right) < 0 }

  /// Returns a number below, at or above zero, as `left` stands to `right`, which are of one type.
  static func compare(_ left: ScalarValue, _ right: ScalarValue) -> Int {
    switch (left, right) {
    case (.null, .null): return 0
    case (.null, _): return 1
    case (_, .null): return -1
    case (.boolean(let a), .boolean(let b)): return order(a ? 1 : 0, b ? 1 : 0)
    case (.integer(let a), .integer(let b)): return order(a, b)
    case (.decimal(let a), .decimal(let b)): return order(a, b)
    case (.real(let a), .real(let b)): return order(Double(a), Double(b))
    case (.double(let a), .double(let b)): return order(a, b)
    case (.bytes(let a), .bytes(let b)):
      for (x, y) in zip(a, b) where x != y { return x < y ? -1 : 1 }
      return order(a.count, b.count)
    case (.interval(let a), .interval(let b)): return order(micros(a), micros(b))
    case (.list(let a), .list(let b)), (.struct(let a), .struct(let b)): return compare(a, b)
    case (.map(let a, let x), .map(let b, let y)):
      let keys = compare(a, b)
      return keys != 0 ? keys : compare(x, y)
    default: return 0
    }
  }

  private static func compare(_ left: [ScalarValue], _ right: [ScalarValue]) -> Int {
    for (a, b) in zip(left, right) {
      let order = compare(a, b)
      if order != 0 { return order }
    }
    return order(left.count, right.count)
  }

  private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
    left < right ? -1 : left == right ? 0 : 1
  }

  private static func order(_ left: Double, _ right: Double) -> Int {
    if left.isNaN || right.isNaN { return order(left.isNaN ? 1 : 0, right.isNaN ? 1 : 0) }
    return left < right ? -1 : left == right ? 0 : 1
  }

  /// A length in microseconds, months of 30 days, as PostgreSQL compares intervals.
  static func micros(_ interval: Interval) -> Int128 {
    (Int128(interval.months) * 30 + Int128(interval.days)) * 86_400_000_000 + Int128(interval.micros)
  }
}
