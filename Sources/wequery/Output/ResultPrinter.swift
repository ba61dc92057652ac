internal import Columnar
internal import QueryEngine
internal import Synchronization

/// Prints the rows of one statement as they come.
final class ResultPrinter: RowConsumer {
  private struct State {
    var renderer: any ResultRenderer
    var types: [LogicalType] = []
    var rowCount = 0
  }
  private let times: LocalTimes
  private let output: TextOutput
  private let watch: ProgressWatch?
  private let state: Mutex<State>

  /// Makes a printer; `watch` shows progress until the first row comes.
  init(
    _ renderer: any ResultRenderer, session: Session, to output: TextOutput,
    watchedBy watch: ProgressWatch? = nil
  ) {
    (times, self.output, self.watch) = (session.localTimes, output, watch)
    state = Mutex(State(renderer: renderer))
  }

  /// Rows printed so far.
  var rowCount: Int { state.withLock { $0.rowCount } }

  func begin(_ columns: [OutputColumn]) {
    state.withLock { state in
      state.types = columns.map(\.type)
      state.renderer.begin(columns.map { ResultColumn(name: $0.name, type: $0.type) }, to: output)
    }
  }

  func take(_ batch: Batch) throws(QueryError) -> Bool {
    if Interruption.wasRequested { throw QueryError(.cancelled, "the statement was cancelled") }
    watch?.stop()
    state.withLock { state in
      state.rowCount += batch.rowCount
      let isText = !(state.renderer is ArrowRenderer)
      state.renderer.write(isText ? times.shown(batch, types: state.types) : batch, to: output)
    }
    return !output.isLeft
  }

  /// Ends the result.
  func end() { state.withLock { $0.renderer.end(to: output) } }
}

extension ResultPrinter {
  /// Prints a result that is all there.
  static func print(
    _ result: StatementResult, with renderer: any ResultRenderer, session: Session, to output: TextOutput
  ) throws(QueryError) {
    let printer = ResultPrinter(renderer, session: session, to: output)
    printer.begin(result.columns)
    for batch in result.batches where try !printer.take(batch.compacted()) { break }
    printer.end()
  }
}
