internal import Glibc
internal import Maintenance
internal import Synchronization

/// A line on standard error that tells how far a long job is, with rate and time left.
///
/// Silent unless a person looks on; may be used by any thread.
final class ProgressLine: Sendable {
  private let job: String
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  private let state: Mutex<State>

  private struct State {
    var drawn: ContinuousClock.Instant
    var text = ""
  }

  /// Shows a line while `body` runs, and wipes it whatever comes of it.
  static func during<Value, Failure: Error>(
    _ job: String, _ body: (ProgressLine) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let line = ProgressLine(job)
    defer { line.end() }
    return try body(line)
  }

  init(_ job: String) {
    self.job = job
    isShown = TextOutput.standardError.isTerminal
    began = clock.now
    state = Mutex(State(drawn: began))
  }

  /// Shows what a maintenance job tells.
  func update(_ progress: JobProgress) {
    switch progress {
    case .stage(let text): show(text)
    case .amount(let done, let total, let unit): update(done, of: total, unit: unit)
    }
  }

  /// Shows that `done` of `total` units are done, at most ten times a second.
  func update(_ done: Int, of total: Int, unit: String) {
    let now = clock.now
    guard isShown, state.withLock({ $0.drawn.duration(to: now) > .milliseconds(100) }) || done == total else {
      return
    }
    let spent = began.duration(to: now)
    let seconds = Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let left = rate > 0 ? Int(Double(total - done) / rate) : 0
    let percent = total > 0 ? done * 100 / total : 100
    let amount = unit == "bytes" ? "\(ByteSize.text(Int(rate)))/s" : "\(Int(rate)) \(unit)/s"
    show("\(percent) %, \(amount), \(left) s left")
  }

  /// Shows a text in place of the line.
  func show(_ text: String) {
    guard isShown else { return }
    state.withLock { state in
      state.drawn = clock.now
      if state.text != text { draw("\(job): \(text)") }
      state.text = text
    }
  }

  /// Wipes the line.
  func end() {
    state.withLock { state in
      if !state.text.isEmpty { draw("") }
      state.text = ""
    }
  }

  /// Writes past the buffer of standard error, which belongs to the main thread.
  private func draw(_ text: String) {
    let bytes = Array("\r\u{1B}[K\(text)".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
  }
}
