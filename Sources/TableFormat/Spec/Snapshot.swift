/// The state of a table at one time (Iceberg spec, "Snapshots").
public struct Snapshot: Hashable, Sendable {
  /// The snapshot's number.
  public let id: SnapshotID
  /// The snapshot it was made from.
  public let parentID: SnapshotID?
  /// The commit's sequence number; 0 in v1.
  public let sequenceNumber: Int64
  /// Milliseconds since 1970, UTC.
  public let timestampMillis: Int64
  /// Where the manifest list is, as the table spells it; `nil` in old v1 snapshots.
  public let manifestList: String?
  /// The manifests themselves, in v1 snapshots without a manifest list (rule 25).
  public let manifests: [String]
  /// What the commit did.
  public let summary: SnapshotSummary
  /// The schema at that time.
  public let schemaID: Int?
  /// The first row id that the snapshot gave out (v3).
  public let firstRowID: Int64?
  /// How many row ids it gave out (v3).
  public let addedRows: Int64?
  /// The JSON the snapshot was read from, which is written again as it was: a commit then does not pay
  /// for the snapshots that it does not touch.
  package let encoded: ArraySlice<UInt8>?

  /// Makes a snapshot.
  public init(
    id: SnapshotID, parentID: SnapshotID? = nil, sequenceNumber: Int64, timestampMillis: Int64,
    manifestList: String?, manifests: [String] = [], summary: SnapshotSummary, schemaID: Int? = nil,
    firstRowID: Int64? = nil, addedRows: Int64? = nil
  ) {
    self.init(
      id: id, parentID: parentID, sequenceNumber: sequenceNumber, timestampMillis: timestampMillis,
      manifestList: manifestList, manifests: manifests, summary: summary, schemaID: schemaID,
      firstRowID: firstRowID, addedRows: addedRows, encoded: nil)
  }

  package init(
    id: SnapshotID, parentID: SnapshotID?, sequenceNumber: Int64, timestampMillis: Int64,
    manifestList: String?, manifests: [String], summary: SnapshotSummary, schemaID: Int?,
    firstRowID: Int64?, addedRows: Int64?, encoded: ArraySlice<UInt8>?
  ) {
    (self.id, self.parentID, self.sequenceNumber) = (id, parentID, sequenceNumber)
    (self.timestampMillis, self.manifestList, self.manifests) = (timestampMillis, manifestList, manifests)
    (self.summary, self.schemaID) = (summary, schemaID)
    (self.firstRowID, self.addedRows, self.encoded) = (firstRowID, addedRows, encoded)
  }

  /// Compares what the snapshots say, not how their JSON was written.
  public static func == (left: Snapshot, right: Snapshot) -> Bool {
    left.id == right.id && left.parentID == right.parentID && left.sequenceNumber == right.sequenceNumber
      && left.timestampMillis == right.timestampMillis && left.manifestList == right.manifestList
      && left.manifests == right.manifests && left.schemaID == right.schemaID
      && left.firstRowID == right.firstRowID && left.addedRows == right.addedRows
      && left.summary == right.summary
  }

  /// Hashes the id.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
