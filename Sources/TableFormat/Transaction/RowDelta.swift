/// Adds delete files, with or without data files, in one snapshot: what UPDATE, DELETE and MERGE do
/// merge-on-read.
public struct RowDelta: TransactionAction {
  /// Data files to add.
  public var addedData: [DataFile]
  /// Position delete files (v2), deletion vectors (v3) or equality delete files to add.
  public var addedDeletes: [DataFile]
  /// Data files to remove, when all of their rows go.
  public var removedData: [DataFile]
  /// Delete files that the added ones replace: a data file has at most one deletion vector (rule 38).
  public var removedDeletes: [DataFile]
  /// The data files that added deletes refer to; each must still be live.
  public var referencedData: [DataFile]
  /// The branch that gets the change.
  public var branch: String
  /// Values to add to the snapshot's summary.
  public var properties: [String: String]
  /// How strictly other writers' changes are minded.
  public var isolation: IsolationLevel
  /// Whether a data file may hold rows that the statement would have seen; `nil` takes every file for such.
  public var mayMatch: (@Sendable (DataFile) -> Bool)?

  /// Describes a change of rows.
  public init(
    addedData: [DataFile] = [], addedDeletes: [DataFile], removedData: [DataFile] = [],
    removedDeletes: [DataFile] = [], referencedData: [DataFile] = [],
    branch: String = SnapshotReference.main, isolation: IsolationLevel = .serializable,
    properties: [String: String] = [:], mayMatch: (@Sendable (DataFile) -> Bool)? = nil
  ) {
    (self.addedData, self.addedDeletes) = (addedData, addedDeletes)
    (self.removedData, self.removedDeletes) = (removedData, removedDeletes)
    (self.referencedData, self.branch, self.isolation) = (referencedData, branch, isolation)
    (self.properties, self.mayMatch) = (properties, mayMatch)
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    let start = changes.begun.metadata.references[branch]?.snapshotID
    let others = try ConcurrentChanges(
      since: start, on: branch, in: changes, data: isolation == .serializable)
    if isolation == .serializable { try others.checkNoData { mayMatch?($0) ?? true } }
    // A second vector for the same file would lose one of the two; another writer's removal of rows that are
    // rewritten here would come back.
    try others.checkNoDeletes(
      for: removedData + (changes.metadata.formatVersion >= 3 || !addedData.isEmpty ? referencedData : []))
    if changes.base.metadataLocation != changes.begun.metadataLocation, !referencedData.isEmpty {
      try Self.checkLive(referencedData, on: branch, of: changes.base)
    }
    var producer = SnapshotProducer(operation: addedData.isEmpty ? .delete : .overwrite)
    (producer.branch, producer.properties) = (branch, properties)
    (producer.addedData, producer.removedData) = (addedData, removedData)
    (producer.addedDeletes, producer.removedDeletes) = (addedDeletes, removedDeletes)
    try producer.produce(in: &changes)
  }

  /// Throws unless the files are still part of the branch: a compaction may have replaced them meanwhile.
  private static func checkLive(
    _ files: [DataFile], on branch: String, of table: Table
  ) throws(TableFormatError) {
    var missing = Set(files.map(\.path))
    guard let snapshot = try table.metadata.snapshot(reference: branch) else { return }
    for manifest in try table.manifests(of: snapshot)
    where manifest.content == .data && manifest.mayHaveLiveFiles && !missing.isEmpty {
      for entry in try table.entries(of: manifest) where entry.isLive { missing.remove(entry.file.path) }
    }
    guard let path = missing.min() else { return }
    throw TableFormatError(
      .conflict, "the file \(path) is not part of the table any more: another writer has replaced it",
      hint: "run the statement again", file: path)
  }
}
