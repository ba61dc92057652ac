import TestSupport
import Testing

/// What SQL must answer is written in SQL: `Tests/SQL/**/*.slt`, plans in `Tests/Plans/*.slt`.
@Suite("SQL") struct SQLTests {
  @Test(arguments: SQLTestFile.all(in: "SQL").filter { !$0.usesProcedures })
  func answers(file: SQLTestFile) throws {
    for mode in SQLTestMode.allCases where !mode.compactsTables {
      for fault in try SQLTestRunner(file, mode).run(file) { Issue.record("\(mode.name): \(fault)") }
    }
  }

  @Test func wrongAnswersAreFound() throws {
    let text = "query I\nSELECT 1\n----\n2\n\nstatement error no such\nSELECT zz\n\nstatement ok\nSELECT zz\n"
    let file = SQLTestFile(name: "wrong.slt", text: text)
    #expect(try SQLTestRunner(file, SQLTestMode.plain).run(file).count == 3)
  }

  @Test(arguments: SQLTestFile.all(in: "Plans"))
  func plans(file: SQLTestFile) throws {
    let runner = try SQLTestRunner(file, SQLTestMode.plain)
    let text = file.text(expecting: try runner.answers(of: file))
    let difference = try GoldenText.difference(text, from: "Tests/Plans/\(file.name)")
    #expect(difference == nil)
  }
}
