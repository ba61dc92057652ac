internal import Glibc
internal import QueryEngine
internal import Synchronization

/// Shows how far a statement is once it has taken half a second, to a person at a terminal only.
final class ProgressWatch: Sendable {
  private static let patience = Duration.milliseconds(500)
  private let progress: QueryProgress
  private let line = ProgressLine("query")
  private let isStopped = Mutex(false)

  /// Begins to watch.
  init(_ progress: QueryProgress) {
    self.progress = progress
    guard TextOutput.standardError.isTerminal else { return }
    // Nobody waits for the thread: it looks at the flag twenty times a second.
    _ = Thread { self.look() }
  }

  private func look() {
    let clock = ContinuousClock()
    let began = clock.now
    var goesOn = true
    while goesOn {
      usleep(50_000)
      let elapsed = began.duration(to: clock.now)
      goesOn = isStopped.withLock { isStopped in
        if !isStopped, elapsed > ProgressWatch.patience, let progress = progress.state {
          line.show("\(ProgressWatch.text(progress)), \(elapsed.components.seconds) s")
        }
        return !isStopped
      }
    }
  }

  private static func text(_ progress: QueryProgress.State) -> String {
    let step = progress.stepCount > 1 ? "step \(progress.step) of \(progress.stepCount), " : ""
    return "\(step)\(progress.done * 100 / progress.total) %"
  }

  /// Ends watching and wipes the line; nothing is drawn afterwards.
  func stop() {
    isStopped.withLock { isStopped in
      isStopped = true
      line.end()
    }
  }
}
