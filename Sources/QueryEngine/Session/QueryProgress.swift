internal import Synchronization

/// How far the running statement is; may be read from any thread.
package final class QueryProgress: Sendable {
  private let done = Atomic(0)
  private let total = Atomic(0)
  private let step = Atomic(0)
  private let stepCount = Atomic(0)

  /// What is known at a moment.
  package struct State: Sendable {
    /// The pipeline that runs, from 1, and how many the statement has.
    package let step: Int
    package let stepCount: Int
    /// Its morsels that are done, and how many it has.
    package let done: Int
    package let total: Int
  }

  package init() {}

  /// What is known now, `nil` while nothing runs.
  ///
  /// The numbers are read one by one, so they may be a moment apart.
  package var state: State? {
    let total = total.load(ordering: .relaxed)
    guard total > 0 else { return nil }
    return State(
      step: step.load(ordering: .relaxed), stepCount: stepCount.load(ordering: .relaxed),
      done: min(total, done.load(ordering: .relaxed)), total: total)
  }

  /// Begins a pipeline of `total` morsels.
  func begin(step: Int, of stepCount: Int, total: Int) {
    done.store(0, ordering: .relaxed)
    self.step.store(step, ordering: .relaxed)
    self.stepCount.store(stepCount, ordering: .relaxed)
    self.total.store(total, ordering: .relaxed)
  }

  /// Counts a morsel of the running pipeline.
  func advance() { done.add(1, ordering: .relaxed) }

  /// Says that nothing runs any more.
  func end() { total.store(0, ordering: .relaxed) }
}
