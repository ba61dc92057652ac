internal import FileFormats
internal import Synchronization

/// One attempt to commit: the table as it is, the metadata it shall have, and the files written for it.
public struct TableChanges: Sendable {
  /// The table when the transaction began: what its statements have read.
  public let begun: Table
  /// The table that the attempt builds on.
  public let base: Table
  /// The metadata the table shall have.
  public var metadata: TableMetadata
  /// What the times in the metadata come from.
  public let clock: CommitClock
  /// What the attempts of one commit share.
  package let commit: CommitIdentity
  /// Locations of files that only this attempt needs.
  package var written: [String] = []
  /// Numbers the snapshots of the transaction, so that each finds its manifests again.
  var snapshotCount = 0

  init(begun: Table, base: Table, clock: CommitClock, commit: CommitIdentity) {
    (self.begun, self.base, self.clock, self.commit) = (begun, base, clock, commit)
    metadata = base.metadata
  }

  /// Writes a metadata file of the attempt and remembers it for the clean-up.
  ///
  /// - Parameters:
  ///   - bytes: What it holds.
  ///   - name: Its name in the table's metadata folder.
  ///   - isShared: Whether later attempts may use it again.
  /// - Returns: Its location.
  /// - Throws: ``TableFormatError`` when it cannot be written.
  mutating func write(
    _ bytes: [UInt8], named name: String, isShared: Bool = false
  ) throws(TableFormatError) -> String {
    let location = PathMapper.joined(metadata.metadataFolder, name)
    if isShared { commit.shared.withLock { _ = $0.insert(location) } } else { written.append(location) }
    let path = try base.paths.path(of: location)
    try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      let file = try base.fileSystem.create(path)
      do throws(FileFormatError) {
        try file.write(bytes)
        try file.synchronize()
        try file.close()
      } catch {
        try? file.close()
        throw error
      }
    }
    return location
  }

  /// Returns a snapshot id that the table does not have (rule 67).
  func newSnapshotID() -> SnapshotID {
    while true {
      let id = SnapshotID(Int64.random(in: 1...Int64.max))
      // Of 2^63 ids; the older ones, which are not read for this, are no likelier to come again.
      if metadata.snapshots.known(id: id) == nil { return id }
    }
  }
}
