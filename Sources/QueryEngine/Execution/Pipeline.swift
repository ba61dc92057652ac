internal import Columnar

/// One worker's copy of a step of a pipeline: batches are pushed into it, and it pushes into the next.
class OperatorInstance {
  /// Tells that batches of another morsel follow; sinks that keep the order of rows want to know.
  func begin(morsel: Int) throws(QueryError) {}

  /// Takes a batch; returns `false` when no further row is wanted of this worker.
  func push(_ batch: consuming Batch) throws(QueryError) -> Bool { true }

  /// Tells that no batch follows; what was held back is pushed on.
  func finish() throws(QueryError) {}
}

/// A step that pushes into a next one.
class StreamingInstance: OperatorInstance {
  let next: OperatorInstance

  init(next: OperatorInstance) { self.next = next }

  override func begin(morsel: Int) throws(QueryError) { try next.begin(morsel: morsel) }
  override func finish() throws(QueryError) { try next.finish() }
}

/// A step of a pipeline, shared by all workers; what changes is in its instances.
protocol StreamingOperator: Sendable {
  /// Makes one worker's copy.
  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance
}

/// Where the batches of a pipeline come from.
protocol PipelineSource: Sendable {
  /// Prepares reading and returns the number of morsels; called once, before any reader is made.
  func open(_ context: QueryContext) throws(QueryError) -> Int
  /// Makes one worker's reader.
  func makeReader(_ worker: WorkerContext) throws(QueryError) -> any MorselReader
  /// How many rows there will be, roughly, as far as known before `open`.
  var estimatedRowCount: Int { get }
}

/// One worker's reader of a source.
protocol MorselReader: AnyObject {
  /// Pushes the batches of a morsel; returns `false` when no further row is wanted.
  func read(morsel: Int, into next: OperatorInstance) throws(QueryError) -> Bool
  /// Tells that this reader gets no further morsel; what steps of its own held back is pushed on.
  func finish(into next: OperatorInstance) throws(QueryError)
}

extension MorselReader {
  func finish(into next: OperatorInstance) throws(QueryError) {}
}

/// Where the batches of a pipeline end.
///
/// Each worker has a local instance, whose `finish()` hands its state over. Then come phases of parallel
/// tasks, if the sink has any.
protocol PipelineSink: AnyObject, Sendable {
  func makeLocal(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance
  /// Prepares phase `phase` and returns its number of tasks, `nil` when there is no such phase; called by
  /// one worker while the others wait.
  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int?
  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError)
  /// Tells that a worker has failed, so that no other waits for it here.
  func abandon()
}

extension PipelineSink {
  func abandon() {}
  func prepare(phase: Int, _ context: QueryContext) throws(QueryError) -> Int? { nil }
  func run(task: Int, phase: Int, _ worker: WorkerContext) throws(QueryError) {}
}

/// A source, the steps its batches pass, and the sink they end in.
struct Pipeline: Sendable {
  var source: any PipelineSource
  var operators: [any StreamingOperator]
  var sink: any PipelineSink
  /// The operators that the source and the sink are part of.
  var sourceProfile: OperatorProfile?
  var sinkProfile: OperatorProfile?

  /// Makes one worker's chain of instances that ends in the sink.
  func makeChain(_ worker: WorkerContext) throws(QueryError) -> OperatorInstance {
    try Pipeline.chain(operators, worker, into: try sink.makeLocal(worker))
  }

  /// Makes instances of `operators`, the last of which pushes into `end`.
  static func chain(
    _ operators: [any StreamingOperator], _ worker: WorkerContext, into end: OperatorInstance
  ) throws(QueryError) -> OperatorInstance {
    var next = end
    for step in operators.reversed() { next = try step.makeInstance(worker, next: next) }
    return next
  }
}
