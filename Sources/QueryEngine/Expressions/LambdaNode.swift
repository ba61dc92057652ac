internal import Columnar

/// The body of a lambda, evaluated over the elements of many rows at once.
final class LambdaNode {
  /// The types of the parameters.
  let parameterTypes: [LogicalType]
  /// The type of the body.
  let type: LogicalType
  private let body: any ExpressionNode
  /// The columns of the outer batch that the body uses, in the order behind the parameters.
  private let captured: [Int]

  init(parameterTypes: [LogicalType], body: any ExpressionNode, captured: [Int]) {
    (self.parameterTypes, self.body, self.captured) = (parameterTypes, body, captured)
    type = body.type
  }

  /// Returns the body's value for each element.
  ///
  /// `parameters` have one row per element; `rows` says for each to which row of the outer batch it belongs.
  func evaluate(
    _ parameters: [Vector], rows: [UInt32], in frame: EvaluationFrame
  ) throws(QueryError) -> Vector {
    var columns = Array(parameters.prefix(parameterTypes.count))
    for column in captured { columns.append(frame.columns[column].taking(rows.span)) }
    return try body.evaluate(
      EvaluationFrame(columns: columns, rowCount: rows.count, active: nil, context: frame.context))
  }
}
