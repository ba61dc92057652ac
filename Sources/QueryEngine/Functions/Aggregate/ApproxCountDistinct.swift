internal import Columnar

extension AggregateFunction {
  static let approxCountDistinct = AggregateFunction(
    name: "approx_count_distinct", aliases: ["approx_distinct", "ndv"],
    summary: "The number of distinct values, within about two percent.", ignoresDistinct: true,
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("approx_count_distinct", arguments, gives: .bigint) : nil
    },
    makeAccumulator: { _ in HyperLogLogAccumulator() })
}

/// A HyperLogLog of each group.
final class HyperLogLogAccumulator: Accumulator {
  private var sketches: [HyperLogLog] = []

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { sketches.count * 4128 }

  override func grow(to count: Int) {
    if count > sketches.count {
      sketches.append(contentsOf: repeatElement(HyperLogLog(), count: count - sketches.count))
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    var hashes: [UInt64] = []
    Kernels.hash(arguments[0], into: &hashes)
    for row in groups.indices where groups[row] != 0 {
      sketches[Int(groups[row])].insert(Kernels.avalanche(hashes[row]))
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? HyperLogLogAccumulator else { return }
    for (group, target) in groups { sketches[target].formUnion(other.sketches[group]) }
  }

  override func results(_ range: Range<Int>) -> Vector { .flat(range.map { sketches[$0].estimate }) }
}
