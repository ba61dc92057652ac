internal import Columnar
internal import Glibc
internal import Synchronization

/// Partial aggregates of immutable files: what a grouped query made of a file, or of all files of a partition.
///
/// What was computed stays true, since data files never change and the keys name all else that the result
/// depends on. In memory the queries used longest ago go first. What took long enough is written to an SQLite
/// file beside the catalog when the answers are out, and read from there by later processes.
package final class AggregateCache: Sendable {
  /// What is worth keeping.
  package struct Policy: Sendable {
    /// Queries over fewer rows are not kept at all.
    package var leastRowCount = 20_000
    /// Queries that read fewer rows leave nothing to other processes.
    package var leastStoredRowCount = 400_000
    /// How many rows tell other processes of a query whose groups were counted only.
    package var leastCountedRowCount = 1_000_000
    /// Of a query that others know of, so many new rows are worth being written.
    package var leastAddedRowCount = 20_000
    /// The most groups of a file that are kept in any case, and the rows a group has at least on average if there are more.
    package var (fewGroups, rowsPerGroup) = (256, 10)

    package init() {}
  }

  /// What is kept of one file or partition.
  struct Entry: Sendable {
    var batch: Batch
    /// As it was read or will be written.
    var byteCount: Int
    /// Rows that were read for it and are not written yet.
    var newRowCount: Int?
  }

  private struct Fragment: Sendable {
    var entries: [ContentKey: Entry] = [:]
    var byteCount = 0
    var lastUse = 0
    /// Groups of a whole answer; `Int.max` if they are too many.
    var groupCount: Int?
    /// A run whose groups are counted while it goes on, and the rows that it reads.
    var plainRun: (profile: OperatorProfile, rowCount: Int)?
    /// Whether the file on disk was asked, and knows the query.
    var (isLoaded, isStored) = (false, false)
    /// Whether it is long since the file on disk was told of a use.
    var isUseStale = false
    var stores: [AggregateStore] = []

    var knownGroupCount: Int? { groupCount ?? plainRun.map { $0.profile.rowCount } }
  }

  private struct State: Sendable {
    var fragments: [ContentKey: Fragment] = [:]
    var byteCount = 0
    var clock = 0
  }

  let policy: Policy
  /// Tells programs apart, whose functions may differ.
  let build: String
  private let userFolder: String?
  private let memory: MemoryBudget
  private let state = Mutex(State())

  /// The most bytes of one file's groups.
  private static let longestEntry = 1 << 18

  /// Makes a cache that holds at most a sixteenth of a budget.
  package init(_ memory: MemoryBudget, policy: Policy, build: String, userFolder: String?) {
    (self.memory, self.policy, self.build, self.userFolder) = (memory, policy, build, userFolder)
  }

  private var limit: Int { min(32 << 20, memory.limit / 16) }

  /// Makes a query known, from disk if it reads enough rows to have left something there.
  ///
  /// - Parameters:
  ///   - key: The query.
  ///   - file: The SQLite file beside the catalog, if there is a place for one.
  ///   - rowCount: Rows in the files that it is about.
  ///   - types: The columns that are kept.
  func open(_ key: ContentKey, file: String?, rowCount: Int, types: [LogicalType]) {
    state.withLock { state in
      state.clock += 1
      var fragment = state.fragments[key] ?? Fragment()
      fragment.lastUse = state.clock
      if !fragment.isLoaded, rowCount >= policy.leastStoredRowCount / 2 {
        fragment.isLoaded = true
        let paths = [file, userFolder.map { $0 + "/wequery.db" }].compactMap { $0 }
        fragment.stores = paths.map { AggregateStore(path: $0) }
        for store in fragment.stores where !fragment.isStored {
          guard let stored = store.load(key, types: types) else { continue }
          (fragment.isStored, fragment.isUseStale) = (true, stored.isUseStale)
          fragment.groupCount = stored.groupCount ?? fragment.groupCount
          for (unit, entry) in stored.entries where fragment.entries[unit] == nil {
            fragment.entries[unit] = entry
            fragment.byteCount += entry.byteCount
            state.byteCount += entry.byteCount
          }
        }
      }
      state.fragments[key] = fragment
      evict(&state, but: key)
    }
  }

  /// Returns what is kept of files or partitions.
  func batches(_ key: ContentKey, of units: [ContentKey]) -> [Batch?] {
    let entries = state.withLock { $0.fragments[key]?.entries ?? [:] }
    return units.map { entries[$0]?.batch }
  }

  /// The groups of a query's answer, as far as known.
  func groupCount(of key: ContentKey) -> Int? { state.withLock { $0.fragments[key]?.knownGroupCount } }

  /// Notes that a query runs without keeping anything, so that its groups are known next time.
  func note(_ key: ContentKey, groupsOf profile: OperatorProfile?, rowCount: Int) {
    guard let profile else { return }
    state.withLock { $0.fragments[key]?.plainRun = (profile, rowCount) }
  }

  /// Keeps the groups of files or partitions that are few enough.
  func insert(_ key: ContentKey, _ results: [(unit: ContentKey, batch: Batch, rowCount: Int)]) {
    var (kept, refused): ([ContentKey: Entry], Int) = ([:], 0)
    for (unit, batch, rowCount) in results {
      let byteCount = Kernels.byteCount(batch.columns) + 64
      if isWorthKeeping(groupCount: batch.rowCount, rowCount: rowCount), byteCount <= Self.longestEntry {
        kept[unit] = Entry(batch: batch, byteCount: byteCount, newRowCount: rowCount)
      } else {
        refused += rowCount
      }
    }
    let isRefused = refused > results.reduce(0) { $0 + $1.rowCount } / 2
    let entries = kept
    state.withLock { state in
      guard var fragment = state.fragments.removeValue(forKey: key) else { return }
      if isRefused { fragment.groupCount = .max }
      for (unit, entry) in entries {
        let old = fragment.entries.updateValue(entry, forKey: unit)
        fragment.byteCount += entry.byteCount - (old?.byteCount ?? 0)
        state.byteCount += entry.byteCount - (old?.byteCount ?? 0)
      }
      state.fragments[key] = fragment
      evict(&state, but: key)
    }
  }

  /// Whether so many groups are much less than the rows that they come of, and have room.
  func isWorthKeeping(groupCount: Int, rowCount: Int, groupByteCount: Int) -> Bool {
    isWorthKeeping(groupCount: groupCount, rowCount: rowCount)
      && groupCount <= Self.longestEntry / max(1, groupByteCount)
  }

  /// Whether so many groups are much less than the rows that they come of.
  func isWorthKeeping(groupCount: Int, rowCount: Int) -> Bool {
    groupCount <= max(policy.fewGroups, rowCount / policy.rowsPerGroup)
  }

  /// Lets queries go that were not asked for long, and the last one too if it alone is too much.
  private func evict(_ state: inout State, but last: ContentKey) {
    guard state.byteCount > limit || state.fragments.count > 1000 else { return }
    for (key, fragment) in state.fragments.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
      if state.byteCount <= limit * 3 / 4 && state.fragments.count <= 750 { break }
      if key == last, state.byteCount <= limit { break }
      state.fragments[key] = nil
      state.byteCount -= fragment.byteCount
    }
  }

  /// Writes what later processes shall find, if it is worth it; what cannot be written at once is not.
  func save() {
    let changed = state.withLock { state in
      let changed = state.fragments.filter { isWorthStoring($0.value) }
      for (key, fragment) in changed {
        state.fragments[key]?.isStored = true
        state.fragments[key]?.isUseStale = false
        for unit in fragment.entries.keys { state.fragments[key]?.entries[unit]?.newRowCount = nil }
      }
      return changed
    }
    for (path, group) in Dictionary(grouping: changed, by: { $0.value.stores.first?.path ?? "" })
    where !path.isEmpty {
      let written = group.map { key, fragment in
        AggregateStore.Fragment(
          key: key, groupCount: fragment.knownGroupCount,
          entries: fragment.entries.filter { $0.value.newRowCount != nil })
      }
      for store in group[0].value.stores where (try? store.save(written)) != nil { break }
    }
  }

  private func isWorthStoring(_ fragment: Fragment) -> Bool {
    if fragment.isUseStale { return true }
    let new = fragment.entries.values.reduce(0) { $0 + ($1.newRowCount ?? 0) }
    if fragment.isStored { return new > 0 && new >= policy.leastAddedRowCount }
    return (new > 0 && new >= policy.leastStoredRowCount)
      || fragment.plainRun.map { $0.rowCount >= policy.leastCountedRowCount } ?? false
  }
}
