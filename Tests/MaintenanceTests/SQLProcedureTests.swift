import Maintenance
import TestSupport
import Testing

/// The files of `Tests/SQL` that need the procedures of CALL.
@Suite("SQL with procedures") struct SQLProcedureTests {
  @Test(arguments: SQLTestFile.all(in: "SQL").filter(\.usesProcedures))
  func answers(file: SQLTestFile) throws {
    for mode in SQLTestMode.allCases {
      let runner = try SQLTestRunner(file, mode, procedures: MaintenanceProcedures.all)
      for fault in runner.run(file) { Issue.record("\(mode.name): \(fault)") }
    }
  }
}
