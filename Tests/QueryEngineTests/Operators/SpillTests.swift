import Columnar
import FileFormats
import Glibc
import Synchronization
import Testing

@testable import QueryEngine

@Suite("Execution: spilling", .serialized) struct SpillTests {
  /// A context whose memory is gone at once.
  static func poorContext(workers: Int, directory: String = "/tmp") -> QueryContext {
    var settings = ExecutionSettings()
    settings.threadCount = workers
    settings.parallelRowCount = 0
    settings.tempDirectory = directory
    return QueryContext(
      settings: settings, pool: workers > 1 ? testPool : nil, memory: MemoryBudget(limit: 1),
      profile: Profile())
  }

  /// Rows that the operators of a query have put on disk.
  static func spilledRowCount(_ context: QueryContext) -> Int {
    var total = 0
    for entry in context.profile?.operators ?? [] {
      for (name, value) in entry.counters where name == "spilled_rows" { total += value }
    }
    return total
  }

  static func counts(_ result: QueryResult) -> [String: Int] {
    result.rows.reduce(into: [:]) { $0[key($1), default: 0] += 1 }
  }

  /// Runs a plan with and without memory and compares the rows, in any order.
  static func compare(_ plan: LogicalPlan, workers: Int) throws -> String? {
    let expected = counts(try QueryExecutor.run(plan, context: QueryContext()))
    let context = poorContext(workers: workers)
    let found = counts(try QueryExecutor.run(plan, context: context))
    if spilledRowCount(context) == 0 { return "nothing went to disk" }
    // Workers of a pool let go of what they held a moment after the query has ended.
    if workers == 1 && context.memory.usedByteCount != 0 {
      return "\(context.memory.usedByteCount) bytes are still held"
    }
    return difference(found, expected)
  }

  /// Small batches wait until they are many; whatever they are encoded as, their rows come back from their partitions.
  @Test func smallBatchesAreScatteredTogether() throws {
    let context = QueryContext(memory: MemoryBudget(limit: 64 << 20), profile: Profile())
    let types: [LogicalType] = [.bigint, .varchar, .integer]
    let spill = PartitionedSpill(types, keys: 0..<1, context, nil)
    let names: [ScalarValue] = [.text(""), .text("a name of more than twelve bytes"), .null]
    var expected: [String: Int] = [:]
    for batch in 0..<1500 {
      let count = 1 + batch % 13
      let numbers = (0..<count).map { row -> Int64 in Int64((batch * 31 + row) % 997) }
      let texts = (0..<count).map { row -> ScalarValue in names[(row + batch) % 3] }
      let same: ScalarValue = batch % 5 == 0 ? .null : .integer(Int64(batch))
      let columns: [Vector] = [
        .flat(numbers), PlanFixture.dictionary(texts, .varchar),
        .constant(VectorBuilder.single(same, .integer), count: count),
      ]
      for row in 0..<count { expected[key([.integer(numbers[row]), texts[row], same]), default: 0] += 1 }
      try spill.add(Batch(columns: columns, rowCount: count))
    }
    let written = try #require(try spill.finish())
    var found: [String: Int] = [:]
    var partitionOfKey: [Int64: Set<Int>] = [:]
    for partition in 0..<written.count {
      try written.forEachBatch(partition) { batch in
        for row in 0..<batch.rowCount {
          let values = types.indices.map { batch.columns[$0].scalar(at: row, as: types[$0]) }
          found[key(values), default: 0] += 1
          if case .integer(let number) = values[0] { partitionOfKey[number, default: []].insert(partition) }
        }
      }
    }
    #expect(difference(found, expected) == nil)
    #expect(partitionOfKey.count == 997 && partitionOfKey.values.allSatisfy { $0.count == 1 })
  }

  @Test(arguments: [1, 7], [true, false])
  func joinsThatSpillGiveTheSameAnswer(workers: Int, buildsLeft: Bool) throws {
    let mark = OutputColumn(id: ColumnID(99), name: "m", type: .boolean)
    let left = HashJoinTests.fixture(500, distinct: 300, seed: 1, firstID: 0, .mixed)
    let right = HashJoinTests.fixture(400, distinct: 400, seed: 2, firstID: 10, .dictionary)
    let kinds: [LogicalPlan.Join.Kind] = [
      .inner, .left, .right, .full, .semi, .anti, .nullAwareAnti, .mark(mark, isNullAware: true),
      .mark(mark, isNullAware: false),
    ]
    for kind in kinds {
      for (keyCount, hasResidual) in [(1, false), (1, true), (2, false), (2, true)] {
        if keyCount == 2 || hasResidual {
          if case .nullAwareAnti = kind { continue }
          if case .mark(_, isNullAware: true) = kind { continue }
        }
        let plan = HashJoinTests.plan(
          kind, left, right, keyCount: keyCount, hasResidual: hasResidual, buildsLeft: buildsLeft)
        let text = try Self.compare(plan, workers: workers)
        #expect(text == nil, "\(kind) \(keyCount) \(hasResidual)")
      }
    }
  }

  /// One key has most rows, so that its partition is taken in parts; without keys there is one partition.
  @Test(arguments: [1, 7]) func aBigPartitionIsJoinedInParts(workers: Int) throws {
    func fixture(_ count: Int, firstID: Int) -> PlanFixture {
      let rows = (0..<count).map { row -> [ScalarValue] in
        [
          .integer(row % 50 == 0 ? Int64(row) : 7), .text("some text that makes rows of \(row) longer"),
          .integer(Int64(row)),
        ]
      }
      return PlanFixture(
        [("k", .integer), ("s", .varchar), ("n", .bigint)], rows: rows, firstID: firstID)
    }
    let (left, right) = (fixture(70, firstID: 0), fixture(9000, firstID: 10))
    for kind in [LogicalPlan.Join.Kind.left, .full, .semi, .anti] {
      for keyCount in [0, 1] {
        if kind == .full && keyCount == 0 { continue }
        let join = LogicalPlan.Join(
          kind, left.scan, right.scan,
          equalities: keyCount == 1 ? [.init(left.column(0), right.column(0))] : [],
          residual: .comparison(.equal, left.column(2), right.column(2)))
        let text = try Self.compare(.join(join), workers: workers)
        #expect(text == nil, "\(kind) \(keyCount)")
      }
    }
  }

  @Test(arguments: [1, 7]) func windowsThatSpillGiveTheSameAnswer(workers: Int) throws {
    var random = SeededRandom(seed: 5)
    let rows = (0..<3000).map { row in
      [
        PlanFixture.random(.varchar, distinct: 300, using: &random),
        .integer(Int64(row)), PlanFixture.random(.bigint, distinct: 90, using: &random),
      ]
    }
    let fixture = PlanFixture([("p", .varchar), ("o", .bigint), ("x", .bigint)], rows: rows, shape: .mixed)
    func output(_ id: Int, _ type: LogicalType) -> OutputColumn {
      OutputColumn(id: ColumnID(id), name: "w", type: type)
    }
    let plan = LogicalPlan.window(
      .init(
        partitionBy: [fixture.column(0), fixture.column(0)], orderBy: [.init(fixture.column(1))],
        calls: [
          .init(
            "row_number", [], frame: .init(.range, from: .unboundedPreceding, to: .currentRow),
            as: output(50, .bigint)),
          .init(
            "max", [fixture.column(2)], frame: .init(.range, from: .unboundedPreceding, to: .currentRow),
            as: output(51, .bigint)),
          .init(
            "lag", [fixture.column(0)], frame: .init(.range, from: .unboundedPreceding, to: .currentRow),
            as: output(52, .varchar)),
        ], input: fixture.scan))
    #expect(try Self.compare(plan, workers: workers) == nil)
  }

  @Test(arguments: [1, 7]) func theFirstOfEachIsTheSameWhenItSpills(workers: Int) throws {
    var random = SeededRandom(seed: 12)
    let rows = (0..<5000).map { row in
      [
        PlanFixture.random(.varchar, distinct: 700, using: &random),
        PlanFixture.random(.double, distinct: 60, using: &random), .integer(Int64(row)),
      ]
    }
    let fixture = PlanFixture([("p", .varchar), ("o", .double), ("n", .bigint)], rows: rows)
    let plan = LogicalPlan.distinct(
      .init(
        on: [fixture.column(0)], orderBy: [.init(fixture.column(1), isDescending: true)], input: fixture.scan)
    )
    #expect(try Self.compare(plan, workers: workers) == nil)
  }

  @Test(arguments: [1, 7]) func listsAreSortedOnDiskAsInMemory(workers: Int) throws {
    var random = SeededRandom(seed: 13)
    let type = LogicalType.list(.varchar)
    let rows = (0..<3000).map { row -> [ScalarValue] in
      let parts = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        PlanFixture.random(.varchar, distinct: 12, nulls: 0.2, using: &random)
      }
      return [row % 9 == 0 ? .null : .list(parts), .integer(Int64(row))]
    }
    let fixture = PlanFixture([("l", type), ("n", .bigint)], rows: rows)
    for (isDescending, nullsFirst) in [(false, false), (true, false), (true, true)] {
      let plan = LogicalPlan.sort(
        [.init(fixture.column(0), isDescending: isDescending, nullsFirst: nullsFirst)], fixture.scan)
      let expected = try QueryExecutor.run(plan, context: QueryContext()).rows.map { key($0) }
      let context = Self.poorContext(workers: workers)
      let found = try QueryExecutor.run(plan, context: context).rows.map { key($0) }
      #expect(Self.spilledRowCount(context) == rows.count)
      #expect(difference(found, expected) == nil)
    }
  }

  /// More runs than are merged at once.
  @Test func manyRunsAreMergedInSteps() throws {
    var random = SeededRandom(seed: 14)
    let rows = (0..<4000).map {
      [ScalarValue.integer(Int64.random(in: 0..<500, using: &random)), .integer($0)]
    }
    let fixture = PlanFixture([("a", .bigint), ("n", .bigint)], rows: rows, batchRowCount: 50)
    let result = try QueryExecutor.run(
      .sort([.init(fixture.column(0))], fixture.scan), context: Self.poorContext(workers: 1))
    let expected = rows.stablySorted { SortSinkTests.isBefore($0, $1, [(0, false, false)]) }
    #expect(difference(result.rows.map { key($0) }, expected.map { key($0) }) == nil)
  }

  @Test func whatCannotSpillNamesTheLimitAndTheRemedy() throws {
    let text = ScalarValue.bytes([UInt8](repeating: 97, count: 300))
    let rows = (0..<30_000).map { [ScalarValue.integer($0), text] }
    let fixture = PlanFixture([("a", .bigint), ("b", .varchar)], rows: rows)
    let call = LogicalPlan.WindowCall(
      "string_agg", [fixture.column(1), .literal(.bytes([44]), .varchar)],
      frame: .init(.rows, from: .unboundedPreceding, to: .unboundedFollowing),
      as: OutputColumn(id: ColumnID(50), name: "w", type: .varchar))
    let plan = LogicalPlan.window(
      .init(partitionBy: [], orderBy: [.init(fixture.column(0))], calls: [call], input: fixture.scan))
    #expect { try QueryExecutor.run(plan, context: Self.poorContext(workers: 1)) } throws: { error in
      guard let error = error as? QueryError else { return false }
      return error.sqlState == .outOfMemory && "\(error)".contains("memory_limit")
    }
  }

  @Test(arguments: [1, 7]) func noFileStaysBehind(workers: Int) throws {
    let directory = "/tmp/wequery-spill-\(UInt64.random(in: 0...UInt64.max))"
    try LocalFileSystem().createDirectory(directory)
    defer { unsafe rmdir(directory) }
    let left = HashJoinTests.fixture(1500, distinct: 900, seed: 1, firstID: 0, .flat)
    let right = HashJoinTests.fixture(1000, distinct: 1500, seed: 2, firstID: 10, .flat)
    let join = HashJoinTests.plan(.full, left, right, keyCount: 1, hasResidual: false, buildsLeft: false)
    let sort = LogicalPlan.sort([.init(left.column(2))], join)
    for fails in [false, true] {
      let context = Self.poorContext(workers: workers, directory: directory)
      let seen = Atomic(0)
      do throws(QueryError) {
        try QueryExecutor.run(sort, context: context) { (batch) throws(QueryError) in
          seen.wrappingAdd(batch.rowCount, ordering: .relaxed)
          if fails { throw QueryError(.cancelled, "enough") }
          return true
        }
        #expect(!fails)
      } catch {
        #expect(fails && error.sqlState == .cancelled)
      }
      #expect(Self.spilledRowCount(context) > 0 && seen.load(ordering: .relaxed) > 0)
      #expect(try LocalFileSystem().list(directory, recursively: true).isEmpty)
    }
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
    let rows = (0..<15_000).map { row -> [ScalarValue] in
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
