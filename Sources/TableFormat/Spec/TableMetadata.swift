/// The whole of a table's metadata file (Iceberg spec, "Table Metadata Fields").
public struct TableMetadata: Hashable, Sendable {
  /// An entry of `snapshot-log`: when a snapshot became the current one.
  public struct SnapshotLogEntry: Hashable, Sendable {
    /// Milliseconds since 1970, UTC.
    public var timestampMillis: Int64
    /// The snapshot that became the current one.
    public var snapshotID: SnapshotID

    /// Makes an entry.
    public init(timestampMillis: Int64, snapshotID: SnapshotID) {
      (self.timestampMillis, self.snapshotID) = (timestampMillis, snapshotID)
    }
  }

  /// An entry of `metadata-log`: an earlier metadata file.
  public struct MetadataLogEntry: Hashable, Sendable {
    /// The file's `last-updated-ms`.
    public var timestampMillis: Int64
    /// Where it is, as the table spells it.
    public var metadataFile: String

    /// Makes an entry.
    public init(timestampMillis: Int64, metadataFile: String) {
      (self.timestampMillis, self.metadataFile) = (timestampMillis, metadataFile)
    }
  }

  /// 1, 2 or 3.
  public var formatVersion: Int
  /// The table's identity, which stays whatever it is called.
  public var uuid: String
  /// The folder new files go to, as the table spells it.
  public var location: String
  /// The highest sequence number given out.
  public var lastSequenceNumber: Int64 = 0
  /// Milliseconds since 1970, UTC.
  public var lastUpdatedMillis: Int64
  /// The highest field id given out.
  public var lastColumnID: FieldID
  /// All schemas, old ones included.
  public var schemas: [Schema]
  /// Which of `schemas` holds.
  public var currentSchemaID: Int
  /// All partition specs, old ones included.
  public var partitionSpecs: [PartitionSpec]
  /// Which of `partitionSpecs` new files follow.
  public var defaultSpecID: Int
  /// The highest partition field id given out, 999 when none was.
  public var lastPartitionID: FieldID
  /// All sort orders, old ones included.
  public var sortOrders: [SortOrder]
  /// Which of `sortOrders` new files follow.
  public var defaultSortOrderID: Int
  /// Settings.
  public var properties: [String: String] = [:]
  /// The head of `main`; `nil` when there is none yet.
  public var currentSnapshotID: SnapshotID?
  /// All snapshots that are kept, in the order of the file.
  public var snapshots = EncodedHistory<Snapshot>(SnapshotReader.codec)
  /// When which snapshot was the current one, ascending.
  public var snapshotLog = EncodedHistory<SnapshotLogEntry>(SnapshotLogEntry.codec)
  /// Earlier metadata files, oldest first.
  public var metadataLog: [MetadataLogEntry] = []
  /// Branches and tags; `main` mirrors `currentSnapshotID`.
  public var references: [String: SnapshotReference] = [:]
  /// Statistics files.
  public var statistics: [StatisticsFile] = []
  /// Partition statistics files.
  public var partitionStatistics: [PartitionStatisticsFile] = []
  /// The next row id to give out (v3).
  public var nextRowID: Int64?
  /// Fields of the file that we do not know, by name, as they were written.
  package var unknownFields: [String: ArraySlice<UInt8>] = [:]

  /// Makes the metadata of a table without snapshots.
  public init(
    formatVersion: Int, uuid: String, location: String, lastUpdatedMillis: Int64, lastColumnID: FieldID,
    schemas: [Schema], currentSchemaID: Int, partitionSpecs: [PartitionSpec], defaultSpecID: Int,
    lastPartitionID: FieldID, sortOrders: [SortOrder] = [.unsorted], defaultSortOrderID: Int = 0
  ) {
    (self.formatVersion, self.uuid, self.location) = (formatVersion, uuid, location)
    (self.lastUpdatedMillis, self.lastColumnID) = (lastUpdatedMillis, lastColumnID)
    (self.schemas, self.currentSchemaID) = (schemas, currentSchemaID)
    (self.partitionSpecs, self.defaultSpecID) = (partitionSpecs, defaultSpecID)
    self.lastPartitionID = lastPartitionID
    (self.sortOrders, self.defaultSortOrderID) = (sortOrders, defaultSortOrderID)
  }
}

extension TableMetadata {
  /// The schema that holds now.
  public var schema: Schema { schema(id: currentSchemaID) ?? schemas.last ?? Schema(fields: []) }

  /// The partition spec that new files follow.
  public var partitionSpec: PartitionSpec { partitionSpec(id: defaultSpecID) ?? .unpartitioned }

  /// The sort order that new files follow.
  public var sortOrder: SortOrder { sortOrders.first { $0.id == defaultSortOrderID } ?? .unsorted }

  /// The schema of that id.
  public func schema(id: Int) -> Schema? { schemas.first { $0.id == id } }

  /// The partition spec of that id.
  public func partitionSpec(id: Int) -> PartitionSpec? { partitionSpecs.first { $0.id == id } }

  /// The snapshot of that id.
  ///
  /// - Throws: ``TableFormatError`` if a part of the history that is read for it is damaged.
  public func snapshot(id: SnapshotID) throws(TableFormatError) -> Snapshot? { try snapshots.entry(id: id) }

  /// The head of `main`.
  ///
  /// It was read with the metadata, or looked up before it became the head.
  public var currentSnapshot: Snapshot? { currentSnapshotID.flatMap { snapshots.known(id: $0) } }

  /// The head of a branch, or what a tag stands for.
  ///
  /// - Throws: ``TableFormatError`` if a part of the history that is read for it is damaged.
  public func snapshot(reference name: String) throws(TableFormatError) -> Snapshot? {
    guard let reference = references[name] else { return nil }
    return try snapshot(id: reference.snapshotID)
  }

  /// The snapshot that was current at a time, by `snapshot-log` and not by the parents (rule 75).
  ///
  /// - Parameter millis: Milliseconds since 1970, UTC.
  /// - Returns: The snapshot.
  /// - Throws: ``TableFormatError`` of kind `notFound` when the table's history does not reach back so far.
  public func snapshot(atMillis millis: Int64) throws(TableFormatError) -> Snapshot {
    let log = try snapshotLog.entries()
    guard let entry = log.last(where: { $0.timestampMillis <= millis }) else {
      throw TableFormatError(
        .notFound, "the table has no snapshot as old as \(millis) ms",
        hint: log.first.map { "its history begins at \($0.timestampMillis) ms" })
    }
    guard let snapshot = try snapshot(id: entry.snapshotID) else {
      throw TableFormatError(.notFound, "the snapshot \(entry.snapshotID) has expired")
    }
    return snapshot
  }

  /// The schema a snapshot is read with when it is named itself, or by a tag (rule 74).
  public func schema(of snapshot: Snapshot) -> Schema {
    snapshot.schemaID.flatMap { schema(id: $0) } ?? schema
  }

  /// A snapshot and its ancestors that are still kept, newest first.
  ///
  /// - Throws: ``TableFormatError`` if a part of the history is damaged.
  public func ancestry(of id: SnapshotID?) throws(TableFormatError) -> SnapshotAncestry {
    SnapshotAncestry(of: id, in: try snapshots.entries())
  }

  /// A snapshot and its ancestors down to the one before `start`, newest first.
  ///
  /// - Returns: The snapshots, all ancestors for a `start` of `nil`; `nil` if `start` is none of them.
  /// - Throws: ``TableFormatError`` if a part of the history that is read for it is damaged.
  public func ancestry(of id: SnapshotID?, since start: SnapshotID?) throws(TableFormatError) -> [Snapshot]? {
    var (result, next) = ([Snapshot](), id)
    // The first few are nearly always enough, and are found without the rest of a long history.
    while let id = next, id != start, result.count < 100, let snapshot = try snapshots.entry(id: id) {
      result.append(snapshot)
      next = snapshot.parentID
    }
    if next == start { return result }
    for snapshot in try ancestry(of: next) {
      if snapshot.id == start { return result }
      result.append(snapshot)
    }
    return start == nil ? result : nil
  }

  /// The partition tuple's fields under a spec; source columns are looked up in older schemas too.
  ///
  /// - Parameter spec: One of the table's partition specs.
  /// - Returns: One optional field for each partition field, under the partition field's id.
  /// - Throws: ``TableFormatError`` of kind `notFound` when a needed source column is in no schema.
  public func partitionType(of spec: PartitionSpec) throws(TableFormatError) -> [NestedField] {
    var result: [NestedField] = []
    for field in spec.fields { result.append(try field.resultField(source: type(of: field.sourceID))) }
    return result
  }

  /// The type of a field in the current schema, else in the newest that has it.
  public func type(of id: FieldID) -> IcebergType? {
    if let field = schema.field(id: id) { return field.type }
    for schema in schemas.reversed() {
      if let field = schema.field(id: id) { return field.type }
    }
    return nil
  }

  /// The settings, typed.
  public var settings: TableProperties { TableProperties(properties) }
}
