internal import Columnar

/// Computes columns.
struct ProjectOperator: StreamingOperator {
  let expressions: [BoundExpression]
  let layout: ColumnLayout

  func makeInstance(
    _ worker: WorkerContext, next: OperatorInstance
  ) throws(QueryError) -> OperatorInstance {
    Instance(try CompiledExpression.all(expressions, layout, worker), next: next)
  }

  private final class Instance: StreamingInstance {
    private var expressions: [CompiledExpression]

    init(_ expressions: [CompiledExpression], next: OperatorInstance) {
      self.expressions = expressions
      super.init(next: next)
    }

    override func push(_ batch: consuming Batch) throws(QueryError) -> Bool {
      let columns = try expressions.evaluate(batch)
      return try next.push(Batch(columns: columns, rowCount: batch.rowCount, selection: batch.selection))
    }
  }
}
