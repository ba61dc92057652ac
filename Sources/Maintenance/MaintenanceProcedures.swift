internal import Columnar
package import QueryEngine

/// Every procedure of this module, for a session to be made with.
package enum MaintenanceProcedures {
  /// The procedures, by what they do.
  package static let all: [any Procedure] = [
    RewriteDataFiles(), ExpireSnapshotsProcedure(), RemoveOrphanFiles(), ComputeTableStats(),
    RollbackToSnapshot(), RollbackToTimestamp(), SetCurrentSnapshot(),
  ]
}

extension ProcedureParameter {
  /// The table's name, which every procedure takes first.
  static let table = ProcedureParameter("table", .varchar, isRequired: true)
  /// Whether nothing is changed.
  static let dryRun = ProcedureParameter("dry_run", .boolean)
}

extension ProcedureArguments {
  /// The table's name.
  var table: String { text("table") ?? "" }
  /// Whether nothing is to be changed.
  var isDryRun: Bool { boolean("dry_run") ?? false }
}
