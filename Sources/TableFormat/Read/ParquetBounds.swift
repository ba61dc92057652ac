internal import Columnar
internal import FileFormats

/// What the statistics of a Parquet file say, in the terms of planning.
enum ParquetBounds {
  /// Returns what is known of a column chunk, in the type that the file's column has.
  static func bounds(_ metadata: ParquetFileMetadata, _ column: ParquetColumn, rowGroup: Int) -> ColumnBounds?
  {
    guard let leaf = column.leaf, column.repetitionLevel == 0 else { return nil }
    let index = column.leafIndices.lowerBound
    let group = metadata.rowGroups[rowGroup]
    guard let statistics = group.columns[index].statistics else {
      return ColumnBounds(column.type, valueCount: group.rowCount)
    }
    let hasStatedOrder = metadata.hasUsableOrder(leaf: index)
    let stored = FileFormats.ColumnBounds(statistics, leaf: leaf, hasStatedOrder: hasStatedOrder)
    return bounds(stored, column.type, rowCount: group.rowCount)
  }

  /// Returns what is known of a page.
  static func bounds(_ page: ParquetPage, _ column: ParquetColumn) -> ColumnBounds {
    if page.isNull == true {
      return ColumnBounds(column.type, nullCount: page.rows.count, valueCount: page.rows.count)
    }
    return bounds(page.bounds, column.type, rowCount: page.rows.count)
  }

  private static func bounds(
    _ stored: FileFormats.ColumnBounds, _ type: LogicalType, rowCount: Int
  ) -> ColumnBounds {
    ColumnBounds(
      type, lower: stored.min, upper: stored.max, nullCount: stored.nullCount, valueCount: rowCount)
  }
}
