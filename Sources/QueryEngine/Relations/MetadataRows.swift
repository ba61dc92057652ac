internal import Columnar
internal import TableFormat

/// Rows of a metadata table before they become columns.
struct MetadataRows {
  var columns: [(name: String, type: LogicalType)]
  var rows: [[ScalarValue]]

  /// Returns them as a relation.
  func relation(named name: String) -> InMemoryRelation {
    InMemoryRelation(
      displayName: name, columns: columns.map { RelationColumn($0.name, $0.type) },
      batches: StatementResult.batches(of: rows, types: columns.map(\.type)))
  }
}

/// The partition fields of all specs of a table as one struct, by field id.
///
/// A file of an older spec has nulls for the fields that its spec lacks.
struct PartitionShape {
  let type: LogicalType
  private let fieldIDs: [FieldID]
  private let specs: [Int: PartitionSpec]

  init(_ table: Table) throws(TableFormatError) {
    var fields: [LogicalType.StructField] = []
    var ids: [FieldID] = []
    for spec in table.metadata.partitionSpecs.sorted(by: { $0.id > $1.id }) {
      for field in try table.metadata.partitionType(of: spec) where !ids.contains(field.id) {
        ids.append(field.id)
        fields.append(.init(field.name, try field.type.logicalType))
      }
    }
    (type, fieldIDs) = (.struct(fields), ids)
    var specs: [Int: PartitionSpec] = [:]
    for spec in table.metadata.partitionSpecs { specs[spec.id] = spec }
    self.specs = specs
  }

  var isEmpty: Bool { fieldIDs.isEmpty }

  /// Returns the partition values of a file, one for each field of ``type``.
  func values(of file: DataFile) -> [ScalarValue] {
    guard let spec = specs[file.specID] else { return fieldIDs.map { _ in .null } }
    return fieldIDs.map { id in
      guard let index = spec.fields.firstIndex(where: { $0.id == id }), index < file.partition.count else {
        return .null
      }
      return file.partition[index]
    }
  }
}

/// The columns of `files`, `data_files` and `delete_files`.
struct FileRows {
  let columns: [(name: String, type: LogicalType)]
  private let shape: PartitionShape
  private let schema: Schema
  private let metricsTypes: [(field: NestedField, type: LogicalType)]

  init(_ shape: PartitionShape, _ schema: Schema) {
    let counts = LogicalType.map(key: .integer, value: .bigint)
    let bounds = LogicalType.map(key: .integer, value: .binary)
    var metrics: [(NestedField, LogicalType)] = []
    for id in schema.allFieldIDs {
      guard let field = schema.field(id: id), !field.type.isNested, let type = try? field.type.logicalType
      else {
        continue
      }
      metrics.append((field, type))
    }
    metricsTypes = metrics.sorted { (schema.name(of: $0.0.id) ?? "") < (schema.name(of: $1.0.id) ?? "") }
    let readable = LogicalType.struct(
      metricsTypes.map { field, type in
        .init(
          schema.name(of: field.id) ?? field.name,
          .struct([
            .init("column_size", .bigint), .init("value_count", .bigint), .init("null_value_count", .bigint),
            .init("nan_value_count", .bigint), .init("lower_bound", type), .init("upper_bound", type),
          ]))
      })
    var columns: [(name: String, type: LogicalType)] = [
      ("content", .integer), ("file_path", .varchar), ("file_format", .varchar), ("spec_id", .integer),
    ]
    if !shape.isEmpty { columns.append(("partition", shape.type)) }
    columns += [
      ("record_count", .bigint), ("file_size_in_bytes", .bigint), ("column_sizes", counts),
      ("value_counts", counts), ("null_value_counts", counts), ("nan_value_counts", counts),
      ("lower_bounds", bounds), ("upper_bounds", bounds), ("key_metadata", .binary),
      ("split_offsets", .list(.bigint)), ("equality_ids", .list(.integer)), ("sort_order_id", .integer),
      ("first_row_id", .bigint), ("referenced_data_file", .varchar), ("content_offset", .bigint),
      ("content_size_in_bytes", .bigint), ("readable_metrics", readable),
    ]
    (self.columns, self.shape, self.schema) = (columns, shape, schema)
  }

  func row(of file: DataFile) throws(TableFormatError) -> [ScalarValue] {
    var row: [ScalarValue] = [
      .integer(Int64(file.content.rawValue)), .text(file.path), .text(file.format.name),
      .integer(Int64(file.specID)),
    ]
    if !shape.isEmpty { row.append(.struct(shape.values(of: file))) }
    row += [
      .integer(file.recordCount), .integer(file.fileSizeInBytes), counts(file.columnSizes),
      counts(file.valueCounts), counts(file.nullValueCounts), counts(file.nanValueCounts),
      bounds(file.lowerBounds), bounds(file.upperBounds), file.keyMetadata.map { .bytes($0) } ?? .null,
      file.splitOffsets.map { .list($0.map { .integer($0) }) } ?? .null,
      file.equalityIDs.map { .list($0.map { .integer(Int64($0.rawValue)) }) } ?? .null,
      .optional(file.sortOrderID.map { Int64($0) }), .optional(file.firstRowID),
      .optional(file.referencedDataFile), .optional(file.contentOffset), .optional(file.contentSizeInBytes),
      .struct(metricsTypes.map { readable($0.field, file) }),
    ]
    return row
  }

  private func counts(_ counts: FieldCounts) -> ScalarValue {
    counts.isEmpty
      ? .null
      : .map(
        keys: counts.all.map { .integer(Int64($0.id.rawValue)) },
        values: counts.all.map { .integer($0.count) })
  }

  private func bounds(_ bounds: FieldBounds) -> ScalarValue {
    bounds.isEmpty
      ? .null
      : .map(
        keys: bounds.all.map { .integer(Int64($0.id.rawValue)) }, values: bounds.all.map { .bytes($0.value) })
  }

  private func readable(_ field: NestedField, _ file: DataFile) -> ScalarValue {
    func bound(_ bytes: [UInt8]?) -> ScalarValue {
      guard let bytes, let value = try? SingleValue.decode(bytes, as: field.type) else { return .null }
      return value
    }
    return .struct([
      .optional(file.columnSizes[field.id]), .optional(file.valueCounts[field.id]),
      .optional(file.nullValueCounts[field.id]), .optional(file.nanValueCounts[field.id]),
      bound(file.lowerBounds[field.id]), bound(file.upperBounds[field.id]),
    ])
  }
}

/// What the files of one partition add up to.
struct PartitionTotals {
  static let columns: [(name: String, type: LogicalType)] = [
    ("record_count", .bigint), ("file_count", .integer), ("total_data_file_size_in_bytes", .bigint),
    ("position_delete_record_count", .bigint), ("position_delete_file_count", .integer),
    ("equality_delete_record_count", .bigint), ("equality_delete_file_count", .integer),
    ("last_updated_at", .timestampTZ), ("last_updated_snapshot_id", .bigint),
  ]
  private var recordCount: Int64 = 0
  private var fileCount: Int64 = 0
  private var byteCount: Int64 = 0
  private var positionRecords: Int64 = 0
  private var positionFiles: Int64 = 0
  private var equalityRecords: Int64 = 0
  private var equalityFiles: Int64 = 0
  private var newest: (millis: Int64, id: SnapshotID)?

  mutating func add(_ entry: ManifestEntry, _ snapshots: [SnapshotID: Snapshot]) {
    switch entry.file.content {
    case .data:
      recordCount += entry.file.recordCount
      fileCount += 1
      byteCount += entry.file.fileSizeInBytes
    case .positionDeletes:
      positionRecords += entry.file.recordCount
      positionFiles += 1
    case .equalityDeletes:
      equalityRecords += entry.file.recordCount
      equalityFiles += 1
    }
    if let id = entry.snapshotID, let snapshot = snapshots[id],
      snapshot.timestampMillis >= newest?.millis ?? .min
    {
      newest = (snapshot.timestampMillis, id)
    }
  }

  var row: [ScalarValue] {
    [
      .integer(recordCount), .integer(fileCount), .integer(byteCount), .integer(positionRecords),
      .integer(positionFiles), .integer(equalityRecords), .integer(equalityFiles),
      .optional(newest.map { $0.millis * 1000 }), .optional(newest?.id.rawValue),
    ]
  }
}
