import Columnar
import Testing

@testable import QueryEngine

@Suite("Percentiles") struct PercentileAccumulatorTests {
  /// A source of values: most in a window that `seed` places, some far off.
  struct Source<Value: PercentileValue & FixedWidthInteger> {
    let low: Value
    let width: Value
    let far: Int
    var random = SystemRandomNumberGenerator()

    mutating func next() -> Value {
      if far > 0, Int.random(in: 0..<far, using: &random) == 0 {
        return .random(in: .min ... .max, using: &random)
      }
      return low &+ .random(in: 0..<width, using: &random)
    }
  }

  /// Gives several accumulators rows of groups, merges them, and compares with sorted lists.
  private func check<Value: PercentileValue & FixedWidthInteger>(
    _ source: Source<Value>, workers: Int, groupCount: Int, batches: Int, asksBetween: Bool = false
  ) throws {
    var source = source
    let shape = PercentileShape(share: 0.9, argument: 0, isContinuous: false)
    var expected = [[Value]](repeating: [], count: groupCount)
    var parts: [PercentileAccumulator<Value>] = []
    for worker in 0..<workers {
      let part = PercentileAccumulator<Value>(shape)
      parts.append(part)
      for batch in 0..<batches {
        // Later batches know more groups.
        let known = max(2, groupCount * (batch + 1) / batches)
        part.grow(to: known)
        var (values, groups): ([Value], [UInt32]) = ([], [])
        for _ in 0..<2048 {
          let group = Int.random(in: 0..<known)
          values.append(source.next())
          groups.append(UInt32(group))
          expected[group].append(values[values.count - 1])
        }
        part.update([.flat(values)], groups: groups)
        if asksBetween { _ = try part.results(1..<known) }
      }
      if worker % 2 == 0 { part.prepareToBeMerged() }
    }
    let whole = parts[0]
    whole.grow(to: groupCount)
    let all = (0..<UInt32(groupCount)).map { $0 }
    for part in parts.dropFirst() {
      part.grow(to: groupCount)
      whole.merge(part, groups: GroupMapping(from: Array(all.dropFirst()), into: Array(all.dropFirst())))
    }
    let results = try whole.results(1..<groupCount)
    for group in 1..<groupCount where !expected[group].isEmpty {
      let sorted = expected[group].sorted()
      let found = results.scalar(at: group - 1, as: Value.bitWidth == 32 ? .integer : .bigint)
      #expect(
        found == .integer(Int64(sorted[shape.discreteIndex(of: sorted.count)])),
        "group \(group), low \(source.low), width \(source.width), far \(source.far)")
    }
  }

  @Test(arguments: [0, 3, 200]) func countedValuesAreAsSorted(_ far: Int) throws {
    for (low, width) in [(0, 1000), (-70_000, 90_000), (.max - 99, 99), (.min, 5)] as [(Int64, Int64)] {
      try check(Source(low: low, width: width, far: far), workers: 3, groupCount: 5, batches: 20)
    }
    for (low, width) in [(0, 1000), (.max - 99, 99), (.min, 5)] as [(Int32, Int32)] {
      try check(Source(low: low, width: width, far: far), workers: 2, groupCount: 3, batches: 20)
    }
  }

  @Test func manyGroupsAreAsSorted() throws {
    try check(Source<Int64>(low: 5, width: 20, far: 0), workers: 2, groupCount: 3000, batches: 40)
    try check(Source<Int64>(low: 5, width: 400, far: 9), workers: 2, groupCount: 3000, batches: 40)
  }

  @Test func resultsMayBeAskedForBetween() throws {
    try check(
      Source<Int32>(low: 0, width: 100, far: 50), workers: 2, groupCount: 4, batches: 20, asksBetween: true)
  }

  /// Windows of workers that saw different values.
  @Test func windowsApartAreMerged() throws {
    for (first, second) in [(0, 500), (0, 5_000_000), (900, 0), (-40, 7)] as [(Int64, Int64)] {
      let parts = [first, second].map { low in
        let part = PercentileAccumulator<Int64>(
          PercentileShape(share: 0.5, argument: 0, isContinuous: false))
        part.grow(to: 2)
        part.update(
          [.flat((0..<40_000).map { low + Int64($0 % 1000) })], groups: [UInt32](repeating: 1, count: 40_000))
        return part
      }
      parts[0].merge(parts[1], groups: GroupMapping(from: [1], into: [1]))
      let all = [first, second].flatMap { low in (0..<40_000).map { low + Int64($0 % 1000) } }.sorted()
      let found = try parts[0].results(1..<2).scalar(at: 0, as: .bigint)
      #expect(found == .integer(all[39_999]))
    }
  }

  @Test func valuesThatAreCountedTakeNoRoom() {
    let part = PercentileAccumulator<Int32>(PercentileShape(share: 0.5, argument: 0, isContinuous: true))
    part.grow(to: 2)
    for _ in 0..<500 {
      part.update([.flat((0..<2048).map { Int32($0) })], groups: [UInt32](repeating: 1, count: 2048))
    }
    #expect(part.byteCount < 300_000)
  }
}
