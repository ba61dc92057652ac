internal import Synchronization

/// Says on standard error what a person should know besides the result, each thing once.
final class Warnings: Sendable {
  private let said = Mutex<Set<String>>([])

  /// Prints a warning unless it was printed before.
  func say(_ text: String) {
    guard said.withLock({ $0.insert(text).inserted }) else { return }
    TextOutput.standardError.line("warning: \(text)")
    TextOutput.standardError.flush()
  }
}
