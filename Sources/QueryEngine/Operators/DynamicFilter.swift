internal import Columnar
internal import Synchronization

/// A condition on a scanned column that becomes known while the statement runs: the keys of a join's build
/// side, or the threshold of a top N.
protocol DynamicFilter: Sendable {
  /// The rows that may pass, `nil` if that is all that `mask` has or nothing is known yet.
  func rows(_ vector: Vector, mask: Bitmap?) -> Bitmap?
  /// Whether no value between the bounds can pass.
  func excludes(lower: ScalarValue, upper: ScalarValue, mayHaveNulls: Bool) -> Bool
  /// Whether there is a condition by now.
  var isKnown: Bool { get }
}

extension TopNThreshold: DynamicFilter {
  var isKnown: Bool { !isOpen }

  func rows(_ vector: Vector, mask: Bitmap?) -> Bitmap? {
    guard isKnown else { return nil }
    let batch = Batch(
      columns: [], rowCount: vector.count, selection: mask.map { Selection($0) })
    return select(vector, from: batch)?.rows
  }

  func excludes(lower: ScalarValue, upper: ScalarValue, mayHaveNulls: Bool) -> Bool {
    guard isKnown, !(mayHaveNulls && key.nullsFirst) else { return false }
    let best = key.isDescending ? upper : lower
    if best.isNull { return false }
    return isBehind(VectorBuilder.single(best, key.expression.type))
  }
}
