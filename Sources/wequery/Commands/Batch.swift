internal import ArgumentParser
internal import QueryEngine

/// The `wequery batch` command: statements in, one JSON record per statement out.
///
/// The records are a contract with programs; ``contract`` is its version.
struct BatchCommand: ParsableCommand {
  static let contract = 1
  static let configuration = CommandConfiguration(
    commandName: "batch", abstract: "Run statements for a program: one JSON record for each.",
    discussion: """
      Input is JSON lines, {"stmt": 0, "sql": "…"}, or plain text whose statements end by a line with only ;
      Every statement runs, whatever happened to those before. Without --catalog or --warehouse the session
      is empty and in memory.
      """)

  @OptionGroup var options: GlobalOptions

  @Option(help: "The file of statements; default: standard input.")
  var script = "-"

  @Flag(help: "End after the first statement that fails.")
  var stopOnError = false

  @Option(help: "Give up a statement after so long (30s, 10m).")
  var statementTimeout: String?

  @Flag(name: .customLong("contract"), help: "Print the version of the records and end.")
  var printsContract = false

  func run() throws {
    try Program.run("batch", options, isDetached: true) { environment in
      if printsContract {
        environment.output.line("\(BatchCommand.contract)")
        return
      }
      if let statementTimeout {
        do throws(QueryError) {
          _ = try environment.session.run(
            "SET statement_timeout = '\(statementTimeout.filter { $0 != "'" })'")
        } catch {
          throw CommandFailure(.usage, error.message, hint: error.hint)
        }
      }
      guard let lines = LineReader(script) else {
        throw CommandFailure(.notFound, "there is no file \"\(script)\" that can be read")
      }
      Interruption.watch(environment.session)
      var failure: CommandFailure?
      var reader = BatchReader(isJSONLines: isJSONLines) { lines.next() }
      while let input = reader.next() {
        let succeeded = BatchRecord.run(input, in: environment.session, to: environment.output)
        environment.output.flush()
        if !succeeded {
          let isOver = Interruption.wasRequested
          failure = failure ?? CommandFailure(isOver ? .interrupted : .failed, "a statement failed")
          failure?.isPrinted = true
          if stopOnError || isOver { break }
        }
      }
      if let failure { throw failure }
    }
  }

  /// The form that the script's name says; standard input tells by its first character.
  private var isJSONLines: Bool? {
    script == "-" ? nil : script.hasSuffix(".jsonl") || script.hasSuffix(".ndjson")
  }
}
