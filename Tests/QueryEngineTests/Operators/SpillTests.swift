import Columnar
import Testing

@testable import QueryEngine

@Suite("Execution: spilling", .serialized) struct SpillTests {
  /// A context whose memory is gone at once.
  static func poorContext(workers: Int) -> QueryContext {
    var settings = ExecutionSettings()
    settings.threadCount = workers
    settings.parallelRowCount = 0
    return QueryContext(
      settings: settings, pool: workers > 1 ? testPool : nil, memory: MemoryBudget(limit: 1))
  }

  @Test func aBatchComesBackAsItWasWritten() throws {
    var random = SeededRandom(seed: 4)
    let types =
      HashAggregateSinkTests.types + [.interval, .struct([.init("a", .varchar), .init("b", .real)])]
    let rows = (0..<300).map { _ in
      types.map { type -> ScalarValue in
        if case .struct = type {
          return .struct([
            PlanFixture.random(.varchar, distinct: 9, using: &random),
            PlanFixture.random(.real, distinct: 9, nulls: 0, using: &random),
          ])
        }
        return PlanFixture.random(type, distinct: 50, using: &random)
      }
    }
    let columns = types.indices.map { index in Kernels.vector(rows.map { $0[index] }, types[index]) }
    let file = try SpillFile(in: "/tmp")
    let whole = Batch(columns: columns, rowCount: rows.count)
    let blocks = [try file.write(whole), try file.write(whole.rows(from: 64, count: 100))]
    try file.open()
    for (block, expected) in zip(blocks, [rows, Array(rows[64..<164])]) {
      let batch = try file.read(block, types: types)
      let found = (0..<batch.rowCount).map { row in
        key(types.indices.map { batch.columns[$0].scalar(at: row, as: types[$0]) })
      }
      #expect(difference(found, expected.map { key($0) }) == nil)
    }
  }

  @Test(arguments: [1, 7]) func anAggregationThatSpillsGivesTheSameAnswer(workers: Int) throws {
    var random = SeededRandom(seed: 6)
    let rows = (0..<50_000).map { _ in
      [
        PlanFixture.random(.varchar, distinct: 5000, using: &random),
        PlanFixture.random(.bigint, distinct: 40, using: &random),
      ]
    }
    let fixture = PlanFixture([("k", .varchar), ("x", .bigint)], rows: rows)
    let expected = HashAggregateSinkTests.slowAnswer(rows, keys: [0], argument: 1)
    let result = try QueryExecutor.run(
      HashAggregateSinkTests.aggregate(fixture, keys: [0], argument: 1),
      context: Self.poorContext(workers: workers))
    var found: [String: [String]] = [:]
    for row in result.rows {
      #expect(found.updateValue(row[1...].map(HashAggregateSinkTests.text), forKey: key([row[0]])) == nil)
    }
    #expect(difference(found, expected) == nil)
  }

  @Test(arguments: [1, 7]) func aSortThatSpillsGivesTheSameOrder(workers: Int) throws {
    var random = SeededRandom(seed: 8)
    let types: [(String, LogicalType)] = [
      ("a", .varchar), ("b", .double), ("c", .decimal(precision: 30, scale: 0)), ("n", .bigint),
      ("pad", .varchar),
    ]
    let rows = (0..<60_000).map { row -> [ScalarValue] in
      [
        PlanFixture.random(.varchar, distinct: 40, using: &random),
        PlanFixture.random(.double, distinct: 30, using: &random),
        PlanFixture.random(types[2].1, distinct: 20, using: &random), .integer(Int64(row)),
        .text("some padding so that rows take room \(row)"),
      ]
    }
    let fixture = PlanFixture(types, rows: rows)
    let keys = [(0, true, false), (1, false, true), (2, true, true)]
    let plan = LogicalPlan.sort(
      keys.map { .init(fixture.column($0.0), isDescending: $0.1, nullsFirst: $0.2) }, fixture.scan)
    let expected = rows.stablySorted { SortSinkTests.isBefore($0, $1, keys) }
    let result = try QueryExecutor.run(plan, context: Self.poorContext(workers: workers))
    #expect(difference(result.rows.map { key($0) }, expected.map { key($0) }) == nil)
  }
}
