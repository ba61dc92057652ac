/// One file in a manifest, and since when it is, or no longer is, part of the table.
public struct ManifestEntry: Hashable, Sendable {
  /// What happened to the file in the snapshot that wrote the entry.
  public enum Status: Int, Sendable {
    case existing = 0
    case added = 1
    /// Information only: the file is not part of the snapshot (rule 29).
    case deleted = 2
  }

  /// What happened to the file.
  public var status: Status
  /// The snapshot that added the file, or deleted it; inherited from the manifest when absent.
  public var snapshotID: SnapshotID?
  /// The data sequence number; inherited when absent and the status is `added` (rule 33).
  public var sequenceNumber: Int64?
  /// The sequence number of the snapshot that added the file.
  public var fileSequenceNumber: Int64?
  /// The file.
  public var file: DataFile

  /// Makes an entry.
  public init(
    status: Status, snapshotID: SnapshotID? = nil, sequenceNumber: Int64? = nil,
    fileSequenceNumber: Int64? = nil, file: DataFile
  ) {
    (self.status, self.snapshotID) = (status, snapshotID)
    (self.sequenceNumber, self.fileSequenceNumber) = (sequenceNumber, fileSequenceNumber)
    self.file = file
  }

  /// Whether the file is part of the snapshot.
  public var isLive: Bool { status != .deleted }
}
