internal import Columnar

extension AggregateFunction {
  static let countIf = AggregateFunction(
    name: "count_if", aliases: ["countif"], summary: "The number of rows for which the argument is true.",
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("count_if", [.boolean], gives: .bigint) : nil
    },
    makeAccumulator: { _ in BooleanAccumulator(.count) })

  static let boolAnd = AggregateFunction(
    name: "bool_and", aliases: ["every", "logical_and"], summary: "Whether all values are true.",
    ignoresDistinct: true,
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("bool_and", [.boolean], gives: .boolean) : nil
    },
    makeAccumulator: { _ in BooleanAccumulator(.and) })

  static let boolOr = AggregateFunction(
    name: "bool_or", aliases: ["some", "any", "logical_or"], summary: "Whether some value is true.",
    ignoresDistinct: true,
    resolve: { arguments, _ in
      arguments.count == 1 ? AggregateSignature("bool_or", [.boolean], gives: .boolean) : nil
    },
    makeAccumulator: { _ in BooleanAccumulator(.or) })
}

/// Counts the true and the false rows of each group.
final class BooleanAccumulator: Accumulator {
  enum Result { case count, and, or }
  private struct State {
    var trueCount: Int64 = 0
    var count: Int64 = 0
  }
  private var states: [State] = []
  private let result: Result

  init(_ result: Result) { self.result = result }

  override var byteCount: Int { states.count * 16 }

  override func grow(to count: Int) {
    if count > states.count {
      states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let argument = arguments[0]
    let bits = argument.bits
    let words = bits.words
    var takenStates = take(&states)
    defer { swap(&takenStates, &states) }
    var room = takenStates.mutableSpan
    for row in groups.indices {
      let group = Int(groups[row])
      let bit = words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1
      room[group].count &+= 1
      room[group].trueCount &+= Int64(truncatingIfNeeded: bit)
    }
  }

  override func update(_ arguments: [Vector], rowCount: Int, mask: Bitmap?, group: Int) {
    let argument = arguments[0]
    let both = Bitmap.intersection(argument.bits, mask)
    states[group].trueCount += Int64(both?.setCount ?? 0)
    states[group].count += Int64(mask?.setCount ?? rowCount)
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? BooleanAccumulator else { return }
    for (group, target) in groups {
      states[target].count += other.states[group].count
      states[target].trueCount += other.states[group].trueCount
    }
  }

  override func results(_ range: Range<Int>) -> Vector {
    if result == .count { return .flat(states[range].map(\.trueCount)) }
    let validity = Bitmap(states[range].map { $0.count > 0 })
    let bits = states[range].map { result == .and ? $0.trueCount == $0.count : $0.trueCount > 0 }
    return .bits(Bitmap(bits), validity: validity.isAllSet ? nil : validity)
  }
}
