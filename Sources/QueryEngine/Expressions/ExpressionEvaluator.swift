package import Columnar

/// Evaluates one expression over batches, column-wise.
///
/// Made once per worker: it keeps buffers and caches (of dictionary entries, of compiled patterns) from batch
/// to batch, and is not to be used by two threads at a time. A result may share storage with the batch. A
/// function of a dictionary column yields a dictionary over one base as long as the column's base stays the
/// same; entries of such a base need not be distinct.
package struct ExpressionEvaluator {
  private let root: any ExpressionNode
  private let context: EvaluationContext
  /// The type of the values.
  package var type: LogicalType { root.type }

  /// Makes an expression ready.
  ///
  /// - Parameters:
  ///   - expression: What to evaluate; no lambda.
  ///   - layout: Where its columns stand in the batches.
  ///   - environment: Clock, time zone, parameters.
  /// - Throws: An error if the expression names a column, parameter or function that is not there, or if
  ///   a constant argument is no good, such as the pattern of a regular expression.
  package init(
    _ expression: BoundExpression, layout: ColumnLayout, environment: EvaluationEnvironment
  ) throws(QueryError) {
    context = EvaluationContext(environment)
    let compiler = ExpressionCompiler(layout: layout, context: context)
    root = try compiler.compile(expression)
  }

  /// Returns the values of all rows; those of rows outside the batch's selection are unspecified.
  package mutating func evaluate(_ batch: borrowing Batch) throws(QueryError) -> Vector {
    try root.evaluate(frame(of: batch))
  }

  /// Returns the selected rows for which the predicate is true; `nil` if those are all rows of the batch.
  package mutating func select(from batch: borrowing Batch) throws(QueryError) -> Selection? {
    let rows = try root.rows(where: true, in: frame(of: batch))
    let count = rows.setCount
    return count == batch.rowCount ? nil : Selection(rows, count: count)
  }

  private func frame(of batch: borrowing Batch) -> EvaluationFrame {
    EvaluationFrame(
      columns: batch.columns, rowCount: batch.rowCount, active: batch.selection?.rows, context: context)
  }

  /// Returns the value of an expression that has no columns.
  ///
  /// - Parameters:
  ///   - expression: What to evaluate.
  ///   - environment: Clock, time zone, parameters.
  /// - Returns: The value.
  /// - Throws: What evaluating it raises.
  package static func value(
    of expression: BoundExpression, environment: EvaluationEnvironment
  ) throws(QueryError) -> ScalarValue {
    if case .literal(let value, _) = expression { return value }
    var evaluator = try ExpressionEvaluator(expression, layout: ColumnLayout([]), environment: environment)
    let vector = try evaluator.evaluate(Batch(columns: [], rowCount: 1))
    return vector.scalar(at: 0, as: expression.type)
  }
}
