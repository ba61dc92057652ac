/// Adds data files to a table in one snapshot of operation `append`.
///
/// Existing manifests are kept by reference; the files added make one new manifest. Two appends never
/// conflict: on a retry only the manifest list is made again.
public struct AppendFiles: TransactionAction {
  /// The files, already on stable storage.
  public var files: [DataFile]
  /// The branch that gets them.
  public var branch: String
  /// Values to add to the snapshot's summary.
  public var properties: [String: String]
  /// Whether the snapshot waits to be published (`write.wap.enabled`).
  public var isStaged: Bool

  /// Describes an append.
  public init(
    _ files: [DataFile], branch: String = SnapshotReference.main, properties: [String: String] = [:],
    isStaged: Bool = false
  ) {
    (self.files, self.branch, self.properties, self.isStaged) = (files, branch, properties, isStaged)
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    var producer = SnapshotProducer(operation: .append)
    (producer.branch, producer.addedData) = (branch, files)
    (producer.properties, producer.isStaged) = (properties, isStaged)
    try producer.produce(in: &changes)
  }
}
