internal import Columnar
internal import Synchronization

/// What the scan of the probe side can know of the build side's keys: their bounds, and a bloom filter.
final class JoinKeyFilter: DynamicFilter {
  private struct State {
    var isKnown = false
    var lower = ScalarValue.null
    var upper = ScalarValue.null
    var bits: [UInt64] = []
  }
  private let type: LogicalType
  private let state = Mutex(State())

  init(_ type: LogicalType) { self.type = type }

  var isKnown: Bool { state.withLock { $0.isKnown } }

  /// Takes the keys of the build side.
  func learn(_ keys: Vector) {
    // A filter that most rows pass costs more than it saves; big build sides seldom leave out much.
    guard keys.count <= 4_000_000, !type.isNested, type != .interval else { return }
    var bounds: (lower: ScalarValue, upper: ScalarValue) = (.null, .null)
    let validity = keys.validity
    switch keys.type {
    case .int32:
      let values = keys.int32s
      var (low, high) = (Int32.max, Int32.min)
      Kernels.forEachRow(validity, count: keys.count) { row in
        low = min(low, values[row])
        high = max(high, values[row])
      }
      if low <= high { bounds = (.integer(Int64(low)), .integer(Int64(high))) }
    case .int64:
      let values = keys.int64s
      var (low, high) = (Int64.max, Int64.min)
      Kernels.forEachRow(validity, count: keys.count) { row in
        low = min(low, values[row])
        high = max(high, values[row])
      }
      if low <= high {
        if case .decimal = type {
          bounds = (.decimal(Int128(low)), .decimal(Int128(high)))
        } else {
          bounds = (.integer(low), .integer(high))
        }
      }
    default: break
    }
    var hashes: [UInt64] = []
    Kernels.hash(keys, into: &hashes)
    var wordCount = 64
    while wordCount * 8 < keys.count { wordCount *= 2 }
    var bits = [UInt64](repeating: 0, count: wordCount)
    Kernels.forEachRow(validity, count: keys.count) { row in
      let hash = hashes[row]
      bits[Int(truncatingIfNeeded: hash &>> 12) & (wordCount &- 1)] |= JoinKeyFilter.mask(hash)
    }
    state.withLock { $0 = State(isKnown: true, lower: bounds.lower, upper: bounds.upper, bits: bits) }
  }

  /// Two bits of a word (a blocked bloom filter; Putze, Sanders and Singler, 2007).
  @inline(__always) private static func mask(_ hash: UInt64) -> UInt64 {
    1 &<< (hash & 63) | 1 &<< (hash &>> 6 & 63)
  }

  func rows(_ vector: Vector, mask: Bitmap?) -> Bitmap? {
    let bits = state.withLock { $0.bits }
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
    let (low, high) = state.withLock { ($0.lower, $0.upper) }
    guard !low.isNull, !lower.isNull, !upper.isNull else { return false }
    return ScalarOrdering.isLess(high, lower) || ScalarOrdering.isLess(upper, low)
  }
}
