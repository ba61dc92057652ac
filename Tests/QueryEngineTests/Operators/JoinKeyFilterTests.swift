import Columnar
import Testing

@testable import QueryEngine

@Suite("Operator: filters of join keys") struct JoinKeyFilterTests {
  private func passed(_ filter: JoinKeyFilter, _ values: [Int64]) -> Int? {
    filter.rows(.flat(values), mask: nil).map { bitmap in values.indices.count { bitmap[$0] } }
  }

  private func leavesOut(_ filter: JoinKeyFilter, _ lower: Int64, _ upper: Int64) -> Bool {
    filter.excludes(lower: .integer(lower), upper: .integer(upper), mayHaveNulls: false)
  }

  @Test func partsTellWhatTheWholeDoes() {
    let keys = (0..<Int64(3000)).map { $0 * 7 }
    let (whole, parts) = (JoinKeyFilter(.bigint), JoinKeyFilter(.bigint))
    whole.learn(.flat(keys))
    for part in stride(from: 0, to: keys.count, by: 500) {
      parts.add(.flat(Array(keys[part..<part + 500])), room: keys.count)
    }
    #expect(!parts.isKnown && passed(parts, keys) == nil && !leavesOut(parts, -9, -1))
    parts.settle()
    let others = (0..<Int64(3000)).map { $0 * 7 + 3 }
    for filter in [whole, parts] {
      #expect(filter.isKnown && passed(filter, keys) == 3000)
      #expect(passed(filter, others).map { $0 < 300 } == true)
      #expect(
        leavesOut(filter, -9, -1) && leavesOut(filter, 20_994, 30_000) && !leavesOut(filter, 20_993, 30_000))
    }
    #expect(passed(whole, others) == passed(parts, others))
  }

  @Test func ofTooManyKeysTheBoundsAreKept() {
    let filter = JoinKeyFilter(.bigint)
    let keys = (0..<Int64(5000)).map { $0 }
    filter.add(.flat(keys), room: 100)
    filter.settle()
    #expect(filter.isKnown && passed(filter, [-1, 1]) == nil)
    #expect(leavesOut(filter, 5000, 6000) && !leavesOut(filter, 4999, 6000))
  }

  @Test func ofNoKeysNothingIsKnown() {
    let filter = JoinKeyFilter(.bigint)
    filter.settle()
    #expect(!filter.isKnown)
    #expect(passed(filter, [1]) == nil && !leavesOut(filter, 0, 1))
  }
}
