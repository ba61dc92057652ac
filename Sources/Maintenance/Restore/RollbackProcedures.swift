internal import Columnar
internal import QueryEngine
internal import TableFormat

/// `CALL system.rollback_to_snapshot(…)`: back to an ancestor.
struct RollbackToSnapshot: Procedure {
  let name = "rollback_to_snapshot"
  let summary = "Makes an ancestor of the current snapshot the current one."
  let parameters: [ProcedureParameter] = [
    .table, .init("snapshot_id", .bigint, isRequired: true), .dryRun,
  ]

  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult {
    let table = try session.table(named: arguments.table)
    let id = SnapshotID(arguments.integer("snapshot_id") ?? 0)
    return try QueryError.working { () throws(MaintenanceError) in
      let target = try SnapshotTarget("\(id)", in: table)
      return try SnapshotRestore(
        movement: .toAncestor, isDryRun: arguments.isDryRun, clock: session.commitClock
      ).result(
        target, of: table)
    }
  }
}

/// `CALL system.rollback_to_timestamp(…)`: back to what was current then.
struct RollbackToTimestamp: Procedure {
  let name = "rollback_to_timestamp"
  let summary = "Makes the snapshot that was current at a time the current one."
  let parameters: [ProcedureParameter] = [
    .table, .init("timestamp", .timestampTZ, isRequired: true), .dryRun,
  ]

  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult {
    let table = try session.table(named: arguments.table)
    let micros = arguments.integer("timestamp") ?? 0
    return try QueryError.working { () throws(MaintenanceError) in
      let target = try SnapshotTarget(atMicros: micros, in: table)
      return try SnapshotRestore(
        movement: .toAncestor, isDryRun: arguments.isDryRun, clock: session.commitClock
      ).result(
        target, of: table)
    }
  }
}

/// `CALL system.set_current_snapshot(…)`: any snapshot, by id or by name.
struct SetCurrentSnapshot: Procedure {
  let name = "set_current_snapshot"
  let summary = "Makes any snapshot, or that of a branch or tag, the current one."
  let parameters: [ProcedureParameter] = [
    .table, .init("snapshot_id", .bigint), .init("ref", .varchar), .dryRun,
  ]

  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult {
    let table = try session.table(named: arguments.table)
    let id = arguments.integer("snapshot_id").map { "\(SnapshotID($0))" }
    guard let text = id ?? arguments.text("ref"), id == nil || arguments.text("ref") == nil else {
      throw QueryError(.invalidParameter, "set_current_snapshot needs either \"snapshot_id\" or \"ref\"")
    }
    return try QueryError.working { () throws(MaintenanceError) in
      let target = try SnapshotTarget(text, in: table)
      return try SnapshotRestore(isDryRun: arguments.isDryRun, clock: session.commitClock).result(
        target, of: table)
    }
  }
}

extension SnapshotRestore {
  /// Restores a state and answers with Spark's columns.
  fileprivate func result(
    _ target: SnapshotTarget, of table: Table
  ) throws(MaintenanceError) -> ProcedureResult {
    let report = try run(target, of: table)
    return ProcedureResult(
      columns: [("previous_snapshot_id", .bigint), ("current_snapshot_id", .bigint)],
      rows: [
        [
          report.previousSnapshotID.map { .integer($0.rawValue) } ?? .null,
          .integer(report.snapshotID.rawValue),
        ]
      ])
  }
}
