/// One value of a column, outside a vector: a literal, a bound, a parameter.
///
/// What it means is told by the ``LogicalType`` beside it: the integer 1 is a number, a day or a
/// microsecond.
public enum ScalarValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// Integers of 8 to 64 bits, dates (days), times and timestamps (micro- or nanoseconds).
  case integer(Int64)
  /// The unscaled value of a decimal.
  case decimal(Int128)
  case real(Float)
  case double(Double)
  /// Text as UTF-8, binary, fixed, uuid (16 bytes, big-endian).
  case bytes([UInt8])
  case interval(Interval)
  case list([ScalarValue])
  /// The fields in the order of the type.
  case `struct`([ScalarValue])
  /// Keys and values in entry order.
  case map(keys: [ScalarValue], values: [ScalarValue])

  /// Makes a text value.
  public static func text(_ string: String) -> ScalarValue { .bytes(Array(string.utf8)) }

  /// Whether the value is null.
  public var isNull: Bool { self == .null }
}

/// Equality is SQL's: NaN equals itself, and 0.0 equals -0.0. So an expression that holds NaN is found again in a table
/// of expressions.
extension ScalarValue {
  /// Whether both are the same value; NaN equals NaN.
  public static func == (left: ScalarValue, right: ScalarValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.decimal(let a), .decimal(let b)): a == b
    case (.real(let a), .real(let b)): a == b || (a.isNaN && b.isNaN)
    case (.double(let a), .double(let b)): a == b || (a.isNaN && b.isNaN)
    case (.bytes(let a), .bytes(let b)): a == b
    case (.interval(let a), .interval(let b)): a == b
    case (.list(let a), .list(let b)), (.struct(let a), .struct(let b)): a == b
    case (.map(let aKeys, let aValues), .map(let bKeys, let bValues)): aKeys == bKeys && aValues == bValues
    default: false
    }
  }

  /// Feeds the value to a hasher; values that are equal give the same.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .decimal(let value): hasher.combine(value)
    // The bits of NaN differ; its hash must not.
    case .real(let value): hasher.combine(value.isNaN ? Float.infinity : value)
    case .double(let value): hasher.combine(value.isNaN ? Double.infinity : value)
    case .bytes(let value): hasher.combine(value)
    case .interval(let value): hasher.combine(value)
    case .list(let values), .struct(let values): hasher.combine(values)
    case .map(let keys, let values):
      hasher.combine(keys)
      hasher.combine(values)
    }
  }
}
