internal import ArgumentParser
internal import FileFormats
internal import Maintenance
internal import QueryEngine
internal import TableFormat

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

  @Flag(help: "Make everything, and write nothing.")
  var dryRun = false

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
    try Program.run("generate", options, isDetached: into == nil) { environment in
      let generator = WebEventGenerator(
        rowCount: rows, dayCount: days, now: environment.session.clockMicros, seed: seed)
      var answer = Report("generate")
      let (target, files) = try ProgressLine.during("generate") { line in
        let report = { (done: Int) in line.update(done, of: rows, unit: "events") }
        guard let into else {
          let real = LocalFileSystem()
          let files = try SampleWarehouse.write(
            generator, toFolder: out ?? ".", asParquet: fileFormat == "parquet",
            in: dryRun ? DryRunFileSystem(over: real) { _ in false } : real, progress: report)
          return (out ?? ".", files)
        }
        let identifier = environment.identifier(into)
        let real = try environment.requireCatalog()
        let files = try SampleWarehouse.append(
          generator, to: identifier, in: dryRun ? DryRunCatalog(over: real) : real, progress: report)
        return ("\(identifier)", files)
      }
      answer.add(into == nil ? "folder" : "table", .string(target), text: "")
      answer.add("dry_run", .bool(dryRun), text: dryRun ? "yes, nothing was changed" : "")
      answer.add("rows", .integer(Int64(rows)), text: "")
      answer.add("files", .integer(Int64(files)), text: "")
      // Every day is a partition of the table, or a file.
      let dayCount = (0..<days).count { generator.rowCount(ofDay: $0) > 0 }
      answer.add("days", .integer(Int64(dayCount)), text: "")
      answer.note("\(target): \(rows) events of \(dayCount) days in \(files) files")
      ReportRenderer(environment).print(answer)
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
    try Program.run("demo", options) { environment in
      let generator = WebEventGenerator(rowCount: rows, dayCount: days, now: environment.session.clockMicros)
      let identifier = environment.identifier("web_events")
      let catalog = try environment.requireCatalog()
      let files = try ProgressLine.during("generate") { line in
        try SampleWarehouse.append(generator, to: identifier, in: catalog) {
          line.update($0, of: rows, unit: "events")
        }
      }
      var answer = Report("demo")
      answer.add("table", .string("\(identifier)"), text: "")
      answer.add("rows", .integer(Int64(rows)), text: "")
      answer.add("days", .integer(Int64(days)), text: "")
      answer.add("files", .integer(Int64(files)), text: "")
      answer.note("\(identifier): \(rows) events of \(days) days in \(files) files")
      if options.format == .json {
        for (name, _, query) in SampleQueries.all {
          answer.add(name, try environment.session.run(single: query))
        }
        return ReportRenderer(environment).print(answer)
      }
      let isForPeople = options.format == .box
      if isForPeople { ReportRenderer(environment).print(answer) }
      let runner = StatementRunner(environment)
      for (_, title, query) in SampleQueries.all {
        if isForPeople { environment.output.line("\n\(title)\n\n\(query)\n") }
        try runner.run(query)
      }
    }
  }
}
