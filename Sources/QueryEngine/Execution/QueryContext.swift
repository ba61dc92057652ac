internal import Glibc
internal import Synchronization
package import TableFormat

/// What a statement was started with: the settings that execution looks at.
package struct ExecutionSettings: Sendable {
  /// Workers; 1 runs everything on the caller's thread.
  package var threadCount = 2
  /// Rows of a batch, at most 2,048.
  package var batchSize = 2048
  /// Where spill files go.
  package var tempDirectory = "/tmp"
  /// Whether decoded column chunks are kept.
  package var cachesChunks = true
  /// Fewer input rows than this stay on the caller's thread.
  package var parallelRowCount = 50_000
  /// Rows of a big row group that one worker takes at a time; a multiple of 2,048.
  package var morselRowCount = 131_072
  /// Rows of files that are worth an aggregation or a sort of their own.
  package var clusterRowCount = 65_536
  /// Names of rules that are left out.
  package var disabledRules: Set<String> = []

  package init() {}
}

/// One running statement: its settings, memory and whether it is still wanted.
package final class QueryContext: Sendable {
  package let settings: ExecutionSettings
  /// The session's workers; `nil` keeps everything on the caller's thread.
  package let pool: WorkerPool?
  package let memory: MemoryBudget
  /// What is kept from query to query.
  package let caches: ExecutionCaches
  /// What operators did, when asked for.
  package let profile: Profile?
  /// Told how far the statement is.
  let progress: QueryProgress?
  /// What expressions are evaluated with.
  package let evaluation: EvaluationEnvironment
  private let isCancelled = Atomic(false)
  private let deadline: ContinuousClock.Instant?

  /// Makes the context of one statement.
  package init(
    settings: ExecutionSettings = ExecutionSettings(), pool: WorkerPool? = nil,
    memory: MemoryBudget = MemoryBudget(limit: .max), caches: ExecutionCaches = ExecutionCaches(),
    profile: Profile? = nil, progress: QueryProgress? = nil,
    evaluation: EvaluationEnvironment = EvaluationEnvironment(), timeout: Duration? = nil
  ) {
    (self.settings, self.pool, self.memory) = (settings, pool, memory)
    (self.caches, self.profile, self.evaluation) = (caches, profile, evaluation)
    self.progress = progress
    deadline = timeout.map { ContinuousClock.now + $0 }
  }

  /// Asks the statement to stop at its next morsel; may be called from any thread.
  package func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Runs a body for numbers below a count on all workers, while they have nothing else to do.
  var loop: ScanPlanner.ConcurrentLoop {
    let pool = settings.threadCount > 1 ? pool : nil
    return { count, body in
      let queue = MorselQueue(count: count)
      let drain: @Sendable (Int) -> Void = { _ in while let number = queue.next() { body(number) } }
      if let pool, pool.run(drain) { return }
      drain(0)
    }
  }

  /// Throws if the statement was cancelled or its time is over.
  package func checkCancelled() throws(QueryError) {
    if isCancelled.load(ordering: .relaxed) { throw QueryError(.cancelled, "the statement was cancelled") }
    if let deadline, ContinuousClock.now > deadline {
      throw QueryError(
        .cancelled, "the statement took longer than statement_timeout", hint: "SET statement_timeout = '…'")
    }
  }
}

/// One worker's view of a running statement.
final class WorkerContext {
  let query: QueryContext
  let worker: Int
  private let isTimed: Bool
  /// When the time that is not yet on any operator's account began.
  private var mark: Int

  init(_ query: QueryContext, worker: Int) {
    (self.query, self.worker) = (query, worker)
    isTimed = query.profile?.isTimed ?? false
    mark = isTimed ? WorkerContext.now : 0
  }

  /// Puts the time since the last call on an operator's account; `nil` stands for waiting.
  func spend(on profile: OperatorProfile?) {
    guard isTimed else { return }
    let now = WorkerContext.now
    profile?.spend(now - mark)
    mark = now
  }

  /// Nanoseconds of a clock that only goes forward.
  private static var now: Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}

/// What a session keeps of immutable files between statements.
package struct ExecutionCaches: Sendable {
  /// Decoded column chunks; `nil` keeps none.
  package var chunks: ChunkCache?
  /// Parsed manifests; `nil` keeps none.
  package var manifests: ManifestCache?
  /// Footers of data files; `nil` keeps none.
  package var files: DataFileCache?
  /// Partial aggregates of data files; `nil` keeps none.
  package var aggregates: AggregateCache?

  package init(
    chunks: ChunkCache? = nil, manifests: ManifestCache? = nil, files: DataFileCache? = nil,
    aggregates: AggregateCache? = nil
  ) {
    (self.chunks, self.manifests, self.files) = (chunks, manifests, files)
    self.aggregates = aggregates
  }
}
