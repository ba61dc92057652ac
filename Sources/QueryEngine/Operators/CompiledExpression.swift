internal import Columnar

/// An expression made ready for one worker; a plain column costs nothing.
enum CompiledExpression {
  case column(Int)
  case evaluator(ExpressionEvaluator)

  init(
    _ expression: BoundExpression, _ layout: ColumnLayout, _ worker: WorkerContext
  ) throws(QueryError) {
    if case .column(let id, _) = expression {
      guard let position = layout.position(of: id) else {
        throw .internalError("column \(id) is not in the input of its operator")
      }
      self = .column(position)
      return
    }
    self = .evaluator(
      try ExpressionEvaluator(expression, layout: layout, environment: worker.query.evaluation))
  }

  mutating func evaluate(_ batch: borrowing Batch) throws(QueryError) -> Vector {
    switch self {
    case .column(let position): return batch.columns[position]
    case .evaluator(var evaluator):
      let vector = try evaluator.evaluate(batch)
      return vector
    }
  }

  /// Makes all expressions of a list ready.
  static func all(
    _ expressions: [BoundExpression], _ layout: ColumnLayout, _ worker: WorkerContext
  ) throws(QueryError) -> [CompiledExpression] {
    var compiled: [CompiledExpression] = []
    for expression in expressions { compiled.append(try CompiledExpression(expression, layout, worker)) }
    return compiled
  }
}

extension [CompiledExpression] {
  /// Returns the values of all expressions for a batch.
  mutating func evaluate(_ batch: borrowing Batch) throws(QueryError) -> [Vector] {
    var vectors: [Vector] = []
    vectors.reserveCapacity(count)
    for index in indices { vectors.append(try self[index].evaluate(batch)) }
    return vectors
  }
}
