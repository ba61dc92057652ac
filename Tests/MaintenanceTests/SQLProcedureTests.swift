import Maintenance
import TestSupport
import Testing

/// The files of `Tests/SQL` that need the procedures of CALL.
@Suite("SQL with procedures") struct SQLProcedureTests {
  @Test(arguments: SQLTestFile.all(in: "SQL").filter(\.usesProcedures))
  func answers(file: SQLTestFile) throws {
    for mode in SQLTestMode.allCases where !mode.compactsTables {
      let runner = try SQLTestRunner(file, mode, procedures: MaintenanceProcedures.all)
      for fault in runner.run(file) { Issue.record("\(mode.name): \(fault)") }
    }
  }

  /// Every file, if the mode is among those of this run: compaction is a procedure.
  @Test(arguments: SQLTestFile.all(in: "SQL")) func answersAfterCompaction(file: SQLTestFile) throws {
    for mode in SQLTestMode.allCases where mode.compactsTables {
      let runner = try SQLTestRunner(file, mode, procedures: MaintenanceProcedures.all)
      for fault in runner.run(file) { Issue.record("\(mode.name): \(fault)") }
    }
  }
}
