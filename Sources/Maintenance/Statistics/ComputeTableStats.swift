internal import Columnar
internal import QueryEngine
internal import TableFormat

/// `CALL system.compute_table_stats(…)`, and ANALYZE.
struct ComputeTableStats: Procedure {
  let name = "compute_table_stats"
  let summary = "Counts the distinct values of columns and attaches the sketches to the snapshot."
  let parameters: [ProcedureParameter] = [
    .table, .init("snapshot_id", .bigint), .init("columns", .list(.varchar)), .dryRun,
  ]

  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult {
    let table = try session.table(named: arguments.table)
    var job = StatisticsRefresh(clock: session.commitClock)
    job.snapshotID = arguments.integer("snapshot_id").map { SnapshotID($0) }
    for value in arguments.list("columns") ?? [] {
      if case .bytes(let name) = value { job.columns.append(String(decoding: name, as: UTF8.self)) }
    }
    job.isDryRun = arguments.isDryRun
    let chosen = job
    let report = try QueryError.working { () throws(MaintenanceError) in try chosen.run(table) }
    return ProcedureResult(
      columns: [("statistics_file", .varchar), ("rows_count", .bigint), ("columns_count", .integer)],
      rows: [
        [
          report.path.map { .text($0) } ?? .null, .integer(Int64(report.rowCount)),
          .integer(Int64(report.columns.count)),
        ]
      ])
  }
}
