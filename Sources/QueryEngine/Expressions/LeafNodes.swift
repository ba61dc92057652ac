internal import Columnar

/// A column of the batch.
final class ColumnNode: ExpressionNode {
  let type: LogicalType
  private let index: Int

  init(index: Int, type: LogicalType) { (self.index, self.type) = (index, type) }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector { frame.columns[index] }
}

/// A value that is the same in all rows.
final class LiteralNode: ExpressionNode {
  let type: LogicalType
  let value: ScalarValue
  private let single: Vector
  /// The constant last put out, for batches of the same length.
  private var last: Vector?

  init(_ value: ScalarValue, _ type: LogicalType) {
    (self.value, self.type) = (value, type)
    single = VectorBuilder.single(value, type)
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    if let last, last.count == frame.rowCount { return last }
    let vector = Vector.constant(single, count: frame.rowCount)
    last = vector
    return vector
  }
}

/// A field of a struct.
final class FieldNode: ExpressionNode {
  let type: LogicalType
  private let operand: any ExpressionNode
  private let index: Int

  init(_ operand: any ExpressionNode, index: Int, type: LogicalType) {
    (self.operand, self.index, self.type) = (operand, index, type)
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    let value = try operand.evaluate(frame)
    if value.isNullConstant { return .nulls(type, count: frame.rowCount) }
    if value.encoding == .constant, let base = value.base {
      return .constant(Self.field(index, of: base.flattened()), count: frame.rowCount)
    }
    return Self.field(index, of: value.flattened())
  }

  /// Returns a field of a flat struct vector, null where the struct is.
  static func field(_ index: Int, of value: Vector) -> Vector {
    let field = value.fields[index]
    guard let validity = value.validity else { return field }
    if field.encoding == .dictionary || field.encoding == .flat {
      return field.withValidity(Bitmap.intersection(field.validity, validity).map { Kernels.trimmed($0) })
    }
    let flat = field.flattened()
    return flat.withValidity(Bitmap.intersection(flat.validity, validity).map { Kernels.trimmed($0) })
  }
}

/// Whether a value is null.
final class IsNullNode: ExpressionNode {
  let type = LogicalType.boolean
  private let operand: any ExpressionNode
  private let isNegated: Bool

  init(_ operand: any ExpressionNode, isNegated: Bool) {
    (self.operand, self.isNegated) = (operand, isNegated)
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    let value = try operand.evaluate(frame)
    guard let valid = value.rowValidity else {
      return .bits(Bitmap(repeating: isNegated, count: frame.rowCount))
    }
    return .bits(isNegated ? Kernels.trimmed(valid) : Kernels.subtracting(nil, valid))
  }
}
