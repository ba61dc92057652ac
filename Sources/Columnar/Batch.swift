/// The rows of a batch that still count.
public struct Selection: Sendable {
  /// One bit per row, set for the rows that count.
  public let rows: Bitmap
  /// How many rows count.
  public let count: Int

  /// Selects the `count` rows set in `rows`.
  @inlinable public init(_ rows: Bitmap, count: Int) { (self.rows, self.count) = (rows, count) }

  /// Selects the rows set in `rows`.
  public init(_ rows: Bitmap) { self.init(rows, count: rows.setCount) }

  /// Returns the numbers of the rows that count, ascending.
  public func indices() -> [UInt32] {
    let words = rows.words
    var indices = [UInt32](repeating: 0, count: count)
    var next = 0
    for word in words.indices {
      var bits = words[word]
      if word == rows.count / 64 { bits &= (1 &<< UInt64(rows.count & 63)) &- 1 }
      while bits != 0 {
        indices[next] = UInt32(truncatingIfNeeded: word &* 64 &+ bits.trailingZeroBitCount)
        next &+= 1
        bits &= bits &- 1
      }
    }
    precondition(next == count)
    return indices
  }
}

/// Up to 2,048 rows: columns of equal length and the selection over them.
public struct Batch: Sendable {
  /// The largest number of rows of a batch.
  public static let capacity = 2048

  /// The columns, each of `rowCount` rows.
  public var columns: [Vector]
  /// Rows, selected or not.
  public let rowCount: Int
  /// `nil` when all rows count.
  public var selection: Selection?

  /// Makes a batch of columns that have `rowCount` rows each.
  @inlinable public init(columns: [Vector], rowCount: Int, selection: Selection? = nil) {
    (self.columns, self.rowCount, self.selection) = (columns, rowCount, selection)
  }

  /// How many rows count.
  @inlinable public var selectedCount: Int { selection?.count ?? rowCount }

  /// Returns the batch with the rows that count moved together, and no selection.
  public consuming func compacted() -> Batch {
    guard let selection else { return self }
    if selection.count == rowCount { return Batch(columns: columns, rowCount: rowCount) }
    let rows = selection.indices()
    return Batch(columns: columns.map { $0.taking(rows.span) }, rowCount: rows.count)
  }
}
