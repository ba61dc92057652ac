import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Row groups and pages are excluded only if no row in them passes.
@Suite("Pruning of row groups and pages") struct PruningTests {
  private static let properties = [
    "write.parquet.page-row-limit": "50", "write.parquet.bloom-filter-enabled.column.c1": "true",
    "write.parquet.bloom-filter-enabled.column.c2": "true",
    "write.parquet.bloom-filter-enabled.column.c5": "true",
    "write.parquet.bloom-filter-enabled.column.c3": "true", "write.metadata.metrics.default": "none",
  ]

  @Test(arguments: 0..<6)
  func whatIsPrunedHasNoMatch(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let table = MemoryTable.make(PredicateEvaluationTests.schema.fields, properties: Self.properties)
    let writer = DataFileWriter(try WriteTarget(table))
    var rows: [[ScalarValue]] = []
    // Values drift, so that pages differ.
    for part in 0..<8 {
      let palette = PredicateEvaluationTests.columns.map { column in
        (0..<(1 + random.below(4))).map { _ in random.below(6) == 0 ? .null : random.value(of: column.1) }
      }
      let more = (0..<(30 + random.below(60))).map { _ in palette.map { $0[random.below($0.count)] } }
      try writer.write(try MemoryTable.batch(table, more))
      rows += more
      _ = part
    }
    let file = try #require(try writer.finish().first)
    let task = MemoryTable.plan([file], table).tasks[0]
    let reader = try DataFileReader(
      task, table: table, fields: table.schema.fields, deletes: try DeleteLoader(table))
    var (prunedGroups, prunedRows, wrong) = (0, 0, [String]())
    for _ in 0..<200 {
      let predicate = PredicateEvaluationTests.predicate(&random, depth: 2)
      let passes = rows.map { PredicateEvaluationTests.evaluate(predicate, $0) == true }
      for rowGroup in 0..<reader.rowGroupCount {
        let first = reader.firstRow(rowGroup: rowGroup)
        let count = reader.rowCount(rowGroup: rowGroup)
        let verdict = try reader.verdict(rowGroup: rowGroup, predicate: predicate)
        let candidates = try reader.candidateRows(rowGroup: rowGroup, predicate: predicate)
        let part = count / 3..<count / 2
        let some = try reader.candidateRows(rowGroup: rowGroup, rows: part, predicate: predicate)
        for row in part where (some?[row - part.lowerBound] ?? true) != (candidates?[row] ?? true) {
          wrong.append("rows \(part) of \(predicate)")
        }
        for row in 0..<count {
          let isLost = passes[first + row] && (!verdict.isRead || candidates?[row] == false)
          let isGained = !passes[first + row] && verdict == .matchesWholly
          if isLost || isGained { wrong.append("\(verdict) \(predicate) \(rows[first + row])") }
        }
        if !verdict.isRead { prunedGroups += 1 }
        prunedRows += candidates.map { count - $0.setCount } ?? 0
      }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
    #expect(prunedRows > 0 && prunedGroups > 0)
  }

  @Test func bloomFiltersAndDictionariesExcludeWhatBoundsDoNot() throws {
    let fields = [
      NestedField(id: 1, name: "bloom", type: .long), NestedField(id: 2, name: "word", type: .string),
    ]
    let table = MemoryTable.make(
      fields, properties: ["write.parquet.bloom-filter-enabled.column.bloom": "true"])
    let writer = DataFileWriter(try WriteTarget(table))
    let words = ["alpha", "beta", "delta"]
    var random = SplitMix(seed: 9)
    for _ in 0..<20 {
      try writer.write(
        try MemoryTable.batch(
          table,
          (0..<2000).map { _ in [.integer(Int64(random.below(100_000)) * 2), .text(words[random.below(3)])] })
      )
    }
    let file = try #require(try writer.finish().first)
    let reader = try DataFileReader(
      MemoryTable.plan([file], table).tasks[0], table: table, fields: fields, deletes: try DeleteLoader(table)
    )
    func equals(_ id: FieldID, _ value: ScalarValue, _ type: LogicalType) throws -> RowGroupVerdict {
      try reader.verdict(rowGroup: 0, predicate: .comparison(id, .equal, .init(value, type)))
    }
    let odd = try (0..<50).map { try equals(1, .integer(Int64($0) * 1000 + 1), .bigint) }
    #expect(odd.count { $0 == .prunedByBloomFilter } > 45)
    #expect(try equals(1, .integer(-1), .bigint) == .prunedByStatistics)
    #expect(try equals(2, .text("beta"), .varchar) == .mightMatch)
    #expect(try equals(2, .text("charlie"), .varchar) == .prunedByDictionary)
    #expect(try equals(2, .text("zulu"), .varchar) == .prunedByStatistics)
  }

  /// Without NaN counts `x > 5` keeps a row group, as NaN is greater; with a count of 0 it need not.
  @Test func nanCountsOfTheFileHoldForItsRowGroups() throws {
    let fields = [NestedField(id: 1, name: "x", type: .double)]
    let predicate = Predicate.comparison(1, .greater, .init(.double(5), .double))
    for (mode, expected) in [("none", RowGroupVerdict.mightMatch), ("full", .prunedByStatistics)] {
      let table = MemoryTable.make(fields, properties: ["write.metadata.metrics.default": mode])
      let writer = DataFileWriter(try WriteTarget(table))
      try writer.write(try MemoryTable.batch(table, [[.double(1)], [.double(2)]]))
      let plan = MemoryTable.plan(try writer.finish(), table)
      let reader = try DataFileReader(
        plan.tasks[0], table: table, fields: fields, deletes: try DeleteLoader(table))
      #expect(try reader.verdict(rowGroup: 0, predicate: predicate) == expected)
    }
  }
}
