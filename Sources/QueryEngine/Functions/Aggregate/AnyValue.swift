internal import Columnar

extension AggregateFunction {
  static let anyValue = AggregateFunction(
    name: "any_value", aliases: ["arbitrary"], summary: "Some value that is not null.", ignoresDistinct: true,
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("any_value", arguments, gives: arguments[0]) : nil
    },
    makeAccumulator: { ExtremeRowAccumulator($0, .first) })

  static let minBy = AggregateFunction(
    name: "min_by", aliases: ["arg_min"], summary: "The first argument where the second is smallest.",
    nulls: .keeps,
    resolve: { arguments, _ in
      arguments.count == 2 ? AggregateSignature("min_by", arguments, gives: arguments[0]) : nil
    },
    makeAccumulator: { ExtremeRowAccumulator($0, .smallestKey) })

  static let maxBy = AggregateFunction(
    name: "max_by", aliases: ["arg_max"], summary: "The first argument where the second is greatest.",
    nulls: .keeps,
    resolve: { arguments, _ in
      arguments.count == 2 ? AggregateSignature("max_by", arguments, gives: arguments[0]) : nil
    },
    makeAccumulator: { ExtremeRowAccumulator($0, .greatestKey) })
}

/// Keeps one row's value for each group: any, or that of the smallest or greatest key.
final class ExtremeRowAccumulator: Accumulator {
  enum Choice { case first, smallestKey, greatestKey }
  private var values: [ScalarValue] = []
  private var keys: [ScalarValue] = []
  private var isSet: [Bool] = []
  private let choice: Choice
  private let binding: AggregateFunction.Binding

  init(_ binding: AggregateFunction.Binding, _ choice: Choice) {
    (self.binding, self.choice) = (binding, choice)
  }

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { values.count * 96 }

  override func grow(to count: Int) {
    guard count > values.count else { return }
    values.append(contentsOf: repeatElement(.null, count: count - values.count))
    isSet.append(contentsOf: repeatElement(false, count: count - isSet.count))
    if choice != .first { keys.append(contentsOf: repeatElement(.null, count: count - keys.count)) }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    for row in groups.indices where groups[row] != 0 {
      let group = Int(groups[row])
      if choice == .first {
        if isSet[group] { continue }
        values[group] = arguments[0].scalar(at: row, as: binding.argumentTypes[0])
        isSet[group] = true
      } else {
        let key = arguments[1].scalar(at: row, as: binding.argumentTypes[1])
        if key.isNull || !beats(key, group) { continue }
        keys[group] = key
        values[group] = arguments[0].scalar(at: row, as: binding.argumentTypes[0])
        isSet[group] = true
      }
    }
  }

  private func beats(_ key: ScalarValue, _ group: Int) -> Bool {
    guard isSet[group] else { return true }
    let order = ScalarOrdering.compare(key, keys[group])
    return choice == .smallestKey ? order < 0 : order > 0
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? ExtremeRowAccumulator else { return }
    for (group, target) in groups where other.isSet[group] {
      let into = target
      if choice == .first {
        if !isSet[into] { values[into] = other.values[group] }
      } else if beats(other.keys[group], into) {
        (keys[into], values[into]) = (other.keys[group], other.values[group])
      }
      isSet[into] = true
    }
  }

  override func results(_ range: Range<Int>) -> Vector { Kernels.vector(values[range], binding.resultType) }
}
