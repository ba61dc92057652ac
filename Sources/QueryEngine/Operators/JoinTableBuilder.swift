internal import Columnar
internal import Synchronization

/// Makes the buckets of a join's hash table, by all workers.
///
/// Rows are hashed a range at a time and sorted by the highest bits of the hash; then each part of the buckets is filled
/// alone, so that what is written at random stays in the nearer caches (Manegold, Boncz and Kersten, 2002).
final class JoinTableBuilder: Sendable {
  /// The rows of a range, sorted by part.
  private struct Chunk: Sendable {
    var hashes: [UInt64] = []
    var rows: [UInt32] = []
    /// By part, the place of its first row; behind them the number of rows.
    var starts: [Int] = []
  }
  private struct Part: Sendable {
    var starts: [UInt32] = []
    var entries: [UInt64] = []
  }
  private struct State {
    var chunks: [Chunk]
    var parts: [Part]
  }

  /// Rows that are hashed together.
  private static let chunkLength = 65_536
  /// Buckets, as a power of two, that are filled together.
  private static let partBits = 14

  private let keys: [Vector]
  private let valid: Bitmap?
  private let rowCount: Int
  private let hashMask: UInt64
  /// How many buckets there are, as a power of two.
  private let bits: Int
  private let state: Mutex<State>

  /// Begins a table of flat keys; rows that `valid` lacks match nothing.
  init(_ keys: [Vector], valid: Bitmap?, rowCount: Int, hashMask: UInt64 = .max) {
    (self.keys, self.valid, self.rowCount, self.hashMask) = (keys, valid, rowCount, hashMask)
    var bits = 4
    while 1 << bits < rowCount && bits < 30 { bits += 1 }
    self.bits = bits
    let chunkCount = (rowCount + JoinTableBuilder.chunkLength - 1) / JoinTableBuilder.chunkLength
    let partCount = 1 << max(0, bits - JoinTableBuilder.partBits)
    state = Mutex(
      State(
        chunks: [Chunk](repeating: Chunk(), count: chunkCount),
        parts: [Part](repeating: Part(), count: partCount)))
  }

  /// How many ranges of rows are to be hashed, before any part is filled.
  var chunkCount: Int { state.withLock { $0.chunks.count } }

  /// How many parts are to be filled.
  var partCount: Int { state.withLock { $0.parts.count } }

  /// The place of a hash's bucket is the hash shifted right by this.
  var shift: UInt64 { UInt64(64 - bits) }

  /// Hashes a range of rows.
  func hash(chunk index: Int) {
    let first = index * JoinTableBuilder.chunkLength
    let count = min(JoinTableBuilder.chunkLength, rowCount - first)
    var hashes: [UInt64] = []
    JoinTable.hash(keys.map { $0.slice(from: first, count: count) }, into: &hashes, hashMask)
    let partCount = partCount
    // Of one part there is nothing to sort.
    let partShift = partCount == 1 ? 0 : UInt64(64 - partCount.trailingZeroBitCount)
    func part(_ row: Int) -> Int { partCount == 1 ? 0 : Int(hashes[row] &>> partShift) }
    var starts = [Int](repeating: 0, count: partCount + 1)
    for row in 0..<count where valid?[first &+ row] ?? true { starts[part(row) &+ 1] &+= 1 }
    for part in 0..<partCount { starts[part + 1] += starts[part] }
    let ends = starts
    var sortedHashes = [UInt64](repeating: 0, count: ends[partCount])
    var sortedRows = [UInt32](repeating: 0, count: ends[partCount])
    for row in 0..<count where valid?[first &+ row] ?? true {
      let part = part(row)
      let place = starts[part]
      starts[part] = place &+ 1
      sortedHashes[place] = hashes[row]
      sortedRows[place] = UInt32(truncatingIfNeeded: first &+ row)
    }
    let made = Chunk(hashes: sortedHashes, rows: sortedRows, starts: ends)
    state.withLock { $0.chunks[index] = made }
  }

  /// Fills the buckets of a part.
  func fill(part index: Int) {
    let chunks = state.withLock { $0.chunks }
    let bucketCount = 1 << min(bits, JoinTableBuilder.partBits)
    let wrap = bucketCount - 1
    var starts = [UInt32](repeating: 0, count: bucketCount + 2)
    var room = starts.mutableSpan
    let shift = shift
    // Counted two places ahead, so that filling moves each start to where its bucket ends.
    for chunk in chunks {
      for place in chunk.starts[index]..<chunk.starts[index + 1] {
        room[Int(chunk.hashes[place] &>> shift) & wrap &+ 2] &+= 1
      }
    }
    for bucket in 2..<room.count { room[bucket] &+= room[bucket &- 1] }
    var entries = [UInt64](repeating: 0, count: Int(room[room.count - 1]))
    var entryRoom = entries.mutableSpan
    for chunk in chunks {
      for place in chunk.starts[index]..<chunk.starts[index + 1] {
        let hash = chunk.hashes[place]
        let bucket = Int(hash &>> shift) & wrap &+ 1
        entryRoom[Int(room[bucket])] = hash &<< 32 | UInt64(chunk.rows[place])
        room[bucket] &+= 1
      }
    }
    let made = Part(starts: starts, entries: entries)
    state.withLock { $0.parts[index] = made }
  }

  /// Puts the parts together; the builder is empty afterwards.
  func finish() -> (starts: [UInt32], entries: [UInt64]) {
    let parts = state.withLock { state in
      let parts = state.parts
      state = State(chunks: [], parts: [])
      return parts
    }
    let bucketCount = 1 << min(bits, JoinTableBuilder.partBits)
    if parts.count == 1 { return (parts[0].starts, parts[0].entries) }
    var starts: [UInt32] = []
    var entries: [UInt64] = []
    starts.reserveCapacity(parts.count * bucketCount + 1)
    entries.reserveCapacity(parts.reduce(0) { $0 + $1.entries.count })
    for part in parts {
      let base = UInt32(truncatingIfNeeded: entries.count)
      for bucket in 0..<bucketCount { starts.append(part.starts[bucket] &+ base) }
      entries.append(contentsOf: part.entries)
    }
    starts.append(UInt32(truncatingIfNeeded: entries.count))
    return (starts, entries)
  }

  /// Does all tasks at once.
  func run() {
    for chunk in 0..<chunkCount { hash(chunk: chunk) }
    for part in 0..<partCount { fill(part: part) }
  }
}
