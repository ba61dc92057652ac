import Columnar

/// A seeded generator of numbers (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators",
/// 2014) and of column values around the places where transforms and bounds turn.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = (state ^ state &>> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits &>> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits &>> 31
  }

  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

  /// Few distinct values, so that equal ones meet.
  mutating func value(of type: LogicalType) -> ScalarValue {
    switch type {
    case .boolean: return .boolean(below(2) == 0)
    case .integer, .bigint: return .integer(Int64(below(40) - 20))
    case .date: return .integer(Int64(below(1600) - 800))
    case .timestamp, .timestampTZ, .time: return .integer(Int64(below(4000) - 2000) * 3_599_999_999)
    case .timestampNanos, .timestampTZNanos: return .integer(Int64(below(4000) - 2000) * 3_599_999_999_999)
    case .decimal: return .decimal(Int128(below(400) - 200))
    case .real: return .real([-1.5, -0.0, 0, 1, 2.5, 7, .nan, .infinity][below(8)])
    case .double: return .double([-1.5, -0.0, 0, 1, 2.5, 7, .nan, -.infinity][below(8)])
    case .varchar:
      let alphabet = ["a", "b", "é", "😀", "z"]
      return .text((0..<below(6)).map { _ in alphabet[below(5)] }.joined())
    case .uuid: return .bytes((0..<16).map { _ in UInt8(below(3)) })
    case .fixed(let length): return .bytes((0..<length).map { _ in UInt8([0, 1, 254, 255][below(4)]) })
    default: return .bytes((0..<below(5)).map { _ in UInt8([0, 1, 254, 255][below(4)]) })
    }
  }
}
