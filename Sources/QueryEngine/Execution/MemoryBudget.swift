internal import Columnar
internal import Synchronization

/// How much memory a session may hold: its operators, and the column chunks that it keeps.
///
/// Sinks ask before they take, in steps of a megabyte or so; one that is refused spills what it has. What is
/// only kept for later statements gives way first.
package final class MemoryBudget: Sendable {
  private let most: Atomic<Int>
  private let used = Atomic(0)
  private let peak = Atomic(0)
  /// Bytes that the process held when it last returned what was free.
  private let residentAfterReturn = Atomic(0)
  private let reserve = Mutex(Reserve())

  private struct Reserve { weak var cache: ChunkCache? }

  /// Makes a budget of `limit` bytes.
  package init(limit: Int) { most = Atomic(limit) }

  /// Bytes that may be held.
  package var limit: Int { most.load(ordering: .relaxed) }

  /// Sets the limit for the statement that begins.
  package func begin(limit: Int) {
    most.store(limit, ordering: .relaxed)
    peak.store(used.load(ordering: .relaxed), ordering: .relaxed)
  }

  /// Lets `cache` give way when memory runs out.
  func giveWay(_ cache: ChunkCache) { reserve.withLock { $0.cache = cache } }

  /// Takes `byteCount` bytes if they are within the limit, and returns whether they are.
  package func request(_ byteCount: Int) -> Bool {
    if isProcessFull() {
      // What is held beyond the accounts has to go from somewhere, and what is only kept goes first.
      guard let cache = reserve.withLock({ $0.cache }), cache.byteCount > 0 else { return false }
      _ = cache.giveWay(max(byteCount, limit / 8))
      returnNow()
      if isProcessFull() { return false }
    }
    if requestFree(byteCount) { return true }
    guard let cache = reserve.withLock({ $0.cache }), cache.giveWay(byteCount) else { return false }
    return requestFree(byteCount)
  }

  /// Takes `byteCount` bytes if nothing has to give way for them.
  func requestFree(_ byteCount: Int) -> Bool {
    let now = used.wrappingAdd(byteCount, ordering: .relaxed).newValue
    if now > limit {
      used.wrappingSubtract(byteCount, ordering: .relaxed)
      return false
    }
    note(now)
    return true
  }

  /// Takes `byteCount` bytes that cannot be done without.
  package func take(_ byteCount: Int) {
    let now = used.wrappingAdd(byteCount, ordering: .relaxed).newValue
    note(now)
    if now > limit, let cache = reserve.withLock({ $0.cache }) { _ = cache.giveWay(now - limit) }
  }

  private func note(_ now: Int) {
    if now > peak.load(ordering: .relaxed) { peak.store(now, ordering: .relaxed) }
  }

  /// Gives back what was taken.
  package func release(_ byteCount: Int) { used.wrappingSubtract(byteCount, ordering: .relaxed) }

  /// Returns freed memory to the system, if the process holds much of what the limit allows.
  ///
  /// Freed memory is kept for the thread that took it, so that what one worker gave back would not be there for another.
  package func returnFreed() { _ = isProcessFull() }

  /// Whether the process holds nearly what the limit allows, though it has returned what is free.
  ///
  /// Accounts say what operators keep, not what allocation wastes nor what is being read.
  private func isProcessFull() -> Bool {
    let limit = limit
    // What the program takes by itself is not held against a tiny limit.
    guard usedByteCount > MemoryBudget.leastReturn else { return false }
    let resident = ProcessMemory.residentByteCount
    guard resident > limit / 2 else { return false }
    let most = limit - limit / 8
    if resident > residentAfterReturn.load(ordering: .relaxed) + MemoryBudget.leastReturn {
      return returnNow() > most
    }
    return resident > most
  }

  /// Returns freed memory to the system, and how much the process holds then.
  @discardableResult
  private func returnNow() -> Int {
    ProcessMemory.returnFreed()
    let rest = ProcessMemory.residentByteCount
    residentAfterReturn.store(rest, ordering: .relaxed)
    return rest
  }

  /// Whether there is room for what is only kept: not where operators would have to ask for it back at once.
  var hasRoomToKeep: Bool {
    usedByteCount < max(limit / 4, MemoryBudget.leastReturn)
      || ProcessMemory.residentByteCount < limit - limit / 4
  }

  /// Less than this is not worth looking for free memory.
  private static let leastReturn = 16 << 20

  /// Bytes held now.
  package var usedByteCount: Int { used.load(ordering: .relaxed) }
  /// The most bytes held at once during the statement.
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
