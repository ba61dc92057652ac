/// The type of a column as SQL and Iceberg know it.
///
/// What a value means is here; how it lies in memory is its ``PhysicalType``.
public indirect enum LogicalType: Hashable, Sendable {
  /// The type of a bare `NULL` and of Iceberg's `unknown`: every value is null.
  case null
  case boolean
  /// 8 bits.
  case tinyint
  /// 16 bits.
  case smallint
  /// 32 bits.
  case integer
  /// 64 bits.
  case bigint
  /// `precision` digits, at most 38, of which `scale` stand after the point.
  case decimal(precision: Int, scale: Int)
  /// 32-bit IEEE 754.
  case real
  /// 64-bit IEEE 754.
  case double
  /// UTF-8 text.
  case varchar
  case binary
  /// Exactly `length` bytes.
  case fixed(length: Int)
  /// 16 bytes, big-endian.
  case uuid
  /// Days since 1970-01-01.
  case date
  /// Microseconds since midnight.
  case time
  /// Microseconds since 1970-01-01 00:00:00 on a clock without zone.
  case timestamp
  /// Microseconds since 1970-01-01 00:00:00 UTC.
  case timestampTZ
  /// Nanoseconds since 1970-01-01 00:00:00 on a clock without zone.
  case timestampNanos
  /// Nanoseconds since 1970-01-01 00:00:00 UTC.
  case timestampTZNanos
  /// Months, days and microseconds, kept apart.
  case interval
  case list(LogicalType)
  case `struct`([StructField])
  case map(key: LogicalType, value: LogicalType)

  /// A named field of a struct type.
  public struct StructField: Hashable, Sendable {
    /// The field's name, as written.
    public var name: String
    /// The field's type.
    public var type: LogicalType

    /// Makes a field of a struct type.
    public init(_ name: String, _ type: LogicalType) { (self.name, self.type) = (name, type) }
  }
}

/// What the values of a vector are in memory.
public enum PhysicalType: UInt8, Sendable {
  /// One bit a row, in 64-bit words.
  case bit
  case int32
  case int64
  case int128
  case float
  case double
  /// ``StringView``s: text, binary, fixed and uuid.
  case string
  /// ``Interval``s.
  case interval
  /// `UInt32` ends of rows in one child.
  case list
  /// Children of equal length.
  case `struct`
}

extension LogicalType {
  /// How a value lies in memory.
  ///
  /// Integers below 32 bits widen to 32; decimals take 64 bits up to 18 digits, else 128; maps are lists
  /// of structs of key and value.
  public var physicalType: PhysicalType {
    switch self {
    case .boolean: .bit
    case .null, .tinyint, .smallint, .integer, .date: .int32
    case .bigint, .time, .timestamp, .timestampTZ, .timestampNanos, .timestampTZNanos: .int64
    case .decimal(let precision, _): precision <= 18 ? .int64 : .int128
    case .real: .float
    case .double: .double
    case .varchar, .binary, .fixed, .uuid: .string
    case .interval: .interval
    case .list, .map: .list
    case .struct: .struct
    }
  }

  /// The types of the children of a vector of this type: a list's element, a struct's fields, a map's entry.
  public var childTypes: [LogicalType] {
    switch self {
    case .list(let element): [element]
    case .struct(let fields): fields.map(\.type)
    case .map(let key, let value): [.struct([StructField("key", key), StructField("value", value)])]
    default: []
    }
  }

  /// Whether values are integers of 8 to 64 bits.
  public var isInteger: Bool {
    switch self {
    case .tinyint, .smallint, .integer, .bigint: true
    default: false
    }
  }

  /// Whether values are numbers.
  public var isNumeric: Bool {
    switch self {
    case .real, .double, .decimal: true
    default: isInteger
    }
  }

  /// Whether values are points in time with date and clock time.
  public var isTimestamp: Bool {
    switch self {
    case .timestamp, .timestampTZ, .timestampNanos, .timestampTZNanos: true
    default: false
    }
  }

  /// Whether values have children.
  public var isNested: Bool {
    switch self {
    case .list, .struct, .map: true
    default: false
    }
  }
}

extension LogicalType: CustomStringConvertible {
  /// The type's SQL name, such as `DECIMAL(12,2)` or `STRUCT(pitch DOUBLE, yaw DOUBLE)`.
  public var description: String {
    switch self {
    case .null: "NULL"
    case .boolean: "BOOLEAN"
    case .tinyint: "TINYINT"
    case .smallint: "SMALLINT"
    case .integer: "INTEGER"
    case .bigint: "BIGINT"
    case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
    case .real: "REAL"
    case .double: "DOUBLE"
    case .varchar: "VARCHAR"
    case .binary: "BINARY"
    case .fixed(let length): "FIXED(\(length))"
    case .uuid: "UUID"
    case .date: "DATE"
    case .time: "TIME"
    case .timestamp: "TIMESTAMP"
    case .timestampTZ: "TIMESTAMP WITH TIME ZONE"
    case .timestampNanos: "TIMESTAMP_NS"
    case .timestampTZNanos: "TIMESTAMP_NS WITH TIME ZONE"
    case .interval: "INTERVAL"
    case .list(let element): "\(element)[]"
    case .struct(let fields):
      "STRUCT(" + fields.map { "\($0.name) \($0.type)" }.joined(separator: ", ") + ")"
    case .map(let key, let value): "MAP(\(key), \(value))"
    }
  }
}
