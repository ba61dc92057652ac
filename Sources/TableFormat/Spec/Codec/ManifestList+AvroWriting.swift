internal import FileFormats

extension ManifestList {
  private static func schema(formatVersion: Int) -> AvroSchema {
    let summary = AvroSchema.record(
      "r508",
      [
        AvroField("contains_null", .boolean, fieldID: 509), .optional("contains_nan", .boolean, fieldID: 518),
        .optional("lower_bound", .bytes, fieldID: 510), .optional("upper_bound", .bytes, fieldID: 511),
      ])
    let partitions = AvroField.optional("partitions", .array(summary, elementID: 508), fieldID: 507)
    var fields = [
      AvroField("manifest_path", .string, fieldID: 500), AvroField("manifest_length", .long, fieldID: 501),
      AvroField("partition_spec_id", .int, fieldID: 502),
    ]
    if formatVersion == 1 {
      fields += [
        AvroField("added_snapshot_id", .long, fieldID: 503),
        .optional("added_data_files_count", .int, fieldID: 504),
        .optional("existing_data_files_count", .int, fieldID: 505),
        .optional("deleted_data_files_count", .int, fieldID: 506),
        partitions, .optional("added_rows_count", .long, fieldID: 512),
        .optional("existing_rows_count", .long, fieldID: 513),
        .optional("deleted_rows_count", .long, fieldID: 514), .optional("key_metadata", .bytes, fieldID: 519),
      ]
      return .record("manifest_file", fields)
    }
    fields += [
      AvroField("content", .int, fieldID: 517), AvroField("sequence_number", .long, fieldID: 515),
      AvroField("min_sequence_number", .long, fieldID: 516),
      AvroField("added_snapshot_id", .long, fieldID: 503),
      AvroField("added_files_count", .int, fieldID: 504),
      AvroField("existing_files_count", .int, fieldID: 505),
      AvroField("deleted_files_count", .int, fieldID: 506),
      AvroField("added_rows_count", .long, fieldID: 512),
      AvroField("existing_rows_count", .long, fieldID: 513),
      AvroField("deleted_rows_count", .long, fieldID: 514), partitions,
      .optional("key_metadata", .bytes, fieldID: 519),
    ]
    if formatVersion >= 3 { fields.append(.optional("first_row_id", .long, fieldID: 520)) }
    return .record("manifest_file", fields)
  }

  /// The bytes of a manifest list.
  ///
  /// - Parameters:
  ///   - manifests: The manifests, in order.
  ///   - formatVersion: The table's format version.
  ///   - snapshot: The snapshot's id, its parent's and its sequence number, for the header.
  /// - Returns: An Avro file.
  /// - Throws: ``TableFormatError`` when it cannot be encoded.
  package static func write(
    _ manifests: [ManifestFile], formatVersion: Int,
    snapshot: (id: SnapshotID, parent: SnapshotID?, sequenceNumber: Int64)
  ) throws(TableFormatError) -> [UInt8] {
    var metadata = [
      (key: "snapshot-id", value: snapshot.id.description),
      (key: "parent-snapshot-id", value: snapshot.parent?.description ?? "null"),
    ]
    if formatVersion >= 2 {
      metadata.append((key: "sequence-number", value: String(snapshot.sequenceNumber)))
    }
    metadata.append((key: "format-version", value: String(formatVersion)))
    return try TableFormatError.wrapping { () throws(FileFormatError) in
      var writer = AvroWriter(schema: schema(formatVersion: formatVersion), metadata: metadata)
      for manifest in manifests {
        encode(manifest, formatVersion, &writer.encoder)
        try writer.endObject()
      }
      return try writer.finish()
    }
  }

  private static func encode(_ manifest: ManifestFile, _ formatVersion: Int, _ encoder: inout AvroEncoder) {
    encoder.writeString(manifest.path)
    encoder.writeLong(manifest.byteCount)
    encoder.writeLong(Int64(manifest.specID))
    let files = [manifest.addedFilesCount, manifest.existingFilesCount, manifest.deletedFilesCount]
    let rows = [manifest.addedRowsCount, manifest.existingRowsCount, manifest.deletedRowsCount]
    if formatVersion == 1 {
      encoder.writeLong(manifest.addedSnapshotID.rawValue)
      for count in files { encoder.writeOptional(count.map { Int64($0) }) }
      encodePartitions(manifest.partitions, &encoder)
      for count in rows { encoder.writeOptional(count) }
      encoder.writeOptional(manifest.keyMetadata)
      return
    }
    encoder.writeLong(Int64(manifest.content.rawValue))
    encoder.writeLong(manifest.sequenceNumber)
    encoder.writeLong(manifest.minSequenceNumber)
    encoder.writeLong(manifest.addedSnapshotID.rawValue)
    for count in files { encoder.writeLong(Int64(count ?? 0)) }
    for count in rows { encoder.writeLong(count ?? 0) }
    encodePartitions(manifest.partitions, &encoder)
    encoder.writeOptional(manifest.keyMetadata)
    if formatVersion >= 3 { encoder.writeOptional(manifest.firstRowID) }
  }

  private static func encodePartitions(_ partitions: [PartitionFieldSummary]?, _ encoder: inout AvroEncoder) {
    guard let partitions else {
      encoder.writeBranch(0)
      return
    }
    encoder.writeBranch(1)
    if !partitions.isEmpty {
      encoder.writeBlockCount(partitions.count)
      for summary in partitions {
        encoder.writeBoolean(summary.containsNull)
        encoder.writeBranch(summary.containsNaN == nil ? 0 : 1)
        if let flag = summary.containsNaN { encoder.writeBoolean(flag) }
        encoder.writeOptional(summary.lowerBound)
        encoder.writeOptional(summary.upperBound)
      }
    }
    encoder.writeBlockCount(0)
  }
}

extension AvroEncoder {
  /// Writes a number of a union whose first branch is null.
  mutating func writeOptional(_ value: Int64?) {
    writeBranch(value == nil ? 0 : 1)
    if let value { writeLong(value) }
  }

  /// Writes a byte string of a union whose first branch is null.
  mutating func writeOptional(_ value: [UInt8]?) {
    writeBranch(value == nil ? 0 : 1)
    if let value { writeBytes(value) }
  }

  /// Writes a text of a union whose first branch is null.
  mutating func writeOptional(_ value: String?) {
    writeBranch(value == nil ? 0 : 1)
    if let value { writeString(value) }
  }
}
