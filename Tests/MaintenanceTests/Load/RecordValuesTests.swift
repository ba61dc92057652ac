import Columnar
import Maintenance
import Testing

/// Values of generic records, read by the types of the table's columns.
@Suite("Load: values of records") struct RecordValuesTests {
  private static let columns = "(i INTEGER, s SMALLINT, b BIGINT, d DECIMAL(5,2), t VARCHAR)"

  @Test func jsonValuesBecomeThoseOfTheColumns() throws {
    let workspace = try Workspace()
    try workspace.run("CREATE TABLE r \(Self.columns)")
    let report = try workspace.load(
      [
        #"{"i": -7, "s": "32767", "b": 9223372036854775807, "d": 12.5, "t": {"a" : [1, "x y", {}], "b": "é\u0041"}}"#,
        #"{"i": "12", "s": -32768, "d": "999.99", "t": [ 1.50 , null ]}"#,
        #"{"t": 12.50}"#,
      ], into: "r", Workspace.options(.ndjson))
    #expect(report.counts == .init(accepted: 3))
    #expect(
      try workspace.run("SELECT i, s, b, CAST(d AS VARCHAR), t FROM r ORDER BY i NULLS LAST") == [
        [
          .integer(-7), .integer(32767), .integer(.max), .text("12.50"),
          .text(#"{"a":[1,"x y",{}],"b":"éA"}"#),
        ],
        [.integer(12), .integer(-32768), .null, .text("999.99"), .text("[1.50,null]")],
        [.null, .null, .null, .null, .text("12.50")],
      ])
  }

  @Test(arguments: [
    #"{"i": 2147483648}"#, #"{"i": "2147483648"}"#, #"{"s": -2147483649}"#, #"{"i": 1.5}"#,
    #"{"b": 9223372036854775808}"#,
    #"{"d": 1000}"#, #"{"d": "x"}"#, #"{"i": true}"#, #"{"i": [1]}"#,
  ])
  func valuesOutOfRangeAreRefused(line: String) throws {
    let workspace = try Workspace()
    try workspace.run("CREATE TABLE r \(Self.columns)")
    let report = try workspace.load([line, #"{"i": 1}"#], into: "r", Workspace.options(.ndjson))
    #expect(report.counts == .init(accepted: 1, rejected: 1))
    #expect(try workspace.value("SELECT count(*) FROM r") == .integer(1))
  }

  @Test func separatedValuesBecomeThoseOfTheColumns() throws {
    let workspace = try Workspace()
    try workspace.run("CREATE TABLE r \(Self.columns)")
    let report = try workspace.load(
      ["i,s,b,d,t", "1,2,3,4.5,x", "2147483648,,,,", ",,,1234,", "+5,-2,,,"], into: "r",
      name: "r.csv", Workspace.options(.csv))
    #expect(report.counts == .init(accepted: 2, rejected: 2))
    #expect(
      try workspace.run("SELECT i, s, b, CAST(d AS VARCHAR), t FROM r ORDER BY i") == [
        [.integer(1), .integer(2), .integer(3), .text("4.50"), .text("x")],
        [.integer(5), .integer(-2), .null, .null, .null],
      ])
  }
}
