internal import Columnar
internal import FileFormats
internal import Maintenance
internal import QueryEngine
internal import TableFormat

/// A command of the shell: how it is written, what it does.
struct DotCommand: Sendable {
  let name: String
  let arguments: String
  let summary: String
  /// Carries it out with the words behind its name.
  let body: @Sendable (REPL, [String]) throws -> Void

  /// What is wrong with how a command was written.
  struct Misuse: Error {
    let message: String
  }

  /// All but those that end the shell, by name.
  static let all: [DotCommand] = [
    .init(".all", "", "show all rows of the last result") { shell, _ in try shell.showAll() },
    .init(".at", "[SNAPSHOT|REF|TIME]", "read this state from now on; without one, the current state") {
      shell, words in shell.pin(words.isEmpty ? nil : words.joined(separator: " "))
    },
    .init(".chart", "[bar|line|spark]", "draw the last result: its first text and its first number") {
      shell, words in try shell.chart(words.first ?? "bar")
    },
    .init(".columns", "", "the columns of the last result, with their types") { shell, _ in
      for column in try shell.requireRows().columns { shell.output.line("  \(column.name)  \(column.type)") }
    },
    .init(".diff", "TABLE A B", "what sets two snapshots apart: rows, files, columns") { shell, words in
      try shell.diff(words)
    },
    .init(".edit", "", "write a statement in $EDITOR, beginning with the last") { shell, _ in try shell.edit()
    },
    .init(".explain", "[STATEMENT]", "how a query runs and what it reads; without one, the last") {
      shell, words in
      let text = words.isEmpty ? try shell.requireStatement() : words.joined(separator: " ")
      shell.run(StatementText("EXPLAIN ANALYZE \(text)"))
    },
    .init(".files", "TABLE", "the table's files") { shell, words in
      try shell.show(words, "SELECT file_path, record_count, file_size_in_bytes FROM %.files ORDER BY 1")
    },
    .init(".help", "", "this list") { shell, _ in shell.help() },
    .init(".history", "[N]", "the last statements") { shell, words in
      for entry in shell.history.entries.suffix(try DotCommand.count(words.first ?? "20")) {
        shell.output.line(entry)
      }
    },
    .init(".last", "", "show the last result again") { shell, _ in
      shell.show(try shell.requireRows(), limit: shell.shownRowCount)
    },
    .init(".limit", "N|off", "how many rows of a result are shown at once") { shell, words in
      shell.shownRowCount = words.first == "off" ? nil : try DotCommand.count(words.first ?? "")
    },
    .init(".mode", "FORM", "show results as \(ResultFormat.textNames)") { shell, words in
      guard let mode = words.first.flatMap({ ResultFormat(rawValue: $0) }), mode.isText else {
        throw Misuse(message: "the forms are \(ResultFormat.textNames)")
      }
      shell.format = mode
    },
    .init(".pager", "on|off|COMMAND", "show all rows through a pager ($PAGER)") { shell, words in
      switch words.first {
      case nil, "on": shell.pager = Environment.variable("PAGER") ?? "less -SRFX"
      case "off": shell.pager = nil
      default: shell.pager = words.joined(separator: " ")
      }
    },
    .init(".partitions", "TABLE", "the table's partitions") { shell, words in
      try shell.show(words, "SHOW PARTITIONS %")
    },
    .init(".save", "FILE", "write the last result to a file, in the form its name ends with") {
      shell, words in try shell.save(words.joined(separator: " "))
    },
    .init(".snapshots", "TABLE", "the table's snapshots") { shell, words in
      try shell.show(
        words, "SELECT committed_at, snapshot_id, parent_id, operation FROM %.snapshots ORDER BY 1")
    },
    .init(".tables", "", "the tables of the catalog") { shell, _ in shell.run(StatementText("SHOW TABLES")) },
    .init(".timer", "on|off", "the line below a result: rows, time, what was read") { shell, words in
      guard let word = words.first, ["on", "off"].contains(word) else {
        throw Misuse(message: "say on or off")
      }
      shell.hasFooter = word == "on"
    },
    .init(".watch", "[SECONDS]", "run the last statement again and again, until Ctrl-C") { shell, words in
      try shell.watch(every: try DotCommand.count(words.first ?? "2"))
    },
  ]

  /// The backslash spellings that people bring along.
  static let aliases = [
    "\\q": ".quit", "\\d": ".tables", "\\dt": ".tables", "\\timing": ".timer", "\\e": ".edit", "\\?": ".help",
    "\\h": ".help", "\\s": ".history",
  ]

  private init(
    _ name: String, _ arguments: String, _ summary: String,
    _ body: @escaping @Sendable (REPL, [String]) throws -> Void
  ) {
    (self.name, self.arguments, self.summary, self.body) = (name, arguments, summary, body)
  }

  private static func count(_ word: String) throws -> Int {
    guard let number = Int(word), number > 0 else {
      throw Misuse(message: "a number is expected, such as 10")
    }
    return number
  }
}

extension REPL {
  /// Carries out a command of the shell; returns `false` if it ends the shell.
  func perform(_ line: String) -> Bool {
    var words = line.split(separator: " ").map(String.init)
    var name = words.removeFirst()
    while name.hasSuffix(";") { name.removeLast() }
    if let last = words.last, last.hasSuffix(";") { words[words.count - 1] = String(last.dropLast()) }
    if name == "\\d" && !words.isEmpty {
      run(StatementText("DESCRIBE \(words[0])"))
      return true
    }
    if name == "\\x" {
      format = format == .vertical ? .box : .vertical
      return true
    }
    name = DotCommand.aliases[name] ?? name
    if name == ".quit" || name == ".exit" { return false }
    guard let command = DotCommand.all.first(where: { $0.name == name }) else {
      let near = NearestName.hint(for: name, among: DotCommand.all.map(\.name) + [".quit"])
      output.line("there is no command \(name)" + (near.map { "; \($0)" } ?? "; .help lists them"))
      return true
    }
    do {
      try command.body(self, words)
    } catch let misuse as DotCommand.Misuse {
      output.line("\(name) \(command.arguments): \(misuse.message)")
    } catch {
      output.flush()
      ErrorRenderer(isJSON: false, command: "shell").print(CommandFailure(any: error))
    }
    output.flush()
    return true
  }

  fileprivate func help() {
    let width = DotCommand.all.map { $0.name.count + $0.arguments.count + 1 }.max() ?? 0
    func line(_ left: String, _ text: String) {
      output.line("  " + left + String(repeating: " ", count: max(0, width - left.count)) + "  " + text)
    }
    for command in DotCommand.all {
      line("\(command.name)\(command.arguments.isEmpty ? "" : " ")\(command.arguments)", command.summary)
    }
    line(".quit", "leave; so does Ctrl-D")
    output.line("Keys: Tab completes, Ctrl-R searches the history, Ctrl-C cancels, \\d \\x \\q work as well.")
  }

  func requireRows() throws -> ShellRows {
    guard let lastRows else { throw DotCommand.Misuse(message: "there is no result yet") }
    return lastRows
  }

  func requireStatement() throws -> String {
    guard let lastStatement else { throw DotCommand.Misuse(message: "there is no statement yet") }
    return lastStatement
  }

  /// Runs a query on the table that the words name; `%` stands for it.
  fileprivate func show(_ words: [String], _ query: String) throws {
    guard let table = words.first else { throw DotCommand.Misuse(message: "a table is expected") }
    run(StatementText(query.split(separator: "%", omittingEmptySubsequences: false).joined(separator: table)))
  }

  fileprivate func showAll() throws {
    let rows = try requireRows()
    if let pager {
      terminal.handOver()
      let session = environment.session
      guard let renderer = format.renderer(width: 0, command: "shell") else { return }
      _ = ChildProcess.run(pager) { pipe in
        self.printAll(rows, with: ResultPrinter(renderer, session: session, to: pipe))
      }
      return
    }
    guard let renderer = format.renderer(width: output.width, command: "shell") else { return }
    printAll(rows, with: ResultPrinter(renderer, session: environment.session, to: output))
  }

  /// Prints a result from memory if all of it is there, else by running the statement again.
  private func printAll(_ rows: ShellRows, with printer: ResultPrinter) {
    do {
      if rows.isWhole {
        printer.begin(rows.columns)
        for batch in rows.batches where try !printer.take(batch) { break }
      } else {
        _ = try environment.session.run(single: try requireStatement(), into: printer)
      }
      printer.end()
    } catch {
      output.flush()
      ErrorRenderer(isJSON: false, command: "shell").print(CommandFailure(any: error))
    }
  }

  fileprivate func pin(_ name: String?) {
    pinnedName = name
    environment.session.pinnedVersion = name.map { name in
      if let id = Int64(name) { return .snapshot(id) }
      return Timestamp.utcMicros(name).map { .timestamp(micros: $0) } ?? .reference(name)
    }
    output.line(
      name.map { "tables are read as of \($0); .at alone ends that" } ?? "tables are read as they are now")
  }

  fileprivate func chart(_ kind: String) throws {
    let rows = try requireRows()
    guard let chart = Chart(rows.columns, rows.batches, times: environment.session.localTimes) else {
      throw DotCommand.Misuse(message: "the last result has no column of numbers")
    }
    guard let lines = chart.lines(kind, width: output.width) else {
      throw DotCommand.Misuse(message: "charts are bar, line and spark")
    }
    for line in lines { output.line(line) }
  }

  fileprivate func diff(_ words: [String]) throws {
    guard words.count == 3 else { throw DotCommand.Misuse(message: "a table and two snapshots are expected") }
    let table = try environment.table(words[0])
    let states = try words.dropFirst().map { try SnapshotTarget($0, in: table).snapshot }
    let schemas = states.map { table.metadata.schema(of: $0) }
    let difference = try StateDifference(table, from: (states[0], schemas[0]), to: (states[1], schemas[1]))
    var report = Report("diff")
    report.add("rows", difference.rowsBefore.map { .integer($0) } ?? .null)
    report.add("rows_then", difference.rowsAfter.map { .integer($0) } ?? .null)
    report.add("files", difference.filesBefore)
    report.add("files_then", difference.filesAfter)
    report.add("files_gone", difference.filesRemoved)
    report.add("files_new", difference.filesRestored)
    report.add("schema_changes", difference.schemaChanges)
    ReportRenderer(format: .box, output: output).print(report)
  }

  fileprivate func edit() throws {
    let folder = environment.session.settings.tempDirectory
    let path = "\(folder)/wequery-\(ProcessID.own).sql"
    FileText.append((lastStatement.map { $0 + ";" } ?? "") + "\n", to: path)
    defer { FileText.remove(path) }
    terminal.handOver()
    let editor = Environment.variable("VISUAL") ?? Environment.variable("EDITOR") ?? "vi"
    guard ChildProcess.run("\(editor) '\(path)'"), let text = FileText.read(path) else {
      throw DotCommand.Misuse(message: "the editor \"\(editor)\" failed")
    }
    draft = text.trimmed
  }

  fileprivate func save(_ path: String) throws {
    guard let dot = path.lastIndex(of: "."), !path.isEmpty,
      let form = ResultFormat(fileEnding: String(path[path.index(after: dot)...]))
    else {
      throw DotCommand.Misuse(
        message: "the name must end with csv, tsv, json, jsonl, md, html, txt, parquet or arrow")
    }
    let rows = try requireRows()
    if let renderer = form.renderer(width: 0, command: "shell") {
      let file = try TextOutput(path: path)
      printAll(rows, with: ResultPrinter(renderer, session: environment.session, to: file))
      try file.finish()
    } else {
      var result = StatementResult(QueryResult(columns: rows.columns, batches: rows.batches))
      if !rows.isWhole { result = try environment.session.run(single: try requireStatement()) }
      try ParquetResult.write(result, to: path)
    }
    output.line("written: \(path)")
  }

  fileprivate func watch(every seconds: Int) throws {
    let statement = StatementText(try requireStatement())
    let clock = ContinuousClock()
    while !Interruption.wasRequested {
      output.write("\u{1B}[2J\u{1B}[H")
      output.line("every \(seconds) s, until Ctrl-C: \(statement.text.split(separator: "\n").first ?? "")")
      guard run(statement) else { return }
      output.flush()
      let next = clock.now + .seconds(seconds)
      while clock.now < next && !Interruption.wasRequested { ProcessID.sleep(millis: 20) }
    }
  }
}
