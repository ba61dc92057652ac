internal import Columnar
internal import Synchronization

/// Keeps batches in the order of their morsels, all or the first rows only.
///
/// Morsels are given out in ascending order, so that with a limit a worker may stop as soon as the morsels
/// up to its own hold enough rows; the answer is then the same as with one worker.
final class CollectSink: PipelineSink {
  private struct State {
    var batches: [(morsel: Int, batches: [Batch])] = []
    /// Rows of the morsels that are done but follow one that is not.
    var countsAhead: [Int: Int] = [:]
    /// Morsels `0 ..< doneMorsels` are done and hold `doneRows`.
    var (doneMorsels, doneRows) = (0, 0)
  }
  /// Rows kept, offset included; `nil` for all.
  private let limit: Int?
  private let offset: Int
  private let state = Mutex(State())

  init(limit: Int? = nil, offset: Int = 0) {
    self.offset = offset
    self.limit = limit.map { $0.addingReportingOverflow(offset) }.map { $0.overflow ? .max : $0.partialValue }
  }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance { Local(self) }

  /// The batches collected, without selections, the offset skipped.
  func batches() -> [Batch] {
    let collected = state.withLock { $0.batches }.sorted { $0.morsel < $1.morsel }
    var batches: [Batch] = []
    var (skip, left) = (offset, limit.map { $0 - offset } ?? .max)
    for batch in collected.lazy.flatMap(\.batches) where left > 0 {
      let count = batch.rowCount
      if skip >= count {
        skip -= count
        continue
      }
      let taken = min(count - skip, left)
      batches.append(taken == count ? batch : batch.rows(from: skip, count: taken))
      skip = 0
      left -= taken
    }
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

  private func take(_ morsels: [(morsel: Int, batches: [Batch])]) {
    state.withLock { $0.batches.append(contentsOf: morsels) }
  }

  private final class Local: OperatorInstance {
    private let sink: CollectSink
    private var morsels: [(morsel: Int, batches: [Batch])] = []
    private var rowsOfMorsel = 0
    private var isSatisfied = false

    init(_ sink: CollectSink) { self.sink = sink }

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
      morsels[morsels.count - 1].batches.append(batch)
      guard let limit = sink.limit else { return true }
      // Later morsels of this worker can only follow the rows that this one already has.
      return rowsOfMorsel < limit
    }

    override func finish() throws(QueryError) { sink.take(morsels) }
  }
}

extension Batch {
  /// Returns rows `first ..< first + count` of a batch without selection.
  func rows(from first: Int, count: Int) -> Batch {
    if first & 63 == 0 {
      return Batch(columns: columns.map { $0.slice(from: first, count: count) }, rowCount: count)
    }
    let rows = (UInt32(first)..<UInt32(first + count)).map { $0 }
    return Batch(columns: columns.map { $0.taking(rows.span) }, rowCount: count)
  }
}

/// The batches that a sink has collected, as a source.
struct CollectedSource: PipelineSource {
  let sink: CollectSink

  var estimatedRowCount: Int { 0 }
  func open(_ context: QueryContext) throws(QueryError) -> Int { 1 }
  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader { Reader(sink) }

  private final class Reader: MorselReader {
    private let sink: CollectSink
    init(_ sink: CollectSink) { self.sink = sink }

    func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool {
      for batch in sink.batches() where try !next.push(batch) { return false }
      return true
    }
  }
}
