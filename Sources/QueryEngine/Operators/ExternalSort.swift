internal import Columnar
internal import Synchronization

/// Rows sorted on disk: runs that workers make of what memory has no room for.
final class ExternalSort: Sendable {
  private let keys: [LogicalPlan.SortKey]
  private let types: [LogicalType]
  private let leading: Int
  private let profile: OperatorProfile?
  private let state = Mutex<[RunHolder]>([])

  /// A run that its maker is done with.
  private struct RunHolder: @unchecked Sendable {
    // SAFETY: written by one worker, then read by one.
    let run: SortRun
  }

  /// Makes a sort of rows of `types`, which end with the values of the keys; the length of the first `leading`
  /// keys' bytes is kept if that is more than none.
  init(
    _ keys: [LogicalPlan.SortKey], _ types: [LogicalType], leading: Int, _ profile: OperatorProfile?
  ) {
    (self.keys, self.types, self.leading, self.profile) = (keys, types, leading, profile)
  }

  /// The runs made so far.
  var runs: [SortRun] { state.withLock { $0.map(\.run) } }

  /// Makes a run of rows; `round` tells it from others of the same worker.
  func add(
    _ morsels: [(morsel: Int, batches: [Batch])], round: Int, in directory: String
  ) throws(QueryError) {
    let run = RunHolder(
      run: try SortRun(morsels, round: round, keys, leading: leading, types, in: directory))
    profile?.add("spilled_rows", run.run.rowCount)
    profile?.add("spilled_bytes", run.run.byteCount)
    state.withLock { $0.append(run) }
  }

  /// Takes what workers whose rows all fitted have in memory still, if any rows are on disk, and returns whether there are.
  func takeRest(
    of store: RowStore, _ context: QueryContext, adding: @escaping ([Vector]) -> [Vector] = { _ in [] }
  ) throws(QueryError) -> Bool {
    if state.withLock({ $0.isEmpty }) { return false }
    let rest = store.takeAll()
    if !rest.isEmpty {
      try makeOverflow(in: context.settings.tempDirectory, adding: adding).take(rest, round: 0)
    }
    try reduce(context)
    return true
  }

  /// Merges runs until they are few enough to be merged while they are put out.
  func reduce(_ context: QueryContext) throws(QueryError) {
    while state.withLock({ $0.count }) > SortRunMerger.fanIn {
      let some = state.withLock { runs in
        let some = runs.prefix(SortRunMerger.fanIn).map(\.run)
        runs.removeFirst(some.count)
        return some
      }
      let merged = RunHolder(
        run: try SortRun(merging: some, in: context.settings.tempDirectory, checking: context))
      state.withLock { $0.append(merged) }
    }
  }

  /// Makes what takes one worker's rows; `adding` puts the values of the keys behind them.
  func makeOverflow(
    in directory: String, adding: @escaping ([Vector]) -> [Vector] = { _ in [] }
  ) -> any RowOverflow {
    Overflow(self, directory, adding)
  }

  private final class Overflow: RowOverflow {
    private let sort: ExternalSort
    private let directory: String
    private let adding: ([Vector]) -> [Vector]

    init(_ sort: ExternalSort, _ directory: String, _ adding: @escaping ([Vector]) -> [Vector]) {
      (self.sort, self.directory, self.adding) = (sort, directory, adding)
    }

    func take(_ morsels: [(morsel: Int, batches: [Batch])], round: Int) throws(QueryError) {
      var morsels = morsels
      for place in morsels.indices {
        for index in morsels[place].batches.indices {
          let keys = adding(morsels[place].batches[index].columns)
          morsels[place].batches[index].columns += keys
        }
      }
      try sort.add(morsels, round: round, in: directory)
    }

    func finish() throws(QueryError) {}
  }
}
