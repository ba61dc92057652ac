/// Where the columns of a plan node stand in its batches.
package struct ColumnLayout: Sendable {
  /// The columns, in the order of a batch's vectors.
  package let columns: [OutputColumn]
  private let positions: [ColumnID: Int]

  /// Makes the layout of batches whose vectors are `columns`, in that order.
  package init(_ columns: [OutputColumn]) {
    self.columns = columns
    var positions: [ColumnID: Int] = [:]
    for (position, column) in columns.enumerated() where positions[column.id] == nil {
      positions[column.id] = position
    }
    self.positions = positions
  }

  /// The position of a column in a batch, `nil` if batches do not hold it.
  package func position(of id: ColumnID) -> Int? { positions[id] }

  /// Returns the layout with more columns behind.
  package func appending(_ more: [OutputColumn]) -> ColumnLayout { ColumnLayout(columns + more) }
}
