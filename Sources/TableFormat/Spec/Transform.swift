/// How a partition or sort value is made of a column's value (Iceberg spec, "Partition Transforms").
public enum Transform: Hashable, Sendable {
  case identity
  /// The hash of the value, modulo the number of buckets.
  case bucket(Int)
  /// The value cut to a width.
  case truncate(Int)
  case year
  case month
  case day
  case hour
  /// Always null: a partition field that was dropped in a v1 table.
  case void
  /// A transform we do not know; it stays part of partition tuples but prunes nothing (rule 76).
  case unknown(String)

  /// Reads the text that metadata uses, such as `bucket[16]`.
  public init(_ text: String) {
    let folded = text.lowercased()
    switch folded {
    case "identity": self = .identity
    case "year", "years": self = .year
    case "month", "months": self = .month
    case "day", "days", "date": self = .day
    case "hour", "hours", "date_hour": self = .hour
    case "void", "null": self = .void
    default:
      if let width = Self.argument(of: "bucket", in: folded) {
        self = .bucket(width)
      } else if let width = Self.argument(of: "truncate", in: folded) {
        self = .truncate(width)
      } else {
        self = .unknown(text)
      }
    }
  }

  private static func argument(of name: String, in text: String) -> Int? {
    guard text.hasPrefix(name + "["), text.hasSuffix("]"),
      let value = Int32(text.dropFirst(name.count + 1).dropLast()), value > 0
    else { return nil }
    return Int(value)
  }

  /// The type of the transform's values.
  ///
  /// - Parameter source: The type of the column.
  /// - Returns: The type; for an unknown transform the column's, since nothing better is known.
  public func resultType(of source: IcebergType) -> IcebergType {
    switch self {
    case .identity, .truncate, .void, .unknown: source
    case .bucket, .year, .month, .hour: .int
    case .day: .date
    }
  }

  /// Whether the transform can be applied to columns of a type.
  ///
  /// - Parameter source: The type of the column.
  /// - Returns: `false` for unknown transforms too.
  public func accepts(_ source: IcebergType) -> Bool {
    switch (self, source) {
    case (.unknown, _), (_, .struct), (_, .list), (_, .map), (_, .other), (_, .unknown), (_, .variant):
      return false
    case (.identity, _), (.void, _): return true
    case (.bucket, .boolean), (.bucket, .float), (.bucket, .double): return false
    case (.bucket, _): return true
    case (.truncate, .int), (.truncate, .long), (.truncate, .decimal), (.truncate, .string),
      (.truncate, .binary):
      return true
    case (.year, .date), (.month, .date), (.day, .date): return true
    case (.year, _), (.month, _), (.day, _), (.hour, _):
      return [.timestamp, .timestamptz, .timestampNanos, .timestamptzNanos].contains(source)
    default: return false
    }
  }

  /// Whether values keep the order of the column's values.
  public var preservesOrder: Bool {
    switch self {
    case .identity, .truncate, .year, .month, .day, .hour: true
    case .bucket, .void, .unknown: false
    }
  }
}

extension Transform: CustomStringConvertible {
  /// The text that metadata uses.
  public var description: String {
    switch self {
    case .identity: "identity"
    case .bucket(let count): "bucket[\(count)]"
    case .truncate(let width): "truncate[\(width)]"
    case .year: "year"
    case .month: "month"
    case .day: "day"
    case .hour: "hour"
    case .void: "void"
    case .unknown(let text): text
    }
  }
}
