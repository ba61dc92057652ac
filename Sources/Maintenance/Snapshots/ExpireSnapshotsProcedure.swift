internal import Columnar
internal import QueryEngine
internal import TableFormat

/// `CALL system.expire_snapshots(…)`.
struct ExpireSnapshotsProcedure: Procedure {
  let name = "expire_snapshots"
  let summary = "Removes old snapshots, and the files that only they need."
  let parameters: [ProcedureParameter] = [
    .table, .init("older_than", .timestampTZ), .init("retain_last", .integer),
    .init("max_concurrent_deletes", .integer), .init("stream_results", .boolean),
    .init("snapshot_ids", .list(.bigint)), .init("clean_expired_metadata", .boolean),
    .init("force", .boolean), .dryRun,
  ]

  func run(_ arguments: ProcedureArguments, in session: Session) throws(QueryError) -> ProcedureResult {
    let table = try session.table(named: arguments.table)
    var job = SnapshotExpiry(clock: session.commitClock)
    job.olderThanMillis = arguments.integer("older_than").map { CivilDate.floorDivide($0, 1000) }
    job.retainLast = arguments.integer("retain_last").map { Int(clamping: max(1, $0)) }
    for value in arguments.list("snapshot_ids") ?? [] {
      guard case .integer(let id) = value else { continue }
      job.ids.append(SnapshotID(id))
    }
    job.cleansMetadata = arguments.boolean("clean_expired_metadata") ?? false
    (job.isDryRun, job.isForced) = (arguments.isDryRun, arguments.boolean("force") ?? false)
    let chosen = job
    let report = try QueryError.working { () throws(MaintenanceError) in try chosen.run(table) }
    let kinds: [(String, ReachableFiles.Kind)] = [
      ("deleted_data_files_count", .data), ("deleted_position_delete_files_count", .positionDeletes),
      ("deleted_equality_delete_files_count", .equalityDeletes), ("deleted_manifest_files_count", .manifest),
      ("deleted_manifest_lists_count", .manifestList), ("deleted_statistics_files_count", .statistics),
    ]
    return ProcedureResult(
      columns: kinds.map { ($0.0, .bigint) } + [
        ("expired_snapshots_count", .bigint), ("deleted_bytes_count", .bigint),
        ("failed_files_count", .bigint),
      ],
      rows: [
        kinds.map { .integer(Int64(report.count($0.1.rawValue))) } + [
          .integer(Int64(report.expired.count)), .integer(report.byteCount),
          .integer(Int64(report.failures.count)),
        ]
      ])
  }
}
