/// A Puffin file with statistics of one snapshot.
public struct StatisticsFile: Hashable, Sendable {
  /// One blob of the file.
  public struct Blob: Hashable, Sendable {
    /// The blob's type, such as `apache-datasketches-theta-v1`.
    public var type: String
    /// The snapshot it was computed from.
    public var snapshotID: SnapshotID
    /// That snapshot's sequence number.
    public var sequenceNumber: Int64
    /// The columns it describes.
    public var fields: [FieldID]
    /// Such as `ndv`, a decimal number as text.
    public var properties: [String: String]

    /// Makes a blob's description.
    public init(
      type: String, snapshotID: SnapshotID, sequenceNumber: Int64, fields: [FieldID],
      properties: [String: String] = [:]
    ) {
      (self.type, self.snapshotID, self.sequenceNumber) = (type, snapshotID, sequenceNumber)
      (self.fields, self.properties) = (fields, properties)
    }
  }

  /// The snapshot it belongs to, and goes with (rule 60).
  public var snapshotID: SnapshotID
  /// Where it is, as the table spells it.
  public var path: String
  /// Bytes.
  public var fileSizeInBytes: Int64
  /// Bytes of the Puffin footer.
  public var fileFooterSizeInBytes: Int64
  /// Kept as it is (base64).
  public var keyMetadata: String?
  /// Its blobs.
  public var blobs: [Blob]

  /// Makes a description.
  public init(
    snapshotID: SnapshotID, path: String, fileSizeInBytes: Int64, fileFooterSizeInBytes: Int64,
    keyMetadata: String? = nil, blobs: [Blob]
  ) {
    (self.snapshotID, self.path, self.fileSizeInBytes) = (snapshotID, path, fileSizeInBytes)
    (self.fileFooterSizeInBytes, self.keyMetadata, self.blobs) = (fileFooterSizeInBytes, keyMetadata, blobs)
  }
}

/// A file with counts for each partition of one snapshot.
public struct PartitionStatisticsFile: Hashable, Sendable {
  /// The snapshot it belongs to.
  public var snapshotID: SnapshotID
  /// Where it is, as the table spells it.
  public var path: String
  /// Bytes.
  public var fileSizeInBytes: Int64

  /// Makes a description.
  public init(snapshotID: SnapshotID, path: String, fileSizeInBytes: Int64) {
    (self.snapshotID, self.path, self.fileSizeInBytes) = (snapshotID, path, fileSizeInBytes)
  }
}
