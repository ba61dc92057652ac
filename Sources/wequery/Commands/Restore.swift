internal import ArgumentParser
internal import FileFormats
internal import Maintenance
internal import QueryEngine
internal import TableFormat

/// The `wequery restore` command.
struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Bring back an earlier state of a table.",
    subcommands: [RestoreSnapshot.self])
}

/// The `wequery restore snapshot` command.
struct RestoreSnapshot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Make an earlier snapshot the current one, without a new snapshot.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  @Option(help: "The state: a snapshot's id, a branch or tag, or a time, tried in this order.") var to: String
  @Flag(help: "Leave schema, partition spec, sort order and properties (the default).") var dataOnly = false
  @Flag(help: "Bring back schema, partition spec, sort order and properties, too.") var withSchema = false
  @Flag(help: "Only print the difference.") var dryRun = false

  func validate() throws {
    if dataOnly && withSchema { throw ValidationError("--data-only and --with-schema exclude each other") }
  }

  func run() throws {
    try Program.run("restore snapshot", options) { environment in
      let table = try environment.table(table)
      let target = try SnapshotTarget(to, in: table)
      let restore = SnapshotRestore(
        restoresSchema: withSchema, isDryRun: dryRun, clock: environment.session.commitClock)
      ReportRenderer(environment).print(Report(try restore.run(target, of: table), withSchema: withSchema))
    }
  }
}

extension Report {
  init(_ result: SnapshotRestore.Report, withSchema: Bool) {
    self.init("restore snapshot")
    add("table", "\(result.table)")
    add("dry_run", .bool(result.isDryRun), text: result.isDryRun ? "yes, nothing was changed" : "")
    add("previous_snapshot_id", result.previousSnapshotID.map { .integer($0.rawValue) } ?? .null)
    add("snapshot_id", .integer(result.snapshotID.rawValue))
    add("committed_at", SnapshotTarget.text(result.timestampMillis))
    let difference = result.difference
    add("rows_before", difference.rowsBefore.map { .integer($0) } ?? .null)
    add("rows_after", difference.rowsAfter.map { .integer($0) } ?? .null)
    add("files_before", difference.filesBefore)
    add("files_after", difference.filesAfter)
    add("files_removed", difference.filesRemoved)
    add("files_restored", difference.filesRestored)
    add("schema_changes", difference.schemaChanges)
    if withSchema {
      add("other_changes", result.otherChanges)
      add("property_changes", result.propertyChanges.map { "\($0.name) = \($0.value ?? "not set")" })
      add("not_restored", result.notes)
    }
  }
}
