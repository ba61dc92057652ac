internal import Columnar
internal import Synchronization

/// Keeps batches in the order of their morsels, all or the first rows only.
///
/// Morsels are given out in ascending order, so that with a limit a worker may stop as soon as the morsels
/// up to its own hold enough rows; the answer is then the same as with one worker.
final class CollectSink: PipelineSink {
  /// Rows in memory or on disk, of which only some are wanted.
  struct Collected: @unchecked Sendable {
    // SAFETY: the file's maker is done with it, and it is only read from here on.
    fileprivate enum Place {
      case memory(Batch)
      case disk(SpillFile, SpillFile.Block)
    }
    fileprivate var place: Place
    var rows: Range<Int>
  }

  private struct State {
    var batches: [(morsel: Int, batches: [Collected])] = []
    /// Memory that workers asked for, held as long as the rows.
    var leases: [Lease] = []
    /// Rows of the morsels that are done but follow one that is not.
    var countsAhead: [Int: Int] = [:]
    /// Morsels `0 ..< doneMorsels` are done and hold `doneRows`.
    var (doneMorsels, doneRows) = (0, 0)
  }
  /// Rows kept, offset included; `nil` for all.
  private let limit: Int?
  private let offset: Int
  /// The columns of rows that may go to disk; `nil` keeps all in memory.
  private let types: [LogicalType]?
  private let profile: OperatorProfile?
  private let state = Mutex(State())

  /// Memory that a worker asked for.
  private struct Lease: @unchecked Sendable {
    // SAFETY: only held, until the sink goes.
    let lease: MemoryLease
  }

  init(limit: Int? = nil, offset: Int = 0, types: [LogicalType]? = nil, _ profile: OperatorProfile? = nil) {
    (self.offset, self.types, self.profile) = (offset, types, profile)
    self.limit = limit.map { $0.addingReportingOverflow(offset) }.map { $0.overflow ? .max : $0.partialValue }
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance { Local(self, worker.query) }

  /// What was collected, in order, the offset skipped.
  func collected() -> [Collected] {
    let collected = state.withLock { $0.batches }.sorted { $0.morsel < $1.morsel }
    var batches: [Collected] = []
    var (skip, left) = (offset, limit.map { $0 - offset } ?? .max)
    for var batch in collected.lazy.flatMap(\.batches) where left > 0 {
      let count = batch.rows.count
      if skip >= count {
        skip -= count
        continue
      }
      batch.rows = skip..<skip + min(count - skip, left)
      skip = 0
      left -= batch.rows.count
      batches.append(batch)
    }
    return batches
  }

  /// The rows of what was collected, without a selection.
  func load(_ collected: Collected) throws(QueryError) -> Batch {
    let batch =
      switch collected.place {
      case .memory(let batch): batch
      case .disk(let file, let block): try file.read(block, types: types ?? [])
      }
    if collected.rows.count == batch.rowCount { return batch }
    return batch.rows(from: collected.rows.lowerBound, count: collected.rows.count)
  }

  /// The batches collected.
  func batches() throws(QueryError) -> [Batch] {
    var batches: [Batch] = []
    for batch in collected() { batches.append(try load(batch)) }
    return batches
  }

  /// Notes that a morsel is done; returns whether the rows so far are enough for the limit.
  private func complete(morsel: Int, rowCount: Int) -> Bool {
    guard let limit else { return false }
    return state.withLock { state in
      state.countsAhead[morsel] = rowCount
      while let count = state.countsAhead.removeValue(forKey: state.doneMorsels) {
        state.doneMorsels += 1
        state.doneRows += count
      }
      return state.doneRows >= limit
    }
  }

  private func take(_ morsels: [(morsel: Int, batches: [Collected])], _ lease: MemoryLease) {
    state.withLock { state in
      state.batches.append(contentsOf: morsels)
      state.leases.append(Lease(lease: lease))
    }
  }

  private final class Local: OperatorInstance {
    private let sink: CollectSink
    private var morsels: [(morsel: Int, batches: [Collected])] = []
    private var rowsOfMorsel = 0
    private var isSatisfied = false
    private let lease: MemoryLease
    private let directory: String
    private var byteCount = 0
    private var nextCheck: Int
    /// Where rows go from the moment that memory has run out.
    private var file: SpillFile?

    init(_ sink: CollectSink, _ context: QueryContext) {
      self.sink = sink
      lease = MemoryLease(context.memory)
      directory = context.settings.tempDirectory
      nextCheck = lease.step
    }

    override func begin(morsel: Int) throws(QueryError) {
      if let done = morsels.last {
        isSatisfied = sink.complete(morsel: done.morsel, rowCount: rowsOfMorsel)
      }
      morsels.append((morsel, []))
      rowsOfMorsel = 0
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if isSatisfied { return false }
      if batch.selectedCount == 0 { return true }
      if morsels.isEmpty { morsels.append((0, [])) }
      let batch = batch.compacted()
      rowsOfMorsel += batch.rowCount
      let place = try keep(batch)
      morsels[morsels.count - 1].batches.append(Collected(place: place, rows: 0..<batch.rowCount))
      guard let limit = sink.limit else { return true }
      // Later morsels of this worker can only follow the rows that this one already has.
      return rowsOfMorsel < limit
    }

    private func keep(_ batch: Batch) throws(QueryError) -> Collected.Place {
      if let file {
        let block = try file.write(batch)
        sink.profile?.add("spilled_rows", block.rowCount)
        sink.profile?.add("spilled_bytes", block.byteCount)
        return .disk(file, block)
      }
      byteCount += Kernels.byteCount(batch.columns)
      if byteCount >= nextCheck {
        nextCheck = byteCount + lease.step
        if sink.types == nil {
          lease.force(to: byteCount)
        } else if !lease.resize(to: byteCount) {
          file = try SpillFile(in: directory)
        }
      }
      return .memory(batch)
    }

    override func finish() throws(QueryError) {
      try file?.open()
      sink.take(morsels, lease)
    }
  }
}
