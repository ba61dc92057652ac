import Columnar
import Testing

@testable import QueryEngine

@Suite("Operator: sort and top N", .serialized) struct SortSinkTests {
  static func isBefore(
    _ left: [ScalarValue], _ right: [ScalarValue], _ keys: [(Int, Bool, Bool)]
  ) -> Bool {
    for (column, isDescending, nullsFirst) in keys {
      let (a, b) = (left[column], right[column])
      if a.isNull || b.isNull {
        if a.isNull && b.isNull { continue }
        return a.isNull == nullsFirst
      }
      let order = ScalarOrdering.compare(a, b)
      if order != 0 { return isDescending ? order > 0 : order < 0 }
    }
    return false
  }

  @Test(arguments: PlanFixture.Shape.allCases, [5, 20_000])
  func agreesWithASlowStableSort(shape: PlanFixture.Shape, distinct: Int) throws {
    var random = SeededRandom(seed: 11)
    let types: [(String, LogicalType)] = [
      ("a", .varchar), ("b", .double), ("c", .bigint), ("d", .boolean),
      ("e", .decimal(precision: 30, scale: 0)), ("n", .bigint),
    ]
    var rows = (0..<4000).map { _ in
      types.map { PlanFixture.random($0.1, distinct: distinct, using: &random) }
    }
    for row in rows.indices { rows[row][5] = .integer(Int64(row)) }
    let fixture = PlanFixture(types, rows: rows, shape: shape)
    let orders: [[(Int, Bool, Bool)]] = [
      [(0, false, false)], [(0, true, true), (2, false, false)], [(1, true, false), (0, false, true)],
      [(2, false, true)], [(3, true, false), (4, true, false), (1, false, false), (2, true, true)],
    ]
    for keys in orders {
      let expected = rows.stablySorted { Self.isBefore($0, $1, keys) }
      let sortKeys = keys.map {
        LogicalPlan.SortKey(fixture.column($0.0), isDescending: $0.1, nullsFirst: $0.2)
      }
      for context in testContexts() {
        let sorted = try QueryExecutor.run(.sort(sortKeys, fixture.scan), context: context)
        #expect(difference(sorted.rows.map { key($0) }, expected.map { key($0) }) == nil)
        let top = try QueryExecutor.run(
          .topN(sortKeys, count: 50, offset: 7, fixture.scan), context: context)
        #expect(difference(top.rows.map { key($0) }, expected[7..<57].map { key($0) }) == nil)
      }
    }
  }

  /// With values that take all 64 bits no code is left for nulls.
  @Test(arguments: [true, false], [true, false])
  func neighboursOfTheExtremesAreToldApart(isDescending: Bool, nullsFirst: Bool) throws {
    let values: [Int64?] = [.min, .max, 5, nil, 4, .min + 1, .max - 1, 7, 6, nil, -1, 0]
    let rows = values.map { [$0.map { ScalarValue.integer($0) } ?? .null] }
    let fixture = PlanFixture([("a", .bigint)], rows: rows)
    let keys = [(0, isDescending, nullsFirst)]
    let expected = rows.stablySorted { Self.isBefore($0, $1, keys) }
    let plan = LogicalPlan.sort(
      [.init(fixture.column(0), isDescending: isDescending, nullsFirst: nullsFirst)], fixture.scan)
    let found = try QueryExecutor.run(plan, context: testContexts()[0]).rows
    #expect(difference(found.map { key($0) }, expected.map { key($0) }) == nil)
  }

  @Test(arguments: [0, 1, 10, 5000, 20_000])
  func aLimitKeepsTheFirstRows(count: Int) throws {
    let rows = (0..<12_000).map { [ScalarValue.integer(Int64($0))] }
    let fixture = PlanFixture([("n", .bigint)], rows: rows)
    for context in testContexts() {
      let result = try QueryExecutor.run(.limit(count: count, offset: 3, fixture.scan), context: context)
      #expect(result.rows == Array(rows.dropFirst(3).prefix(count)))
    }
  }

  @Test func distinctOnKeepsTheFirstRowOfEachKey() throws {
    let rows = (0..<5000).map { [ScalarValue.integer(Int64($0 * 7919 % 5000)), .integer(Int64($0 % 13))] }
    let fixture = PlanFixture([("n", .bigint), ("k", .bigint)], rows: rows)
    for context in testContexts() {
      let result = try QueryExecutor.run(
        .distinct(
          .init(on: [fixture.column(1)], orderBy: [.init(fixture.column(0))], input: fixture.scan)),
        context: context)
      let expected = (0..<13).map { key in
        rows.filter { $0[1] == .integer(Int64(key)) }.min { ScalarOrdering.isLess($0[0], $1[0]) } ?? []
      }
      #expect(result.rows == expected)
    }
  }
}

@Suite("Operator: set operations", .serialized) struct SetOperationTests {
  @Test(arguments: [LogicalPlan.SetOperation.Kind.union, .intersect, .except], [true, false])
  func agreesWithASlowLoop(kind: LogicalPlan.SetOperation.Kind, isAll: Bool) throws {
    var random = SeededRandom(seed: 3)
    func rows(_ count: Int) -> [[ScalarValue]] {
      (0..<count).map { _ in
        [
          PlanFixture.random(.varchar, distinct: 30, using: &random),
          PlanFixture.random(.double, distinct: 5, using: &random),
        ]
      }
    }
    let types: [(String, LogicalType)] = [("a", .varchar), ("b", .double)]
    let left = PlanFixture(types, rows: rows(1200), shape: .mixed)
    let right = PlanFixture(types, rows: rows(90), firstID: 10)
    func counts(_ rows: [[ScalarValue]]) -> [String: Int] {
      rows.reduce(into: [:]) { $0[key($1), default: 0] += 1 }
    }
    let (l, r) = (counts(left.rows), counts(right.rows))
    var expected: [String: Int] = [:]
    for name in Set(l.keys).union(r.keys) {
      let (a, b) = (l[name] ?? 0, r[name] ?? 0)
      let count =
        switch (kind, isAll) {
        case (.union, true): a + b
        case (.union, false): 1
        case (.intersect, true): min(a, b)
        case (.intersect, false): a > 0 && b > 0 ? 1 : 0
        case (.except, true): max(0, a - b)
        case (.except, false): a > 0 && b == 0 ? 1 : 0
        }
      if count > 0 { expected[name] = count }
    }
    let columns = types.enumerated().map {
      OutputColumn(id: ColumnID(100 + $0.offset), name: $0.element.0, type: $0.element.1)
    }
    for context in testContexts() {
      let result = try QueryExecutor.run(
        .setOperation(.init(kind, isAll: isAll, left.scan, right.scan, columns: columns)), context: context)
      #expect(difference(counts(result.rows), expected) == nil)
    }
  }
}
