internal import ArgumentParser
internal import Maintenance
internal import QueryEngine

/// The `wequery generate` command.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Make sample data.",
    discussion: """
        wequery generate web_events --rows 1000000 --days 30 --into web_events
        wequery generate web_events --rows 100000 --days 7 --out events --file-format ndjson
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "What to make: web_events.")
  var dataset: String

  @Option(help: "How many events.")
  var rows = 100_000

  @Option(help: "Over how many days, the last of them today.")
  var days = 7

  @Option(help: "Equal seeds give equal events.")
  var seed: UInt64 = 1

  @Option(help: "The table to append to, made if it is missing.")
  var into: String?

  @Option(help: "The folder to write files to, one a day.")
  var out: String?

  @Option(help: "ndjson or parquet.")
  var fileFormat = "ndjson"

  func validate() throws {
    guard dataset == "web_events" else {
      throw ValidationError("there is no data set \"\(dataset)\", only web_events")
    }
    guard rows >= 0, rows <= 1_000_000_000 else { throw ValidationError("--rows must be 0 to 1000000000") }
    guard days >= 1, days <= 36_500 else { throw ValidationError("--days must be 1 to 36500") }
    guard (into == nil) != (out == nil) else { throw ValidationError("say either --into TABLE or --out DIR") }
    guard ["ndjson", "parquet"].contains(fileFormat) else {
      throw ValidationError("--file-format is ndjson or parquet, not \"\(fileFormat)\"")
    }
  }

  func run() throws {
    try Program.run("generate", options) {
      let environment = try Environment.open(options, isDetached: into == nil)
      let generator = WebEventGenerator(
        rowCount: rows, dayCount: days, now: environment.session.clockMicros, seed: seed)
      let progress = ProgressLine("generate")
      let report = { (done: Int) in progress.update(done, of: rows, unit: "events") }
      let message: String
      if let into {
        let identifier = environment.identifier(into)
        let files = try SampleWarehouse.append(
          generator, to: identifier, in: try environment.requireCatalog(), progress: report)
        message = "\(identifier): \(rows) events in \(files) files"
      } else {
        let files = try SampleWarehouse.write(
          generator, toFolder: out ?? ".", asParquet: fileFormat == "parquet", progress: report)
        message = "\(out ?? "."): \(rows) events in \(files) files"
      }
      progress.end()
      if options.format == .json {
        environment.output.line(
          "{\"wequery\":1,\"command\":\"generate\",\"status\":\"ok\",\"exit_code\":0,\"rows\":\(rows)}")
      } else {
        environment.output.line(message)
      }
    }
  }
}

/// The `wequery demo` command.
struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Make a sample warehouse of web events up to today, and ask it the runbook's questions.")

  @OptionGroup var options: GlobalOptions

  @Option(help: "How many events.")
  var rows = 100_000

  @Option(help: "Over how many days, the last of them today.")
  var days = 14

  func validate() throws {
    guard rows >= 1, rows <= 1_000_000_000 else { throw ValidationError("--rows must be 1 to 1000000000") }
    guard days >= 1, days <= 36_500 else { throw ValidationError("--days must be 1 to 36500") }
  }

  func run() throws {
    try Program.run("demo", options) {
      let environment = try Environment.open(options)
      let generator = WebEventGenerator(rowCount: rows, dayCount: days, now: environment.session.clockMicros)
      let progress = ProgressLine("generate")
      let identifier = environment.identifier("web_events")
      let files = try SampleWarehouse.append(
        generator, to: identifier, in: try environment.requireCatalog()
      ) { progress.update($0, of: rows, unit: "events") }
      progress.end()
      if options.format == .box {
        environment.output.line("\(identifier): \(rows) events of \(days) days in \(files) files")
      }
      let runner = StatementRunner(environment)
      for (title, query) in SampleQueries.all {
        if options.format == .box { environment.output.line("\n\(title)\n\n\(query)\n") }
        try runner.run(query, named: nil, continuingOnError: false)
      }
    }
  }
}
