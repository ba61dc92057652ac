/// The number that stands for a column, or a part of one, for as long as the table lives.
///
/// Columns are matched by it, never by name or position (Iceberg spec, "Schemas").
public struct FieldID: RawRepresentable, Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  /// The number.
  public var rawValue: Int32

  /// Makes an id of its number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Makes an id of its number.
  public init(_ value: Int32) { rawValue = value }

  /// Makes an id of its number.
  public init(integerLiteral value: Int32) { rawValue = value }

  /// Orders by number.
  public static func < (left: FieldID, right: FieldID) -> Bool { left.rawValue < right.rawValue }

  /// The number in decimal.
  public var description: String { String(rawValue) }

  /// Whether the specification keeps the id for columns of its own (ids above 2147483447).
  public var isReserved: Bool { rawValue > 2_147_483_447 }

  /// Iceberg spec, "Reserved Field IDs".
  public static let file: FieldID = 2_147_483_646
  /// The row's position in its data file.
  public static let position: FieldID = 2_147_483_645
  /// Whether the row is deleted.
  public static let isDeleted: FieldID = 2_147_483_644
  /// The id of the partition spec of the row's file.
  public static let specID: FieldID = 2_147_483_643
  /// The partition tuple of the row's file.
  public static let partition: FieldID = 2_147_483_642
  /// The path column of a position delete file.
  public static let deleteFilePath: FieldID = 2_147_483_546
  /// The position column of a position delete file.
  public static let deletePosition: FieldID = 2_147_483_545
  /// The deleted row itself, in a position delete file.
  public static let deleteRow: FieldID = 2_147_483_544
  /// The row's lineage id (v3).
  public static let rowID: FieldID = 2_147_483_540
  /// The sequence number that last changed the row (v3).
  public static let lastUpdatedSequenceNumber: FieldID = 2_147_483_539
}

/// The number of a snapshot, unique within its table.
///
/// Some writers use all 64 bits: such a number is negative here, and text shows it as they wrote it.
public struct SnapshotID: RawRepresentable, Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  /// The number: positive, 63 bits.
  public var rawValue: Int64

  /// Makes an id of its number.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// Makes an id of its number.
  public init(_ value: Int64) { rawValue = value }

  /// Makes an id of its number.
  public init(integerLiteral value: Int64) { rawValue = value }

  /// Orders by number, which says nothing about time.
  public static func < (left: SnapshotID, right: SnapshotID) -> Bool { left.rawValue < right.rawValue }

  /// The number in decimal, without a sign.
  public var description: String { String(UInt64(bitPattern: rawValue)) }

  /// Reads a number in decimal; `nil` if it is none or has more than 64 bits.
  public init?(_ text: String) {
    guard let value = Int64(text) ?? UInt64(text).map({ Int64(bitPattern: $0) }) else { return nil }
    rawValue = value
  }
}
