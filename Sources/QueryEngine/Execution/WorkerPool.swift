internal import Glibc
internal import Synchronization

/// A fixed number of threads that run one job at a time, each of them once per job.
@safe package final class WorkerPool: Sendable {
  private let shared = SharedJob()
  private let threads = Mutex<[Thread]?>(nil)
  private let isBusy = Mutex(false)
  /// How many workers were asked for.
  package let wantedWorkerCount: Int

  /// Makes a pool of `workerCount - 1` threads; the caller of ``run(_:)`` is worker 0.
  ///
  /// The threads start with the first job: most processes answer one small statement, and need none.
  package init(workerCount: Int) { wantedWorkerCount = max(1, workerCount) }

  deinit {
    shared.stop()
    for thread in threads.withLock({ $0 }) ?? [] { thread.join() }
  }

  /// How many workers a job has, the caller among them.
  ///
  /// Asking starts the threads; where the system has none to give, the pool makes do with fewer.
  package var workerCount: Int {
    threads.withLock { threads in
      if let threads { return threads.count + 1 }
      var started: [Thread] = []
      for index in 1..<wantedWorkerCount {
        guard let thread = Thread({ [shared] in shared.loop(worker: index) }) else { break }
        started.append(thread)
      }
      threads = started
      return started.count + 1
    }
  }

  /// Calls `job` once on every worker, with the worker's number, and returns when all are done.
  ///
  /// The job escapes: a worker may drop its reference a moment after the call has returned, which
  /// `withoutActuallyEscaping` would punish with a trap.
  ///
  /// - Returns: `false`, without calling `job`, while another thread's job runs.
  package func run(_ job: @escaping @Sendable (Int) -> Void) -> Bool {
    let isFree = isBusy.withLock { isBusy in
      defer { isBusy = true }
      return !isBusy
    }
    guard isFree else { return false }
    shared.start(job, workers: workerCount - 1)
    job(0)
    shared.finish()
    isBusy.withLock { $0 = false }
    return true
  }
}

/// What workers wait on and the job they run.
private final class SharedJob: Sendable {
  struct State {
    var job: (@Sendable (Int) -> Void)?
    var generation = 0
    var running = 0
    var isStopped = false
  }
  let monitor = Monitor(State())

  func loop(worker: Int) {
    var seen = 0
    while true {
      let job = monitor.wait(until: { $0.isStopped || $0.generation != seen }) {
        state -> (@Sendable (Int) -> Void)? in
        seen = state.generation
        return state.isStopped ? nil : state.job
      }
      guard let job else { return }
      job(worker)
      monitor.change { $0.running -= 1 }
    }
  }

  func start(_ job: @escaping @Sendable (Int) -> Void, workers: Int) {
    monitor.change { state in
      precondition(state.running == 0 && state.job == nil)
      (state.job, state.running) = (job, workers)
      state.generation += 1
    }
  }

  func finish() { monitor.wait(until: { $0.running == 0 }) { $0.job = nil } }
  func stop() { monitor.change { $0.isStopped = true } }
}
