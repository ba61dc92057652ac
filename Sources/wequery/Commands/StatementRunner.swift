internal import Columnar
internal import QueryEngine

/// Runs the statements of a script one after another and prints what each answers.
final class StatementRunner {
  private let environment: Environment

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
  func run(_ script: String, named name: String?, continuingOnError continuing: Bool) throws {
    var first: CommandFailure?
    for statement in StatementSplitter.split(script) {
      do throws(CommandFailure) {
        try run(statement, of: name)
      } catch {
        environment.output.flush()
        guard continuing else { throw error }
        ErrorRenderer(isJSON: environment.options.format == .json, command: "sql").print(error)
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
    let options = environment.options
    var last: StatementResult?
    for _ in 0..<options.repetitions {
      let clock = ContinuousClock()
      let began = clock.now
      do throws(QueryError) {
        last = try environment.session.run(single: statement.text)
      } catch {
        throw CommandFailure(
          error, statement: statement.text, script: script.map { ($0, statement.linesBefore) })
      }
      if options.timing {
        let elapsed = began.duration(to: clock.now)
        TextOutput.standardError.line("elapsed_ms: \(elapsed.millisText)")
        TextOutput.standardError.flush()
      }
    }
    if let last { try print(last) }
  }

  /// Prints a result in the form that the options ask for.
  func print(_ result: StatementResult) throws(CommandFailure) {
    let output = environment.output
    let format = environment.options.format
    guard !result.columns.isEmpty else {
      printStatus(result)
      return
    }
    let columns = result.columns.map { ResultColumn(name: $0.name, type: $0.type) }
    guard var renderer = format.renderer(width: output.isTerminal ? output.width : 0) else {
      try FileResultWriter.write(result, as: format, to: environment.options.output)
      return
    }
    renderer.begin(columns, to: output)
    for batch in result.batches { renderer.write(batch.compacted(), to: output) }
    renderer.end(to: output)
  }

  private func printStatus(_ result: StatementResult) {
    let output = environment.output
    switch environment.options.format {
    case .json, .jsonl:
      var text = Array(
        "{\"wequery\":1,\"command\":\"sql\",\"status\":\"ok\",\"exit_code\":0,\"columns\":[],\"types\":[],\"rows\":[]"
          .utf8)
      if let changes = result.changes { text.append(contentsOf: ",\"changes\":\(changes)".utf8) }
      if let message = result.message {
        text.append(contentsOf: ",\"message\":".utf8)
        JSONCell.append(text: message.utf8, to: &text)
      }
      output.write(text + Array("}\n".utf8))
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
