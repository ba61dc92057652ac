internal import FileFormats
internal import QueryEngine

/// Runs the statements of a script one after another and prints what each answers.
final class StatementRunner {
  private let environment: Environment
  /// Whether a statement gave rows.
  private var hasResult = false

  init(_ environment: Environment) {
    self.environment = environment
    Interruption.watch(environment.session)
  }

  /// Runs a script.
  ///
  /// - Parameters:
  ///   - script: Statements separated by semicolons.
  ///   - name: The file it comes from, for errors.
  ///   - continuing: Whether to go on after a failure.
  /// - Throws: ``CommandFailure`` of the first statement that failed.
  func run(
    _ script: String, named name: String? = nil, continuingOnError continuing: Bool = false
  ) throws(CommandFailure) {
    var first: CommandFailure?
    let statements = StatementSplitter.split(script)
    for (index, statement) in statements.enumerated() {
      environment.session.isAtItsLastStatement =
        index == statements.count - 1 && environment.options.repetitions == 1
      do throws(CommandFailure) {
        try run(statement, of: name)
      } catch {
        environment.output.flush()
        guard continuing, error.code != .interrupted else { throw error }
        ErrorRenderer(isJSON: environment.options.format == .json, command: environment.command).print(error)
        first = first ?? error
      }
    }
    environment.output.flush()
    if var first {
      first.isPrinted = true
      throw first
    }
  }

  private func run(_ statement: StatementText, of script: String?) throws(CommandFailure) {
    let script = script.map { ($0, statement.linesBefore) }
    guard environment.options.format.isText || !hasResult else {
      throw CommandFailure(
        .usage, "a result of the form \(environment.options.format.rawValue) stands alone",
        hint: "run one query for each")
    }
    do throws(QueryError) {
      if try stream(statement.text) { return }
    } catch {
      throw CommandFailure(error, statement: statement.text, script: script)
    }
    var last: StatementResult?
    for _ in 0..<environment.options.repetitions {
      let clock = ContinuousClock()
      let began = clock.now
      do throws(QueryError) {
        last = try environment.session.run(single: statement.text)
      } catch {
        throw CommandFailure(error, statement: statement.text, script: script)
      }
      if environment.options.timing {
        let elapsed = began.duration(to: clock.now)
        TextOutput.standardError.line("elapsed_ms: \(elapsed.millisText)")
        TextOutput.standardError.flush()
      }
    }
    if let last { try print(last) }
  }

  /// Runs a statement whose rows can be printed as they come, so that they need not fit into memory;
  /// returns `false` without doing anything when they cannot.
  ///
  /// A JSON object says first whether all went well, and times are taken without printing.
  private func stream(_ statement: String) throws(QueryError) -> Bool {
    let options = environment.options
    guard options.format != .json, options.repetitions == 1, !options.timing, let renderer = renderer
    else { return false }
    let watch = ProgressWatch(environment.session.progress)
    defer { watch.stop() }
    let printer = ResultPrinter(
      renderer, session: environment.session, to: environment.output, watchedBy: watch)
    let result = try environment.session.run(single: statement, into: printer)
    watch.stop()
    if result.columns.isEmpty {
      printStatus(result)
    } else {
      printer.end()
      hasResult = true
    }
    return true
  }

  /// Prints a result in the form that the options ask for.
  private func print(_ result: StatementResult) throws(CommandFailure) {
    guard !result.columns.isEmpty else { return printStatus(result) }
    hasResult = true
    do throws(QueryError) {
      if let renderer {
        return try ResultPrinter.print(
          result, with: renderer, session: environment.session, to: environment.output)
      }
    } catch {
      throw CommandFailure(error)
    }
    try ParquetResult.write(result, to: environment.options.output)
  }

  private var renderer: (any ResultRenderer)? {
    let output = environment.output
    return environment.options.format.renderer(
      width: output.isTerminal ? output.width : 0, command: environment.command)
  }

  private func printStatus(_ result: StatementResult) {
    let output = environment.output
    switch environment.options.format {
    case .json, .jsonl:
      var object: JSONObject = [
        "wequery": .integer(1), "command": .string(environment.command), "status": .string("ok"),
        "exit_code": .integer(0), "columns": .array([]), "types": .array([]), "rows": .array([]),
      ]
      if let changes = result.changes { object["changes"] = .integer(Int64(changes)) }
      if let message = result.message { object["message"] = .string(message) }
      output.write(JSONWriter.write(.object(object)) + [0x0A])
    case .box:
      // People see what was done; scripts that read values are not disturbed.
      if let changes = result.changes {
        output.line("\(changes) \(changes == 1 ? "row" : "rows")")
      } else if let message = result.message {
        output.line(message)
      }
    default: break
    }
  }
}

extension Duration {
  /// Milliseconds with three decimals.
  var millisText: String {
    let micros = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    return "\(micros / 1000).\(String(1000 + micros % 1000).dropFirst())"
  }
}
