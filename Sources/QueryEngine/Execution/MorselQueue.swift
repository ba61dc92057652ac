internal import Synchronization

/// Numbers `0 ..< count`, each given to one worker, in ascending order.
final class MorselQueue: Sendable {
  private let taken = Atomic(0)
  let count: Int

  init(count: Int) { self.count = count }

  /// Returns the next number, or `nil` when all are given out.
  func next() -> Int? {
    let morsel = taken.wrappingAdd(1, ordering: .relaxed).oldValue
    return morsel < count ? morsel : nil
  }

  /// Gives out no more.
  func cancel() { taken.store(count, ordering: .relaxed) }
}
