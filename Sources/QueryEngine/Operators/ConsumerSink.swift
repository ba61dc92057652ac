internal import Columnar
internal import Synchronization

/// Hands batches to a consumer as they come, one at a time; for results whose order does not matter or
/// whose pipeline has one morsel.
final class ConsumerSink: PipelineSink {
  /// Takes a batch; returns `false` to end the query.
  typealias Consumer = @Sendable (Batch) throws(QueryError) -> Bool

  private let consumer: Consumer
  private let isOpen = Mutex(true)

  init(_ consumer: @escaping Consumer) { self.consumer = consumer }

  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance { Local(self) }

  private func take(_ batch: Batch) throws(QueryError) -> Bool {
    try isOpen.withLock { (isOpen) throws(QueryError) in
      if isOpen { isOpen = try consumer(batch) }
      return isOpen
    }
  }

  private final class Local: OperatorInstance {
    private let sink: ConsumerSink
    init(_ sink: ConsumerSink) { self.sink = sink }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if batch.selectedCount == 0 { return true }
      return try sink.take(batch.compacted())
    }
  }
}
