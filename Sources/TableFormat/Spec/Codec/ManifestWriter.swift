package import Columnar
internal import FileFormats

/// Builds one manifest: entries of one partition spec and one content (rules 18 to 22).
package struct ManifestWriter {
  private var writer: AvroWriter
  private let spec: PartitionSpec
  private let content: ManifestFile.Content
  private let formatVersion: Int
  private let snapshotID: SnapshotID
  private let partitionType: [NestedField]
  private var summaries: [PartitionSummaryBuilder]
  private var files = [0, 0, 0]
  private var rows: [Int64] = [0, 0, 0]
  private var minSequenceNumber: Int64?

  /// Bytes so far, the last of them not compressed yet.
  package var byteCount: Int { writer.byteCount }

  /// Entries so far.
  package var entryCount: Int { writer.objectCount }

  /// Begins a manifest.
  ///
  /// - Parameters:
  ///   - metadata: The table; its current schema goes to the header.
  ///   - spec: The partition spec of all files.
  ///   - content: What the files hold.
  ///   - snapshotID: The snapshot that adds the manifest.
  /// - Throws: ``TableFormatError`` when a source column of the spec is missing.
  package init(
    of metadata: TableMetadata, spec: PartitionSpec, content: ManifestFile.Content, snapshotID: SnapshotID
  ) throws(TableFormatError) {
    (self.spec, self.content, self.snapshotID) = (spec, content, snapshotID)
    formatVersion = metadata.formatVersion
    partitionType = try metadata.partitionType(of: spec)
    summaries = partitionType.map { PartitionSummaryBuilder(type: $0.type) }
    var header = [
      (key: "schema", value: JSONWriter.string(metadata.schema.json)),
      (key: "schema-id", value: String(metadata.schema.id)),
      (key: "partition-spec", value: JSONWriter.string(spec.fieldsJSON)),
      (key: "partition-spec-id", value: String(spec.id)),
      (key: "format-version", value: String(formatVersion)),
    ]
    if formatVersion >= 2 {
      header.append((key: "content", value: content == .data ? "data" : "deletes"))
    }
    writer = AvroWriter(
      schema: try ManifestSchema.entry(formatVersion: formatVersion, partitionType: partitionType),
      metadata: header)
  }

  /// Adds an entry.
  package mutating func append(_ entry: ManifestEntry) throws(TableFormatError) {
    let file = entry.file
    guard file.partition.count == partitionType.count else {
      throw TableFormatError(
        .invalidArgument,
        "the file \(file.path) has \(file.partition.count) partition values, and its spec \(partitionType.count)",
        file: file.path)
    }
    for (field, value) in zip(partitionType, file.partition) where !Self.accepts(value, as: field.type) {
      throw TableFormatError(
        .invalidArgument,
        "the partition value \"\(field.name)\" of the file \(file.path) is no \(field.type)",
        file: file.path, field: field.name)
    }
    files[entry.status.rawValue] += 1
    rows[entry.status.rawValue] &+= file.recordCount
    if entry.isLive, let number = entry.sequenceNumber {
      minSequenceNumber = min(minSequenceNumber ?? .max, number)
    }
    for (place, value) in file.partition.enumerated() { summaries[place].add(value) }
    encode(entry)
    try TableFormatError.wrapping { () throws(FileFormatError) in try writer.endObject() }
  }

  /// Ends the manifest.
  ///
  /// - Parameters:
  ///   - location: Where it will be.
  ///   - sequenceNumber: The sequence number of the commit.
  /// - Returns: The bytes, and the description for the manifest list.
  /// - Throws: ``TableFormatError`` when it cannot be encoded.
  package consuming func finish(
    location: String, sequenceNumber: Int64
  ) throws(TableFormatError) -> (bytes: [UInt8], manifest: ManifestFile) {
    // Files without a number of their own get the commit's, so that a retry can raise it (rule 69).
    let minimum =
      files[ManifestEntry.Status.added.rawValue] > 0 || minSequenceNumber == nil
      ? min(minSequenceNumber ?? sequenceNumber, sequenceNumber) : minSequenceNumber ?? sequenceNumber
    var manifest = ManifestFile(
      path: location, byteCount: 0, specID: spec.id, content: content,
      sequenceNumber: formatVersion >= 2 ? sequenceNumber : 0,
      minSequenceNumber: formatVersion >= 2 ? minimum : 0, addedSnapshotID: snapshotID)
    (manifest.existingFilesCount, manifest.addedFilesCount, manifest.deletedFilesCount) =
      (files[0], files[1], files[2])
    (manifest.existingRowsCount, manifest.addedRowsCount, manifest.deletedRowsCount) =
      (rows[0], rows[1], rows[2])
    manifest.partitions = summaries.map(\.summary)
    let writer = writer
    let bytes = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try writer.finish()
    }
    manifest.byteCount = Int64(bytes.count)
    return (bytes, manifest)
  }

  private mutating func encode(_ entry: ManifestEntry) {
    writer.encoder.writeLong(Int64(entry.status.rawValue))
    if formatVersion == 1 {
      writer.encoder.writeLong((entry.snapshotID ?? snapshotID).rawValue)
    } else {
      writer.encoder.writeOptional((entry.snapshotID ?? snapshotID).rawValue)
      writer.encoder.writeOptional(entry.sequenceNumber)
      writer.encoder.writeOptional(entry.fileSequenceNumber)
    }
    let file = entry.file
    if formatVersion >= 2 { writer.encoder.writeLong(Int64(file.content.rawValue)) }
    writer.encoder.writeString(file.path)
    writer.encoder.writeString(file.format.name)
    for (place, value) in file.partition.enumerated() { encode(value, partitionType[place].type) }
    writer.encoder.writeLong(file.recordCount)
    writer.encoder.writeLong(file.fileSizeInBytes)
    // What v1 calls required and nobody reads.
    if formatVersion == 1 { writer.encoder.writeLong(67_108_864) }
    for counts in [file.columnSizes, file.valueCounts, file.nullValueCounts, file.nanValueCounts] {
      encode(counts)
    }
    encode(file.lowerBounds)
    encode(file.upperBounds)
    writer.encoder.writeOptional(file.keyMetadata)
    encode(file.splitOffsets)
    if formatVersion >= 2 { encode(file.equalityIDs?.map { Int64($0.rawValue) }) }
    writer.encoder.writeOptional(file.sortOrderID.map { Int64($0) })
    if formatVersion >= 3 { writer.encoder.writeOptional(file.firstRowID) }
    if formatVersion >= 2 { writer.encoder.writeOptional(file.referencedDataFile) }
    if formatVersion >= 3 {
      writer.encoder.writeOptional(file.contentOffset)
      writer.encoder.writeOptional(file.contentSizeInBytes)
    }
  }

  private mutating func encode(_ counts: FieldCounts) {
    // An empty map rather than null: it says as little, and pyiceberg's `inspect.entries` needs one.
    writer.encoder.writeBranch(1)
    if !counts.isEmpty {
      writer.encoder.writeBlockCount(counts.count)
      for number in counts.pairs { writer.encoder.writeLong(number) }
    }
    writer.encoder.writeBlockCount(0)
  }

  private mutating func encode(_ bounds: FieldBounds) {
    writer.encoder.writeBranch(1)
    if !bounds.isEmpty {
      writer.encoder.writeBlockCount(bounds.count)
      for (id, value) in bounds.all {
        writer.encoder.writeLong(Int64(id.rawValue))
        writer.encoder.writeBytes(value)
      }
    }
    writer.encoder.writeBlockCount(0)
  }

  private mutating func encode(_ numbers: [Int64]?) {
    guard let numbers else { return writer.encoder.writeBranch(0) }
    writer.encoder.writeBranch(1)
    if !numbers.isEmpty {
      writer.encoder.writeBlockCount(numbers.count)
      for number in numbers { writer.encoder.writeLong(number) }
    }
    writer.encoder.writeBlockCount(0)
  }

  private mutating func encode(_ value: ScalarValue, _ type: IcebergType) {
    guard !value.isNull else { return writer.encoder.writeBranch(0) }
    writer.encoder.writeBranch(1)
    switch (type, value) {
    case (.boolean, .boolean(let flag)): writer.encoder.writeBoolean(flag)
    case (.float, .real(let number)): writer.encoder.writeFloat(number)
    case (.double, .double(let number)): writer.encoder.writeDouble(number)
    case (.double, .real(let number)): writer.encoder.writeDouble(Double(number))
    case (.decimal(let precision, _), .decimal(let unscaled)):
      let bytes = SingleValue.bigEndian(unscaled)
      let width = ManifestSchema.byteCount(ofDecimal: precision)
      let sign: UInt8 = unscaled < 0 ? 0xFF : 0
      writer.encoder.writeFixed(
        [UInt8](repeating: sign, count: max(0, width - bytes.count)) + bytes.suffix(width))
    case (.fixed, .bytes(let bytes)), (.uuid, .bytes(let bytes)): writer.encoder.writeFixed(bytes)
    case (_, .bytes(let bytes)): writer.encoder.writeBytes(bytes)
    case (_, .integer(let number)): writer.encoder.writeLong(number)
    default: preconditionFailure("a partition value does not fit its type, which `accepts` should have told")
    }
  }

  /// Whether a partition value can stand in a field of a type.
  package static func accepts(_ value: ScalarValue, as type: IcebergType) -> Bool {
    switch (type, value) {
    case (_, .null), (.boolean, .boolean), (.float, .real), (.double, .double), (.double, .real),
      (.decimal, .decimal), (.string, .bytes), (.binary, .bytes):
      return true
    case (.int, .integer(let number)), (.date, .integer(let number)): return Int32(exactly: number) != nil
    case (.long, .integer), (.time, .integer), (.timestamp, .integer), (.timestamptz, .integer),
      (.timestampNanos, .integer), (.timestamptzNanos, .integer):
      return true
    case (.fixed(let length), .bytes(let bytes)): return bytes.count == length
    case (.uuid, .bytes(let bytes)): return bytes.count == 16
    default: return false
    }
  }
}
