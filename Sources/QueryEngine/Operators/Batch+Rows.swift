internal import Columnar

extension Batch {
  /// Returns rows `first ..< first + count` of a batch without selection.
  func rows(from first: Int, count: Int) -> Batch {
    if first & 63 == 0 {
      return Batch(columns: columns.map { $0.slice(from: first, count: count) }, rowCount: count)
    }
    let rows = (UInt32(first)..<UInt32(first + count)).map { $0 }
    return Batch(columns: columns.map { $0.taking(rows.span) }, rowCount: count)
  }
}
