internal import QueryEngine
internal import Synchronization
internal import TableFormat

/// Rewrites groups of files by several workers, each of which takes the next group when it is done with one.
final class GroupRewriting: Sendable {
  private let groups: [FileGroup]
  private let range: Range<Int>
  private let rewriter: CompactionRewriter
  private let progress: @Sendable (JobProgress) -> Void
  private let rowsDone: Atomic<Int>
  private let rowTotal: Int
  private let state: Mutex<State>

  private struct State {
    var next: Int
    var outcomes: [Int: CompactionRewriter.Outcome] = [:]
    var error: MaintenanceError?
  }

  /// Prepares the rewriting of some groups of a plan.
  init(
    _ groups: [FileGroup], _ range: Range<Int>, _ rewriter: CompactionRewriter,
    _ progress: @escaping @Sendable (JobProgress) -> Void
  ) {
    (self.groups, self.range, self.rewriter, self.progress) = (groups, range, rewriter, progress)
    // Every row is read twice: to be written, and in proof of what was written.
    rowsDone = Atomic(groups[..<range.lowerBound].reduce(0) { $0 + 2 * Int(clamping: $1.recordCount) })
    rowTotal = groups.reduce(0) { $0 + 2 * Int(clamping: $1.recordCount) }
    state = Mutex(State(next: range.lowerBound))
  }

  /// Rewrites the groups.
  ///
  /// - Parameter workers: How many groups are rewritten at a time.
  /// - Returns: What became of each group, in order.
  /// - Throws: The first ``MaintenanceError``; then nothing that was written is left.
  func run(workers: Int) throws(MaintenanceError) -> [CompactionRewriter.Outcome] {
    let count = min(workers, range.count)
    if count > 1 {
      _ = WorkerPool(workerCount: count).run { _ in self.work() }
    } else {
      work()
    }
    let (outcomes, error) = state.withLock { ($0.outcomes, $0.error) }
    if let error {
      for outcome in outcomes.values { outcome.target.abort() }
      throw error
    }
    return outcomes.sorted { $0.key < $1.key }.map(\.value)
  }

  private func work() {
    while let index = next() {
      let group = groups[index]
      do throws(MaintenanceError) {
        let outcome = try rewriter.rewrite(group) { count in
          let done = self.rowsDone.add(count, ordering: .relaxed).newValue
          self.progress(.amount(done: done, total: self.rowTotal, unit: "rows"))
        }
        state.withLock { $0.outcomes[index] = outcome }
      } catch {
        state.withLock { $0.error = $0.error ?? error }
      }
    }
  }

  private func next() -> Int? {
    state.withLock { state in
      guard state.error == nil, state.next < range.upperBound else { return nil }
      state.next += 1
      return state.next - 1
    }
  }
}
