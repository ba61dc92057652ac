internal import ArgumentParser
internal import QueryEngine

/// The `wequery sql` command: statements in, results out.
struct SQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql", abstract: "Run SQL statements.",
    discussion: """
      Statements come from the argument, from -c, from a file, or from standard input.

        wequery sql "SELECT count(*) FROM web_events"
        wequery sql -f samples/queries/quality-trend.sql --format csv
        echo "SHOW TABLES" | wequery sql
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "One or more statements.")
  var statements: String?

  @Option(name: .customShort("c"), help: "The same, as an option.")
  var command: String?

  @Option(name: [.customShort("f"), .customLong("file")], help: "A file of statements; - is standard input.")
  var file: String?

  @Flag(help: "Go on after a statement that fails; the first failure's exit code remains.")
  var continueOnError = false

  @Flag(help: "All statements or none; not supported, and refused.")
  var atomic = false

  func validate() throws {
    if [statements, command, file].compactMap({ $0 }).count > 1 {
      throw ValidationError("give statements once: as an argument, with -c or with -f")
    }
  }

  func run() throws {
    try Program.run("sql", options) { environment in
      guard !atomic else {
        throw CommandFailure(
          .unsupported, "--atomic is not supported: each statement commits by itself",
          hint: "a script ends at its first error unless --continue-on-error is given")
      }
      let (script, name) = try text()
      let runner = StatementRunner(environment)
      try runner.run(script, named: name, continuingOnError: continueOnError)
    }
  }

  private func text() throws -> (script: String, name: String?) {
    if let inline = statements ?? command { return (inline, nil) }
    let path = file ?? "-"
    guard let text = FileText.read(path) else {
      throw CommandFailure(.notFound, "there is no file \"\(path)\" that can be read")
    }
    return (text, path == "-" ? nil : path)
  }
}
