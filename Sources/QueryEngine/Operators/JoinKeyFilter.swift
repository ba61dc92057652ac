internal import Columnar
internal import Synchronization

/// What the scan of the probe side can know of the build side's keys: their bounds, and a bloom filter.
final class JoinKeyFilter: DynamicFilter {
  private struct State {
    var isKnown = false
    var lower = ScalarValue.null
    var upper = ScalarValue.null
    var bits: [UInt64] = []
    var keyCount = 0
  }
  private let type: LogicalType
  private let state = Mutex(State())

  init(_ type: LogicalType) { self.type = type }

  var isKnown: Bool { state.withLock { $0.isKnown } }

  /// A filter that most rows pass costs more than it saves; build sides of more keys seldom leave out much.
  private static let mostKeys = 4_000_000

  /// Takes all keys of the build side.
  func learn(_ keys: Vector) {
    guard keys.count <= JoinKeyFilter.mostKeys else { return }
    add(keys, room: keys.count)
    settle()
  }

  /// Takes some of the keys of the build side.
  ///
  /// - Parameters:
  ///   - keys: The keys.
  ///   - room: How many keys there may be in the end; of many more the filter knows their bounds alone. It is the same
  ///     in all calls.
  func add(_ keys: Vector, room: Int) {
    guard !type.isNested, type != .interval else { return }
    let keys = keys.flattened()
    let bounds = bounds(of: keys)
    var wordCount = 64
    while wordCount * 8 < min(room, JoinKeyFilter.mostKeys) { wordCount *= 2 }
    var hashes: [UInt64] = []
    Kernels.hash(keys, into: &hashes)
    state.withLock { state in
      if state.bits.isEmpty { state.bits = [UInt64](repeating: 0, count: wordCount) }
      state.keyCount += keys.count
      if !bounds.lower.isNull, state.lower.isNull || ScalarOrdering.isLess(bounds.lower, state.lower) {
        state.lower = bounds.lower
      }
      if !bounds.upper.isNull, state.upper.isNull || ScalarOrdering.isLess(state.upper, bounds.upper) {
        state.upper = bounds.upper
      }
      var bits = take(&state.bits)
      Kernels.forEachRow(keys.validity, count: keys.count) { row in
        let hash = hashes[row]
        bits[Int(truncatingIfNeeded: hash &>> 12) & (wordCount &- 1)] |= JoinKeyFilter.mask(hash)
      }
      state.bits = bits
    }
  }

  /// Tells that all keys were added.
  func settle() {
    state.withLock { state in
      // Four bits a key let every fourth other one pass.
      if state.keyCount > state.bits.count * 16 { state.bits = [] }
      state.isKnown = !state.bits.isEmpty || !state.lower.isNull
    }
  }

  private func bounds(of keys: Vector) -> (lower: ScalarValue, upper: ScalarValue) {
    switch keys.type {
    case .int32:
      let values = keys.int32s
      var (low, high) = (Int32.max, Int32.min)
      Kernels.forEachRow(keys.validity, count: keys.count) { row in
        low = min(low, values[row])
        high = max(high, values[row])
      }
      return low <= high ? (.integer(Int64(low)), .integer(Int64(high))) : (.null, .null)
    case .int64:
      let values = keys.int64s
      var (low, high) = (Int64.max, Int64.min)
      Kernels.forEachRow(keys.validity, count: keys.count) { row in
        low = min(low, values[row])
        high = max(high, values[row])
      }
      if low > high { return (.null, .null) }
      if case .decimal = type { return (.decimal(Int128(low)), .decimal(Int128(high))) }
      return (.integer(low), .integer(high))
    default: return (.null, .null)
    }
  }

  /// Two bits of a word (a blocked bloom filter; Putze, Sanders and Singler, 2007).
  @inline(__always) private static func mask(_ hash: UInt64) -> UInt64 {
    1 &<< (hash & 63) | 1 &<< (hash &>> 6 & 63)
  }

  func rows(_ vector: Vector, mask: Bitmap?) -> Bitmap? {
    let bits = state.withLock { $0.isKnown ? $0.bits : [] }
    if bits.isEmpty { return nil }
    var hashes: [UInt64] = []
    Kernels.hash(vector, into: &hashes)
    var builder = BitmapBuilder(count: vector.count)
    var words = builder.words
    let wrap = bits.count &- 1
    for word in words.indices {
      let first = word &* 64
      var found: UInt64 = 0
      for row in first..<min(first &+ 64, vector.count) {
        let wanted = JoinKeyFilter.mask(hashes[row])
        let isThere = bits[Int(truncatingIfNeeded: hashes[row] &>> 12) & wrap] & wanted == wanted
        found |= (isThere ? 1 : 0) &<< UInt64(truncatingIfNeeded: row & 63)
      }
      words[word] = found
    }
    return Bitmap.intersection(Bitmap.intersection(builder.freeze(), vector.rowValidity), mask)
  }

  func excludes(lower: ScalarValue, upper: ScalarValue, mayHaveNulls: Bool) -> Bool {
    let (isKnown, low, high) = state.withLock { ($0.isKnown, $0.lower, $0.upper) }
    guard isKnown, !low.isNull, !lower.isNull, !upper.isNull else { return false }
    return ScalarOrdering.isLess(high, lower) || ScalarOrdering.isLess(upper, low)
  }
}
