/// A branch or a tag: a name for a snapshot.
public struct SnapshotReference: Hashable, Sendable {
  /// What the name does on a commit.
  public enum Kind: String, Sendable {
    /// It moves on.
    case branch
    /// It stays.
    case tag
  }

  /// The snapshot it stands for.
  public var snapshotID: SnapshotID
  /// Branch or tag.
  public var kind: Kind
  /// Of a branch: how many snapshots expiry keeps at least.
  public var minSnapshotsToKeep: Int?
  /// Of a branch: how old a snapshot may be that expiry keeps.
  public var maxSnapshotAgeMillis: Int64?
  /// How old the reference itself may be.
  public var maxRefAgeMillis: Int64?

  /// Makes a reference.
  public init(
    snapshotID: SnapshotID, kind: Kind = .branch, minSnapshotsToKeep: Int? = nil,
    maxSnapshotAgeMillis: Int64? = nil, maxRefAgeMillis: Int64? = nil
  ) {
    (self.snapshotID, self.kind, self.minSnapshotsToKeep) = (snapshotID, kind, minSnapshotsToKeep)
    (self.maxSnapshotAgeMillis, self.maxRefAgeMillis) = (maxSnapshotAgeMillis, maxRefAgeMillis)
  }

  /// The branch that every table has.
  public static let main = "main"
}
