internal import Columnar

extension AggregateFunction {
  static let varianceFamily: [AggregateFunction] = [
    variance("stddev_samp", ["stddev", "std"], "The standard deviation of a sample.", .standardDeviation, 1),
    variance("stddev_pop", [], "The standard deviation of all values.", .standardDeviation, 0),
    variance("var_samp", ["variance"], "The variance of a sample.", .variance, 1),
    variance("var_pop", [], "The variance of all values.", .variance, 0),
  ]

  private static func variance(
    _ name: String, _ aliases: [String], _ summary: String, _ result: VarianceAccumulator.Result,
    _ freedom: Int
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, summary: summary,
      resolve: { arguments, _ in
        guard arguments.count == 1, arguments[0].isNumeric || arguments[0] == .null else { return nil }
        return AggregateSignature(name, [.double], gives: .double)
      },
      makeAccumulator: { _ in VarianceAccumulator(result, freedom: freedom) })
  }
}

/// Keeps count, mean and sum of squared distances, by Welford's method (Knuth, TAOCP 2, 4.2.2); states are
/// merged as in Chan, Golub and LeVeque (1979).
final class VarianceAccumulator: Accumulator {
  enum Result: Sendable { case variance, standardDeviation }
  private struct State {
    var count = 0.0
    var mean = 0.0
    var squares = 0.0
  }
  private var states: [State] = []
  private let result: Result
  private let freedom: Int

  init(_ result: Result, freedom: Int) { (self.result, self.freedom) = (result, freedom) }

  override var byteCount: Int { states.count * 24 }

  override func grow(to count: Int) {
    if count > states.count {
      states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let argument = arguments[0]
    let values = argument.doubles
    var takenStates = take(&states)
    defer { swap(&takenStates, &states) }
    var room = takenStates.mutableSpan
    for row in values.indices {
      let group = Int(groups[row])
      let distance = values[row] - room[group].mean
      room[group].count += 1
      room[group].mean += distance / room[group].count
      room[group].squares += distance * (values[row] - room[group].mean)
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? VarianceAccumulator else { return }
    for (group, target) in groups where other.states[group].count > 0 {
      let (into, from) = (target, other.states[group])
      let count = states[into].count + from.count
      let distance = from.mean - states[into].mean
      states[into].squares += from.squares + distance * distance * states[into].count * from.count / count
      states[into].mean += distance * from.count / count
      states[into].count = count
    }
  }

  override func results(_ range: Range<Int>) -> Vector {
    let values = states[range].map { state in
      let variance = max(0, state.squares) / max(1, state.count - Double(freedom))
      let checked = state.squares.isNaN ? Double.nan : variance
      return result == .variance ? checked : checked.squareRoot()
    }
    let validity = Bitmap(states[range].map { $0.count > Double(freedom) })
    return .flat(values, validity: validity.isAllSet ? nil : validity)
  }
}
