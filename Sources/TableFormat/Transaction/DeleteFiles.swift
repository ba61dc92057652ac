/// Removes whole data files in one snapshot of operation `delete`, when every row of theirs goes.
///
/// The files' own delete files may go with them; no other writer's additions matter.
public struct DeleteFiles: TransactionAction {
  /// The data files; each must still be live.
  public var files: [DataFile]
  /// Delete files that go with them.
  public var deletes: [DataFile]
  /// The branch that gets the change.
  public var branch: String
  /// Values to add to the snapshot's summary.
  public var properties: [String: String]

  /// Describes a removal.
  public init(
    _ files: [DataFile], deletes: [DataFile] = [], branch: String = SnapshotReference.main,
    properties: [String: String] = [:]
  ) {
    (self.files, self.deletes, self.branch, self.properties) = (files, deletes, branch, properties)
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    var producer = SnapshotProducer(operation: .delete)
    (producer.branch, producer.properties) = (branch, properties)
    (producer.removedData, producer.removedDeletes) = (files, deletes)
    try producer.produce(in: &changes)
  }
}
