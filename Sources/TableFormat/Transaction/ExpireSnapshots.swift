/// Removes snapshots from the metadata, and the branches and tags that are too old (rule 73).
///
/// What is kept is worked out on the newest metadata in every attempt, so a branch that another writer makes
/// meanwhile keeps its snapshots. Files are not touched: they may go once the commit has taken place.
public struct ExpireSnapshots: TransactionAction {
  /// Snapshots younger than this (milliseconds since 1970) are kept; `nil` goes by the table's properties.
  public var olderThanMillis: Int64?
  /// How many snapshots of each branch are kept at least; `nil` goes by the table's properties.
  public var retainLast: Int?
  /// Snapshots to remove whatever their age; when there are any and no age is given, only these go.
  public var ids: [SnapshotID]
  /// Whether schemas and partition specs that nothing needs go too.
  public var cleansMetadata: Bool
  /// The time that ages count from; `nil` is the time of the commit.
  public var nowMillis: Int64?

  /// Describes an expiry.
  public init(
    olderThanMillis: Int64? = nil, retainLast: Int? = nil, ids: [SnapshotID] = [],
    cleansMetadata: Bool = false, nowMillis: Int64? = nil
  ) {
    (self.olderThanMillis, self.retainLast, self.ids) = (olderThanMillis, retainLast, ids)
    (self.cleansMetadata, self.nowMillis) = (cleansMetadata, nowMillis)
  }

  /// What an expiry removes, and why it keeps the rest.
  public struct Plan: Sendable {
    /// Snapshots that go.
    public var expired: [SnapshotID] = []
    /// Branches and tags that go.
    public var removedReferences: [String] = []
    /// Why each other snapshot is kept, in words.
    public var kept: [(id: SnapshotID, reason: String)] = []
  }

  /// Works out what goes.
  ///
  /// - Parameter metadata: The table's metadata.
  /// - Returns: The plan; nothing is changed.
  /// - Throws: ``TableFormatError`` when a snapshot that was named cannot go, or `gc.enabled` is false.
  public func plan(for metadata: TableMetadata) throws(TableFormatError) -> Plan {
    let settings = metadata.settings
    guard settings.isGarbageCollectionEnabled else {
      throw TableFormatError(
        .invalidArgument, "the table's files may be shared with another table: gc.enabled is false",
        field: "gc.enabled")
    }
    let now = nowMillis ?? CommitClock.system.nowMillis
    let onlyNamed = !ids.isEmpty && olderThanMillis == nil && retainLast == nil
    let limit = olderThanMillis ?? now &- settings.maxSnapshotAgeMillis
    var (plan, reasons): (Plan, [SnapshotID: String]) = (Plan(), [:])

    for (name, reference) in metadata.references.sorted(by: { $0.key < $1.key }) {
      let snapshot = try metadata.snapshot(id: reference.snapshotID)
      let maxAge = reference.maxRefAgeMillis ?? settings.maxRefAgeMillis
      if name != SnapshotReference.main, !onlyNamed {
        guard let snapshot, now &- snapshot.timestampMillis <= maxAge else {
          plan.removedReferences.append(name)
          continue
        }
      }
      reasons[reference.snapshotID] = "\(reference.kind.rawValue) \(name)"
      guard reference.kind == .branch, !onlyNamed else { continue }
      let count = reference.minSnapshotsToKeep ?? retainLast ?? settings.minSnapshotsToKeep
      let oldest = reference.maxSnapshotAgeMillis.map { now &- $0 } ?? limit
      for (place, ancestor) in try metadata.ancestry(of: reference.snapshotID).enumerated() {
        if place < count {
          reasons[ancestor.id] = reasons[ancestor.id] ?? "among the newest \(count) of \(name)"
        } else if ancestor.timestampMillis >= oldest {
          reasons[ancestor.id] = reasons[ancestor.id] ?? "young enough on \(name)"
        } else {
          break
        }
      }
    }
    var onBranches: Set<SnapshotID> = []
    for (name, reference) in metadata.references where !plan.removedReferences.contains(name) {
      onBranches.formUnion(try metadata.ancestry(of: reference.snapshotID).map(\.id))
    }
    let named = Set(ids)
    for id in ids {
      guard try metadata.snapshot(id: id) != nil else {
        throw TableFormatError(.notFound, "the table has no snapshot \(id)")
      }
      if let name = metadata.references.first(where: { $0.value.snapshotID == id })?.key,
        !plan.removedReferences.contains(name)
      {
        throw TableFormatError(.invalidArgument, "the snapshot \(id) cannot expire: \"\(name)\" points at it")
      }
    }
    for snapshot in try metadata.snapshots.entries() {
      if named.contains(snapshot.id) {
        plan.expired.append(snapshot.id)
      } else if let reason = reasons[snapshot.id] {
        plan.kept.append((snapshot.id, reason))
      } else if onlyNamed {
        plan.kept.append((snapshot.id, "not named"))
      } else if !onBranches.contains(snapshot.id), snapshot.timestampMillis >= limit {
        plan.kept.append((snapshot.id, "young enough, on no branch"))
      } else {
        plan.expired.append(snapshot.id)
      }
    }
    return plan
  }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    var settled = self
    settled.nowMillis = nowMillis ?? changes.clock.nowMillis
    let plan = try settled.plan(for: changes.metadata)
    let expired = Set(plan.expired)
    for name in plan.removedReferences { changes.metadata.references[name] = nil }
    let ids = try changes.metadata.snapshots.entries().ids
    try changes.metadata.snapshots.keep { !expired.contains(ids[$0]) }
    changes.metadata.statistics.removeAll { expired.contains($0.snapshotID) }
    changes.metadata.partitionStatistics.removeAll { expired.contains($0.snapshotID) }
    // History before a gap could not be told from history as it was (rule 63).
    let logged = try changes.metadata.snapshotLog.entries().ids
    if let gap = logged.lastIndex(where: { expired.contains($0) }) {
      try changes.metadata.snapshotLog.keep { $0 > gap }
    }
    if !expired.isEmpty, changes.metadata.settings.deletesMetadataAfterCommit {
      try Self.trimLog(&changes.metadata)
    }
    if cleansMetadata { try Self.clean(&changes) }
  }

  /// Drops earlier metadata files that only tell of states from before the oldest snapshot; their files go with
  /// the commit.
  private static func trimLog(_ metadata: inout TableMetadata) throws(TableFormatError) {
    guard let oldest = try metadata.snapshots.entries().map(\.timestampMillis).min() else { return }
    metadata.metadataLog.removeAll { $0.timestampMillis < oldest }
  }

  private static func clean(_ changes: inout TableChanges) throws(TableFormatError) {
    var schemas: Set<Int> = [changes.metadata.currentSchemaID]
    var specs: Set<Int> = [changes.metadata.defaultSpecID]
    for snapshot in try changes.metadata.snapshots.entries() {
      schemas.insert(snapshot.schemaID ?? changes.metadata.currentSchemaID)
      for manifest in try changes.base.manifests(of: snapshot) { specs.insert(manifest.specID) }
    }
    let kept = changes.metadata.partitionSpecs.filter { specs.contains($0.id) }
    // A partition field's type is that of its source column, which must stay known.
    let sources = Set(kept.flatMap(\.fields).flatMap(\.sourceIDs))
    for source in sources where changes.metadata.schema.field(id: source) == nil {
      if let last = changes.metadata.schemas.last(where: { $0.field(id: source) != nil }) {
        schemas.insert(last.id)
      }
    }
    changes.metadata.partitionSpecs = kept
    changes.metadata.schemas.removeAll { !schemas.contains($0.id) }
  }
}
