/// A line on standard error that tells how far a long job is, with rate and time left.
///
/// Silent unless a person looks on.
final class ProgressLine {
  private let job: String
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  private var drawn: ContinuousClock.Instant

  init(_ job: String) {
    self.job = job
    isShown = TextOutput.standardError.isTerminal
    began = clock.now
    drawn = began
  }

  /// Shows that `done` of `total` units are done, at most ten times a second.
  func update(_ done: Int, of total: Int, unit: String) {
    let now = clock.now
    guard isShown, drawn.duration(to: now) > .milliseconds(100) || done == total else { return }
    drawn = now
    let spent = began.duration(to: now)
    let seconds = Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let left = rate > 0 ? Int(Double(total - done) / rate) : 0
    let percent = total > 0 ? done * 100 / total : 100
    let amount = unit == "bytes" ? "\(ByteSize.text(Int(rate)))/s" : "\(Int(rate)) \(unit)/s"
    TextOutput.standardError.write("\r\u{1B}[K\(job): \(percent) %, \(amount), \(left) s left")
    TextOutput.standardError.flush()
  }

  /// Prints what a job does now on a line of its own.
  static func say(_ text: String) {
    guard TextOutput.standardError.isTerminal else { return }
    TextOutput.standardError.line(text)
    TextOutput.standardError.flush()
  }

  /// Wipes the line.
  func end() {
    guard isShown else { return }
    TextOutput.standardError.write("\r\u{1B}[K")
    TextOutput.standardError.flush()
  }
}
