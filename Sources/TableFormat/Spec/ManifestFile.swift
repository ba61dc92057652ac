/// A manifest as a manifest list describes it (Iceberg spec, "Manifest Lists").
public struct ManifestFile: Hashable, Sendable {
  /// What the files of a manifest hold.
  public enum Content: Int, Sendable {
    case data = 0
    case deletes = 1
  }

  /// Where the manifest is, as the table spells it.
  public var path: String
  /// Bytes.
  public var byteCount: Int64
  /// The partition spec of all its files.
  public var specID: Int
  /// What its files hold.
  public var content: Content
  /// The sequence number of the commit that added the manifest; 0 in v1.
  public var sequenceNumber: Int64
  /// The least data sequence number of its live files; 0 in v1.
  public var minSequenceNumber: Int64
  /// The snapshot that added the manifest.
  public var addedSnapshotID: SnapshotID
  /// Entries with status added; `nil` means unknown, so assume some.
  public var addedFilesCount: Int?
  /// Entries with status existing; `nil` means unknown.
  public var existingFilesCount: Int?
  /// Entries with status deleted; `nil` means unknown.
  public var deletedFilesCount: Int?
  /// Rows of added files.
  public var addedRowsCount: Int64?
  /// Rows of existing files.
  public var existingRowsCount: Int64?
  /// Rows of deleted files.
  public var deletedRowsCount: Int64?
  /// One summary for each field of the spec; `nil` means unknown.
  public var partitions: [PartitionFieldSummary]?
  /// Kept as it is.
  public var keyMetadata: [UInt8]?
  /// The first row id given to files without one (v3, data manifests).
  public var firstRowID: Int64?

  /// Makes a manifest's description.
  public init(
    path: String, byteCount: Int64, specID: Int, content: Content = .data, sequenceNumber: Int64 = 0,
    minSequenceNumber: Int64 = 0, addedSnapshotID: SnapshotID
  ) {
    (self.path, self.byteCount, self.specID, self.content) = (path, byteCount, specID, content)
    (self.sequenceNumber, self.minSequenceNumber) = (sequenceNumber, minSequenceNumber)
    self.addedSnapshotID = addedSnapshotID
  }

  /// Whether the manifest may hold live files: an unknown count counts as some (rule 23).
  public var mayHaveLiveFiles: Bool { addedFilesCount != 0 || existingFilesCount != 0 }
}

/// What is known of the values of one partition field in a manifest.
public struct PartitionFieldSummary: Hashable, Sendable {
  /// Whether a file has null there.
  public var containsNull: Bool
  /// Whether a file has NaN there; `nil` means unknown.
  public var containsNaN: Bool?
  /// The least value but null and NaN, in the binary single-value serialisation of the partition type.
  public var lowerBound: [UInt8]?
  /// The greatest value but null and NaN.
  public var upperBound: [UInt8]?

  /// Makes a summary.
  public init(
    containsNull: Bool, containsNaN: Bool? = nil, lowerBound: [UInt8]? = nil, upperBound: [UInt8]? = nil
  ) {
    (self.containsNull, self.containsNaN) = (containsNull, containsNaN)
    (self.lowerBound, self.upperBound) = (lowerBound, upperBound)
  }
}
