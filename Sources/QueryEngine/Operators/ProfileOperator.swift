internal import Columnar

/// Counts the rows and batches that an operator puts out.
struct ProfileOperator: StreamingOperator {
  let profile: OperatorProfile

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance { Instance(profile, next: next) }

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
}
