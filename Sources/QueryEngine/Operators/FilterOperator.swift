internal import Columnar

/// Keeps the rows for which a predicate is true; rows where it is false or null go.
///
/// Column data is not moved: the operator narrows the batch's selection.
struct FilterOperator: StreamingOperator {
  let predicate: BoundExpression
  let layout: ColumnLayout

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance {
    let evaluator = try ExpressionEvaluator(
      predicate, layout: layout, environment: worker.query.evaluation)
    return Instance(evaluator, next: next)
  }

  private final class Instance: StreamingInstance {
    private var evaluator: ExpressionEvaluator

    init(_ evaluator: ExpressionEvaluator, next: OperatorInstance) {
      self.evaluator = evaluator
      super.init(next: next)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      if let selection = try evaluator.select(from: batch) {
        if selection.count == 0 { return true }
        batch.selection = selection
      }
      return try next.push(batch)
    }
  }
}
