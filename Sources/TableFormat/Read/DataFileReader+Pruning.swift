internal import Columnar
internal import FileFormats

extension DataFileReader {
  /// A leaf of the file and how its values become those of the table's field.
  struct PrunableColumn {
    var source: Source
    var field: NestedField
    var type: LogicalType

    enum Source {
      case file(FileColumn, ColumnConversion)
      case constant(ScalarValue)
    }
  }

  /// Finds the column that a condition is about: one of ``fields``, or a field of structs in them.
  func prunable(_ id: FieldID) -> PrunableColumn? {
    guard !id.isReserved, let field = DataFileReader.find(id, in: fields), field.type.hasPlainBounds,
      let type = try? field.type.logicalType
    else { return nil }
    if fields.contains(where: { $0.id == id }) {
      if let value = constant(id) {
        return PrunableColumn(source: .constant(value.scalar(at: 0, as: type)), field: field, type: type)
      }
    }
    guard let column = DataFileReader.find(id, in: columns), column.column.repetitionLevel == 0,
      let conversion = try? ColumnConversion(column, to: field, file: task.file.path)
    else { return nil }
    return PrunableColumn(source: .file(column, conversion), field: field, type: type)
  }

  private static func find(_ id: FieldID, in fields: [NestedField]) -> NestedField? {
    for field in fields {
      if field.id == id { return field }
      if case .struct(let members) = field.type, let found = find(id, in: members) { return found }
    }
    return nil
  }

  private static func find(_ id: FieldID, in columns: [FileColumn]) -> FileColumn? {
    for column in columns {
      if column.id == id { return column }
      if case .struct = column.column.shape, let found = find(id, in: column.children) { return found }
    }
    return nil
  }

  /// Returns what is known of a field in a row group; `nil` if nothing is.
  public func bounds(of field: FieldID, rowGroup: Int) -> ColumnBounds? {
    guard let column = prunable(field) else { return nil }
    switch column.source {
    case .constant(let value):
      return ColumnBounds(constant: value, column.type, rowCount: rowCount(rowGroup: rowGroup))
    case .file(let source, let conversion):
      guard let stored = ParquetBounds.bounds(parquet.metadata, source.column, rowGroup: rowGroup) else {
        return nil
      }
      return converted(stored, conversion, column)
    }
  }

  /// Returns bounds in the table's type.
  func converted(
    _ stored: ColumnBounds, _ conversion: ColumnConversion, _ column: PrunableColumn
  ) -> ColumnBounds {
    var result = ColumnBounds(
      column.type, lower: stored.lower.flatMap { conversion($0) },
      upper: stored.upper.flatMap { conversion($0) },
      nullCount: stored.nullCount, nanCount: stored.nanCount, valueCount: stored.valueCount)
    // Parquet does not count NaNs; what the file has none of, its row groups have none of.
    if task.file.nanValueCounts[column.field.id] == 0 { result.nanCount = 0 }
    return result
  }

  /// Judges a row group by the counts and bounds of its column chunks, which costs no reading.
  ///
  /// - Parameters:
  ///   - rowGroup: A row group.
  ///   - predicate: A condition on ``fields``, such as the task's residual.
  /// - Returns: A superset of the truth values that the predicate has for the rows, deleted ones included.
  public func outcomes(rowGroup: Int, predicate: Predicate) -> Outcomes {
    if rowCount(rowGroup: rowGroup) == 0 { return [] }
    return PredicateEvaluator.outcomes(of: predicate) { field, leaf in
      bounds(of: field, rowGroup: rowGroup)?.outcomes(of: leaf)
    }
  }
}
