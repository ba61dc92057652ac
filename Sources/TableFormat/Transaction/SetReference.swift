/// Points a branch or a tag at a snapshot, making it if it is not there.
///
/// On `main` this is the rollback: no snapshot is added, the table is again what it was (rules 62 and 63).
public struct SetReference: TransactionAction {
  /// What must hold of the snapshot that a branch has now.
  public enum Movement: Sendable {
    /// Anywhere.
    case any
    /// Back to an ancestor.
    case toAncestor
    /// On to a descendant (`fast_forward`).
    case forward
  }

  /// The name.
  public var name: String
  /// Where it points then, and how long it is kept.
  public var reference: SnapshotReference
  /// Where a branch may move.
  public var movement: Movement
  /// Whether the name must not be there yet.
  public var isNew: Bool

  /// Describes the change.
  public init(
    _ name: String, _ reference: SnapshotReference, movement: Movement = .any, isNew: Bool = false
  ) {
    (self.name, self.reference, self.movement, self.isNew) = (name, reference, movement, isNew)
  }

  /// Describes the rollback of `main`.
  public static func rollback(to id: SnapshotID, movement: Movement = .any) -> SetReference {
    SetReference(SnapshotReference.main, SnapshotReference(snapshotID: id), movement: movement)
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    let (id, metadata) = (reference.snapshotID, changes.metadata)
    guard !name.isEmpty else { throw TableFormatError(.invalidArgument, "a branch or tag needs a name") }
    guard try metadata.snapshot(id: id) != nil else {
      throw TableFormatError(.notFound, "the table \(changes.base.identifier) has no snapshot \(id)")
    }
    guard name != SnapshotReference.main || reference.kind == .branch else {
      throw TableFormatError(.invalidArgument, "\"main\" is a branch and cannot become a tag")
    }
    let old = metadata.references[name]
    if isNew, old != nil {
      throw TableFormatError(.alreadyExists, "there is a branch or tag \"\(name)\" already")
    }
    if let old, old.kind != reference.kind {
      throw TableFormatError(
        .invalidArgument, "\"\(name)\" is a \(old.kind.rawValue), not a \(reference.kind.rawValue)")
    }
    if let old {
      switch movement {
      case .any: break
      case .toAncestor:
        guard try metadata.ancestry(of: old.snapshotID).contains(where: { $0.id == id }) else {
          throw TableFormatError(
            .invalidArgument,
            "the snapshot \(id) is no ancestor of \(old.snapshotID), the head of \"\(name)\"",
            hint: "set_current_snapshot takes any snapshot")
        }
      case .forward:
        guard try metadata.ancestry(of: id).contains(where: { $0.id == old.snapshotID }) else {
          throw TableFormatError(
            .conflict, "\"\(name)\" cannot be moved forward: \(id) does not descend from \(old.snapshotID)")
        }
      }
      // What the name is kept for stays, unless it is told anew.
      var kept = reference
      kept.minSnapshotsToKeep = reference.minSnapshotsToKeep ?? old.minSnapshotsToKeep
      kept.maxSnapshotAgeMillis = reference.maxSnapshotAgeMillis ?? old.maxSnapshotAgeMillis
      kept.maxRefAgeMillis = reference.maxRefAgeMillis ?? old.maxRefAgeMillis
      kept.snapshotID = old.snapshotID
      changes.metadata.references[name] = kept
    } else if name != SnapshotReference.main {
      changes.metadata.references[name] = reference
    }
    changes.metadata.setReference(
      name, to: id, atMillis: max(changes.clock.nowMillis, metadata.lastUpdatedMillis))
  }
}

/// Removes a branch or a tag; its snapshots stay until they expire.
public struct RemoveReference: TransactionAction {
  /// The name.
  public var name: String
  /// What it must be; `nil` for either.
  public var kind: SnapshotReference.Kind?

  /// Describes the change.
  public init(_ name: String, kind: SnapshotReference.Kind? = nil) { (self.name, self.kind) = (name, kind) }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    guard name != SnapshotReference.main else {
      throw TableFormatError(.invalidArgument, "\"main\" cannot be removed")
    }
    guard let old = changes.metadata.references[name], kind == nil || kind == old.kind else {
      throw TableFormatError(.notFound, "there is no \(kind?.rawValue ?? "branch or tag") \"\(name)\"")
    }
    changes.metadata.references[name] = nil
  }
}
