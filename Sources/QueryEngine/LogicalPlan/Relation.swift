package import Columnar

/// A source of rows that a name in FROM stands for, pinned to one state.
///
/// Iceberg tables, metadata tables, temporary tables and files are relations; the binder sees the
/// columns, the optimizer the statistics, and the physical planner asks for a scan by switching on the
/// concrete type (`TableRelation`) or through ``InMemoryRelation``.
package protocol Relation: Sendable {
  /// What EXPLAIN and errors call it, such as `s3_tables.analytics.web_events`.
  var displayName: String { get }
  /// All columns, in order.
  var columns: [RelationColumn] { get }
  /// What the optimizer knows without reading rows.
  var statistics: RelationStatistics { get }
}

/// A column of a relation.
package struct RelationColumn: Sendable, Hashable {
  package let name: String
  package let type: LogicalType
  package let isNullable: Bool
  /// Whether `SELECT *` leaves it out, as `_file` and `_pos`.
  package let isHidden: Bool
  /// The Iceberg field id, for tables.
  package let fieldID: Int?
  package init(
    _ name: String, _ type: LogicalType, isNullable: Bool = true, isHidden: Bool = false, fieldID: Int? = nil
  ) {
    (self.name, self.type, self.isNullable) = (name, type, isNullable)
    (self.isHidden, self.fieldID) = (isHidden, fieldID)
  }
}

/// What is known of a relation without reading rows; `nil` means unknown.
package struct RelationStatistics: Sendable {
  package var rowCount: Int?
  /// Distinct values by column index, from Puffin sketches.
  package var distinctCounts: [Int: Double]
  /// Bits that a value takes in the files, by column index.
  package var valueBits: [Int: Double] = [:]
  /// Smallest and largest value by column index.
  package var bounds: [Int: (min: ScalarValue, max: ScalarValue)]
  package init(
    rowCount: Int? = nil, distinctCounts: [Int: Double] = [:],
    bounds: [Int: (min: ScalarValue, max: ScalarValue)] = [:]
  ) {
    (self.rowCount, self.distinctCounts, self.bounds) = (rowCount, distinctCounts, bounds)
  }
}

/// Rows held in memory: VALUES kept by a session, temporary tables, metadata tables.
package struct InMemoryRelation: Relation {
  package let displayName: String
  package let columns: [RelationColumn]
  /// Batches of columns in the order of `columns`.
  package let batches: [Batch]
  package init(displayName: String, columns: [RelationColumn], batches: [Batch]) {
    (self.displayName, self.columns, self.batches) = (displayName, columns, batches)
  }
  package var statistics: RelationStatistics {
    RelationStatistics(rowCount: batches.reduce(0) { $0 + $1.selectedCount })
  }
}

extension InMemoryRelation {
  /// The relation with two hidden columns more, by which those who change rows name them.
  ///
  /// `_file` is empty, `_pos` is the row's number. Batches have no selection.
  var withPositions: InMemoryRelation {
    var (batches, first): ([Batch], Int64) = ([], 0)
    let path = VectorBuilder.single(.text(""), .varchar)
    for batch in self.batches {
      let rows = batch.compacted()
      let positions = (0..<rows.rowCount).map { first + Int64($0) }
      first += Int64(rows.rowCount)
      batches.append(
        Batch(
          columns: rows.columns + [.constant(path, count: rows.rowCount), .flat(positions)],
          rowCount: rows.rowCount))
    }
    let hidden = [
      RelationColumn("_file", .varchar, isNullable: false, isHidden: true),
      RelationColumn("_pos", .bigint, isNullable: false, isHidden: true),
    ]
    return InMemoryRelation(displayName: displayName, columns: columns + hidden, batches: batches)
  }
}
