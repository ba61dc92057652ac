import Columnar
import Testing

@testable import QueryEngine

@Suite("Operator: hash aggregate", .serialized) struct HashAggregateSinkTests {
  static let types: [LogicalType] = [
    .boolean, .integer, .bigint, .double, .varchar, .decimal(precision: 30, scale: 2), .date,
    .list(.bigint),
  ]

  /// What a slow loop answers: count, count(x), sum(x), min(x), max(x), count(distinct x), avg(x).
  static func slowAnswer(_ rows: [[ScalarValue]], keys: [Int], argument: Int) -> [String: [String]] {
    var groups: [String: [ScalarValue]] = [:]
    for row in rows { groups[key(keys.map { row[$0] }), default: []].append(row[argument]) }
    return groups.mapValues { values in
      let some = values.filter { !$0.isNull }
      let numbers = some.map { value in
        if case .integer(let number) = value { return Int128(number) }
        return 0
      }
      let sum = numbers.reduce(Int128(0), +)
      return [
        "\(values.count)", "\(some.count)", some.isEmpty ? "null" : "\(sum)",
        some.isEmpty ? "null" : "\(numbers.min() ?? 0)", some.isEmpty ? "null" : "\(numbers.max() ?? 0)",
        "\(Set(numbers).count)",
        some.isEmpty ? "null" : "\(Double(sum) / Double(some.count))",
      ]
    }
  }

  static func text(_ value: ScalarValue) -> String {
    switch value {
    case .null: "null"
    case .integer(let number): "\(number)"
    case .double(let number): "\(number)"
    default: "\(value)"
    }
  }

  static func aggregate(_ fixture: PlanFixture, keys: [Int], argument: Int) -> LogicalPlan {
    let x = fixture.column(argument)
    var next = 1000
    func column(_ type: LogicalType) -> OutputColumn {
      next += 1
      return OutputColumn(id: ColumnID(next), name: "c", type: type)
    }
    return .aggregate(
      .init(
        groups: keys.map { .init(fixture.column($0), as: column(fixture.columns[$0].type)) },
        aggregates: [
          .init("count_star", [], as: column(.bigint)), .init("count", [x], as: column(.bigint)),
          .init("sum", [x], as: column(.bigint)), .init("min", [x], as: column(x.type)),
          .init("max", [x], as: column(x.type)),
          .init("count", [x], isDistinct: true, as: column(.bigint)), .init("avg", [x], as: column(.double)),
        ], input: fixture.scan))
  }

  func check(_ fixture: PlanFixture, keys: [Int], argument: Int) throws {
    let expected = Self.slowAnswer(fixture.rows, keys: keys, argument: argument)
    for context in testContexts() {
      let result = try QueryExecutor.run(
        Self.aggregate(fixture, keys: keys, argument: argument), context: context)
      var found: [String: [String]] = [:]
      for row in result.rows {
        #expect(
          found.updateValue(row[keys.count...].map(Self.text), forKey: key(Array(row.prefix(keys.count))))
            == nil)
      }
      #expect(difference(found, expected) == nil)
    }
  }

  @Test(arguments: PlanFixture.Shape.allCases, [3, 900])
  func agreesWithASlowLoopForEveryKeyType(shape: PlanFixture.Shape, distinct: Int) throws {
    var random = SeededRandom(seed: UInt64(distinct))
    for type in Self.types {
      let rows = (0..<2500).map { _ in
        [
          PlanFixture.random(type, distinct: distinct, using: &random),
          PlanFixture.random(.bigint, distinct: 100, using: &random),
        ]
      }
      let fixture = PlanFixture([("k", type), ("x", .bigint)], rows: rows, shape: shape)
      try check(fixture, keys: [0], argument: 1)
    }
  }

  @Test(arguments: PlanFixture.Shape.allCases, [4, 3000])
  func agreesWithASlowLoopForSeveralKeys(shape: PlanFixture.Shape, distinct: Int) throws {
    var random = SeededRandom(seed: UInt64(distinct + 1))
    let types: [(String, LogicalType)] = [("a", .varchar), ("b", .integer), ("c", .double), ("x", .integer)]
    let rows = (0..<3000).map { _ in
      types.map { PlanFixture.random($0.1, distinct: distinct, using: &random) }
    }
    let fixture = PlanFixture(types, rows: rows, shape: shape)
    try check(fixture, keys: [0, 1], argument: 3)
    try check(fixture, keys: [0, 1, 2], argument: 3)
    try check(fixture, keys: [], argument: 3)
  }

  @Test func manyGroupsAreMergedInShares() throws {
    var random = SeededRandom(seed: 5)
    let rows = (0..<45_000).map { _ in
      [
        PlanFixture.random(.bigint, distinct: 40_000, using: &random),
        PlanFixture.random(.integer, distinct: 10, using: &random),
      ]
    }
    try check(PlanFixture([("k", .bigint), ("x", .integer)], rows: rows), keys: [0], argument: 1)
  }

  @Test func collidingHashesAreToldApart() {
    let table = GroupTable([.bigint, .varchar], hashMask: 1)
    let count = 500
    let numbers = Vector.flat((0..<Int64(count)).map { $0 % 50 })
    let texts = Kernels.vector((0..<count).map { .text("t\($0 % 10)") }, .varchar)
    var groups = [UInt32](repeating: 0, count: count)
    table.assignByHash([numbers, texts], rowCount: count, mask: nil, &groups)
    groups = [UInt32](repeating: 0, count: count)
    table.assignByHash([numbers, texts], rowCount: count, mask: nil, &groups)
    #expect(table.endGroup == 51)
    #expect(Set(groups.prefix(50)).count == 50)
    #expect((50..<count).allSatisfy { groups[$0] == groups[$0 % 50] })
  }

  @Test func anEmptyInputGivesOneRowWithoutKeysAndNoneWith() throws {
    let fixture = PlanFixture([("k", .bigint), ("x", .bigint)], rows: [])
    let context = testContexts()[0]
    let all = try QueryExecutor.run(Self.aggregate(fixture, keys: [], argument: 1), context: context)
    #expect(all.rows.map { $0.map(Self.text) } == [["0", "0", "null", "null", "null", "0", "null"]])
    let none = try QueryExecutor.run(Self.aggregate(fixture, keys: [0], argument: 1), context: context)
    #expect(none.rows.isEmpty)
  }

  @Test func aSumThatDoesNotFitIsAnErrorThatNamesTheWayOut() throws {
    let fixture = PlanFixture(
      [("k", .bigint), ("x", .bigint)], rows: [[.integer(1), .integer(.max)], [.integer(1), .integer(1)]])
    #expect {
      try QueryExecutor.run(Self.aggregate(fixture, keys: [0], argument: 1), context: testContexts()[0])
    } throws: { error in
      let error = error as? QueryError
      return error?.sqlState == .numericOutOfRange && error?.hint?.contains("DECIMAL(38,0)") == true
    }
  }
}
