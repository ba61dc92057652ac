internal import Columnar
internal import Synchronization

/// Runs the pipelines of one statement in order, as one job of the worker pool.
///
/// Every worker goes through the same steps: take morsels of the current pipeline until there are none,
/// hand over the local state, help with the sink's phases, go on to the next pipeline. Between steps they
/// meet, and the last to arrive does what only one may do.
final class PipelineExecutor: Sendable {
  private let pipelines: [Pipeline]
  private let context: QueryContext
  private let workerCount: Int
  private let meeting: Monitor<Meeting>
  private let failure = Mutex<QueryError?>(nil)
  private let hasFailed = Atomic(false)

  private struct Meeting {
    var arrived = 0
    var generation = 0
    var queue: MorselQueue?
  }

  private init(_ pipelines: [Pipeline], _ context: QueryContext, workerCount: Int) {
    (self.pipelines, self.context, self.workerCount) = (pipelines, context, workerCount)
    meeting = Monitor(Meeting())
  }

  /// Runs `pipelines`, each of which may use the sinks of those before it as its source.
  static func run(_ pipelines: [Pipeline], _ context: QueryContext) throws(QueryError) {
    let rowCount = pipelines.reduce(0) { total, pipeline in
      total.addingReportingOverflow(pipeline.source.estimatedRowCount).partialValue
    }
    if let pool = context.pool, context.settings.threadCount > 1,
      rowCount >= context.settings.parallelRowCount, pool.workerCount > 1
    {
      let executor = PipelineExecutor(pipelines, context, workerCount: pool.workerCount)
      if pool.run({ worker in executor.work(worker) }) {
        if let error = executor.failure.withLock({ $0 }) { throw error }
        return
      }
    }
    let executor = PipelineExecutor(pipelines, context, workerCount: 1)
    executor.work(0)
    if let error = executor.failure.withLock({ $0 }) { throw error }
  }

  private func work(_ index: Int) {
    let worker = WorkerContext(context, worker: index)
    for (number, pipeline) in pipelines.enumerated() {
      let queue = meet(worker) { () throws(QueryError) in
        defer { worker.spend(on: pipeline.sourceProfile) }
        if number > 0 { self.context.memory.returnFreed() }
        let count = try pipeline.source.open(self.context)
        self.context.progress?.begin(step: number + 1, of: self.pipelines.count, total: count)
        return MorselQueue(count: count)
      }
      guard let queue else { return }
      attempt(queue, pipeline.sink) { () throws(QueryError) in try self.drain(queue, pipeline, worker) }
      worker.spend(on: pipeline.sourceProfile)
      var phase = 0
      while let tasks = meet(
        worker,
        { () throws(QueryError) in
          defer { worker.spend(on: pipeline.sinkProfile) }
          return try pipeline.sink.prepare(phase: phase, self.context).map { MorselQueue(count: $0) }
        })
      {
        attempt(tasks, pipeline.sink) { () throws(QueryError) in
          while let task = tasks.next() {
            try self.context.checkCancelled()
            try pipeline.sink.run(task: task, phase: phase, worker)
          }
        }
        worker.spend(on: pipeline.sinkProfile)
        phase += 1
      }
      if hasFailed.load(ordering: .relaxed) { return }
    }
  }

  private func drain(
    _ queue: MorselQueue, _ pipeline: Pipeline, _ worker: WorkerContext
  ) throws(QueryError) {
    let chain = try pipeline.makeChain(worker)
    guard var morsel = queue.next() else {
      try chain.finish()
      return
    }
    let reader = try pipeline.source.makeReader(worker)
    while true {
      try context.checkCancelled()
      if hasFailed.load(ordering: .relaxed) { return }
      try chain.begin(morsel: morsel)
      guard try reader.read(morsel: morsel, into: chain), let next = queue.next() else { break }
      context.progress?.advance()
      morsel = next
    }
    try reader.finish(into: chain)
    try chain.finish()
  }

  private func attempt(
    _ queue: MorselQueue, _ sink: any PipelineSink, _ body: () throws(QueryError) -> Void
  ) {
    do throws(QueryError) {
      try body()
    } catch {
      fail(error)
      queue.cancel()
      sink.abandon()
    }
  }

  private func fail(_ error: QueryError) {
    failure.withLock { failure in if failure == nil { failure = error } }
    hasFailed.store(true, ordering: .relaxed)
  }

  /// Waits for all workers; the last calls `body`, whose queue all get, `nil` too if anything failed.
  private func meet(
    _ worker: WorkerContext, _ body: () throws(QueryError) -> MorselQueue?
  ) -> MorselQueue? {
    if workerCount == 1 { return makeQueue(body) }
    defer { worker.spend(on: nil) }
    let (generation, isLast) = meeting.change { meeting in
      meeting.arrived += 1
      return (meeting.generation, meeting.arrived == workerCount)
    }
    if isLast {
      worker.spend(on: nil)
      let queue = makeQueue(body)
      meeting.change { meeting in
        meeting.arrived = 0
        meeting.generation += 1
        meeting.queue = queue
      }
      return queue
    }
    return meeting.wait(until: { $0.generation != generation }) { $0.queue }
  }

  private func makeQueue(_ body: () throws(QueryError) -> MorselQueue?) -> MorselQueue? {
    if hasFailed.load(ordering: .relaxed) { return nil }
    do throws(QueryError) {
      return try body()
    } catch {
      fail(error)
      return nil
    }
  }
}
