internal import Columnar

/// What sketches and bitmaps tell.
enum SketchFunctions {
  static let all: [ScalarFunction] = [
    estimate(
      "theta_estimate", "How many distinct values a theta sketch took, probably.",
      of: "unhex('02030300001ACC93020000000000000015F97DCBBD86A105C397FC1281709D1E')", gives: 2
    ) { ThetaSketchState() },
    estimate(
      "hll_estimate", "How many distinct values a HyperLogLog sketch took, probably.",
      of: "unhex('57514831' || repeat('00', 4095) || '01')", gives: 1
    ) { HyperLogLogState() },
    estimate(
      "bitmap_count", "How many values a Roaring bitmap holds.",
      of: "unhex('0100000000000000000000003A30000001000000000001001000000001000200')", gives: 2
    ) { RoaringState() },
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
    _ name: String, _ summary: String, of sketch: String, gives count: Int,
    _ make: @escaping @Sendable () -> any SketchState
  ) -> ScalarFunction {
    ScalarFunction(
      name, summary, examples: [.init("\(name)(\(sketch))", gives: "\(count)")], [overload { _ in make() }])
  }
}
