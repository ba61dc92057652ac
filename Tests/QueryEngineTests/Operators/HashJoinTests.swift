import Columnar
import Testing

@testable import QueryEngine

@Suite("Operator: hash join", .serialized) struct HashJoinTests {
  static let types: [(String, LogicalType)] = [("k", .integer), ("s", .varchar), ("n", .bigint)]

  static func fixture(
    _ count: Int, distinct: Int, seed: UInt64, firstID: Int, _ shape: PlanFixture.Shape
  )
    -> PlanFixture
  {
    var random = SeededRandom(seed: seed)
    let rows = (0..<count).map { row in
      [
        PlanFixture.random(.integer, distinct: distinct, using: &random),
        PlanFixture.random(.varchar, distinct: 4, using: &random), .integer(Int64(row)),
      ]
    }
    return PlanFixture(types, rows: rows, shape: shape, firstID: firstID, batchRowCount: 500)
  }

  /// Rows of a nested loop with the same meaning.
  static func slowAnswer(
    _ kind: LogicalPlan.Join.Kind, _ left: [[ScalarValue]], _ right: [[ScalarValue]], keyCount: Int,
    hasResidual: Bool
  ) -> [String: Int] {
    func equal(_ a: [ScalarValue], _ b: [ScalarValue]) -> Bool {
      (0..<keyCount).allSatisfy { !a[$0].isNull && !b[$0].isNull && a[$0] == b[$0] }
        && (!hasResidual || ScalarOrdering.isLess(a[2], b[2]))
    }
    let nulls = [ScalarValue](repeating: .null, count: 3)
    var found: [String: Int] = [:]
    func put(_ row: [ScalarValue]) { found[key(row), default: 0] += 1 }
    var rightMatched = [Bool](repeating: false, count: right.count)
    for a in left {
      let matches = right.indices.filter { equal(a, right[$0]) }
      for index in matches { rightMatched[index] = true }
      switch kind {
      case .inner: for index in matches { put(a + right[index]) }
      case .left, .full:
        for index in matches { put(a + right[index]) }
        if matches.isEmpty { put(a + nulls) }
      case .right: for index in matches { put(a + right[index]) }
      case .semi: if !matches.isEmpty { put(a) }
      case .anti: if matches.isEmpty { put(a) }
      case .nullAwareAnti:
        if right.isEmpty || (matches.isEmpty && !a[0].isNull && right.allSatisfy { !$0[0].isNull }) { put(a) }
      case .mark(_, let isNullAware):
        let hasNull = isNullAware && (a[0].isNull && !right.isEmpty || right.contains { $0[0].isNull })
        put(a + [!matches.isEmpty ? .boolean(true) : hasNull ? .null : .boolean(false)])
      default: break
      }
    }
    if kind == .right || kind == .full {
      for index in right.indices where !rightMatched[index] { put(nulls + right[index]) }
    }
    return found
  }

  static func plan(
    _ kind: LogicalPlan.Join.Kind, _ left: PlanFixture, _ right: PlanFixture, keyCount: Int,
    hasResidual: Bool, buildsLeft: Bool
  ) -> LogicalPlan {
    var join = LogicalPlan.Join(
      kind, left.scan, right.scan,
      equalities: (0..<keyCount).map { .init(left.column($0), right.column($0)) },
      residual: hasResidual ? .comparison(.less, left.column(2), right.column(2)) : nil)
    join.buildsLeft = buildsLeft
    return .join(join)
  }

  @Test(arguments: PlanFixture.Shape.allCases, [true, false])
  func agreesWithANestedLoop(shape: PlanFixture.Shape, buildsLeft: Bool) throws {
    let mark = OutputColumn(id: ColumnID(99), name: "m", type: .boolean)
    for (leftCount, rightCount, distinct) in [(250, 120, 60), (40, 0, 10), (0, 30, 10), (120, 50, 6)] {
      let left = Self.fixture(leftCount, distinct: distinct, seed: 1, firstID: 0, shape)
      let right = Self.fixture(rightCount, distinct: distinct * 2, seed: 2, firstID: 10, shape)
      let kinds: [LogicalPlan.Join.Kind] = [
        .inner, .left, .right, .full, .semi, .anti, .nullAwareAnti, .mark(mark, isNullAware: true),
        .mark(mark, isNullAware: false),
      ]
      for kind in kinds {
        for keyCount in [1, 2] {
          for hasResidual in [false, true] {
            if (kind == .nullAwareAnti || kind == .mark(mark, isNullAware: true))
              && (keyCount == 2 || hasResidual)
            {
              continue
            }
            let expected = Self.slowAnswer(
              kind, left.rows, right.rows, keyCount: keyCount, hasResidual: hasResidual)
            let plan = Self.plan(
              kind, left, right, keyCount: keyCount, hasResidual: hasResidual, buildsLeft: buildsLeft)
            for context in testContexts() {
              let rows = try QueryExecutor.run(plan, context: context).rows
              let found = rows.reduce(into: [String: Int]()) { $0[key($1), default: 0] += 1 }
              let text = difference(found, expected).map { "\(kind) \(keyCount) \(hasResidual): \($0)" }
              #expect(text == nil)
            }
          }
        }
      }
    }
  }

  @Test func aCrossJoinPairsAllRows() throws {
    let left = Self.fixture(120, distinct: 5, seed: 1, firstID: 0, .flat)
    let right = Self.fixture(70, distinct: 5, seed: 2, firstID: 10, .flat)
    for context in testContexts() {
      let result = try QueryExecutor.run(.join(.init(.cross, left.scan, right.scan)), context: context)
      #expect(result.rowCount == 8400)
    }
  }

  @Test func aSecondMatchOfASingleJoinIsAnError() throws {
    let left = PlanFixture([("k", .bigint)], rows: [[.integer(1)], [.integer(2)]])
    let right = PlanFixture(
      [("k", .bigint)], rows: [[.integer(1)], [.integer(2)], [.integer(2)]], firstID: 10)
    let plan = LogicalPlan.join(
      .init(.single, left.scan, right.scan, equalities: [.init(left.column(0), right.column(0))]))
    #expect { try QueryExecutor.run(plan, context: testContexts()[0]) } throws: {
      ($0 as? QueryError)?.sqlState == .cardinalityViolation
    }
  }

  @Test func anAsofJoinTakesTheLastRowAtOrBefore() throws {
    let left = PlanFixture(
      [("k", .bigint), ("t", .bigint)], rows: (0..<50).map { [.integer($0 % 3), .integer($0)] })
    let right = PlanFixture(
      [("k", .bigint), ("t", .bigint)], rows: (0..<20).map { [.integer($0 % 3), .integer($0 * 5 % 50)] },
      firstID: 10)
    let plan = LogicalPlan.join(
      .init(
        .asof(isLeft: true), left.scan, right.scan,
        equalities: [.init(left.column(0), right.column(0))],
        residual: .comparison(.greaterOrEqual, left.column(1), right.column(1))))
    let expected = left.rows.map { row -> String in
      let best = right.rows.filter { $0[0] == row[0] && !ScalarOrdering.isLess(row[1], $0[1]) }
        .max { ScalarOrdering.isLess($0[1], $1[1]) }
      return key(row + (best ?? [.null, .null]))
    }
    for context in testContexts() {
      let rows = try QueryExecutor.run(plan, context: context).rows.map { key($0) }
      #expect(difference(rows.sorted(), expected.sorted()) == nil)
    }
  }

  @Test func collidingHashesAreToldApart() {
    let keys = Vector.flat((0..<Int64(300)).map { $0 })
    let table = JoinTable(
      columns: [keys], keys: [keys], keyTypes: [.bigint], matchesNulls: [false], rowCount: 300, hashMask: 0)
    var pairs = JoinPairs(probe: (0..<300).map { _ in 7 }, build: (0..<300).map { $0 })
    table.keepEqual([keys], &pairs)
    #expect(table.entries.count == 300 && pairs.build == [7])
  }
}
