internal import ArgumentParser
internal import FileFormats
internal import Maintenance
internal import QueryEngine

/// The `wequery orphans` command.
struct Orphans: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orphans", abstract: "Find and remove files in a table's folders that nothing needs.",
    discussion: "Without --yes they are only listed.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  @Option(help: "Only files last changed longer ago than this, as 3d.") var olderThan: Age?
  @Flag(help: "Remove them.") var yes = false
  @Flag(help: "Allow ages below a day.") var force = false

  func run() throws {
    try Program.run("orphans", options) { environment in
      let table = try environment.table(table)
      let now = environment.session.clockMicros
      var job = OrphanFiles(olderThanMicros: now - (olderThan?.micros ?? 3 * 86_400_000_000), nowMicros: now)
      (job.isDryRun, job.isForced) = (!yes, force)
      let result = try ProgressLine.during("orphans") { try job.run(table, progress: $0.update) }
      ReportRenderer(environment).print(Report(result))
      if !result.failures.isEmpty {
        throw CommandFailure(
          .inputOutput,
          "\(result.failures.count) files could not be deleted, the first is \(result.failures[0])")
      }
    }
  }
}

extension Report {
  init(_ result: OrphanFiles.Report) {
    self.init("orphans")
    add("table", "\(result.table)")
    add("dry_run", .bool(result.isDryRun), text: result.isDryRun ? "yes, nothing was changed" : "")
    add("files_seen", result.filesSeen)
    add("orphan_files", result.orphans.count)
    add("orphan_bytes", bytes: result.byteCount)
    add("too_young_files", result.youngCount)
    add("skipped_folders", result.skippedFolders)
    add(
      "orphans", columns: ["path", "bytes", "modified_at"],
      rows: result.orphans.map {
        [.string($0.path), .integer($0.byteCount), .string(SnapshotTarget.text($0.modifiedMicros / 1000))]
      })
    if result.isDryRun, !result.orphans.isEmpty { note("these are listed only; --yes removes them") }
  }
}
