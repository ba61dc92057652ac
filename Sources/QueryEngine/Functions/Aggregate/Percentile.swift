internal import Columnar

extension AggregateFunction {
  static let percentileCont = AggregateFunction(
    name: "percentile_cont",
    summary: "The value below which a share of the rows lies, interpolated: `(p) WITHIN GROUP (ORDER BY x)`.",
    nulls: .skipsAny,
    resolve: { arguments, order in
      guard arguments.count == 1, order.count == 1, arguments[0].isNumeric else { return nil }
      guard let type = numberType(order[0]) else { return nil }
      return AggregateSignature("percentile_cont", [.double], orderTypes: [type], gives: .double)
    },
    makeAccumulator: { makePercentile($0, isContinuous: true) })

  static let percentileDisc = AggregateFunction(
    name: "percentile_disc",
    summary: "The first value that a share of the rows reaches: `(p) WITHIN GROUP (ORDER BY x)`.",
    resolve: { arguments, order in
      guard arguments.count == 1, order.count == 1, arguments[0].isNumeric else { return nil }
      return AggregateSignature("percentile_disc", [.double], orderTypes: order, gives: order[0])
    },
    makeAccumulator: { makePercentile($0, isContinuous: false) })

  static let quantileCont = AggregateFunction(
    name: "quantile_cont",
    aliases: ["percentile", "approx_quantile", "approx_percentile", "percentile_approx"],
    summary: "As `percentile_cont(p) WITHIN GROUP (ORDER BY x)`.",
    resolve: { arguments, _ in
      guard arguments.count == 2, arguments[1].isNumeric, let type = numberType(arguments[0]) else {
        return nil
      }
      return AggregateSignature("quantile_cont", [type, .double], gives: .double)
    },
    makeAccumulator: { makePercentile($0, isContinuous: true) })

  static let quantileDisc = AggregateFunction(
    name: "quantile_disc", aliases: ["quantile"],
    summary: "As `percentile_disc(p) WITHIN GROUP (ORDER BY x)`.",
    resolve: { arguments, _ in
      guard arguments.count == 2, arguments[1].isNumeric else { return nil }
      return AggregateSignature("quantile_disc", [arguments[0], .double], gives: arguments[0])
    },
    makeAccumulator: { makePercentile($0, isContinuous: false) })

  static let median = AggregateFunction(
    name: "median", summary: "The middle value, or the mean of the two middle ones.",
    resolve: { arguments, _ in
      guard arguments.count == 1, let type = numberType(arguments[0]) else { return nil }
      return AggregateSignature("median", [type], gives: .double)
    },
    makeAccumulator: { makePercentile($0, isContinuous: true) })

  /// The type in which numbers of `type` are collected.
  private static func numberType(_ type: LogicalType) -> LogicalType? {
    switch type {
    case .tinyint, .smallint, .integer, .bigint, .double: type
    case let other where other.isNumeric || other == .null: .double
    default: nil
    }
  }

  private static func makePercentile(_ binding: Binding, isContinuous: Bool) -> Accumulator {
    let usesOrder = !binding.orderTypes.isEmpty
    let type = usesOrder ? binding.orderTypes[0] : binding.argumentTypes[0]
    let argument = usesOrder ? binding.argumentTypes.count : 0
    var share = 0.5
    let literal = usesOrder ? binding.literals.first : binding.literals.dropFirst().first
    if case .some(.some(let value)) = literal {
      switch value {
      case .double(let number): share = number
      case .integer(let number): share = Double(number)
      default: share = .nan
      }
    } else if literal != nil {
      share = .nan
    }
    if usesOrder && binding.orderBy.first?.isDescending == true { share = 1 - share }
    let shape = PercentileShape(
      share: share, argument: argument, isContinuous: isContinuous, position: binding.position)
    switch type.physicalType {
    case .int32: return PercentileAccumulator<Int32>(shape)
    case .int64: return PercentileAccumulator<Int64>(shape)
    case .double: return PercentileAccumulator<Double>(shape)
    case .float: return PercentileAccumulator<Float>(shape)
    case .int128: return PercentileAccumulator<Int128>(shape)
    default:
      return CollectingAccumulator(binding, columns: [argument]) { rows, _ in
        let sorted = rows.map { $0[0] }.sorted { ScalarOrdering.isLess($0, $1) }
        guard !sorted.isEmpty else { return .null }
        return sorted[shape.discreteIndex(of: sorted.count)]
      }
    }
  }
}

/// Which percentile of what.
struct PercentileShape: Sendable {
  var share: Double
  var argument: Int
  var isContinuous: Bool
  var position: SourceRange?

  /// The index of the first value that `share` of `count` rows reaches.
  func discreteIndex(of count: Int) -> Int {
    max(0, min(count - 1, Int((share * Double(count)).rounded(.up)) - 1))
  }
}
