/// Every built-in aggregate function.
enum AggregateFunctions {
  static let all: [AggregateFunction] =
    [
      .countStar, .count, .sum, .avg, .min, .max, .countIf, .boolAnd, .boolOr, .anyValue, .minBy, .maxBy,
      .bitAnd, .bitOr, .bitXor, .percentileCont, .percentileDisc, .quantileCont, .quantileDisc, .median,
      .mode, .arrayAgg, .collectSet, .stringAgg, .first, .last, .histogram, .mapAgg, .multimapAgg,
      .approxCountDistinct,
      .approxTopK, .entropy, .mad, .checksum,
    ] + AggregateFunction.varianceFamily + AggregateFunction.covarianceFamily
    + AggregateFunction.momentFamily + AggregateFunction.sketchFamily
}
