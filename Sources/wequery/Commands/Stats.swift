internal import ArgumentParser
internal import FileFormats
internal import Maintenance
internal import QueryEngine
internal import TableFormat

/// The `wequery stats` command.
struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Statistics of a table's columns.", subcommands: [StatsRefresh.self])
}

/// The `wequery stats refresh` command.
struct StatsRefresh: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refresh",
    abstract: "Count the distinct values of columns, for the optimizer and other engines.")
  @OptionGroup var options: GlobalOptions
  @Argument(help: "The table, as namespace.table.") var table: String
  @Option(help: "The columns, separated by commas; default: all without parts.") var columns: String?
  @Flag(help: "Write nothing.") var dryRun = false

  func run() throws {
    try Program.run("stats refresh", options) { environment in
      let table = try environment.table(table)
      var job = StatisticsRefresh(clock: environment.session.commitClock)
      job.columns = (columns ?? "").split(separator: ",").map(\.trimmed)
      job.isDryRun = dryRun
      let report = try ProgressLine.during("stats refresh") { try job.run(table, progress: $0.update) }
      ReportRenderer(environment).print(Report(report))
    }
  }
}

extension Report {
  init(_ result: StatisticsRefresh.Report) {
    self.init("stats refresh")
    add("table", "\(result.table)")
    add("dry_run", .bool(result.isDryRun), text: result.isDryRun ? "yes, nothing was changed" : "")
    add("snapshot_id", .integer(result.snapshotID.rawValue))
    add("rows", result.rowCount)
    add("statistics_file", result.path.map { .string($0) } ?? .null)
    add("statistics_bytes", bytes: Int64(result.byteCount))
    add(
      "columns", columns: ["column", "type", "rows", "nulls", "ndv", "min", "max"],
      rows: result.columns.map { column in
        [
          .string(column.name), .string(column.type), .integer(Int64(column.rowCount)),
          .integer(Int64(column.nullCount)), .integer(column.distinctCount),
          column.least.map { .string($0) } ?? .null, column.greatest.map { .string($0) } ?? .null,
        ]
      })
  }
}
