internal import Synchronization

/// Entries of manifests that were read before, shared by all scans of a session.
///
/// Manifests never change, so what was read stays right. The cache is bounded by the number of entries it
/// holds; the manifests used longest ago go first.
public final class ManifestCache: Sendable {
  /// What entries depend on: they inherit sequence numbers and row ids from the manifest list.
  private struct Key: Hashable {
    var path: String
    var byteCount: Int64
    var sequenceNumber: Int64
    var firstRowID: Int64?
  }

  private struct Slot {
    var entries: [ManifestEntry]
    var lastUse: Int
  }

  private struct State {
    var slots: [Key: Slot] = [:]
    var entryCount = 0
    var clock = 0
  }

  private let capacity: Int
  private let state = Mutex(State())

  /// What is kept of tables that are too large to keep all their entries.
  let indexes: ManifestIndexCache

  /// Makes an empty cache.
  ///
  /// - Parameters:
  ///   - capacity: The most entries (files) that are kept.
  ///   - userFolder: Where indexes of manifests are kept between processes if not beside the catalog.
  public convenience init(capacity: Int = 200_000, userFolder: String? = nil) {
    self.init(capacity: capacity, indexes: ManifestIndexCache(userFolder: userFolder))
  }

  init(capacity: Int = 200_000, indexes: ManifestIndexCache) {
    (self.capacity, self.indexes) = (capacity, indexes)
  }

  /// Forgets everything but what is in files.
  public func removeAll() {
    state.withLock { $0 = State() }
    indexes.removeAll()
  }

  /// Writes to files what later processes shall find again, if it is worth it.
  public func save() { indexes.save() }

  /// Returns the entries of a manifest, if they are known.
  func entries(of manifest: ManifestFile) -> [ManifestEntry]? {
    let key = ManifestCache.key(manifest)
    return state.withLock { state in
      state.clock += 1
      state.slots[key]?.lastUse = state.clock
      return state.slots[key]?.entries
    }
  }

  /// Keeps the entries of a manifest.
  func insert(_ entries: [ManifestEntry], of manifest: ManifestFile) {
    guard entries.count <= capacity / 2 else { return }
    let key = ManifestCache.key(manifest)
    let capacity = capacity
    state.withLock { state in
      state.clock += 1
      // An empty manifest costs its slot, too.
      if let old = state.slots[key] { state.entryCount -= old.entries.count + 1 }
      state.slots[key] = Slot(entries: entries, lastUse: state.clock)
      state.entryCount += entries.count + 1
      guard state.entryCount > capacity else { return }
      for (key, slot) in state.slots.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
        if state.entryCount <= capacity * 3 / 4 { break }
        state.slots[key] = nil
        state.entryCount -= slot.entries.count + 1
      }
    }
  }

  private static func key(_ manifest: ManifestFile) -> Key {
    Key(
      path: manifest.path, byteCount: manifest.byteCount, sequenceNumber: manifest.sequenceNumber,
      firstRowID: manifest.firstRowID)
  }
}
