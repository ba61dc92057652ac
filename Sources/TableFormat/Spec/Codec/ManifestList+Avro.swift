package import FileFormats

/// Manifest lists (Iceberg spec, "Manifest Lists").
package enum ManifestList {
  private enum Slot: Hashable, Sendable {
    case path, length, specID, content, sequenceNumber, minSequenceNumber, snapshotID, addedFiles
    case existingFiles, deletedFiles, addedRows, existingRows, deletedRows, partitions, keyMetadata,
      firstRowID
  }

  private enum SummarySlot: Hashable, Sendable { case containsNull, containsNaN, lowerBound, upperBound }

  private static let ids: [Int: Slot] = [
    500: .path, 501: .length, 502: .specID, 517: .content, 515: .sequenceNumber, 516: .minSequenceNumber,
    503: .snapshotID, 504: .addedFiles, 505: .existingFiles, 506: .deletedFiles, 512: .addedRows,
    513: .existingRows, 514: .deletedRows, 507: .partitions, 519: .keyMetadata, 520: .firstRowID,
  ]

  /// v1 called the counts `…_data_files_count`.
  private static let names: [String: Slot] = [
    "manifest_path": .path, "manifest_length": .length, "partition_spec_id": .specID, "content": .content,
    "sequence_number": .sequenceNumber, "min_sequence_number": .minSequenceNumber,
    "added_snapshot_id": .snapshotID, "added_files_count": .addedFiles,
    "added_data_files_count": .addedFiles, "existing_files_count": .existingFiles,
    "existing_data_files_count": .existingFiles, "deleted_files_count": .deletedFiles,
    "deleted_data_files_count": .deletedFiles, "added_rows_count": .addedRows,
    "existing_rows_count": .existingRows, "deleted_rows_count": .deletedRows, "partitions": .partitions,
    "key_metadata": .keyMetadata, "first_row_id": .firstRowID,
  ]

  /// Reads the manifests of a snapshot, from its list or, in old v1 tables, from its own names (rule 25).
  package static func read(
    _ snapshot: Snapshot, of metadata: TableMetadata, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> [ManifestFile] {
    guard let location = snapshot.manifestList else {
      var result: [ManifestFile] = []
      for manifest in snapshot.manifests {
        result.append(
          try Manifest.describe(manifest, snapshot: snapshot, fileSystem: fileSystem, paths: paths))
      }
      return result
    }
    let path = try paths.path(of: location)
    let bytes = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.readAll(path)
    }
    return try read(bytes, file: location)
  }

  /// Reads the bytes of a manifest list.
  package static func read(_ bytes: [UInt8], file: String) throws(TableFormatError) -> [ManifestFile] {
    var result: [ManifestFile] = []
    var reader = try TableFormatError.wrapping(file) { () throws(FileFormatError) in
      try AvroReader(bytes, file: file)
    }
    let plan = AvroRecordPlan(reader.schema, ids: ids, names: names)
    try plan.require([(.path, "manifest_path"), (.length, "manifest_length")], file)
    let summaries = summaryPlan(reader.schema)
    do throws(FileFormatError) {
      while var block = try reader.nextBlock() {
        for _ in 0..<block.count { result.append(try manifest(&block.decoder, plan, summaries)) }
        guard block.decoder.isAtEnd else { throw block.decoder.error("the block is longer than its entries") }
      }
    } catch {
      throw TableFormatError(error, file: file)
    }
    return result
  }

  private static func summaryPlan(_ schema: AvroSchema) -> AvroRecordPlan<SummarySlot> {
    let field = schema.fields.first { $0.fieldID == 507 || $0.name == "partitions" }
    guard case .array(let element)? = field?.schema.nonNull.kind else {
      return AvroRecordPlan(AvroSchema(.null), ids: [:], names: [:])
    }
    return AvroRecordPlan(
      element.nonNull,
      ids: [509: .containsNull, 518: .containsNaN, 510: .lowerBound, 511: .upperBound],
      names: [
        "contains_null": .containsNull, "contains_nan": .containsNaN, "lower_bound": .lowerBound,
        "upper_bound": .upperBound,
      ])
  }

  private static func manifest(
    _ decoder: inout AvroDecoder, _ plan: AvroRecordPlan<Slot>, _ summaries: AvroRecordPlan<SummarySlot>
  ) throws(FileFormatError) -> ManifestFile {
    var file = ManifestFile(path: "", byteCount: 0, specID: 0, addedSnapshotID: 0)
    for step in plan.steps {
      guard let slot = step.slot else {
        try decoder.skip(step.type.whole)
        continue
      }
      guard try decoder.hasValue(step.type) else { continue }
      switch slot {
      case .path: file.path = try decoder.readText(step.type)
      case .length: file.byteCount = try decoder.readNumber(step.type)
      case .specID: file.specID = Int(try decoder.readNumber(step.type))
      case .content: file.content = try decoder.readNumber(step.type) == 1 ? .deletes : .data
      case .sequenceNumber: file.sequenceNumber = try decoder.readNumber(step.type)
      case .minSequenceNumber: file.minSequenceNumber = try decoder.readNumber(step.type)
      case .snapshotID: file.addedSnapshotID = SnapshotID(try decoder.readNumber(step.type))
      case .addedFiles: file.addedFilesCount = Int(try decoder.readNumber(step.type))
      case .existingFiles: file.existingFilesCount = Int(try decoder.readNumber(step.type))
      case .deletedFiles: file.deletedFilesCount = Int(try decoder.readNumber(step.type))
      case .addedRows: file.addedRowsCount = try decoder.readNumber(step.type)
      case .existingRows: file.existingRowsCount = try decoder.readNumber(step.type)
      case .deletedRows: file.deletedRowsCount = try decoder.readNumber(step.type)
      case .partitions: file.partitions = try partitions(&decoder, step.type, summaries)
      case .keyMetadata: file.keyMetadata = try decoder.readBlob(step.type)
      case .firstRowID: file.firstRowID = try decoder.readNumber(step.type)
      }
    }
    return file
  }

  private static func partitions(
    _ decoder: inout AvroDecoder, _ type: AvroFieldType, _ plan: AvroRecordPlan<SummarySlot>
  ) throws(FileFormatError) -> [PartitionFieldSummary] {
    guard case .array(let element) = type.schema.kind else {
      throw decoder.error("partitions are not an array")
    }
    var result: [PartitionFieldSummary] = []
    while case let count = try decoder.readBlockCount(), count > 0 {
      for _ in 0..<count {
        var summary = PartitionFieldSummary(containsNull: true)
        if element.nullBranch != nil { _ = try decoder.readLong() }
        for step in plan.steps {
          guard let slot = step.slot else {
            try decoder.skip(step.type.whole)
            continue
          }
          guard try decoder.hasValue(step.type) else { continue }
          switch slot {
          case .containsNull: summary.containsNull = try decoder.readFlag(step.type)
          case .containsNaN: summary.containsNaN = try decoder.readFlag(step.type)
          case .lowerBound: summary.lowerBound = try decoder.readBlob(step.type)
          case .upperBound: summary.upperBound = try decoder.readBlob(step.type)
          }
        }
        result.append(summary)
      }
    }
    return result
  }
}
