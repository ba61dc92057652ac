internal import Columnar

/// Counts the rows and batches that an operator puts out, and tells its time from that of the operator that
/// takes them.
struct ProfileOperator: StreamingOperator {
  let profile: OperatorProfile
  /// The operator that takes the batches.
  let consumer: OperatorProfile
  let isTimed: Bool

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance {
    isTimed ? TimedInstance(self, worker, next: next) : Instance(profile, next: next)
  }

  private final class Instance: StreamingInstance {
    private let profile: OperatorProfile

    init(_ profile: OperatorProfile, next: OperatorInstance) {
      self.profile = profile
      super.init(next: next)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      profile.count(rows: batch.selectedCount)
      return try next.push(batch)
    }
  }

  /// What passed until a batch gets here was the operator's time; what passes until `next` is done with it,
  /// but for what steps further on take for themselves, is the consumer's.
  private final class TimedInstance: StreamingInstance {
    private let profile: OperatorProfile
    private let consumer: OperatorProfile
    private let worker: WorkerContext

    init(_ step: ProfileOperator, _ worker: WorkerContext, next: OperatorInstance) {
      (profile, consumer, self.worker) = (step.profile, step.consumer, worker)
      super.init(next: next)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      worker.spend(on: profile)
      profile.count(rows: batch.selectedCount)
      let isWanted = try next.push(batch)
      worker.spend(on: consumer)
      return isWanted
    }

    override func finish() throws(QueryError) {
      worker.spend(on: profile)
      try next.finish()
      worker.spend(on: consumer)
    }
  }
}
