internal import Columnar
internal import Glibc

extension AggregateFunction {
  static let momentFamily: [AggregateFunction] = [
    moments("skewness", [], "How lopsided a sample is: its third moment, corrected for its size.", .skewness),
    moments(
      "kurtosis", [], "How heavy the tails of a sample are beyond the normal distribution's, corrected.",
      .kurtosis),
    moments(
      "geometric_mean", ["geomean"], "The n-th root of the product of n positive numbers.", .geometricMean),
  ]

  private static func moments(
    _ name: String, _ aliases: [String], _ summary: String, _ result: MomentAccumulator.Result
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, summary: summary,
      resolve: { arguments, _ in
        guard arguments.count == 1, arguments[0].isNumeric || arguments[0] == .null else { return nil }
        return AggregateSignature(name, [.double], gives: .double)
      },
      makeAccumulator: { MomentAccumulator(result, position: $0.position) })
  }
}

/// Keeps count, mean and the sums of the second to fourth powers of the distances from it, in one pass
/// (Pébay, "Formulas for Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order Statistical
/// Moments", 2008).
final class MomentAccumulator: Accumulator {
  enum Result: Sendable { case skewness, kurtosis, geometricMean }

  private struct State {
    var count = 0.0
    var mean = 0.0
    var second = 0.0
    var third = 0.0
    var fourth = 0.0

    mutating func merge(_ other: State) {
      guard other.count > 0 else { return }
      let (n, m, total) = (count, other.count, count + other.count)
      let d = other.mean - mean
      let r = d / total
      fourth +=
        other.fourth + d * r * r * r * n * m * (n * n - n * m + m * m)
        + 6 * r * r * (n * n * other.second + m * m * second) + 4 * r * (n * other.third - m * third)
      third += other.third + d * r * r * n * m * (n - m) + 3 * r * (n * other.second - m * second)
      second += other.second + d * r * n * m
      mean += r * m
      count = total
    }

    /// The corrected skewness of a sample of three or more.
    var skewness: Double? {
      guard count > 2 else { return nil }
      let spread = (second / count) * (second / count).squareRoot()
      return (count * (count - 1)).squareRoot() / (count - 2) * (third / count) / spread
    }

    /// The corrected excess kurtosis of a sample of four or more that are not all equal.
    var kurtosis: Double? {
      guard count > 3, second != 0 else { return nil }
      let excess = count * fourth / (second * second) - 3
      return (count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * excess + 6)
    }
  }

  private var states: [State] = []
  private let result: Result
  private let position: SourceRange?

  init(_ result: Result, position: SourceRange?) { (self.result, self.position) = (result, position) }

  override var byteCount: Int { states.count * MemoryLayout<State>.stride }

  override func grow(to count: Int) {
    if count > states.count {
      states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) throws(QueryError) {
    let argument = arguments[0]
    let values = argument.doubles
    for row in values.indices where groups[row] != 0 {
      var value = values[row]
      if result == .geometricMean {
        guard !(value <= 0) else {
          throw QueryError(.numericOutOfRange, "the logarithm of \(value) does not exist", at: position)
        }
        value = log(value)
      }
      states[Int(groups[row])].merge(State(count: 1, mean: value))
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? MomentAccumulator else { return }
    for (group, target) in groups { states[target].merge(other.states[group]) }
  }

  override func results(_ range: Range<Int>) -> Vector {
    let values = states[range].map { state in
      switch result {
      case .skewness: state.skewness
      case .kurtosis: state.kurtosis
      case .geometricMean: state.count > 0 ? exp(state.mean) : nil
      }
    }
    let validity = Bitmap(values.map { $0 != nil })
    return .flat(values.map { $0 ?? 0 }, validity: validity.isAllSet ? nil : validity)
  }
}
