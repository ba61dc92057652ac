internal import Synchronization

/// What the attempts of one commit share: the name in its files, and manifests that survive a conflict.
package final class CommitIdentity: Sendable {
  /// Stands in the names of manifests and lists.
  package let uuid = UUIDText.random()
  /// Locations of files that a later attempt may use again.
  let shared = Mutex<Set<String>>([])
  private let state = Mutex(State())

  private struct State {
    var attempt = 0
    var manifestCount = 0
    var snapshotIDs: [Int: SnapshotID] = [:]
    var manifests: [Int: Reusable] = [:]
  }

  /// The manifests of added files, and what they were written for.
  private struct Reusable {
    var key: [Int]
    var manifests: [ManifestFile]
  }

  /// The number of the attempt, from 0.
  package var attempt: Int { state.withLock { $0.attempt } }

  /// Begins another attempt.
  func beginAttempt() { state.withLock { $0.attempt += 1 } }

  /// A name for a further manifest.
  func manifestName() -> String {
    let number = state.withLock { state in
      state.manifestCount += 1
      return state.manifestCount - 1
    }
    return "\(uuid)-m\(number).avro"
  }

  /// The id of the transaction's snapshot of that number, the same in all attempts.
  func snapshotID(_ number: Int, make: () -> SnapshotID) -> SnapshotID {
    if let id = state.withLock({ $0.snapshotIDs[number] }) { return id }
    let id = make()
    state.withLock { $0.snapshotIDs[number] = id }
    return id
  }

  /// The manifests that an earlier attempt wrote for a snapshot's added files (rule 69).
  func manifests(of number: Int, key: [Int]) -> [ManifestFile]? {
    state.withLock { state in
      guard let found = state.manifests[number], found.key == key else { return nil }
      return found.manifests
    }
  }

  /// Keeps the manifests of a snapshot's added files for later attempts.
  func keep(_ manifests: [ManifestFile], of number: Int, key: [Int]) {
    state.withLock { $0.manifests[number] = Reusable(key: key, manifests: manifests) }
  }
}
