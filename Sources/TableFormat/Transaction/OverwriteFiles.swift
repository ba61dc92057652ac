/// Exchanges data files in one snapshot: what UPDATE, DELETE, MERGE and INSERT OVERWRITE do copy-on-write.
///
/// The operation is `overwrite`, `delete` when nothing is added, and `append` when nothing is removed.
public struct OverwriteFiles: TransactionAction {
  /// Data files to add.
  public var added: [DataFile]
  /// Data files to remove; each must still be live.
  public var removed: [DataFile]
  /// Delete files that go with the removed data files, such as their deletion vectors (rule 47).
  public var removedDeletes: [DataFile]
  /// The branch that gets the change.
  public var branch: String
  /// Values to add to the snapshot's summary.
  public var properties: [String: String]
  /// How strictly other writers' changes are minded.
  public var isolation: IsolationLevel
  /// Whether a data file may hold rows that the statement would have seen; `nil` takes every file for such.
  public var mayMatch: (@Sendable (DataFile) -> Bool)?

  /// Describes an exchange.
  public init(
    added: [DataFile], removed: [DataFile], removedDeletes: [DataFile] = [],
    branch: String = SnapshotReference.main, isolation: IsolationLevel = .serializable,
    properties: [String: String] = [:], mayMatch: (@Sendable (DataFile) -> Bool)? = nil
  ) {
    (self.added, self.removed, self.removedDeletes) = (added, removed, removedDeletes)
    (self.branch, self.isolation, self.properties) = (branch, isolation, properties)
    self.mayMatch = mayMatch
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    let start = changes.begun.metadata.references[branch]?.snapshotID
    let others = try ConcurrentChanges(
      since: start, on: branch, in: changes, data: isolation == .serializable)
    try others.checkNoDeletes(for: removed)
    if isolation == .serializable { try others.checkNoData { mayMatch?($0) ?? true } }
    let removesNothing = removed.isEmpty && removedDeletes.isEmpty
    var producer = SnapshotProducer(
      operation: added.isEmpty ? .delete : removesNothing ? .append : .overwrite)
    (producer.branch, producer.properties) = (branch, properties)
    (producer.addedData, producer.removedData) = (added, removed)
    producer.removedDeletes = removedDeletes
    try producer.produce(in: &changes)
  }
}
