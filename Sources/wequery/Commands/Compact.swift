internal import ArgumentParser
internal import FileFormats
internal import Maintenance
internal import QueryEngine
internal import TableFormat

/// The `wequery compact` command.
struct Compact: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Rewrite small files and files with deletes into fewer ones with the same rows.",
    discussion: """
      The new files are read back and must hold the same rows, by count and by checksum, before a commit \
      exchanges them. What is done is committed as it goes, in ten parts at most: after an interruption \
      another run goes on from there.
      """)
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  @Option(name: .customLong("where"), help: "Only files that may hold rows that meet this SQL condition.")
  var condition: String?
  @Option(help: "The size of new files, as 128MB; default: the table's write.target-file-size-bytes.")
  var target: ByteSize?
  @Option(help: "So many small files in a partition are worth rewriting.") var minFiles = 5
  @Option(help: "Sort the rows: column [DESC], …; none; default: the table's sort order.") var sort: String?
  @Flag(help: "Rewrite all files.") var all = false
  @Flag(help: "Only print what would be done.") var dryRun = false

  func validate() throws {
    if minFiles < 1 { throw ValidationError("--min-files must be 1 or more, not \(minFiles)") }
    if let target, target.byteCount < 1 { throw ValidationError("--target must be 1 byte or more") }
  }

  func run() throws {
    try Program.run("compact", options) { environment in
      let table = try environment.table(table)
      Interruption.watch(environment.session)
      var wanted = CompactionOptions()
      if let condition { wanted.predicate = try environment.session.predicate(condition, on: table) }
      wanted.targetBytes = target.map { Int64($0.byteCount) }
      (wanted.minInputFiles, wanted.rewritesAll, wanted.isDryRun) = (minFiles, all, dryRun)
      // Commits as it goes: whatever stops it, what is done by then need not be done again.
      wanted.maxCommits = 10
      wanted.isCancelled = { Interruption.wasRequested }
      if let sort { wanted.order = try CompactionOptions.Order(sort, for: table) }
      let report = try ProgressLine.during("compact") {
        try Compaction(environment.session, wanted, progress: $0.update).run(table)
      }
      ReportRenderer(environment).print(Report(report))
    }
  }
}

extension Report {
  init(_ result: CompactionReport) {
    self.init("compact")
    add("table", "\(result.table)")
    add("dry_run", .bool(result.isDryRun), text: result.isDryRun ? "yes, nothing was changed" : "")
    add("files_seen", result.filesSeen)
    add("files_before", result.filesBefore)
    add("files_after", result.filesAfter)
    add("bytes_before", bytes: result.bytesBefore)
    add("bytes_after", bytes: result.bytesAfter)
    add("partitions", result.partitions)
    add("rows", result.rows)
    add("deleted_rows", result.deletedRows)
    add("removed_delete_files", result.removedDeleteFiles)
    if !result.isDryRun, !result.groups.isEmpty { add("checksum", result.checksum) }
    add("snapshot_id", result.snapshotID.map { .integer($0.rawValue) } ?? .null)
    if result.commits > 1 { add("commits", result.commits) }
    if result.retries > 0 { add("retries", result.retries) }
    add(
      "groups", columns: ["partition", "files_before", "files_after", "bytes_before", "bytes_after", "rows"],
      rows: result.groups.map { group in
        [
          .string(group.partition), .integer(Int64(group.filesBefore)), .integer(Int64(group.filesAfter)),
          .integer(group.bytesBefore), .integer(group.bytesAfter), .integer(group.rows),
        ]
      })
    if result.groups.isEmpty { note("there is nothing to compact") }
  }
}

extension ReportRenderer {
  init(_ environment: Environment) {
    self.init(format: environment.options.format, output: environment.output)
  }
}
