internal import Columnar

extension AggregateFunction {
  static let checksum = AggregateFunction(
    name: "checksum",
    summary:
      "A number that is equal for equal values in any order, nulls included; it may differ between versions.",
    nulls: .keeps,
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("checksum", arguments, gives: .bigint) : nil
    },
    makeAccumulator: { _ in ChecksumAccumulator() })
}

/// Adds up the hashes of the values, so that their order does not matter and their number does.
final class ChecksumAccumulator: Accumulator {
  private var sums: [UInt64] = []
  private var isSet: [Bool] = []

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { sums.count * 9 }

  override func grow(to count: Int) {
    guard count > sums.count else { return }
    sums.append(contentsOf: repeatElement(0, count: count - sums.count))
    isSet.append(contentsOf: repeatElement(false, count: count - isSet.count))
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    var hashes: [UInt64] = []
    Kernels.hash(arguments[0], into: &hashes)
    for row in groups.indices {
      sums[Int(groups[row])] &+= hashes[row]
      isSet[Int(groups[row])] = true
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? ChecksumAccumulator else { return }
    for (group, target) in groups where other.isSet[group] {
      sums[target] &+= other.sums[group]
      isSet[target] = true
    }
  }

  override func results(_ range: Range<Int>) -> Vector {
    let validity = Bitmap(Array(isSet[range]))
    return .flat(sums[range].map { Int64(bitPattern: $0) }, validity: validity.isAllSet ? nil : validity)
  }
}
