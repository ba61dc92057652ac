internal import Columnar
internal import Synchronization
internal import TableFormat

/// Decoded column chunks of immutable files, the least recently used going first.
///
/// Chunks that the statement before or this one used do not go for others: of a scan that is larger than the cache a
/// part stays, where the first chunks would always be gone when it comes to them again.
///
/// Once there are many, integers and codes are kept in fewer bytes; readers unpack a batch at a time.
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
    var chunk: ColumnChunk
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

    /// Bytes that a chunk adds to what is held.
    func addedByteCount(_ chunk: ColumnChunk) -> Int {
      guard let base = chunk.base, dictionaries[base.storageIdentity] != nil else {
        return chunk.storageByteCount
      }
      return chunk.storageByteCount - base.storageByteCount
    }

    mutating func add(_ chunk: ColumnChunk, _ key: Key) {
      byteCount += addedByteCount(chunk)
      entries[key] = Entry(chunk: chunk, lastUse: clock, statement: statement)
      guard let base = chunk.base else { return }
      dictionaries[base.storageIdentity, default: Dictionary(byteCount: base.storageByteCount)].useCount += 1
    }

    mutating func remove(_ key: Key) {
      guard let chunk = entries.removeValue(forKey: key)?.chunk else { return }
      byteCount -= chunk.storageByteCount
      guard let base = chunk.base, var dictionary = dictionaries[base.storageIdentity] else { return }
      dictionary.useCount -= 1
      if dictionary.useCount > 0 { byteCount += dictionary.byteCount }
      dictionaries[base.storageIdentity] = dictionary.useCount > 0 ? dictionary : nil
    }
  }

  private let memory: MemoryBudget
  private let plainByteCount: Int
  private let state = Mutex(State())

  /// Makes a cache that holds at most a third of a budget.
  ///
  /// Chunks are kept as they are until they have `plainByteCount` bytes, and packed from then on.
  package init(_ memory: MemoryBudget, plainByteCount: Int = defaultPlainByteCount) {
    (self.memory, self.plainByteCount) = (memory, plainByteCount)
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

  func chunk(_ key: Key) -> ColumnChunk? {
    state.withLock { state in
      state.clock += 1
      guard let chunk = state.entries[key]?.chunk else { return nil }
      state.entries[key] = Entry(chunk: chunk, lastUse: state.clock, statement: state.statement)
      return chunk
    }
  }

  /// Whether a chunk is there, with so many rows at least.
  func contains(_ key: Key, rowCount: Int) -> Bool {
    state.withLock { $0.entries[key].map { $0.chunk.count >= rowCount } ?? false }
  }

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

  package static let defaultPlainByteCount = 64 << 20

  /// Fewer rows than most writers put into a page.
  private static let stretch = 4096

  func insert(_ vector: Vector, _ key: Key) {
    guard vector.storageByteCount <= limit / 4, memory.hasRoomToKeep, !isFull else { return }
    // Packing takes a while: not under the lock.
    let chunk = byteCount < plainByteCount ? .plain(vector) : ColumnChunk(packing: vector)
    state.withLock { state in
      state.clock += 1
      let before = state.byteCount
      state.remove(key)
      memory.release(before - state.byteCount)
      if state.byteCount + state.addedByteCount(chunk) > limit {
        evict(&state, until: limit - chunk.storageByteCount, before: state.statement - 1)
        if state.byteCount + state.addedByteCount(chunk) > limit {
          state.fullStatement = state.statement
          return
        }
      }
      // Operators go first: what they leave is for the cache.
      guard memory.requestFree(state.addedByteCount(chunk)) else { return }
      state.add(chunk, key)
    }
  }

  /// Whether this statement has found nothing to put away for what it read.
  private var isFull: Bool { state.withLock { $0.fullStatement == $0.statement } }

}

/// Some rows of a column, as they were decoded or packed.
enum ColumnChunk: Sendable {
  case plain(Vector)
  case packed(PackedVector)

  /// Packs a vector if that saves room.
  init(packing vector: Vector) { self = PackedVector(vector).map { .packed($0) } ?? .plain(vector) }

  var count: Int {
    switch self {
    case .plain(let vector): vector.count
    case .packed(let packed): packed.count
    }
  }

  var storageByteCount: Int {
    switch self {
    case .plain(let vector): vector.storageByteCount
    case .packed(let packed): packed.storageByteCount
    }
  }

  var base: Vector? {
    switch self {
    case .plain(let vector): vector.base
    case .packed(let packed): packed.base
    }
  }

  /// Returns rows, which begin at a multiple of 64.
  func slice(from first: Int, count: Int, _ pool: inout BufferPool) -> Vector {
    switch self {
    case .plain(let vector): vector.slice(from: first, count: count)
    case .packed(let packed): packed.slice(from: first, count: count, &pool)
    }
  }
}
