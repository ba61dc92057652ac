internal import Columnar

/// CASE: a branch is evaluated only for the rows that come to it.
final class CaseNode: ExpressionNode {
  let type: LogicalType
  private let branches: [(condition: any ExpressionNode, result: any ExpressionNode)]
  private let otherwise: (any ExpressionNode)?

  init(
    _ branches: [(condition: any ExpressionNode, result: any ExpressionNode)],
    otherwise: (any ExpressionNode)?, type: LogicalType
  ) {
    (self.branches, self.otherwise, self.type) = (branches, otherwise, type)
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    var parts: [VectorMerge.Part] = []
    var open = frame.active
    var isDone = false
    for branch in branches {
      let taken = try branch.condition.rows(where: true, in: frame.narrowed(to: open))
      if Kernels.isEmpty(taken) { continue }
      parts.append(.init(rows: taken, values: try branch.result.evaluate(frame.narrowed(to: taken))))
      let rest = Kernels.subtracting(open, taken)
      open = rest
      if Kernels.isEmpty(rest) {
        isDone = true
        break
      }
    }
    if let otherwise, !isDone {
      let rest = open.map { Kernels.trimmed($0) } ?? Bitmap(repeating: true, count: frame.rowCount)
      if !Kernels.isEmpty(rest) {
        parts.append(.init(rows: rest, values: try otherwise.evaluate(frame.narrowed(to: open))))
      }
    }
    return VectorMerge.merge(parts, type: type, count: frame.rowCount)
  }
}

/// COALESCE: an operand is evaluated only for the rows in which those before it are null.
final class CoalesceNode: ExpressionNode {
  let type: LogicalType
  private let operands: [any ExpressionNode]

  init(_ operands: [any ExpressionNode], type: LogicalType) {
    (self.operands, self.type) = (operands, type)
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    var parts: [VectorMerge.Part] = []
    var open = frame.active
    for operand in operands {
      let value = try operand.evaluate(frame.narrowed(to: open))
      guard let valid = value.rowValidity else {
        let rest = open.map { Kernels.trimmed($0) } ?? Bitmap(repeating: true, count: frame.rowCount)
        if parts.isEmpty { return value }
        parts.append(.init(rows: rest, values: value))
        break
      }
      let taken = Kernels.and(valid, open, count: frame.rowCount)
      parts.append(.init(rows: taken, values: value))
      let rest = Kernels.subtracting(open, valid)
      if Kernels.isEmpty(rest) { break }
      open = rest
    }
    return VectorMerge.merge(parts, type: type, count: frame.rowCount)
  }
}

/// NULLIF: the first operand, null where it equals the second.
final class NullIfNode: ExpressionNode {
  let type: LogicalType
  private let operand: any ExpressionNode
  private let other: any ExpressionNode

  init(_ operand: any ExpressionNode, _ other: any ExpressionNode) {
    (self.operand, self.other, type) = (operand, other, operand.type)
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    let value = try operand.evaluate(frame)
    let unwanted = try other.evaluate(frame)
    if value.isNullConstant || unwanted.isNullConstant { return value }
    let known = Bitmap.intersection(value.rowValidity, unwanted.rowValidity)
    let equal = VectorComparison.compare(.equal, value, unwanted, type)
    let same = Kernels.and(equal, known, count: frame.rowCount)
    if Kernels.isEmpty(same) { return value }
    let flat = value.encoding == .constant ? value.flattened() : value
    let kept = Kernels.subtracting(nil, same)
    return flat.withValidity(Bitmap.intersection(flat.validity, kept).map { Kernels.trimmed($0) })
  }
}

/// `try(x)`: null in the rows whose evaluation raises a data error (class 22).
final class TryNode: ExpressionNode {
  let type: LogicalType
  private let operand: any ExpressionNode

  init(_ operand: any ExpressionNode) { (self.operand, type) = (operand, operand.type) }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    do {
      return try operand.evaluate(frame)
    } catch {
      guard error.sqlState.isDataError else { throw error }
      let all = frame.active.map { Kernels.trimmed($0) } ?? Bitmap(repeating: true, count: frame.rowCount)
      var parts: [VectorMerge.Part] = []
      try collect(all, frame, into: &parts)
      return VectorMerge.merge(parts, type: type, count: frame.rowCount)
    }
  }

  /// Evaluates ever smaller sets of rows until those that raise errors stand alone.
  private func collect(
    _ rows: Bitmap, _ frame: EvaluationFrame, into parts: inout [VectorMerge.Part]
  ) throws(QueryError) {
    let count = rows.setCount
    guard count > 0 else { return }
    do {
      parts.append(.init(rows: rows, values: try operand.evaluate(frame.narrowed(to: rows))))
    } catch {
      guard error.sqlState.isDataError else { throw error }
      guard count > 1 else { return }
      let indices = Selection(rows, count: count).indices()
      var first = BitmapBuilder(count: frame.rowCount)
      for index in indices[..<(count / 2)] { first.insert(Int(index)) }
      let half = first.freeze()
      try collect(half, frame, into: &parts)
      try collect(Kernels.subtracting(rows, half), frame, into: &parts)
    }
  }
}

extension SQLState {
  /// Whether the code is of class 22: the value of some row is no good.
  var isDataError: Bool { rawValue.hasPrefix("22") }
}
