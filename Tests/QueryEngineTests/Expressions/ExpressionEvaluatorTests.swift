import Columnar
import Testing

@testable import QueryEngine

@Suite("Expression evaluator") struct ExpressionEvaluatorTests {
  private typealias Tester = ExpressionTester

  private func integers(_ values: [Int64?]) -> Vector {
    Tester.vector(values.map { $0.map { .integer($0) } ?? .null }, .integer)
  }

  @Test func aBranchIsNotEvaluatedForRowsThatDoNotComeToIt() throws {
    let a = integers([10, 20, 30, nil])
    let b = integers([2, 0, 5, 0])
    let columns = [(name: "a", type: LogicalType.integer, values: a), (name: "b", type: .integer, values: b)]
    #expect(try Tester.column("CASE WHEN b <> 0 THEN a / b END", columns) == ["5", "NULL", "6", "NULL"])
    #expect(try Tester.rows("b <> 0 AND a / b > 5", columns) == [2])
    #expect(try Tester.rows("b = 0 OR a / b > 5", columns) == [1, 2, 3])
    #expect(try Tester.column("try(a / b)", columns) == ["5", "NULL", "6", "NULL"])
    #expect(
      try Tester.column(
        "coalesce(a, 1 / b)", [columns[0], (name: "b", type: .integer, values: integers([0, 0, 0, 1]))]) == [
          "10", "20", "30", "1",
        ])
    #expect(throws: QueryError.self) { try Tester.column("a / b", columns) }
  }

  @Test func rowsOutsideTheSelectionRaiseNoErrors() throws {
    let columns = [(name: "a", type: LogicalType.integer, values: integers([1, 2, 3]))]
    #expect(try Tester.column("6 / (a - 2)", columns, selection: [true, false, true]) == ["-6", "-", "6"])
  }

  @Test func logicIsThreeValued() throws {
    let values: [ScalarValue] = [.boolean(true), .boolean(false), .null]
    var p: [ScalarValue] = []
    var q: [ScalarValue] = []
    for left in values {
      for right in values {
        p.append(left)
        q.append(right)
      }
    }
    let columns = [
      (name: "p", type: LogicalType.boolean, values: Tester.vector(p, .boolean)),
      (name: "q", type: LogicalType.boolean, values: Tester.vector(q, .boolean)),
    ]
    #expect(
      try Tester.column("p AND q", columns) == [
        "true", "false", "NULL", "false", "false", "false", "NULL", "false", "NULL",
      ])
    #expect(
      try Tester.column("p OR q", columns) == [
        "true", "true", "true", "true", "false", "NULL", "true", "NULL", "NULL",
      ])
    #expect(try Tester.rows("NOT (p AND q)", columns) == [1, 3, 4, 5, 7])
    #expect(try Tester.rows("NOT (p OR q)", columns) == [4])
    #expect(try Tester.rows("p IS NOT DISTINCT FROM q", columns) == [0, 4, 8])
    #expect(try Tester.rows("(p AND q) IS NULL", columns) == [2, 6, 8])
  }

  @Test func inListsKnowNulls() throws {
    let columns = [(name: "a", type: LogicalType.integer, values: integers([1, 2, nil]))]
    #expect(try Tester.column("a IN (1, 3)", columns) == ["true", "false", "NULL"])
    #expect(try Tester.column("a IN (1, NULL)", columns) == ["true", "NULL", "NULL"])
    #expect(try Tester.column("a NOT IN (1, NULL)", columns) == ["false", "NULL", "NULL"])
    #expect(try Tester.column("a IN (1,2,3,4,5,6,7,8,9,10)", columns) == ["true", "true", "NULL"])
  }

  @Test func dictionariesAnswerAsFlatColumnsDo() throws {
    let entries: [ScalarValue] = [.text("/a/product/1"), .text("/b"), .text("straße und mehr Text"), .null]
    let codes: [UInt32] = (0..<200).map { UInt32($0 * 7 % 4) }
    let dictionary = Tester.dictionary(entries, .varchar, codes: codes)
    let flat = dictionary.flattened()
    for expression in [
      "upper(s)", "s LIKE '%/product/%'", "s = '/b'", "s <> '/b'", "s IN ('/b', 'x')", "length(s)",
      "s || '!'", "regexp_replace(s, '^/([^/]*).*$', '\\1')", "substring(s, 2, 3)", "s IS NULL",
      "CASE WHEN s = '/b' THEN 'b' ELSE s END", "nullif(s, '/b')", "concat(s, 1)", "s > '/a' AND s < 't'",
    ] {
      let ofDictionary = try Tester.column(expression, [(name: "s", type: .varchar, values: dictionary)])
      let ofFlat = try Tester.column(expression, [(name: "s", type: .varchar, values: flat)])
      #expect(ofDictionary == ofFlat, "\(expression)")
    }
  }

  @Test func aFunctionOfADictionaryKeepsItsEntriesFromBatchToBatch() throws {
    let column = Tester.dictionary(
      [.text("a"), .text("b")], .varchar, codes: (0..<256).map { UInt32($0 & 1) })
    let output = [OutputColumn(id: ColumnID(1), name: "s", type: .varchar)]
    let bound = try Tester.bind("upper(s)", columns: output)
    var evaluator = try ExpressionEvaluator(
      bound, layout: ColumnLayout(output), environment: Tester.environment())
    let first = try evaluator.evaluate(Batch(columns: [column.slice(from: 0, count: 128)], rowCount: 128))
    let second = try evaluator.evaluate(Batch(columns: [column.slice(from: 128, count: 128)], rowCount: 128))
    #expect(first.encoding == .dictionary)
    #expect(first.base?.storageIdentity == second.base?.storageIdentity)
  }

  @Test func lambdasSeeOuterColumns() throws {
    let columns = [(name: "a", type: LogicalType.integer, values: integers([1, 10, nil]))]
    #expect(
      try Tester.column("list_transform([1, 2], x -> x * a)", columns) == [
        "[1, 2]", "[10, 20]", "[NULL, NULL]",
      ])
    #expect(try Tester.column("list_filter([1, 20], x -> x > a)", columns) == ["[20]", "[20]", "[]"])
    #expect(try Tester.column("reduce([1, 2], a, (s, x) -> s + x)", columns) == ["4", "13", "NULL"])
  }

  @Test func batchesOfEveryLengthAgree() throws {
    for count in [1, 63, 64, 65, 127, 128, 130] {
      let values = (0..<count).map { Int64($0 % 7) }
      let columns = [(name: "a", type: LogicalType.integer, values: integers(values))]
      #expect(
        try Tester.rows("a > 2 AND a < 6", columns)
          == values.indices.filter { values[$0] > 2 && values[$0] < 6 })
      #expect(try Tester.column("a + 1", columns) == values.map { "\($0 + 1)" })
      #expect(
        try Tester.column("CASE WHEN a = 1 THEN 'one' WHEN a = 2 THEN 'two' END", columns)
          == values.map { $0 == 1 ? "one" : $0 == 2 ? "two" : "NULL" })
    }
  }
}
