internal import Columnar

extension AggregateFunction {
  static let covarianceFamily: [AggregateFunction] = [
    covariance("covar_pop", "The covariance of all pairs.", .covarianceOfAll),
    covariance("covar_samp", "The covariance of a sample.", .covarianceOfSample),
    covariance("corr", "Pearson's correlation.", .correlation),
    covariance("regr_slope", "The slope of the line of least squares through (x, y).", .slope),
    covariance("regr_intercept", "Where the line of least squares cuts the y axis.", .intercept),
    covariance("regr_r2", "The squared correlation.", .determination),
    covariance("regr_count", "The number of pairs without a null.", .count),
    covariance("regr_avgx", "The mean of x.", .meanOfX),
    covariance("regr_avgy", "The mean of y.", .meanOfY),
    covariance("regr_sxx", "The sum of squared distances of x.", .squaresOfX),
    covariance("regr_syy", "The sum of squared distances of y.", .squaresOfY),
    covariance("regr_sxy", "The sum of products of the distances.", .products),
  ]

  private static func covariance(
    _ name: String, _ summary: String, _ result: CovarianceAccumulator.Result
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, summary: summary,
      resolve: { arguments, _ in
        guard arguments.count == 2, arguments.allSatisfy({ $0.isNumeric || $0 == .null }) else { return nil }
        return AggregateSignature(
          name, [.double, .double], gives: result == .count ? .bigint : .double)
      },
      makeAccumulator: { _ in CovarianceAccumulator(result) })
  }
}

/// Keeps the moments of pairs (y, x), as SQL:2016 part 2, 10.9 orders them.
final class CovarianceAccumulator: Accumulator {
  enum Result: Sendable {
    case covarianceOfAll, covarianceOfSample, correlation, slope, intercept, determination, count
    case meanOfX, meanOfY, squaresOfX, squaresOfY, products
  }
  private struct State {
    var count = 0.0
    var (meanX, meanY, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)

    mutating func merge(_ other: State) {
      guard other.count > 0 else { return }
      let total = count + other.count
      let (dx, dy) = (other.meanX - meanX, other.meanY - meanY)
      let weight = count * other.count / total
      xx += other.xx + dx * dx * weight
      yy += other.yy + dy * dy * weight
      xy += other.xy + dx * dy * weight
      meanX += dx * other.count / total
      meanY += dy * other.count / total
      count = total
    }
  }
  private var states: [State] = []
  private let result: Result

  init(_ result: Result) { self.result = result }

  override var byteCount: Int { states.count * MemoryLayout<State>.stride }

  override func grow(to count: Int) {
    if count > states.count {
      states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let (first, second) = (arguments[0], arguments[1])
    let ys = first.doubles
    let xs = second.doubles
    var takenStates = take(&states)
    defer { swap(&takenStates, &states) }
    var room = takenStates.mutableSpan
    for row in ys.indices {
      let group = Int(groups[row])
      var state = room[group]
      let (dx, dy) = (xs[row] - state.meanX, ys[row] - state.meanY)
      state.count += 1
      state.meanX += dx / state.count
      state.meanY += dy / state.count
      state.xx += dx * (xs[row] - state.meanX)
      state.yy += dy * (ys[row] - state.meanY)
      state.xy += dx * (ys[row] - state.meanY)
      room[group] = state
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? CovarianceAccumulator else { return }
    for (group, target) in groups { states[target].merge(other.states[group]) }
  }

  override func results(_ range: Range<Int>) -> Vector {
    if result == .count { return .flat(states[range].map { Int64($0.count) }) }
    let values = states[range].map { value($0) }
    let validity = Bitmap(values.map { $0 != nil })
    return .flat(values.map { $0 ?? 0 }, validity: validity.isAllSet ? nil : validity)
  }

  private func value(_ state: State) -> Double? {
    guard state.count > 0 else { return nil }
    switch result {
    case .covarianceOfAll: return state.xy / state.count
    case .covarianceOfSample: return state.count > 1 ? state.xy / (state.count - 1) : nil
    case .correlation:
      let scale = (state.xx * state.yy).squareRoot()
      return scale == 0 ? nil : state.xy / scale
    case .slope: return state.xx == 0 ? nil : state.xy / state.xx
    case .intercept: return state.xx == 0 ? nil : state.meanY - state.xy / state.xx * state.meanX
    case .determination:
      if state.xx == 0 { return nil }
      return state.yy == 0 ? 1 : state.xy * state.xy / (state.xx * state.yy)
    case .count: return state.count
    case .meanOfX: return state.meanX
    case .meanOfY: return state.meanY
    case .squaresOfX: return state.xx
    case .squaresOfY: return state.yy
    case .products: return state.xy
    }
  }
}
