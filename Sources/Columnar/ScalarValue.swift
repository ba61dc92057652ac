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
