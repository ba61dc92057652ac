import TestSupport
import Testing

/// What SQL must answer is written in SQL: `Tests/SQL/**/*.slt`, plans in `Tests/Plans/*.slt`.
@Suite("SQL") struct SQLTests {
  @Test(arguments: SQLTestFile.all(in: "SQL"))
  func answers(file: SQLTestFile) throws {
    for mode in SQLTestMode.allCases {
      for fault in try SQLTestRunner(file, mode).run(file) { Issue.record("\(mode.name): \(fault)") }
    }
  }

  @Test(arguments: SQLTestFile.all(in: "Plans"))
  func plans(file: SQLTestFile) throws {
    let mode = SQLTestMode.allCases[0]
    for fault in try SQLTestRunner(file, mode).run(file) { Issue.record("\(fault)") }
  }
}
