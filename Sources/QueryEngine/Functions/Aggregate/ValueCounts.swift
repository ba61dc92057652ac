internal import Columnar
internal import Glibc

extension AggregateFunction {
  static let mode = AggregateFunction(
    name: "mode", summary: "The most frequent value; of several the smallest.",
    resolve: { arguments, order in
      if arguments.isEmpty, order.count == 1 {
        return AggregateSignature("mode", [], orderTypes: order, gives: order[0])
      }
      return arguments.count == 1 ? AggregateSignature("mode", arguments, gives: arguments[0]) : nil
    },
    makeAccumulator: { CountingAccumulator($0) { counts in counts.byFrequency.first?.key ?? .null } })

  static let histogram = AggregateFunction(
    name: "histogram", summary: "A map from each value to its number of rows.",
    resolve: { arguments, _ in
      guard arguments.count == 1 else { return nil }
      return AggregateSignature("histogram", arguments, gives: .map(key: arguments[0], value: .bigint))
    },
    makeAccumulator: {
      CountingAccumulator($0) { counts in
        guard !counts.isEmpty else { return .null }
        let sorted = counts.sorted { ScalarOrdering.isLess($0.key, $1.key) }
        return .map(keys: sorted.map(\.key), values: sorted.map { .integer($0.value) })
      }
    })

  static let entropy = AggregateFunction(
    name: "entropy",
    summary: "The entropy of the values' frequencies in bits (Shannon, 1948); 0 without values.",
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("entropy", arguments, gives: .double) : nil
    },
    makeAccumulator: {
      CountingAccumulator($0) { counts in
        let total = Double(counts.values.reduce(0, +))
        // In the order of the counts, so that the sum does not depend on that of a dictionary.
        let shares = counts.values.sorted().map { Double($0) / total }
        return .double(shares.reduce(0) { $0 - $1 * log2($1) })
      }
    })

  static let approxTopK = AggregateFunction(
    name: "approx_top_k", aliases: ["approx_most_frequent", "topk"],
    summary:
      "The k most frequent values as a list, the most frequent first; of equally frequent the smaller.",
    nulls: .skipsFirst,
    resolve: { arguments, _ in
      guard arguments.count == 2, arguments[1].isInteger else { return nil }
      return AggregateSignature("approx_top_k", [arguments[0], .bigint], gives: .list(arguments[0]))
    },
    makeAccumulator: { binding in
      let limit: Int64? =
        if case .integer(let number)?? = binding.literals.dropFirst().first { number } else { nil }
      return CountingAccumulator(binding) { (counts) throws(QueryError) in
        guard let limit, limit > 0 else {
          throw QueryError(
            .invalidParameter, "approx_top_k needs a constant number of values, 1 or more",
            at: binding.position)
        }
        guard !counts.isEmpty else { return .null }
        return .list(counts.byFrequency.prefix(Int(clamping: limit)).map(\.key))
      }
    })
}

extension Dictionary where Key == ScalarValue, Value == Int64 {
  /// The entries, the most frequent first; equally frequent ones in the order of their values.
  fileprivate var byFrequency: [(key: ScalarValue, value: Int64)] {
    sorted { left, right in
      left.value != right.value
        ? left.value > right.value : ScalarOrdering.isLess(left.key, right.key)
    }
  }
}

/// Counts how often each value of the first argument occurs in a group.
final class CountingAccumulator: Accumulator {
  /// Makes a group's result of its counts.
  typealias Finish = @Sendable (_ counts: [ScalarValue: Int64]) throws(QueryError) -> ScalarValue

  private var counts: [[ScalarValue: Int64]] = []
  private var entryCount = 0
  private let binding: AggregateFunction.Binding
  private let finish: Finish

  init(_ binding: AggregateFunction.Binding, finish: @escaping Finish) {
    (self.binding, self.finish) = (binding, finish)
  }

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { entryCount * 96 + counts.count * 8 }

  override func grow(to count: Int) {
    if count > counts.count { counts.append(contentsOf: repeatElement([:], count: count - counts.count)) }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let type = (binding.argumentTypes + binding.orderTypes)[0]
    for row in groups.indices where groups[row] != 0 {
      add(arguments[0].scalar(at: row, as: type), 1, to: Int(groups[row]))
    }
  }

  private func add(_ value: ScalarValue, _ count: Int64, to group: Int) {
    let before = counts[group].count
    counts[group][value, default: 0] += count
    entryCount += counts[group].count - before
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? CountingAccumulator else { return }
    for (group, target) in groups {
      for (value, count) in other.counts[group] { add(value, count, to: target) }
    }
  }

  override func results(_ range: Range<Int>) throws(QueryError) -> Vector {
    var builder = VectorBuilder(binding.resultType)
    for group in range { builder.append(try finish(counts[group])) }
    return builder.finish()
  }
}
