internal import Columnar

/// Hands batches to a consumer in the order of their morsels, one at a time.
///
/// The worker that reads the first unfinished morsel hands over at once; what others read meanwhile waits,
/// and when much waits so do they: a result of any size passes through little memory.
final class ConsumerSink: PipelineSink {
  /// Takes a batch without selection; returns `false` to end the query.
  typealias Consumer = @Sendable (Batch) throws(QueryError) -> Bool

  private struct State {
    var isOpen = true
    var current = 0
    var waiting: [Int: [Batch]] = [:]
    var waitingRowCount = 0
    /// Morsels that a worker is at.
    var active: Set<Int> = []
    var finished: Set<Int> = []
  }
  /// Rows that may wait before those who bring more do.
  private static let waitingRowLimit = 262_144

  private let consumer: Consumer
  private let state = Monitor(State())

  init(_ consumer: @escaping Consumer) { self.consumer = consumer }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance { Local(self, worker.query) }

  /// Wakes those who wait for a worker that has failed.
  func abandon() { state.change { $0.isOpen = false } }

  private func begin(_ morsel: Int) { state.change { _ = $0.active.insert(morsel) } }

  private func take(_ batch: Batch, _ morsel: Int) throws(QueryError) -> Bool {
    let outcome = state.wait(
      // Whoever is at the first of the morsels never waits, so that somebody always goes on.
      until: {
        !$0.isOpen || $0.waitingRowCount < ConsumerSink.waitingRowLimit || ($0.active.min() ?? 0) >= morsel
      },
      then: { state -> Result<Bool, QueryError> in
        guard state.isOpen else { return .success(false) }
        if morsel <= state.current { return hand(batch, &state) }
        state.waiting[morsel, default: []].append(batch)
        state.waitingRowCount += batch.rowCount
        return .success(true)
      })
    if !outcome.isOpen { abandon() }
    return try outcome.get()
  }

  private func finish(_ morsel: Int) throws(QueryError) {
    try state.change { state -> Result<Bool, QueryError> in
      state.active.remove(morsel)
      state.finished.insert(morsel)
      while state.finished.remove(state.current) != nil {
        state.current += 1
        let outcome = handWaiting(of: state.current, &state)
        if !outcome.isOpen { return outcome }
      }
      return .success(state.isOpen)
    }.check()
  }

  /// Hands over what still waits; after a morsel that a worker left early, numbers are missing.
  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? {
    try state.change { state -> Result<Bool, QueryError> in
      for morsel in state.waiting.keys.sorted() {
        let outcome = handWaiting(of: morsel, &state)
        if !outcome.isOpen { return outcome }
      }
      return .success(true)
    }.check()
    return nil
  }

  private func handWaiting(of morsel: Int, _ state: inout State) -> Result<Bool, QueryError> {
    for batch in state.waiting.removeValue(forKey: morsel) ?? [] where state.isOpen {
      state.waitingRowCount -= batch.rowCount
      let outcome = hand(batch, &state)
      if !outcome.isOpen { return outcome }
    }
    return .success(state.isOpen)
  }

  private func hand(_ batch: Batch, _ state: inout State) -> Result<Bool, QueryError> {
    do throws(QueryError) {
      state.isOpen = try consumer(batch)
      return .success(state.isOpen)
    } catch {
      state.isOpen = false
      return .failure(error)
    }
  }

  private final class Local: OperatorInstance {
    private let sink: ConsumerSink
    private let query: QueryContext
    private var morsel: Int?

    init(_ sink: ConsumerSink, _ query: QueryContext) { (self.sink, self.query) = (sink, query) }

    override func begin(morsel: Int) throws(QueryError) {
      if let done = self.morsel { try sink.finish(done) }
      self.morsel = morsel
      sink.begin(morsel)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if batch.selectedCount == 0 { return true }
      // Consumers may be slow, as terminals are: a morsel can take long.
      try query.checkCancelled()
      return try sink.take(batch.compacted(), morsel ?? 0)
    }

    override func finish() throws(QueryError) { if let morsel { try sink.finish(morsel) } }
  }
}

extension Result<Bool, QueryError> {
  /// Whether more is wanted.
  fileprivate var isOpen: Bool { if case .success(true) = self { true } else { false } }

  /// Throws the failure, if it is one.
  fileprivate func check() throws(QueryError) { _ = try get() }
}
