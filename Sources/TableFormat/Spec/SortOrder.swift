/// The order of rows within data files.
public struct SortOrder: Hashable, Sendable {
  /// The order's number within its table; 0 is unsorted.
  public var id: Int
  /// The keys, most significant first.
  public var fields: [SortField]

  /// Makes a sort order.
  public init(id: Int, fields: [SortField]) { (self.id, self.fields) = (id, fields) }

  /// No order.
  public static let unsorted = SortOrder(id: 0, fields: [])

  /// Whether there is no order.
  public var isUnsorted: Bool { fields.isEmpty }
}

/// One key of a sort order.
public struct SortField: Hashable, Sendable {
  /// Which values come first.
  public enum Direction: String, Sendable {
    case ascending = "asc"
    case descending = "desc"
  }

  /// Where nulls stand.
  public enum NullOrder: String, Sendable {
    case first = "nulls-first"
    case last = "nulls-last"
  }

  /// The column it is made of.
  public var sourceID: FieldID
  /// What is applied to the column's values before they are compared.
  public var transform: Transform
  /// Which values come first.
  public var direction: Direction
  /// Where nulls stand.
  public var nullOrder: NullOrder

  /// Makes a key; by default nulls stand where the specification's writers put them: first when ascending.
  public init(
    sourceID: FieldID, transform: Transform = .identity, direction: Direction = .ascending,
    nullOrder: NullOrder? = nil
  ) {
    (self.sourceID, self.transform, self.direction) = (sourceID, transform, direction)
    self.nullOrder = nullOrder ?? (direction == .ascending ? .first : .last)
  }
}
