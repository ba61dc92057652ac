internal import Synchronization

/// Where the morsels of each part of a source end; set when the source is opened.
final class OpenedMorsels: Sendable {
  private let state = Mutex<[Int]>([])
  func set(_ ends: [Int]) { state.withLock { $0 = ends } }
  var ends: [Int] { state.withLock { $0 } }
}
