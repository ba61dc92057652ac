internal import Columnar

/// What sketches and bitmaps tell.
enum SketchFunctions {
  static let all: [ScalarFunction] = [
    estimate("theta_estimate", "How many distinct values a theta sketch took, probably.") {
      ThetaSketchState()
    },
    estimate("hll_estimate", "How many distinct values a HyperLogLog sketch took, probably.") {
      HyperLogLogState()
    },
    estimate("bitmap_count", "How many values a Roaring bitmap holds.") { RoaringState() },
  ]

  /// The form of `cardinality` that takes a sketch of either kind.
  static let cardinality = overload { (bytes) -> any SketchState in
    if HyperLogLogState.isOne(bytes) { return HyperLogLogState() }
    return ThetaSketchState()
  }

  private static func overload(_ make: @escaping @Sendable ([UInt8]) -> any SketchState) -> ScalarOverload {
    ScalarOverload(
      [.init("sketch", .binary)], returns: .bigint,
      RowFunction.unary(StringView.self, Int64.self) { (value, _) throws(QueryError) in
        let bytes = value.bytes
        let state = make(bytes)
        try state.add(serialized: bytes)
        return state.estimate
      })
  }

  private static func estimate(
    _ name: String, _ summary: String, _ make: @escaping @Sendable () -> any SketchState
  ) -> ScalarFunction {
    ScalarFunction(name, summary, examples: [], [overload { _ in make() }])
  }
}
