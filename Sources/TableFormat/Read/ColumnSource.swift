internal import Columnar
internal import FileFormats

/// Where the values of a projected field come from in one data file (rules 1 to 6).
enum ColumnSource: Sendable {
  /// A column of the file.
  case file(FileColumn, ColumnConversion)
  /// One value for all rows, in row 0.
  case constant(Vector)
  /// The row's number in the file (`_pos`).
  case position
  /// The row's number from a first row id on, unless the file has the id (`_row_id`, rule 83).
  case rowID(FileColumn?, first: Int64)
  /// The data sequence number, unless the file has another (`_last_updated_sequence_number`, rule 83).
  case lastUpdated(FileColumn?, sequenceNumber: Int64)
  /// Whether the row is deleted (`_deleted`), where deleted rows are shown.
  case deleted

  /// Finds the source of a field.
  ///
  /// - Parameters:
  ///   - field: A top-level column of the table's schema, or a metadata column.
  ///   - columns: The file's columns.
  ///   - task: The file.
  /// - Throws: ``TableFormatError`` if the file's column cannot become the field, or a required one is absent.
  init(_ field: NestedField, in columns: [FileColumn], _ task: FileScanTask) throws(TableFormatError) {
    if field.id.isReserved, let source = try ColumnSource.metadata(field, columns, task) {
      self = source
      return
    }
    let type = try ColumnSource.type(of: field, task)
    // Identity partitions hold one value; the file may not even have the column (rules 2 and 3). A delete file
    // may hold keys of other partitions, which delete nothing in its own.
    let isStored = columns.contains { $0.id == field.id }
    if !field.type.isNested, let value = task.identityValues[field.id],
      !isStored || (task.file.content == .data && !value.mayBeNarrowed(of: type))
    {
      self = .constant(VectorBuilder.single(ColumnSource.fitting(value, type), type))
      return
    }
    if let column = columns.first(where: { $0.id == field.id }) {
      self = .file(column, try ColumnConversion(column, to: field, file: task.file.path))
      return
    }
    if field.isRequired && field.initialDefault == nil {
      throw TableFormatError(
        .damaged, "the data file lacks the required column \"\(field.name)\", which has no default",
        hint: columns.contains { $0.column.fieldID != nil }
          ? nil : "the name mapping schema.name-mapping.default does not name it either",
        file: task.file.path, field: field.name)
    }
    self = .constant(VectorBuilder.single(field.initialDefault ?? .null, type))
  }

  /// The type of a field's values; an error that names the field if they cannot be read.
  private static func type(
    of field: NestedField, _ task: FileScanTask
  ) throws(TableFormatError) -> LogicalType {
    do throws(TableFormatError) {
      return try field.type.logicalType
    } catch {
      throw TableFormatError(
        error.kind, "the column \"\(field.name)\" cannot be read: \(error.message)",
        hint: "name the other columns, or leave it out of *", file: task.file.path, field: field.name,
        cause: error)
    }
  }

  /// Returns a partition value in the field's own type, which may be wider than it was.
  private static func fitting(_ value: ScalarValue, _ type: LogicalType) -> ScalarValue {
    switch (value, type) {
    case (.null, _), (.boolean, .boolean), (.bytes, .varchar), (.bytes, .binary), (.bytes, .fixed),
      (.bytes, .uuid),
      (.decimal, .decimal), (.real, .real), (.double, .double):
      return value
    case (.real(let number), .double): return .double(Double(number))
    case (.double(let number), .real): return .real(Float(number))
    case (.integer(let number), .decimal): return .decimal(Int128(number))
    case (.integer, _):
      switch type.physicalType {
      case .int32, .int64: return value
      default: return .null
      }
    default: return .null
    }
  }

  private static func metadata(
    _ field: NestedField, _ columns: [FileColumn], _ task: FileScanTask
  ) throws(TableFormatError) -> ColumnSource? {
    switch field.id {
    case .file: return .constant(VectorBuilder.single(.text(task.file.path), .varchar))
    case .position: return .position
    case .specID: return .constant(VectorBuilder.single(.integer(Int64(task.spec.id)), .integer))
    case .isDeleted:
      if task.showsDeletedRows && !task.deletes.isEmpty { return .deleted }
      return .constant(VectorBuilder.single(.boolean(false), .boolean))
    case .partition:
      let type = try field.type.logicalType
      guard case .struct(let members) = field.type else {
        return .constant(VectorBuilder.single(.null, type))
      }
      let types = type.childTypes
      let values = members.indices.map { index in
        let place = task.spec.fields.firstIndex { $0.id == members[index].id }
        guard let place, place < task.file.partition.count else { return ScalarValue.null }
        return fitting(task.file.partition[place], types[index])
      }
      return .constant(VectorBuilder.single(.struct(values), type))
    case .rowID:
      guard let first = task.file.firstRowID else {
        return .constant(VectorBuilder.single(.null, .bigint))
      }
      return .rowID(columns.first { $0.id == .rowID }, first: first)
    case .lastUpdatedSequenceNumber:
      guard task.file.firstRowID != nil else { return .constant(VectorBuilder.single(.null, .bigint)) }
      return .lastUpdated(
        columns.first { $0.id == .lastUpdatedSequenceNumber }, sequenceNumber: task.dataSequenceNumber)
    default: return nil
    }
  }
}

extension NestedField {
  /// The metadata column that holds the path of the row's data file.
  package static var file: NestedField {
    NestedField(id: .file, name: "_file", type: .string, isRequired: true)
  }
  /// The metadata column that holds the row's number in its data file.
  package static var position: NestedField {
    NestedField(id: .position, name: "_pos", type: .long, isRequired: true)
  }
  /// The metadata column that tells deleted rows, which are read where it is asked for.
  package static var isDeleted: NestedField {
    NestedField(id: .isDeleted, name: "_deleted", type: .boolean, isRequired: true)
  }
  /// The metadata column that holds the id of the partition spec of the row's data file.
  package static var specID: NestedField {
    NestedField(id: .specID, name: "_spec_id", type: .int, isRequired: true)
  }
  /// The metadata column that holds the row's id (v3).
  package static var rowID: NestedField { NestedField(id: .rowID, name: "_row_id", type: .long) }
  /// The metadata column that holds the sequence number that last changed the row (v3).
  package static var lastUpdatedSequenceNumber: NestedField {
    NestedField(id: .lastUpdatedSequenceNumber, name: "_last_updated_sequence_number", type: .long)
  }

  /// The metadata column that holds the row's partition: the fields of all specs of a table, each once.
  ///
  /// - Parameter metadata: The table's.
  /// - Returns: The column; a field that is not of a row's own spec is null, and all of it in a table that never had
  ///   a partition.
  /// - Throws: ``TableFormatError`` if a partition field's source is in no schema.
  package static func partition(of metadata: TableMetadata) throws(TableFormatError) -> NestedField {
    var fields: [NestedField] = []
    for spec in metadata.partitionSpecs.reversed() {
      for field in try metadata.partitionType(of: spec) where !fields.contains(where: { $0.id == field.id }) {
        fields.append(field)
      }
    }
    let type = fields.isEmpty ? IcebergType.unknown : .struct(fields.sorted { $0.id < $1.id })
    return NestedField(id: .partition, name: "_partition", type: type)
  }
}
