internal import Synchronization

/// How much memory the operators of a session may hold.
///
/// Sinks ask before they take, in steps of a megabyte or so; one that is refused spills what it has.
package final class MemoryBudget: Sendable {
  /// Bytes that may be held.
  package let limit: Int
  private let used = Atomic(0)
  private let peak = Atomic(0)

  /// Makes a budget of `limit` bytes.
  package init(limit: Int) { self.limit = limit }

  /// Takes `byteCount` bytes if they are within the limit, and returns whether they are.
  package func request(_ byteCount: Int) -> Bool {
    let now = used.wrappingAdd(byteCount, ordering: .relaxed).newValue
    if now > limit {
      used.wrappingSubtract(byteCount, ordering: .relaxed)
      return false
    }
    if now > peak.load(ordering: .relaxed) { peak.store(now, ordering: .relaxed) }
    return true
  }

  /// Takes `byteCount` bytes that cannot be done without.
  package func take(_ byteCount: Int) {
    let now = used.wrappingAdd(byteCount, ordering: .relaxed).newValue
    if now > peak.load(ordering: .relaxed) { peak.store(now, ordering: .relaxed) }
  }

  /// Gives back what was taken.
  package func release(_ byteCount: Int) { used.wrappingSubtract(byteCount, ordering: .relaxed) }

  /// Bytes held now.
  package var usedByteCount: Int { used.load(ordering: .relaxed) }
  /// The most bytes held at once.
  package var peakByteCount: Int { peak.load(ordering: .relaxed) }
}

/// What one owner holds of a budget; gives it back when it goes.
final class MemoryLease {
  private let budget: MemoryBudget
  private(set) var byteCount = 0

  init(_ budget: MemoryBudget) { self.budget = budget }
  deinit { budget.release(byteCount) }

  /// Makes the lease `wanted` bytes, in steps of 256 KiB; returns `false`, unchanged, if that is too much.
  func resize(to wanted: Int) -> Bool {
    let rounded = (wanted + 0x3_FFFF) & ~0x3_FFFF
    if rounded <= byteCount {
      budget.release(byteCount - rounded)
      byteCount = rounded
      return true
    }
    guard budget.request(rounded - byteCount) else { return false }
    byteCount = rounded
    return true
  }

  /// Makes the lease `wanted` bytes for something that cannot go to disk.
  ///
  /// Others may hold what is missing for a while, so that less than the whole limit is always given.
  ///
  /// - Throws: That memory is short, by the name of `what`, if the whole limit would not do.
  func require(_ wanted: Int, for what: String) throws(QueryError) {
    if resize(to: wanted) { return }
    // Even under a limit of nothing a few rows can be worked on.
    guard wanted <= max(budget.limit, MemoryLease.least) else {
      throw QueryError(
        .outOfMemory,
        "\(what) needs \(wanted >> 20) MiB at once, and memory_limit is \(budget.limit >> 20) MiB",
        hint: "SET memory_limit = '\(2 * (wanted >> 20) + 1)MB', or narrow the input")
    }
    force(to: wanted)
  }

  /// Bytes that are given whatever the limit.
  static let least = 1 << 22

  /// How many bytes an operator takes before it asks, so that few ask often.
  var step: Int { min(1 << 20, max(1, budget.limit / 64)) }

  /// Makes the lease `wanted` bytes whatever the limit.
  func force(to wanted: Int) {
    if wanted > byteCount { budget.take(wanted - byteCount) } else { budget.release(byteCount - wanted) }
    byteCount = wanted
  }
}
