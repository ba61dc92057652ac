internal import Columnar
internal import Synchronization

/// Collects the groups of files, hands them over to be kept, and puts them out with those that were known.
final class FileAggregatesSink: PipelineSink {
  private let known: [Batch]
  /// The columns in front of the groups' that tell where they are from.
  private let droppedColumnCount: Int
  private let memory: MemoryBudget
  private let keep: @Sendable ([Batch]) -> Void
  private let state = Mutex(State())

  private struct State {
    var batches: [Batch] = []
    var byteCount = 0
  }

  init(
    known: [Batch], dropping count: Int, _ memory: MemoryBudget, keep: @escaping @Sendable ([Batch]) -> Void
  ) {
    (self.known, droppedColumnCount, self.memory, self.keep) = (known, count, memory, keep)
  }

  deinit { memory.release(state.withLock { $0.byteCount }) }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance { Local(self) }

  /// All workers are done, and none has failed: the groups are complete.
  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    if phase == 0 { keep(state.withLock { $0.batches }) }
    return nil
  }

  private func take(_ batches: [Batch]) {
    let byteCount = batches.reduce(0) { $0 + Kernels.byteCount($1.columns) }
    memory.take(byteCount)
    state.withLock { state in
      state.batches.append(contentsOf: batches)
      state.byteCount += byteCount
    }
  }

  private final class Local: OperatorInstance {
    private let sink: FileAggregatesSink
    private var batches: [Batch] = []

    init(_ sink: FileAggregatesSink) { self.sink = sink }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if batch.selectedCount > 0 { batches.append(batch.compacted()) }
      return true
    }

    override func finish() throws(QueryError) { sink.take(batches) }
  }

  /// The groups as a source.
  var source: any PipelineSource { Source(sink: self) }

  private struct Source: PipelineSource {
    let sink: FileAggregatesSink
    var estimatedRowCount: Int { 0 }

    private var batches: MemoryScanSource {
      let count = sink.droppedColumnCount
      let new = sink.state.withLock { $0.batches }.map {
        Batch(columns: Array($0.columns.dropFirst(count)), rowCount: $0.rowCount)
      }
      return MemoryScanSource(batches: sink.known + new, columnIndices: nil)
    }

    func open(_ context: QueryContext) throws(QueryError) -> Int { try batches.open(context) }

    func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader {
      try batches.makeReader(worker)
    }
  }
}
