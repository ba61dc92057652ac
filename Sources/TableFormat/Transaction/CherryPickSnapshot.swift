/// Makes the changes of a snapshot that is on no branch, or on another, on `main` too (`cherrypick_snapshot`,
/// `publish_changes`).
///
/// A snapshot whose parent is the head is simply moved to; of an append the added files are appended anew.
public struct CherryPickSnapshot: TransactionAction {
  /// The snapshot.
  public var id: SnapshotID
  /// The branch that gets its changes.
  public var branch: String

  /// Describes the change.
  public init(_ id: SnapshotID, branch: String = SnapshotReference.main) {
    (self.id, self.branch) = (id, branch)
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    guard let source = try changes.metadata.snapshot(id: id) else {
      throw TableFormatError(.notFound, "the table \(changes.base.identifier) has no snapshot \(id)")
    }
    let head = changes.metadata.references[branch]?.snapshotID
    let ancestry = try changes.metadata.ancestry(of: head)
    guard !ancestry.contains(where: { $0.id == id || $0.summary["source-snapshot-id"] == id.description })
    else {
      throw TableFormatError(.invalidArgument, "the snapshot \(id) is already part of \"\(branch)\"")
    }
    if let wap = source.summary["wap.id"],
      ancestry.contains(where: { $0.summary["wap.id"] == wap || $0.summary["published-wap-id"] == wap })
    {
      throw TableFormatError(.invalidArgument, "the changes \"\(wap)\" are published already")
    }
    if source.parentID == head {
      changes.metadata.setReference(
        branch, to: id, atMillis: max(changes.clock.nowMillis, changes.metadata.lastUpdatedMillis))
      return
    }
    guard source.summary.operation == .append else {
      throw TableFormatError(
        .unsupported, "the snapshot \(id) is no append, and its parent is not the head of \"\(branch)\"",
        hint: "only appends can be made again on another state")
    }
    var added: [DataFile] = []
    for manifest in try changes.base.manifests(of: source)
    where manifest.addedSnapshotID == id && manifest.content == .data {
      for entry in try changes.base.entries(of: manifest)
      where entry.status == .added && entry.snapshotID == id {
        var file = entry.file
        file.firstRowID = nil
        added.append(file)
      }
    }
    var producer = SnapshotProducer(operation: .append)
    (producer.branch, producer.addedData) = (branch, added)
    producer.properties = ["source-snapshot-id": id.description]
    if let wap = source.summary["wap.id"] { producer.properties["published-wap-id"] = wap }
    try producer.produce(in: &changes)
  }
}
