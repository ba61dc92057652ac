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

  /// Makes a snapshot.
  public init(
    id: SnapshotID, parentID: SnapshotID? = nil, sequenceNumber: Int64, timestampMillis: Int64,
    manifestList: String?, manifests: [String] = [], summary: SnapshotSummary, schemaID: Int? = nil,
    firstRowID: Int64? = nil, addedRows: Int64? = nil
  ) {
    (self.id, self.parentID, self.sequenceNumber) = (id, parentID, sequenceNumber)
    (self.timestampMillis, self.manifestList, self.manifests) = (timestampMillis, manifestList, manifests)
    (self.summary, self.schemaID) = (summary, schemaID)
    (self.firstRowID, self.addedRows) = (firstRowID, addedRows)
  }

  /// Hashes the id.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
