internal import ArgumentParser
internal import FileFormats
internal import Maintenance
internal import TableFormat

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

  @Flag(help: "Refuse web events without a session id or an anonymous id.")
  var dropUnidentified = false

  @Flag(
    inversion: .prefixedNo,
    help: "Take web events apart that are joined by a backslash and an n instead of a newline.")
  var splitJoined = true

  @Option(help: "How bots are flagged in a table that is made: v1 (default) or v2.")
  var botRule: String?

  @Flag(help: "Read and check everything, and write nothing.")
  var dryRun = false

  func validate() throws {
    if let botRule, BotRule(rawValue: botRule) == nil {
      throw ValidationError("there is no bot rule \"\(botRule)\", only v1 and v2")
    }
    guard InputFormat(rawValue: inputFormat) != nil else {
      throw ValidationError("there is no input format \"\(inputFormat)\"")
    }
  }

  func run() throws {
    try Program.run("load", options) { environment in
      let real = try environment.requireCatalog()
      let catalog: any Catalog = dryRun ? DryRunCatalog(over: real) : real
      var load = Loader.Options()
      load.format = InputFormat(rawValue: inputFormat) ?? .auto
      (load.creates, load.maxRejected) = (create, maxRejected.value)
      (load.dropsUnidentified, load.splitsJoinedRecords) = (dropUnidentified, splitJoined)
      load.botRule = botRule.flatMap { BotRule(rawValue: $0) }
      let state = try dryRun ? environment.dryRunState() : environment.requireState()
      let report = try ProgressLine.during("load") { line in
        let loader = Loader(session: environment.session, catalog: catalog, state: state, options: load) {
          line.update($0, of: $1, unit: "bytes")
        }
        return try loader.load(files, into: environment.identifier(table))
      }
      ReportRenderer(environment).print(Report(report))
    }
  }
}

extension Report {
  init(_ result: LoadReport) {
    self.init("load")
    // People get sentences, programs the numbers.
    add("table", .string(result.table), text: "")
    add("dry_run", .bool(result.isDryRun), text: result.isDryRun ? "yes, nothing was changed" : "")
    let numbers = [
      ("files", result.files), ("skipped_files", result.skippedFiles), ("read", result.read),
      ("accepted", result.accepted), ("repaired", result.repaired), ("rejected", result.rejected),
      ("skipped", result.skipped), ("duplicates", result.duplicates), ("rewritten", result.rewritten),
      ("data_files", result.dataFiles), ("partitions", result.partitions), ("bytes", result.byteCount),
    ]
    for (name, value) in numbers { add(name, .integer(Int64(value)), text: "") }
    let snapshotID = result.isDryRun ? nil : result.snapshotID
    add("snapshot_id", snapshotID.map { .integer($0) } ?? .null, text: "")
    add("repairs", Report.counts(result.repairs), text: "")
    add("warnings", Report.counts(result.warnings), text: "")
    note(
      "\(result.table): read \(result.read) = \(result.accepted) accepted + \(result.repaired) repaired + "
        + "\(result.rejected) rejected + \(result.skipped) skipped")
    if result.skippedFiles > 0 {
      note("\(result.skippedFiles) of \(result.files) files had been loaded before")
    }
    if result.duplicates > 0 { note("\(result.duplicates) events were there already") }
    if result.rewritten > 0 { note("\(result.rewritten) stored events of the same sessions put in order") }
    for (text, count) in result.repairs.sorted(by: { $0.key < $1.key }) {
      note("repaired: \(text): \(count)")
    }
    for (text, count) in result.warnings.sorted(by: { $0.key < $1.key }).prefix(20) {
      note("warning: \(text): \(count)")
    }
    for reject in result.rejects.prefix(5) {
      note("rejected: \(reject.file):\(reject.line): \(reject.reason)")
    }
    guard let id = result.snapshotID else {
      note("nothing to commit")
      return
    }
    note(
      (result.isDryRun ? "a load would write " : "snapshot \(id): ")
        + "\(result.dataFiles) files, \(ByteSize.text(result.byteCount)), in \(result.partitions) partitions")
  }

  private static func counts(_ counts: [String: Int]) -> JSONValue {
    .object(
      JSONObject(
        counts.sorted { $0.key < $1.key }.map { JSONObject.Member($0.key, .integer(Int64($0.value))) }))
  }
}
