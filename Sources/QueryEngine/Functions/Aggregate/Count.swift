internal import Columnar

extension AggregateFunction {
  static let countStar = AggregateFunction(
    name: "count_star", summary: "The number of rows.", nulls: .keeps,
    resolve: { arguments, _ in arguments.isEmpty ? AggregateSignature("count_star", [], gives: .bigint) : nil
    },
    makeAccumulator: { _ in CountAccumulator() })

  static let count = AggregateFunction(
    name: "count", summary: "The number of rows whose argument is not null.",
    resolve: { arguments, _ in
      arguments.isEmpty
        ? AggregateSignature("count_star", [], gives: .bigint)
        : AggregateSignature("count", arguments, gives: .bigint)
    },
    makeAccumulator: { _ in CountAccumulator() })
}

/// Counts rows.
final class CountAccumulator: Accumulator {
  private var counts: [Int64] = []

  override var acceptsAnyEncoding: Bool { true }
  override var readsArguments: Bool { false }
  override var byteCount: Int { counts.count * 8 }

  override func grow(to count: Int) {
    if count > counts.count { counts.append(contentsOf: repeatElement(0, count: count - counts.count)) }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    var takenCounts = take(&counts)
    defer { swap(&takenCounts, &counts) }
    var room = takenCounts.mutableSpan
    for row in groups.indices { room[Int(groups[row])] &+= 1 }
  }

  override func update(_ arguments: [Vector], rowCount: Int, mask: Bitmap?, group: Int) {
    counts[group] += Int64(mask?.setCount ?? rowCount)
  }

  /// Adds `count` rows to a group.
  func add(_ count: Int64, group: Int) { counts[group] += count }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? CountAccumulator else { return }
    var takenCounts = take(&counts)
    defer { swap(&takenCounts, &counts) }
    let source = other.counts
    var room = takenCounts.mutableSpan
    for index in groups.from.indices { room[Int(groups.into[index])] &+= source[Int(groups.from[index])] }
  }

  override func results(_ range: Range<Int>) -> Vector {
    var buffer = WritableBuffer(byteCount: range.count * 8)
    var room = buffer.elements(as: Int64.self, count: range.count)
    let counts = counts
    for (row, group) in range.enumerated() { room[row] = counts[group] }
    return .flat(buffer.freeze(), of: Int64.self, count: range.count)
  }
}
