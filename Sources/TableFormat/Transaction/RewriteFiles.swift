/// Exchanges files for others with the same rows: compaction, in one snapshot of operation `replace`.
///
/// New data files keep the sequence number of the snapshot that was read, so that equality deletes added
/// meanwhile go on to apply (rule 33); position deletes added meanwhile for a replaced file are a conflict.
public struct RewriteFiles: TransactionAction {
  /// Data files to remove; each must still be live.
  public var removedData: [DataFile]
  /// Data files that take their place.
  public var addedData: [DataFile]
  /// Delete files to remove.
  public var removedDeletes: [DataFile]
  /// Delete files that take their place.
  public var addedDeletes: [DataFile]
  /// The data sequence number of the new files (`use-starting-sequence-number`); `nil` takes the commit's own.
  public var startingSequenceNumber: Int64?
  /// The branch that gets the change.
  public var branch: String
  /// Values to add to the snapshot's summary.
  public var properties: [String: String]

  /// Describes an exchange.
  public init(
    removedData: [DataFile], addedData: [DataFile], removedDeletes: [DataFile] = [],
    addedDeletes: [DataFile] = [], startingSequenceNumber: Int64? = nil,
    branch: String = SnapshotReference.main, properties: [String: String] = [:]
  ) {
    (self.removedData, self.addedData) = (removedData, addedData)
    (self.removedDeletes, self.addedDeletes) = (removedDeletes, addedDeletes)
    (self.startingSequenceNumber, self.branch) = (startingSequenceNumber, branch)
    self.properties = properties
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    let start = changes.begun.metadata.references[branch]?.snapshotID
    let others = try ConcurrentChanges(since: start, on: branch, in: changes, data: false)
    try others.checkNoDeletes(for: removedData, keepsSequenceNumber: startingSequenceNumber != nil)
    var producer = SnapshotProducer(operation: .replace)
    (producer.branch, producer.properties) = (branch, properties)
    (producer.addedData, producer.removedData) = (addedData, removedData)
    (producer.addedDeletes, producer.removedDeletes) = (addedDeletes, removedDeletes)
    producer.addedDataSequenceNumber = changes.metadata.formatVersion >= 2 ? startingSequenceNumber : nil
    try producer.produce(in: &changes)
  }
}
