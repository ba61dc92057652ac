internal import ArgumentParser
internal import FileFormats
internal import Maintenance
internal import QueryEngine
internal import TableFormat

/// The `wequery expire` command.
struct Expire: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expire", abstract: "Remove old snapshots, and the files that only they need.",
    discussion: "Without --yes only the plan is printed: what would go, and why the rest stays.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  @Option(help: "Remove snapshots older than this, as 7d; default: history.expire.max-snapshot-age-ms.")
  var olderThan: Age?
  @Option(help: "Keep so many snapshots of each branch; default: history.expire.min-snapshots-to-keep.")
  var keep: Int?
  @Flag(help: "Do it.") var yes = false
  @Flag(help: "Allow ages below a day.") var force = false

  func validate() throws {
    if let keep, keep < 1 { throw ValidationError("--keep must be 1 or more, not \(keep)") }
  }

  func run() throws {
    try Program.run("expire", options) { environment in
      let table = try environment.table(table)
      var job = SnapshotExpiry(clock: environment.session.commitClock)
      job.olderThanMillis = olderThan.map { job.nowMillis - $0.micros / 1000 }
      (job.retainLast, job.isDryRun, job.isForced) = (keep, !yes, force)
      let result = try ProgressLine.during("expire") { try job.run(table, progress: $0.update) }
      ReportRenderer(environment).print(Report(result))
      if !result.failures.isEmpty {
        throw CommandFailure(
          .inputOutput,
          "\(result.failures.count) files could not be deleted, the first is \(result.failures[0])",
          hint: "the snapshots have expired; \"wequery orphans\" finds the files")
      }
    }
  }
}

extension Report {
  init(_ result: SnapshotExpiry.Report) {
    self.init("expire")
    add("table", "\(result.table)")
    add("dry_run", .bool(result.isDryRun), text: result.isDryRun ? "yes, nothing was changed" : "")
    add("expired_snapshots", result.expired.count)
    add("kept_snapshots", result.kept.count)
    add("removed_references", result.removedReferences)
    add("deleted_files", result.fileCount)
    add("deleted_bytes", bytes: result.byteCount)
    add(
      "snapshots", columns: ["snapshot_id", "committed_at", "operation", "action", "reason"],
      rows: result.kept.map { Report.row($0.snapshot, "keep", $0.reason) }
        + result.expired.map { Report.row($0, "expire", "old enough, and not needed by a branch or tag") })
    add(
      "files", columns: ["kind", "count", "bytes"],
      rows: result.files.filter { $0.count > 0 }.map {
        [.string($0.kind), .integer(Int64($0.count)), .integer($0.byteCount)]
      })
    if result.isDryRun, !result.expired.isEmpty { note("this is the plan; --yes carries it out") }
  }

  private static func row(_ snapshot: Snapshot, _ action: String, _ reason: String) -> [JSONValue] {
    [
      .integer(snapshot.id.rawValue), .string(SnapshotTarget.text(snapshot.timestampMillis)),
      snapshot.summary.operation.map { .string($0.rawValue) } ?? .null, .string(action), .string(reason),
    ]
  }
}
