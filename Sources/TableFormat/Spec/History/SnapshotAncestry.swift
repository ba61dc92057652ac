/// A snapshot and its ancestors that are still kept, newest first; each is decoded when it is reached.
public struct SnapshotAncestry: Sequence, IteratorProtocol, Sendable {
  private let snapshots: HistoryEntries<Snapshot>
  private var wanted: SnapshotID?
  /// A parent nearly always stands right before its child; from the first that does not, all are looked up here.
  private var places: [SnapshotID: Int] = [:]
  private var child: Int
  /// Ends a chain that leads back to itself.
  private var remaining: Int

  init(of id: SnapshotID?, in snapshots: HistoryEntries<Snapshot>) {
    (self.snapshots, wanted, child, remaining) = (snapshots, id, snapshots.count, snapshots.count)
  }

  private mutating func place(of id: SnapshotID) -> Int? {
    if child > 0, snapshots.id(at: child - 1) == id { return child - 1 }
    if places.isEmpty {
      for (place, id) in snapshots.ids.enumerated() { places[id] = place }
    }
    return places[id]
  }

  /// The next older snapshot.
  public mutating func next() -> Snapshot? {
    guard remaining > 0, let id = wanted, let place = place(of: id) else { return nil }
    let snapshot = snapshots[place]
    (child, wanted) = (place, snapshot.parentID)
    remaining -= 1
    return snapshot
  }
}
