internal import Columnar

/// Three-valued AND: operands to the right are evaluated only for rows that those to the left left open.
final class AndNode: ExpressionNode {
  let type = LogicalType.boolean
  private let operands: [any ExpressionNode]

  init(_ operands: [any ExpressionNode]) { self.operands = operands }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    try LogicNode.combine(operands, deciding: false, frame)
  }

  func rows(where wanted: Bool, in frame: EvaluationFrame) throws(QueryError) -> Bitmap {
    wanted
      ? try LogicNode.intersect(operands, where: true, frame)
      : try LogicNode.unite(operands, where: false, frame)
  }
}

/// Three-valued OR: operands to the right are evaluated only for rows that those to the left left open.
final class OrNode: ExpressionNode {
  let type = LogicalType.boolean
  private let operands: [any ExpressionNode]

  init(_ operands: [any ExpressionNode]) { self.operands = operands }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    try LogicNode.combine(operands, deciding: true, frame)
  }

  func rows(where wanted: Bool, in frame: EvaluationFrame) throws(QueryError) -> Bitmap {
    wanted
      ? try LogicNode.unite(operands, where: true, frame)
      : try LogicNode.intersect(operands, where: false, frame)
  }
}

/// Three-valued NOT.
final class NotNode: ExpressionNode {
  let type = LogicalType.boolean
  private let operand: any ExpressionNode

  init(_ operand: any ExpressionNode) { self.operand = operand }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    let value = try operand.evaluate(frame)
    if value.isNullConstant { return value }
    let flat = value.flattened()
    return .bits(Kernels.subtracting(nil, flat.bits), validity: flat.validity.map { Kernels.trimmed($0) })
  }

  func rows(where wanted: Bool, in frame: EvaluationFrame) throws(QueryError) -> Bitmap {
    try operand.rows(where: !wanted, in: frame)
  }
}

/// What AND and OR share: each is the other with true and false exchanged.
enum LogicNode {
  /// Returns the active rows in which all operands are `wanted`.
  static func intersect(
    _ operands: [any ExpressionNode], where wanted: Bool, _ frame: EvaluationFrame
  ) throws(QueryError) -> Bitmap {
    var rows = frame.active.map { Kernels.trimmed($0) } ?? Bitmap(repeating: true, count: frame.rowCount)
    var isNarrowed = false
    for operand in operands {
      rows = try operand.rows(where: wanted, in: isNarrowed ? frame.narrowed(to: rows) : frame)
      isNarrowed = true
      if Kernels.isEmpty(rows) { break }
    }
    return rows
  }

  /// Returns the active rows in which some operand is `wanted`.
  static func unite(
    _ operands: [any ExpressionNode], where wanted: Bool, _ frame: EvaluationFrame
  ) throws(QueryError) -> Bitmap {
    var rows = Bitmap(repeating: false, count: frame.rowCount)
    var open = frame.active
    for (index, operand) in operands.enumerated() {
      let found = try operand.rows(where: wanted, in: frame.narrowed(to: open))
      rows = index == 0 ? found : Kernels.or(rows, found)
      if index == operands.count - 1 { break }
      let rest = Kernels.subtracting(open, found)
      if Kernels.isEmpty(rest) { break }
      open = rest
    }
    return rows
  }

  /// Combines operands to true, false or null; one that is `deciding` settles its row.
  static func combine(
    _ operands: [any ExpressionNode], deciding: Bool, _ frame: EvaluationFrame
  ) throws(QueryError) -> Vector {
    let count = frame.rowCount
    var decided = Bitmap(repeating: false, count: count)
    var unknown = Bitmap(repeating: false, count: count)
    var open = frame.active
    for operand in operands {
      let value = try operand.evaluate(frame.narrowed(to: open))
      let found = Kernels.rows(of: value, where: deciding, active: open)
      decided = Kernels.or(decided, found)
      if let valid = value.rowValidity {
        unknown = Kernels.or(unknown, Kernels.subtracting(open, valid))
      }
      open = Kernels.subtracting(open, found)
      if let open, Kernels.isEmpty(open) { break }
    }
    let nulls = Kernels.subtracting(unknown, decided)
    let bits = deciding ? decided : Kernels.subtracting(nil, decided)
    return .bits(bits, validity: Kernels.isEmpty(nulls) ? nil : Kernels.subtracting(nil, nulls))
  }
}
