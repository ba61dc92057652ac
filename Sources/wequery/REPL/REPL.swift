internal import Columnar
internal import QueryEngine

/// The shell: reads statements, runs them, prints what they answer with a line on what that cost.
final class REPL {
  let environment: Environment
  let terminal: Terminal
  let history: History
  let output = TextOutput.standard
  let completion: Completion
  var format: ResultFormat
  /// Rows shown at once; `nil` shows all.
  var shownRowCount: Int? = 40
  /// Whether the line below a result is printed.
  var hasFooter = true
  /// The program that long output goes through; `nil` prints it.
  var pager: String?
  /// The last statement, and its rows if it gave any.
  var lastStatement: String?
  var lastRows: ShellRows?
  /// What the editor begins with, put there by a command.
  var draft = ""
  /// The state that `.at` reads, as it was named.
  var pinnedName: String?
  private var hasFailed = false

  init(_ environment: Environment, _ terminal: Terminal, historyPath: String?) {
    (self.environment, self.terminal) = (environment, terminal)
    history = History(path: historyPath)
    completion = Completion(environment.session)
    format = environment.options.format
  }

  /// Runs until the person leaves.
  ///
  /// - Parameter initPath: A file of statements and commands to begin with; a missing one is none.
  /// - Throws: ``CommandFailure`` if a statement of that file failed.
  func run(initPath: String?) throws(CommandFailure) {
    output.line("wequery: SQL over local Iceberg tables. End a statement with ; and see .help for the rest.")
    if let initPath, let text = FileText.read(initPath) { runInitFile(text, named: initPath) }
    var goesOn = true
    let editor = LineEditor(
      terminal, history: history, output: output,
      isComplete: { REPL.isCommand($0) || StatementSplitter.isComplete($0) },
      completions: { [completion] word, before, after in
        completion.candidates(word, before: before, after: after)
      })
    while goesOn {
      let initial = draft
      draft = ""
      switch editor.read(prompt: prompt, initial: initial) {
      case .endOfInput: goesOn = false
      case .interrupted: continue
      case .statement(let text):
        if text.trimmed.isEmpty { continue }
        history.add(text)
        goesOn = execute(text)
      }
    }
    terminal.handOver()
    if hasFailed {
      var failure = CommandFailure(.failed, "a statement of the init file failed")
      failure.isPrinted = true
      throw failure
    }
  }

  private var prompt: String {
    let settings = environment.session.settings
    return "\(settings.catalog).\(settings.namespace)" + (pinnedName.map { "@\($0)" } ?? "") + "> "
  }

  static func isCommand(_ text: String) -> Bool {
    text.trimmed.hasPrefix(".") || text.trimmed.hasPrefix("\\")
  }

  /// Runs what was typed; returns `false` if it ends the shell.
  private func execute(_ text: String) -> Bool {
    // While something runs, Ctrl-C is a signal, which cancels it.
    terminal.beginRunning()
    Interruption.reset()
    defer {
      output.flush()
      terminal.beginEditing()
    }
    // Pressed in the moment between Enter and here, it is a key yet.
    if terminal.takeInterrupt() {
      output.line("cancelled")
      return true
    }
    if REPL.isCommand(text) { return perform(text.trimmed) }
    for statement in StatementSplitter.split(text) {
      if !run(statement) && Interruption.wasRequested { break }
    }
    return true
  }

  /// Runs the init file: statements, and lines that begin with a dot between them.
  private func runInitFile(_ text: String, named path: String) {
    var pending = ""
    var (number, start) = (0, 0)
    func runPending() {
      for statement in StatementSplitter.split(pending) {
        hasFailed = !run(statement, of: path, after: start) || hasFailed
      }
      (pending, start) = ("", number)
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("."), StatementSplitter.isComplete(pending) {
        runPending()
        _ = perform(line.trimmed)
        start = number + 1
      } else {
        pending += line + "\n"
      }
      number += 1
    }
    runPending()
    output.flush()
  }

  /// Runs a statement and shows what it answers; returns whether it succeeded.
  @discardableResult
  func run(_ statement: StatementText, of script: String? = nil, after lines: Int = 0) -> Bool {
    let clock = ContinuousClock()
    let began = clock.now
    let rows = ShellRows(showing: shownRowCount ?? .max)
    let watch = ProgressWatch(environment.session.progress)
    defer { watch.stop() }
    do throws(QueryError) {
      let result = try environment.session.run(single: statement.text, into: rows)
      watch.stop()
      let elapsed = began.duration(to: clock.now)
      lastStatement = statement.text
      guard !result.columns.isEmpty else {
        completion.forget()
        output.line(
          result.changes.map { "\($0) \($0 == 1 ? "row" : "rows")" } ?? result.message ?? "done")
        return true
      }
      lastRows = rows
      show(rows, limit: shownRowCount)
      if hasFooter { output.line(footer(of: result, rows, elapsed)) }
      return true
    } catch {
      watch.stop()
      output.flush()
      let place = script.map { ($0, lines + statement.linesBefore) }
      ErrorRenderer(isJSON: false, command: "shell").print(
        CommandFailure(error, statement: statement.text, script: place))
      return false
    }
  }

  /// Prints rows that are kept.
  func show(_ rows: ShellRows, limit: Int?) {
    let columns = rows.columns
    guard let renderer = format.renderer(width: output.width, command: "shell") else {
      output.line("results of the form \(format.rawValue) go to files: .save FILE")
      return
    }
    let printer = ResultPrinter(renderer, session: environment.session, to: output)
    printer.begin(columns)
    var left = limit ?? .max
    for batch in rows.batches where left > 0 {
      let part =
        batch.rowCount <= left
        ? batch : Batch(columns: batch.columns.map { $0.slice(from: 0, count: left) }, rowCount: left)
      left -= part.rowCount
      guard (try? printer.take(part)) == true else { break }
    }
    printer.end()
    guard let limit else { return }
    if let count = rows.rowCount {
      if count > limit { output.line("first \(limit) of \(count) rows; .all shows all") }
    } else {
      output.line("first \(limit) rows, and there are more; .all shows all")
    }
  }

  private func footer(of result: StatementResult, _ rows: ShellRows, _ elapsed: Duration) -> String {
    var parts = [
      rows.rowCount.map { "\($0) \($0 == 1 ? "row" : "rows")" } ?? "more rows than shown",
      "\(elapsed.millisText) ms",
    ]
    if let footer = result.footer {
      for (name, label) in [("files", "files"), ("row_groups", "row groups")] {
        let pruned = footer.counters["\(name)_pruned"] ?? 0
        guard let read = footer.counters[name] else {
          if pruned > 0 { parts.append("\(pruned) \(label) pruned") }
          continue
        }
        let unit = read == 1 ? String(label.dropLast()) : label
        parts.append(pruned > 0 ? "\(read) \(unit), \(pruned) pruned" : "\(read) \(unit)")
      }
      if let bytes = footer.counters["bytes_read"] { parts.append("\(ByteSize.text(bytes)) read") }
      if footer.peakByteCount > 0 { parts.append("peak \(ByteSize.text(footer.peakByteCount))") }
      for snapshot in footer.snapshots { parts.append("snapshot \(snapshot.id)") }
    }
    return parts.joined(separator: ", ")
  }
}
