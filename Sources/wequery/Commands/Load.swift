internal import ArgumentParser
internal import Maintenance

/// The `wequery load` command.
struct Load: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Load files into a table.",
    discussion: """
      Reads raw web events, NDJSON, CSV, Parquet and Apache combined logs, gzip and zstd undone. Loading the
      same files again adds nothing. Refused records are in the table wequery.rejects.

        wequery load web_events events-*.ndjson.gz --create
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The table, as namespace.table.")
  var table: String

  @Argument(help: "The files.")
  var files: [String]

  @Option(help: "\(InputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var inputFormat: String = "auto"

  @Flag(help: "Make the table if it is missing.")
  var create = false

  @Option(help: "Commit nothing above this share of refused records (5%, 0.01).")
  var maxRejected = Share(value: 0.05)

  func validate() throws {
    guard InputFormat(rawValue: inputFormat) != nil else {
      throw ValidationError("there is no input format \"\(inputFormat)\"")
    }
  }

  func run() throws {
    try Program.run("load", options) {
      let environment = try Environment.open(options)
      let catalog = try environment.requireCatalog()
      var load = Loader.Options()
      load.format = InputFormat(rawValue: inputFormat) ?? .auto
      (load.creates, load.maxRejected) = (create, maxRejected.value)
      let progress = ProgressLine("load")
      let loader = Loader(
        session: environment.session, catalog: catalog, state: try environment.requireState(), options: load
      ) { done, total in progress.update(done, of: total, unit: "bytes") }
      let report = try loader.load(files, into: environment.identifier(table))
      progress.end()
      LoadReportRenderer.print(report, options, to: environment.output)
    }
  }
}

/// Prints what a load did.
enum LoadReportRenderer {
  static func print(_ report: LoadReport, _ options: GlobalOptions, to output: TextOutput) {
    if options.format == .json {
      var text = Array(
        "{\"wequery\":1,\"command\":\"load\",\"status\":\"ok\",\"exit_code\":0,\"table\":".utf8)
      JSONCell.append(text: report.table.utf8, to: &text)
      let numbers = [
        ("files", report.files), ("skipped_files", report.skippedFiles), ("read", report.read),
        ("accepted", report.accepted), ("repaired", report.repaired), ("rejected", report.rejected),
        ("skipped", report.skipped), ("duplicates", report.duplicates), ("data_files", report.dataFiles),
        ("bytes", report.byteCount),
      ]
      for (name, value) in numbers { text.append(contentsOf: ",\"\(name)\":\(value)".utf8) }
      text.append(contentsOf: ",\"snapshot_id\":\(report.snapshotID.map { "\($0)" } ?? "null")}\n".utf8)
      output.write(text)
      return
    }
    output.line(
      "\(report.table): read \(report.read) = \(report.accepted) accepted + \(report.repaired) repaired + "
        + "\(report.rejected) rejected + \(report.skipped) skipped")
    if report.skippedFiles > 0 {
      output.line("\(report.skippedFiles) of \(report.files) files had been loaded before")
    }
    if report.duplicates > 0 { output.line("\(report.duplicates) events were there already") }
    for (text, count) in report.repairs.sorted(by: { $0.key < $1.key }) {
      output.line("repaired: \(text): \(count)")
    }
    for (text, count) in report.warnings.sorted(by: { $0.key < $1.key }).prefix(20) {
      output.line("warning: \(text): \(count)")
    }
    for reject in report.rejects.prefix(5) {
      output.line("rejected: \(reject.file):\(reject.line): \(reject.reason)")
    }
    if let id = report.snapshotID {
      output.line("snapshot \(id): \(report.dataFiles) files, \(ByteSize.text(report.byteCount))")
    } else {
      output.line("nothing to commit")
    }
  }
}
