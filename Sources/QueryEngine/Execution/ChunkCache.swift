internal import Columnar
internal import Synchronization
internal import TableFormat

/// Decoded column chunks of immutable files, the least recently used going first.
///
/// Chunks that the statement before or this one used do not go for others: of a scan that is larger than the cache a
/// part stays, where the first chunks would always be gone when it comes to them again.
///
/// A data file never changes, so what was decoded from it stays true; the file's size is part of the key,
/// so that a file put in another's place is not taken for it. The chunks are a share of the session's memory,
/// and go when operators need it.
package final class ChunkCache: Sendable {
  struct Key: Hashable, Sendable {
    var path: String
    var fileByteCount: Int
    var rowGroup: Int
    var fieldID: FieldID
    /// What the column is read as, which a later schema may say otherwise.
    var type: IcebergType
    var firstRow: Int
  }

  private struct Entry {
    var vector: Vector
    var lastUse: Int
    /// The statement that used it last.
    var statement: Int
  }

  /// A dictionary, which the parts of a row group share.
  private struct Dictionary {
    var byteCount: Int
    /// Entries that have it.
    var useCount = 0
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var dictionaries: [ObjectIdentifier: Dictionary] = [:]
    var byteCount = 0
    var clock = 0
    var statement = 0
    /// The last statement that found nothing to put away for what it read.
    var fullStatement: Int?
    /// Chunks of which rows were read, but not all: what that cost so far, as rows read.
    var partialReads: [Key: Int] = [:]

    /// Bytes that a vector adds to what is held.
    func addedByteCount(_ vector: Vector) -> Int {
      guard let base = vector.base, dictionaries[base.storageIdentity] != nil else {
        return vector.storageByteCount
      }
      return vector.storageByteCount - base.storageByteCount
    }

    mutating func add(_ vector: Vector, _ key: Key) {
      byteCount += addedByteCount(vector)
      entries[key] = Entry(vector: vector, lastUse: clock, statement: statement)
      guard let base = vector.base else { return }
      dictionaries[base.storageIdentity, default: Dictionary(byteCount: base.storageByteCount)].useCount += 1
    }

    mutating func remove(_ key: Key) {
      guard let vector = entries.removeValue(forKey: key)?.vector else { return }
      byteCount -= vector.storageByteCount
      guard let base = vector.base, var dictionary = dictionaries[base.storageIdentity] else { return }
      dictionary.useCount -= 1
      if dictionary.useCount > 0 { byteCount += dictionary.byteCount }
      dictionaries[base.storageIdentity] = dictionary.useCount > 0 ? dictionary : nil
    }
  }

  private let memory: MemoryBudget
  private let state = Mutex(State())

  /// Makes a cache that holds at most a third of a budget.
  package init(_ memory: MemoryBudget) {
    self.memory = memory
    memory.giveWay(self)
  }

  deinit { memory.release(byteCount) }

  private var limit: Int { memory.limit / 3 }

  /// Bytes held.
  package var byteCount: Int { state.withLock { $0.byteCount } }

  /// Forgets everything.
  package func removeAll() {
    state.withLock { state in
      memory.release(state.byteCount)
      state = State()
    }
  }

  /// Lets chunks go that hold `byteCount` bytes or more, the oldest first; returns whether there were so many.
  func giveWay(_ byteCount: Int) -> Bool {
    state.withLock { state in
      let isEnough = state.byteCount >= byteCount
      if state.byteCount > 0 { evict(&state, until: max(0, state.byteCount - byteCount), before: .max) }
      return isEnough
    }
  }

  /// Lets the oldest chunks go that no statement from `statement` on has used.
  private func evict(_ state: inout State, until wanted: Int, before statement: Int) {
    // A tenth more than needed goes at once, so that the sort is seldom done.
    let least = max(0, wanted - limit / 10)
    let byteCount = state.byteCount
    let oldest = state.entries.filter { $0.value.statement < statement }
      .sorted { $0.value.lastUse < $1.value.lastUse }
    for (key, _) in oldest where state.byteCount > least { state.remove(key) }
    memory.release(byteCount - state.byteCount)
  }

  /// Notes that another statement begins.
  func beginStatement() { state.withLock { $0.statement += 1 } }

  func vector(_ key: Key) -> Vector? {
    state.withLock { state in
      state.clock += 1
      guard let vector = state.entries[key]?.vector else { return nil }
      state.entries[key] = Entry(vector: vector, lastUse: state.clock, statement: state.statement)
      return vector
    }
  }

  func contains(_ key: Key) -> Bool { state.withLock { $0.entries[key] != nil } }

  /// Notes that some rows of a chunk are wanted; returns whether to read all of them, and to keep them.
  ///
  /// That is so once reading parts has cost as much as reading the whole does, and there is much room. Few rows here and
  /// there cost as much as all of them, since their pages are decompressed: a part costs all rows of each stretch of
  /// ``stretch`` rows of which one is wanted.
  func isWorthWhole(_ key: Key, _ wanted: Bitmap) -> Bool {
    let words = wanted.words
    var cost = 0
    for start in stride(from: 0, to: words.count, by: Self.stretch / 64) {
      let part = words.extracting(start..<min(words.count, start + Self.stretch / 64))
      if part.indices.contains(where: { part[$0] != 0 }) { cost += 64 * part.count }
    }
    return state.withLock { state in
      if state.partialReads.count > 100_000 { state.partialReads = [:] }
      let spent = state.partialReads[key] ?? 0
      state.partialReads[key] = spent + cost
      return spent >= wanted.count && state.byteCount < limit / 2
    }
  }

  /// Fewer rows than most writers put into a page.
  private static let stretch = 4096

  func insert(_ vector: Vector, _ key: Key) {
    let byteCount = vector.storageByteCount
    guard byteCount <= limit / 4, memory.hasRoomToKeep else { return }
    state.withLock { state in
      state.clock += 1
      let before = state.byteCount
      state.remove(key)
      memory.release(before - state.byteCount)
      if state.byteCount + state.addedByteCount(vector) > limit {
        guard state.fullStatement != state.statement else { return }
        evict(&state, until: limit - byteCount, before: state.statement - 1)
        if state.byteCount + state.addedByteCount(vector) > limit {
          state.fullStatement = state.statement
          return
        }
      }
      // Operators go first: what they leave is for the cache.
      guard memory.requestFree(state.addedByteCount(vector)) else { return }
      state.add(vector, key)
    }
  }
}
