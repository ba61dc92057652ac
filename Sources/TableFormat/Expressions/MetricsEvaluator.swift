internal import Columnar

/// Tells what a predicate can be for the rows of a data file, by the file's counts and bounds.
///
/// Both evaluations of the specification's "Scan Planning" come out of it: ``Outcomes/mightMatch`` is the
/// inclusive one, ``Outcomes/alwaysMatches`` the strict one.
public struct MetricsEvaluator: Sendable {
  private struct Column: Sendable {
    var id: FieldID
    var type: IcebergType
    var logicalType: LogicalType
  }

  private let columns: [Column]

  /// Makes an evaluator for predicates on the given columns.
  ///
  /// - Parameters:
  ///   - fields: The columns that predicates will ask about.
  ///   - schema: Where their types are looked up; nothing is known of a column that is not there.
  public init(_ fields: Set<FieldID>, schema: Schema) {
    var columns: [Column] = []
    for id in fields {
      guard let type = schema.field(id: id)?.type, let logicalType = try? type.logicalType,
        type.hasPlainBounds
      else { continue }
      columns.append(Column(id: id, type: type, logicalType: logicalType))
    }
    self.columns = columns
  }

  /// Returns what a predicate can be for the rows of a file, deleted ones included.
  public func outcomes(of predicate: Predicate, in file: DataFile) -> Outcomes {
    PredicateEvaluator.outcomes(of: predicate) { field, leaf in
      bounds(of: field, in: file)?.outcomes(of: leaf)
    }
  }

  /// Returns what is known of a column of a file; `nil` if the column is not one of the evaluator's.
  public func bounds(of field: FieldID, in file: DataFile) -> ColumnBounds? {
    guard let column = columns.first(where: { $0.id == field }) else { return nil }
    return MetricsEvaluator.bounds(of: field, column.type, column.logicalType, in: file)
  }

  /// Returns what a file's metrics say of a column; a bound that cannot be decoded is unknown.
  static func bounds(
    of field: FieldID, _ type: IcebergType, _ logicalType: LogicalType, in file: DataFile
  ) -> ColumnBounds {
    ColumnBounds(
      logicalType, lower: decode(file.lowerBounds, field, type), upper: decode(file.upperBounds, field, type),
      nullCount: count(file.nullValueCounts[field]), nanCount: count(file.nanValueCounts[field]),
      valueCount: count(file.valueCounts[field]))
  }

  private static func decode(_ bounds: FieldBounds, _ field: FieldID, _ type: IcebergType) -> ScalarValue? {
    guard let range = bounds.range(of: field) else { return nil }
    return try? SingleValue.decode(bounds.bytes[range], as: type)
  }

  /// A negative count is no count.
  private static func count(_ value: Int64?) -> Int? { value.flatMap { $0 < 0 ? nil : Int($0) } }
}
