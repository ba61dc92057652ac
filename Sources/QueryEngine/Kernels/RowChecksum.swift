package import Columnar

/// A checksum of rows that does not depend on their order: the sum of the rows' hashes, modulo 2⁶⁴.
package struct RowChecksum: Hashable, Sendable {
  /// The sum.
  package private(set) var sum: UInt64 = 0
  /// How many rows were added.
  package private(set) var rowCount = 0
  /// A hash of each row, kept for its room.
  private var rows: [UInt64] = []
  private var column: [UInt64] = []

  package init() {}

  /// Adds the rows of a batch.
  ///
  /// - Parameters:
  ///   - batch: A batch without selection.
  ///   - columnCount: How many of its columns count, from the first.
  package mutating func add(_ batch: Batch, columnCount: Int) {
    rows = [UInt64](repeating: 0, count: batch.rowCount)
    for index in 0..<columnCount {
      Kernels.hash(batch.columns[index], into: &column)
      for row in 0..<batch.rowCount { rows[row] = Kernels.combine(rows[row], column[row]) }
    }
    for row in rows { sum &+= row }
    rowCount += batch.rowCount
  }

  /// Adds what another checksum has seen.
  package mutating func add(_ other: RowChecksum) {
    sum &+= other.sum
    rowCount += other.rowCount
  }

  package static func == (left: RowChecksum, right: RowChecksum) -> Bool {
    left.sum == right.sum && left.rowCount == right.rowCount
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(sum)
    hasher.combine(rowCount)
  }

  /// The sum in hexadecimal.
  package var text: String {
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
