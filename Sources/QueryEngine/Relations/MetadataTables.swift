internal import Columnar
internal import TableFormat

/// The tables that describe a table: its snapshots, files, manifests and so on, with Spark's column names.
///
/// A new one is a case in ``relation(_:of:version:catalog:)`` and a name in ``names``.
enum MetadataTables {
  /// The names that follow a table's name.
  static let names: Set<String> = [
    "snapshots", "history", "refs", "metadata_log_entries", "manifests", "all_manifests", "files",
    "data_files",
    "delete_files", "all_files", "all_data_files", "all_delete_files", "entries", "all_entries", "partitions",
    "statistics", "position_deletes",
  ]

  /// Returns one of them at a state of the table.
  static func relation(
    _ name: String, of table: Table, version: TableVersion?, catalog: String
  ) throws(QueryError) -> InMemoryRelation {
    let pinned = try TableRelation(table, catalog: catalog, version: version)
    let display = "\(pinned.displayName).\(name)"
    do throws(TableFormatError) {
      let rows: MetadataRows
      switch name {
      case "snapshots": rows = try snapshots(table)
      case "history": rows = try history(table)
      case "refs": rows = references(table)
      case "metadata_log_entries": rows = try metadataLog(table)
      case "statistics": rows = statistics(table)
      case "manifests": rows = try manifests(table, [pinned.snapshot].compactMap { $0 }, isAll: false)
      case "all_manifests":
        rows = try manifests(table, Array(table.metadata.snapshots.entries()), isAll: true)
      case "files": rows = try files(table, [pinned.snapshot]) { _ in true }
      case "data_files": rows = try files(table, [pinned.snapshot]) { $0 == .data }
      case "delete_files": rows = try files(table, [pinned.snapshot]) { $0 != .data }
      case "all_files": rows = try files(table, Array(table.metadata.snapshots.entries())) { _ in true }
      case "all_data_files":
        rows = try files(table, Array(table.metadata.snapshots.entries())) { $0 == .data }
      case "all_delete_files":
        rows = try files(table, Array(table.metadata.snapshots.entries())) { $0 != .data }
      case "entries": rows = try entries(table, [pinned.snapshot])
      case "all_entries": rows = try entries(table, Array(table.metadata.snapshots.entries()))
      case "partitions": rows = try partitions(table, pinned.snapshot)
      case "position_deletes": rows = try positionDeletes(table, pinned.snapshot)
      default: throw TableFormatError(.unsupported, "there is no metadata table \"\(name)\"")
      }
      return rows.relation(named: display)
    } catch {
      throw QueryError(error)
    }
  }

  private static func snapshots(_ table: Table) throws(TableFormatError) -> MetadataRows {
    MetadataRows(
      columns: [
        ("committed_at", .timestampTZ), ("snapshot_id", .bigint), ("parent_id", .bigint),
        ("operation", .varchar),
        ("manifest_list", .varchar), ("summary", .map(key: .varchar, value: .varchar)),
      ],
      rows: try table.metadata.snapshots.entries().map { snapshot in
        let values = snapshot.summary.values.sorted { $0.key < $1.key }
        return [
          .integer(snapshot.timestampMillis * 1000), .integer(snapshot.id.rawValue),
          .optional(snapshot.parentID?.rawValue), .optional(snapshot.summary.operation?.rawValue),
          .optional(snapshot.manifestList),
          .map(keys: values.map { .text($0.key) }, values: values.map { .text($0.value) }),
        ]
      })
  }

  private static func history(_ table: Table) throws(TableFormatError) -> MetadataRows {
    let ancestors = Set(try table.metadata.ancestry(of: table.metadata.currentSnapshotID).map(\.id))
    let snapshots = try byID(table)
    return MetadataRows(
      columns: [
        ("made_current_at", .timestampTZ), ("snapshot_id", .bigint), ("parent_id", .bigint),
        ("is_current_ancestor", .boolean),
      ],
      rows: try table.metadata.snapshotLog.entries().map { entry in
        [
          .integer(entry.timestampMillis * 1000), .integer(entry.snapshotID.rawValue),
          .optional(snapshots[entry.snapshotID]?.parentID?.rawValue),
          .boolean(ancestors.contains(entry.snapshotID)),
        ]
      })
  }

  private static func references(_ table: Table) -> MetadataRows {
    MetadataRows(
      columns: [
        ("name", .varchar), ("type", .varchar), ("snapshot_id", .bigint),
        ("max_reference_age_in_ms", .bigint),
        ("min_snapshots_to_keep", .integer), ("max_snapshot_age_in_ms", .bigint),
      ],
      rows: table.metadata.references.sorted { $0.key < $1.key }.map { name, reference in
        [
          .text(name), .text(reference.kind.rawValue.uppercased()), .integer(reference.snapshotID.rawValue),
          .optional(reference.maxRefAgeMillis), .optional(reference.minSnapshotsToKeep.map { Int64($0) }),
          .optional(reference.maxSnapshotAgeMillis),
        ]
      })
  }

  private static func byID(_ table: Table) throws(TableFormatError) -> [SnapshotID: Snapshot] {
    Dictionary(try table.metadata.snapshots.entries().map { ($0.id, $0) }) { _, last in last }
  }

  private static func metadataLog(_ table: Table) throws(TableFormatError) -> MetadataRows {
    let (log, snapshots) = (try table.metadata.snapshotLog.entries(), try byID(table))
    let current = TableMetadata.MetadataLogEntry(
      timestampMillis: table.metadata.lastUpdatedMillis, metadataFile: table.metadataLocation)
    return MetadataRows(
      columns: [
        ("timestamp", .timestampTZ), ("file", .varchar), ("latest_snapshot_id", .bigint),
        ("latest_schema_id", .integer), ("latest_sequence_number", .bigint),
      ],
      rows: (table.metadata.metadataLog + [current]).map { entry in
        let logged = log.last { $0.timestampMillis <= entry.timestampMillis }
        let snapshot = logged.flatMap { snapshots[$0.snapshotID] }
        return [
          .integer(entry.timestampMillis * 1000), .text(entry.metadataFile),
          .optional(logged?.snapshotID.rawValue), .optional(snapshot?.schemaID.map { Int64($0) }),
          .optional(snapshot?.sequenceNumber),
        ]
      })
  }

  private static func statistics(_ table: Table) -> MetadataRows {
    MetadataRows(
      columns: [
        ("snapshot_id", .bigint), ("statistics_path", .varchar), ("file_size_in_bytes", .bigint),
        ("column_name", .varchar), ("ndv", .varchar),
      ],
      rows: table.metadata.statistics.flatMap { file in
        file.blobs.map { blob in
          [
            .integer(file.snapshotID.rawValue), .text(file.path), .integer(file.fileSizeInBytes),
            .optional(blob.fields.first.flatMap { table.schema.name(of: $0) }),
            .optional(blob.properties["ndv"]),
          ]
        }
      })
  }

  private static func manifests(
    _ table: Table, _ snapshots: [Snapshot], isAll: Bool
  ) throws(TableFormatError) -> MetadataRows {
    let summary = LogicalType.struct([
      .init("contains_null", .boolean), .init("contains_nan", .boolean), .init("lower_bound", .varchar),
      .init("upper_bound", .varchar),
    ])
    var columns: [(name: String, type: LogicalType)] = [
      ("content", .integer), ("path", .varchar), ("length", .bigint), ("partition_spec_id", .integer),
      ("added_snapshot_id", .bigint), ("added_data_files_count", .integer),
      ("existing_data_files_count", .integer), ("deleted_data_files_count", .integer),
      ("added_delete_files_count", .integer), ("existing_delete_files_count", .integer),
      ("deleted_delete_files_count", .integer), ("partition_summaries", .list(summary)),
    ]
    if isAll { columns += [("reference_snapshot_id", .bigint), ("key_metadata", .binary)] }
    var rows: [[ScalarValue]] = []
    for snapshot in snapshots {
      for manifest in try table.manifests(of: snapshot) {
        let counts = [manifest.addedFilesCount, manifest.existingFilesCount, manifest.deletedFilesCount]
          .map { ScalarValue.optional($0.map { Int64($0) }) }
        let zeros = [ScalarValue](repeating: .integer(0), count: 3)
        var row: [ScalarValue] = [
          .integer(Int64(manifest.content.rawValue)), .text(manifest.path), .integer(manifest.byteCount),
          .integer(Int64(manifest.specID)), .integer(manifest.addedSnapshotID.rawValue),
        ]
        row += manifest.content == .data ? counts + zeros : zeros + counts
        row.append(.list(try summaries(of: manifest, table)))
        if isAll {
          row += [.integer(snapshot.id.rawValue), manifest.keyMetadata.map { .bytes($0) } ?? .null]
        }
        rows.append(row)
      }
    }
    return MetadataRows(columns: columns, rows: rows)
  }

  private static func summaries(
    of manifest: ManifestFile, _ table: Table
  ) throws(TableFormatError) -> [ScalarValue] {
    guard let spec = table.metadata.partitionSpec(id: manifest.specID) else { return [] }
    let types = try table.metadata.partitionType(of: spec)
    var result: [ScalarValue] = []
    for (field, summary) in zip(types, manifest.partitions ?? []) {
      func text(_ bound: [UInt8]?) throws(TableFormatError) -> ScalarValue {
        guard let bound else { return .null }
        return .text(
          ValueText.string(try SingleValue.decode(bound, as: field.type), as: try field.type.logicalType))
      }
      result.append(
        .struct([
          .boolean(summary.containsNull), summary.containsNaN.map { .boolean($0) } ?? .null,
          try text(summary.lowerBound), try text(summary.upperBound),
        ]))
    }
    return result
  }

  private static func files(
    _ table: Table, _ snapshots: [Snapshot?], where isWanted: (DataFile.Content) -> Bool
  ) throws(TableFormatError) -> MetadataRows {
    let shape = try PartitionShape(table)
    let fileRows = FileRows(shape, table.schema)
    var rows: [[ScalarValue]] = []
    for manifest in try manifests(of: snapshots, table) {
      for entry in try table.entries(of: manifest) where entry.isLive && isWanted(entry.file.content) {
        rows.append(try fileRows.row(of: entry.file))
      }
    }
    return MetadataRows(columns: fileRows.columns, rows: rows)
  }

  private static func entries(
    _ table: Table, _ snapshots: [Snapshot?]
  ) throws(TableFormatError) -> MetadataRows {
    let shape = try PartitionShape(table)
    let fileRows = FileRows(shape, table.schema)
    var rows: [[ScalarValue]] = []
    for manifest in try manifests(of: snapshots, table) {
      for entry in try table.entries(of: manifest) {
        let file = try fileRows.row(of: entry.file)
        rows.append([
          .integer(Int64(entry.status.rawValue)), .optional(entry.snapshotID?.rawValue),
          .optional(entry.sequenceNumber), .optional(entry.fileSequenceNumber), .struct(file.dropLast()),
          file[file.count - 1],
        ])
      }
    }
    let file = LogicalType.struct(fileRows.columns.dropLast().map { .init($0.name, $0.type) })
    return MetadataRows(
      columns: [
        ("status", .integer), ("snapshot_id", .bigint), ("sequence_number", .bigint),
        ("file_sequence_number", .bigint), ("data_file", file), fileRows.columns[fileRows.columns.count - 1],
      ], rows: rows)
  }

  private static func positionDeletes(
    _ table: Table, _ snapshot: Snapshot?
  ) throws(TableFormatError) -> MetadataRows {
    let shape = try PartitionShape(table)
    var columns: [(name: String, type: LogicalType)] = [
      ("file_path", .varchar), ("pos", .bigint),
      ("row", try IcebergType.struct(table.schema.fields).logicalType),
    ]
    if !shape.isEmpty { columns.append(("partition", shape.type)) }
    columns += [("spec_id", .integer), ("delete_file_path", .varchar)]
    let hasVectors = table.metadata.formatVersion >= 3
    if hasVectors { columns += [("content_offset", .bigint), ("content_size_in_bytes", .bigint)] }
    let deletes = try DeleteLoader(table)
    var rows: [[ScalarValue]] = []
    for entry in try liveEntries(table, snapshot) where entry.file.content == .positionDeletes {
      let file = entry.file
      var about: [ScalarValue] = shape.isEmpty ? [] : [.struct(shape.values(of: file))]
      about += [.integer(Int64(file.specID)), .text(file.path)]
      if hasVectors { about += [.optional(file.contentOffset), .optional(file.contentSizeInBytes)] }
      for deleted in try DeletedRow.all(in: file, of: table, deletes: deletes) {
        rows.append([.text(deleted.path), .integer(deleted.position), deleted.row] + about)
      }
    }
    return MetadataRows(columns: columns, rows: rows)
  }

  /// The manifests of some snapshots, each once.
  private static func manifests(
    of snapshots: [Snapshot?], _ table: Table
  ) throws(TableFormatError) -> [ManifestFile] {
    var (seen, result): (Set<String>, [ManifestFile]) = ([], [])
    for case .some(let snapshot) in snapshots {
      for manifest in try table.manifests(of: snapshot) where seen.insert(manifest.path).inserted {
        result.append(manifest)
      }
    }
    return result
  }

  private static func partitions(
    _ table: Table, _ snapshot: Snapshot?
  ) throws(TableFormatError) -> MetadataRows {
    let shape = try PartitionShape(table)
    let snapshots = try byID(table)
    var totals: [PartitionKey: PartitionTotals] = [:]
    for entry in try liveEntries(table, snapshot) {
      let key = PartitionKey(specID: entry.file.specID, values: shape.values(of: entry.file))
      totals[key, default: PartitionTotals()].add(entry, snapshots)
    }
    let ordered = totals.sorted { "\($0.key.values)" < "\($1.key.values)" }
    var columns = PartitionTotals.columns
    if !shape.isEmpty { columns = [("partition", shape.type), ("spec_id", .integer)] + columns }
    return MetadataRows(
      columns: columns,
      rows: ordered.map { key, total in
        (shape.isEmpty ? [] : [.struct(key.values), .integer(Int64(key.specID))]) + total.row
      })
  }

  private static func liveEntries(
    _ table: Table, _ snapshot: Snapshot?
  ) throws(TableFormatError) -> [ManifestEntry] {
    var entries: [ManifestEntry] = []
    for manifest in try manifests(of: [snapshot], table) where manifest.mayHaveLiveFiles {
      entries += try table.entries(of: manifest).filter(\.isLive)
    }
    return entries
  }

  private struct PartitionKey: Hashable {
    var specID: Int
    var values: [ScalarValue]
  }
}

extension ScalarValue {
  /// An integer, or null.
  static func optional(_ value: Int64?) -> ScalarValue { value.map { .integer($0) } ?? .null }
  /// Text, or null.
  static func optional(_ value: String?) -> ScalarValue { value.map { .text($0) } ?? .null }
}
