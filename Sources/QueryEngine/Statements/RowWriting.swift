internal import Columnar
internal import Synchronization
internal import TableFormat

/// Writes the rows of a query to data files of a table while they come, so that a statement of any size needs
/// little memory.
final class RowWriting: Sendable {
  private struct State {
    var writer: PartitionedWriter
    var rowCount = 0
  }

  private let state: Mutex<State>

  private init(_ target: WriteTarget, _ settings: SessionSettings) throws(TableFormatError) {
    let writer = try PartitionedWriter(target, WriteLimits(target, settings))
    state = Mutex(State(writer: writer))
  }

  /// Runs a plan and writes its rows; nothing is committed.
  ///
  /// - Parameters:
  ///   - plan: An optimized plan whose columns follow the target's schema; its tables stay as they were when it
  ///     was bound, the target among them.
  ///   - target: Where rows go.
  ///   - session: Runs the plan.
  ///   - environment: What it is evaluated with.
  /// - Returns: The files, and how many rows they have.
  /// - Throws: ``QueryError``; nothing that was written is left then.
  static func run(
    _ plan: LogicalPlan, to target: WriteTarget, in session: Session, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> (files: [DataFile], rowCount: Int) {
    let writing = try session.tableFormat { () throws(TableFormatError) in
      try RowWriting(target, session.settings)
    }
    let context = session.makeContext(environment)
    defer { session.endContext() }
    do throws(QueryError) {
      try QueryExecutor.run(plan, context: context) { (batch) throws(QueryError) in
        try writing.write(batch)
        return true
      }
      return try writing.finish()
    } catch {
      writing.state.withLock { $0.writer.abort() }
      target.abort()
      throw error
    }
  }

  private func write(_ batch: Batch) throws(QueryError) {
    try state.withLock { (state) throws(QueryError) in
      do throws(TableFormatError) {
        try state.writer.write(batch)
      } catch {
        throw QueryError(error)
      }
      state.rowCount += batch.selectedCount
    }
  }

  private func finish() throws(QueryError) -> (files: [DataFile], rowCount: Int) {
    try state.withLock { (state) throws(QueryError) in
      do throws(TableFormatError) {
        return (try state.writer.finish(), state.rowCount)
      } catch {
        throw QueryError(error)
      }
    }
  }
}
