internal import Columnar
internal import QueryEngine
internal import Synchronization

/// The rows of a statement typed into the shell: the first ones to show, more of them to go back to.
///
/// A statement with more rows than are shown goes on for a moment, so that most results can say how many
/// there are, and is then ended.
final class ShellRows: RowConsumer {
  private struct State {
    var columns: [OutputColumn] = []
    var batches: [Batch] = []
    var rowCount = 0
    var keptCount = 0
    var isCut = false
    var began: ContinuousClock.Instant?
  }
  /// Rows that are kept for `.all`, `.chart` and `.save`.
  private static let keptLimit = 100_000
  /// How long counting goes on behind the rows shown.
  private static let patience = Duration.milliseconds(150)

  private let shownLimit: Int
  private let clock = ContinuousClock()
  private let state = Mutex(State())

  init(showing limit: Int) { shownLimit = limit }

  func begin(_ columns: [OutputColumn]) { state.withLock { $0.columns = columns } }

  func take(_ batch: Batch) throws(QueryError) -> Bool {
    state.withLock { state in
      let began = state.began ?? clock.now
      state.began = began
      state.rowCount += batch.rowCount
      if state.keptCount < ShellRows.keptLimit {
        state.batches.append(batch)
        state.keptCount += batch.rowCount
      }
      guard state.rowCount > shownLimit, began.duration(to: clock.now) > ShellRows.patience else {
        return true
      }
      state.isCut = true
      return false
    }
  }

  /// The columns.
  var columns: [OutputColumn] { state.withLock { $0.columns } }
  /// The rows kept.
  var batches: [Batch] { state.withLock { $0.batches } }
  /// How many rows there are; `nil` when the statement was ended before its last.
  var rowCount: Int? { state.withLock { $0.isCut ? nil : $0.rowCount } }
  /// Whether all rows are kept.
  var isWhole: Bool { state.withLock { !$0.isCut && $0.keptCount == $0.rowCount } }
}
