internal import Columnar
internal import Synchronization

/// Hands batches to a consumer in the order of their morsels, one at a time.
///
/// The worker that reads the first unfinished morsel hands over at once; what others read meanwhile waits.
final class ConsumerSink: PipelineSink {
  /// Takes a batch without selection; returns `false` to end the query.
  typealias Consumer = @Sendable (Batch) throws(QueryError) -> Bool

  private struct State {
    var isOpen = true
    var current = 0
    var waiting: [Int: [Batch]] = [:]
    var finished: Set<Int> = []
  }
  private let consumer: Consumer
  private let state = Mutex(State())

  init(_ consumer: @escaping Consumer) { self.consumer = consumer }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance { Local(self) }

  private func take(_ batch: Batch, _ morsel: Int) throws(QueryError) -> Bool {
    try state.withLock { (state) throws(QueryError) in
      guard state.isOpen else { return false }
      if morsel <= state.current {
        state.isOpen = try consumer(batch)
      } else {
        state.waiting[morsel, default: []].append(batch)
      }
      return state.isOpen
    }
  }

  private func finish(_ morsel: Int) throws(QueryError) {
    try state.withLock { (state) throws(QueryError) in
      state.finished.insert(morsel)
      while state.finished.remove(state.current) != nil {
        state.current += 1
        for batch in state.waiting.removeValue(forKey: state.current) ?? [] where state.isOpen {
          state.isOpen = try consumer(batch)
        }
      }
    }
  }

  /// Hands over what still waits; after a morsel that a worker left early, numbers are missing.
  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    try state.withLock { (state) throws(QueryError) in
      for morsel in state.waiting.keys.sorted() {
        for batch in state.waiting.removeValue(forKey: morsel) ?? [] where state.isOpen {
          state.isOpen = try consumer(batch)
        }
      }
    }
    return nil
  }

  private final class Local: OperatorInstance {
    private let sink: ConsumerSink
    private var morsel: Int?

    init(_ sink: ConsumerSink) { self.sink = sink }

    override func begin(morsel: Int) throws(QueryError) {
      if let done = self.morsel { try sink.finish(done) }
      self.morsel = morsel
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if batch.selectedCount == 0 { return true }
      return try sink.take(batch.compacted(), morsel ?? 0)
    }

    override func finish() throws(QueryError) { if let morsel { try sink.finish(morsel) } }
  }
}
