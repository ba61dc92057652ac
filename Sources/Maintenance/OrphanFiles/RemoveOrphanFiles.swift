internal import Columnar
internal import QueryEngine
internal import TableFormat

/// `CALL system.remove_orphan_files(…)`.
struct RemoveOrphanFiles: Procedure {
  let name = "remove_orphan_files"
  let summary = "Removes files in a table's folders that nothing needs."
  let parameters: [ProcedureParameter] = [
    .table, .init("older_than", .timestampTZ), .init("location", .varchar), .dryRun,
    .init("max_concurrent_deletes", .integer), .init("force", .boolean),
  ]

  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult {
    let table = try session.table(named: arguments.table)
    let now = session.clockMicros
    var job = OrphanFiles(
      olderThanMicros: arguments.integer("older_than") ?? now - 3 * 86_400_000_000, nowMicros: now)
    job.location = arguments.text("location")
    (job.isDryRun, job.isForced) = (arguments.isDryRun, arguments.boolean("force") ?? false)
    let chosen = job
    let report = try QueryError.working { () throws(MaintenanceError) in try chosen.run(table) }
    if let failure = report.failures.first {
      throw QueryError(
        .inputOutput, "\(report.failures.count) files could not be deleted, the first is \(failure)")
    }
    return ProcedureResult(
      columns: [("orphan_file_location", .varchar), ("size_in_bytes", .bigint)],
      rows: report.orphans.map { [.text($0.path), .integer($0.byteCount)] })
  }
}
