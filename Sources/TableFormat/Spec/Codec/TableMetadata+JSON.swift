internal import FileFormats

extension TableMetadata {
  /// Reads a metadata file's JSON.
  ///
  /// Snapshots and their log, which may have thousands of entries, are checked but not built.
  ///
  /// - Throws: ``TableFormatError``: `damaged`, or `unsupported` for a format version above 3.
  package init(json text: [UInt8], file: String?) throws(TableFormatError) {
    try self.init(json: text, older: ([], []), file: file)
  }

  /// Reads a metadata file's JSON without the older part of its history.
  ///
  /// - Parameters:
  ///   - text: The JSON, already decompressed.
  ///   - older: What stands before the first snapshot and log entry of the text, and is still compressed.
  ///   - file: Where it is from, for messages.
  /// - Throws: ``TableFormatError``: `damaged`, or `unsupported` for a format version above 3.
  init(
    json text: [UInt8], older: (snapshots: [UnreadRun], log: [UnreadRun]), file: String?
  ) throws(TableFormatError) {
    var members = JSONObject()
    var unknown: [String: Range<Int>] = [:]
    var history: (snapshots: [EncodedPlace], log: [EncodedPlace]) = ([], [])
    let span = text.span
    var scanner = JSONScanner()
    func reading<Value>(
      _ body: (inout JSONScanner) throws(FileFormatError) -> Value
    ) throws(TableFormatError) -> Value {
      do throws(FileFormatError) { return try body(&scanner) } catch {
        throw TableFormatError(error, file: file)
      }
    }
    if span.count >= 3, span[0] == 0xEF, span[1] == 0xBB, span[2] == 0xBF { scanner.position = 3 }
    if try reading({ (scanner) throws(FileFormatError) in try scanner.beginObject(span) }) {
      repeat {
        let key = try reading { (scanner) throws(FileFormatError) in
          JSONScanner.string(span, try scanner.key(span))
        }
        let next = scanner.peek(span)
        if next == UInt8(ascii: "["), key == SnapshotReader.codec.member {
          history.snapshots = try SnapshotReader.codec.places(span, &scanner, file)
          continue
        }
        if next == UInt8(ascii: "["), key == SnapshotLogEntry.codec.member {
          history.log = try SnapshotLogEntry.codec.places(span, &scanner, file)
          continue
        }
        let start = scanner.position
        members[key] = try reading { (scanner) throws(FileFormatError) in
          try JSONParser.value(span, &scanner)
        }
        if !Self.known.contains(key) { unknown[key] = start..<scanner.position }
      } while try reading({ (scanner) throws(FileFormatError) in try scanner.continueObject(span) })
    }
    try reading { (scanner) throws(FileFormatError) in try scanner.finish(span) }
    try self.init(MetadataObject(members, file: file), formatVersion: nil)
    for (key, range) in unknown { unknownFields[key] = text[range] }
    snapshots.append(older.snapshots)
    snapshots.append(history.snapshots, of: text)
    snapshotLog.append(older.log)
    snapshotLog.append(history.log, of: text)
    try settle(file: file)
  }

  private static let known: Set<String> = [
    "format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms", "last-column-id",
    "schemas", "schema", "current-schema-id", "partition-specs", "partition-spec", "default-spec-id",
    "last-partition-id", "properties", "current-snapshot-id", "metadata-log", "sort-orders",
    "default-sort-order-id", "refs", "statistics", "partition-statistics", "next-row-id", "snapshots",
    "snapshot-log", SegmentedGzip.indexMember,
  ]

  private init(_ object: MetadataObject, formatVersion: Int?) throws(TableFormatError) {
    let version = try object.int("format-version")
    guard version >= 1 else { throw object.damaged("format-version", "format-version is \(version)") }
    guard version <= 3 else {
      throw TableFormatError(
        .unsupported, "the table has format version \(version), and 1 to 3 are known", file: object.file,
        field: "format-version")
    }
    let schemas = try Self.schemas(object)
    let schemaID = try object.optionalInt("current-schema-id") ?? schemas.last?.id ?? 0
    guard schemas.contains(where: { $0.id == schemaID }) else {
      throw object.damaged("current-schema-id", "there is no schema with the id \(schemaID)")
    }
    let specs = try Self.specs(object)
    let specID = try object.optionalInt("default-spec-id") ?? specs.last?.id ?? 0
    guard specs.contains(where: { $0.id == specID }) else {
      throw object.damaged("default-spec-id", "there is no partition spec with the id \(specID)")
    }
    var orders: [SortOrder] = []
    for order in try object.objects("sort-orders") { orders.append(try SortOrder(order)) }
    if orders.isEmpty { orders = [.unsorted] }
    let lastColumn = try object.optionalFieldID("last-column-id")
    let lastPartition = try object.optionalFieldID("last-partition-id")
    self.init(
      formatVersion: version, uuid: try object.optionalString("table-uuid") ?? "",
      location: try object.string("location"),
      lastUpdatedMillis: try object.optionalInteger("last-updated-ms") ?? 0,
      lastColumnID: max(lastColumn ?? 0, schemas.map(\.highestFieldID).max() ?? 0), schemas: schemas,
      currentSchemaID: schemaID, partitionSpecs: specs, defaultSpecID: specID,
      lastPartitionID: max(lastPartition ?? 999, specs.map(\.lastAssignedFieldID).max() ?? 999),
      sortOrders: orders, defaultSortOrderID: try object.optionalInt("default-sort-order-id") ?? orders[0].id)
    if location.count > 1, location.hasSuffix("/") { location.removeLast() }
    lastSequenceNumber = try object.optionalInteger("last-sequence-number") ?? -1
    properties = try object.texts("properties")
    let current = try object.optionalSnapshotID("current-snapshot-id")
    currentSnapshotID = current == -1 ? nil : current
    nextRowID = try object.optionalInteger("next-row-id")
    for entry in try object.objects("metadata-log") {
      metadataLog.append(
        MetadataLogEntry(
          timestampMillis: try entry.integer("timestamp-ms"), metadataFile: try entry.string("metadata-file"))
      )
    }
    try readReferences(object)
    try readStatistics(object)
  }

  private static func schemas(_ object: MetadataObject) throws(TableFormatError) -> [Schema] {
    var schemas: [Schema] = []
    for schema in try object.objects("schemas") { schemas.append(try Schema(schema)) }
    if schemas.isEmpty {
      guard let schema = try object.optionalObject("schema") else {
        throw object.damaged("schemas", "the metadata has no schema")
      }
      schemas.append(try Schema(schema))
    }
    return schemas
  }

  private static func specs(_ object: MetadataObject) throws(TableFormatError) -> [PartitionSpec] {
    var specs: [PartitionSpec] = []
    for spec in try object.objects("partition-specs") { specs.append(try PartitionSpec(spec)) }
    if specs.isEmpty {
      specs.append(PartitionSpec(id: 0, fields: try PartitionSpec.fields(object.objects("partition-spec"))))
    }
    return specs
  }

  private mutating func readReferences(_ object: MetadataObject) throws(TableFormatError) {
    guard let refs = try object.optionalObject("refs") else { return }
    for name in refs.members.keys {
      guard let entry = try refs.optionalObject(name) else { continue }
      let kind = try entry.optionalString("type") ?? "branch"
      references[name] = SnapshotReference(
        snapshotID: try entry.snapshotID("snapshot-id"),
        kind: kind.lowercased() == "tag" ? .tag : .branch,
        minSnapshotsToKeep: try entry.optionalInt("min-snapshots-to-keep"),
        maxSnapshotAgeMillis: try entry.optionalInteger("max-snapshot-age-ms"),
        maxRefAgeMillis: try entry.optionalInteger("max-ref-age-ms"))
    }
  }

  private mutating func readStatistics(_ object: MetadataObject) throws(TableFormatError) {
    for entry in try object.objects("statistics") {
      var blobs: [StatisticsFile.Blob] = []
      for blob in try entry.objects("blob-metadata") {
        blobs.append(
          StatisticsFile.Blob(
            type: try blob.string("type"), snapshotID: try blob.snapshotID("snapshot-id"),
            sequenceNumber: try blob.optionalInteger("sequence-number") ?? 0,
            fields: try blob.fieldIDs("fields"), properties: try blob.texts("properties")))
      }
      statistics.append(
        StatisticsFile(
          snapshotID: try entry.snapshotID("snapshot-id"), path: try entry.string("statistics-path"),
          fileSizeInBytes: try entry.integer("file-size-in-bytes"),
          fileFooterSizeInBytes: try entry.integer("file-footer-size-in-bytes"),
          keyMetadata: try entry.optionalString("key-metadata"), blobs: blobs))
    }
    for entry in try object.objects("partition-statistics") {
      partitionStatistics.append(
        PartitionStatisticsFile(
          snapshotID: try entry.snapshotID("snapshot-id"), path: try entry.string("statistics-path"),
          fileSizeInBytes: try entry.integer("file-size-in-bytes")))
    }
  }

  /// Makes `main` and the current snapshot say the same (rule 62), and checks that they are there.
  private mutating func settle(file: String?) throws(TableFormatError) {
    if let current = currentSnapshotID {
      guard try snapshot(id: current) != nil else {
        throw TableFormatError(
          .damaged, "the current snapshot \(current) is not among the snapshots", file: file,
          field: "current-snapshot-id")
      }
      references[SnapshotReference.main, default: SnapshotReference(snapshotID: current)].snapshotID = current
    } else if let main = references[SnapshotReference.main], try snapshot(id: main.snapshotID) != nil {
      currentSnapshotID = main.snapshotID
    }
    if formatVersion >= 3, nextRowID == nil { nextRowID = 0 }
    // Numbers that a writer forgot to count must not be given away twice; looked up only where it did.
    if lastSequenceNumber < 0 {
      lastSequenceNumber = try snapshots.entries().map(\.sequenceNumber).max() ?? 0
    }
  }
}
