internal import FileFormats
internal import Synchronization

/// The footers of data files that were opened before.
///
/// Data files never change; the cache keeps the footers used last. It holds no file open.
public final class DataFileCache: Sendable {
  private struct Key: Hashable {
    var path: String
    var byteCount: Int64
  }

  private struct State {
    var footers: [Key: (metadata: ParquetFileMetadata, lastUse: Int)] = [:]
    var clock = 0
  }

  private let capacity: Int
  private let state = Mutex(State())

  /// Makes an empty cache for the footers of at most `capacity` files.
  public init(capacity: Int = 4096) { self.capacity = max(capacity, 1) }

  /// Forgets everything.
  public func removeAll() { state.withLock { $0 = State() } }

  func footer(_ path: String, byteCount: Int64) -> ParquetFileMetadata? {
    let key = Key(path: path, byteCount: byteCount)
    return state.withLock { state in
      state.clock += 1
      state.footers[key]?.lastUse = state.clock
      return state.footers[key]?.metadata
    }
  }

  func insert(_ metadata: ParquetFileMetadata, _ path: String, byteCount: Int64) {
    let key = Key(path: path, byteCount: byteCount)
    let capacity = capacity
    state.withLock { state in
      state.clock += 1
      state.footers[key] = (metadata, state.clock)
      guard state.footers.count > capacity else { return }
      // A quarter at once, so that a scan of many files does not sort for each of them.
      let oldest = state.footers.sorted { $0.value.lastUse < $1.value.lastUse }
      for (key, _) in oldest.prefix(max(1, capacity / 4)) { state.footers[key] = nil }
    }
  }
}
