internal import Columnar
internal import QueryEngine

/// The shell: reads statements, runs them, prints what they answer with a line on what that cost.
final class REPL {
  /// Rows shown at once of a result without limit; `.all` shows the rest.
  private static let shownRowCount = 40

  private let environment: Environment
  private let terminal: Terminal
  private let history: History
  private let output = TextOutput.standard
  private var format = ResultFormat.box
  private var lastResult: StatementResult?

  init(_ environment: Environment, _ terminal: Terminal, historyPath: String?) {
    (self.environment, self.terminal) = (environment, terminal)
    history = History(path: historyPath)
    format = environment.options.format
  }

  /// Runs until the person leaves.
  func run() {
    output.line("wequery: SQL over local Iceberg tables. End a statement with ; and see .help for the rest.")
    let editor = LineEditor(
      terminal, history: history, output: output,
      isComplete: { $0.trimmed.hasPrefix(".") || StatementSplitter.isComplete($0) },
      completions: { [session = environment.session] word, before in
        Completion.candidates(word, after: before, in: session)
      })
    while true {
      switch editor.read(prompt: "\(environment.session.settings.namespace)> ") {
      case .endOfInput: return
      case .interrupted: continue
      case .statement(let text):
        let trimmed = text.trimmed
        if trimmed.isEmpty { continue }
        history.add(text)
        if trimmed.hasPrefix(".") {
          if !perform(trimmed) { return }
        } else {
          // While a statement runs, Ctrl-C is a signal again, which cancels it.
          terminal.leaveRawMode()
          Interruption.reset()
          for statement in StatementSplitter.split(text) { run(statement) }
          output.flush()
          terminal.enterRawMode()
        }
      }
    }
  }

  private func run(_ statement: StatementText) {
    let clock = ContinuousClock()
    let began = clock.now
    do throws(QueryError) {
      let result = try environment.session.run(single: statement.text)
      let elapsed = began.duration(to: clock.now)
      lastResult = result
      show(result, limit: format == .box ? REPL.shownRowCount : nil)
      if !result.columns.isEmpty { output.line(footer(of: result, elapsed)) }
    } catch {
      output.flush()
      ErrorRenderer(isJSON: false, command: "shell").print(CommandFailure(error, statement: statement.text))
    }
  }

  private func show(_ result: StatementResult, limit: Int?) {
    guard !result.columns.isEmpty else {
      output.line(result.changes.map { "\($0) rows" } ?? result.message ?? "done")
      return
    }
    guard var renderer = format.renderer(width: output.width, command: "shell") else {
      output.line("results of the form \(format.rawValue) go to files: use wequery sql --output FILE")
      return
    }
    renderer.begin(result.columns.map { ResultColumn(name: $0.name, type: $0.type) }, to: output)
    var left = limit ?? Int.max
    for batch in result.batches where left > 0 {
      var batch = batch.compacted()
      if batch.rowCount > left {
        batch = Batch(columns: batch.columns.map { $0.slice(from: 0, count: left) }, rowCount: left)
      }
      left -= batch.rowCount
      renderer.write(batch, to: output)
    }
    renderer.end(to: output)
    if let limit, result.rowCount > limit {
      output.line("first \(limit) of \(result.rowCount) rows; .all shows all")
    }
  }

  private func footer(of result: StatementResult, _ elapsed: Duration) -> String {
    var parts = ["\(result.rowCount) \(result.rowCount == 1 ? "row" : "rows")", "\(elapsed.millisText) ms"]
    if let footer = result.footer {
      for (name, value) in footer.counters.sorted(by: { $0.key < $1.key }) where value > 0 {
        parts.append("\(name.split(separator: "_").joined(separator: " ")) \(value)")
      }
      if footer.peakByteCount > 0 { parts.append("peak \(ByteSize.text(footer.peakByteCount))") }
      for snapshot in footer.snapshots { parts.append("snapshot \(snapshot.id)") }
    }
    return parts.joined(separator: ", ")
  }

  /// Carries out a command of the shell; returns `false` if it ends the shell.
  private func perform(_ line: String) -> Bool {
    let words = line.split(separator: " ").map(String.init)
    switch words[0] {
    case ".quit", ".exit": return false
    case ".help": for (name, text) in REPL.commands { output.line("  \(name)  \(text)") }
    case ".all": if let lastResult { show(lastResult, limit: nil) }
    case ".tables": run(StatementText("SHOW TABLES"))
    case ".snapshots" where words.count == 2:
      run(StatementText("SELECT committed_at, snapshot_id, operation FROM \(words[1]).snapshots ORDER BY 1"))
    case ".files" where words.count == 2:
      run(
        StatementText("SELECT file_path, record_count, file_size_in_bytes FROM \(words[1]).files ORDER BY 1"))
    case ".partitions" where words.count == 2: run(StatementText("SHOW PARTITIONS \(words[1])"))
    case ".mode" where words.count == 2:
      if let mode = ResultFormat(rawValue: words[1]) {
        format = mode
      } else {
        output.line("modes are \(ResultFormat.allCases.map(\.rawValue).joined(separator: ", "))")
      }
    default: output.line("\(words[0]) is no command, or lacks its argument; .help lists them")
    }
    output.flush()
    return true
  }

  private static let commands = [
    (".all             ", "show all rows of the last result"),
    (".files TABLE     ", "the table's files"),
    (".help            ", "this list"),
    (".mode FORM       ", "print results as box, csv, json, vertical …"),
    (".partitions TABLE", "the table's partitions"),
    (".quit            ", "leave; so does Ctrl-D"),
    (".snapshots TABLE ", "the table's snapshots"),
    (".tables          ", "the tables of the catalog"),
  ]
}
