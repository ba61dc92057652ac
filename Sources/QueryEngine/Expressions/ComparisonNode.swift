internal import Columnar

/// Compares two values of one type.
final class ComparisonNode: ExpressionNode {
  let type = LogicalType.boolean
  private let comparison: ComparisonOperator
  private let left: any ExpressionNode
  private let right: any ExpressionNode
  private let operandType: LogicalType
  private var entries: EntryCache?

  init(_ comparison: ComparisonOperator, _ left: any ExpressionNode, _ right: any ExpressionNode) {
    // A constant stands to the right.
    if left is LiteralNode, !(right is LiteralNode) {
      (self.comparison, self.left, self.right) = (comparison.mirrored, right, left)
    } else {
      (self.comparison, self.left, self.right) = (comparison, left, right)
    }
    operandType = left.type
  }

  /// The answers for the entries of a dictionary compared with a constant.
  private struct EntryCache {
    let base: Vector
    let constant: Vector
    /// 1 for the entries that meet the comparison, 0 for others and for null.
    let table: [UInt8]
    let hitCount: Int
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    let a = try left.evaluate(frame)
    let b = try right.evaluate(frame)
    if comparison == .isDistinctFrom || comparison == .isNotDistinctFrom { return distinct(a, b) }
    if a.isNullConstant || b.isNullConstant { return .nulls(.boolean, count: frame.rowCount) }
    if a.encoding == .dictionary, b.encoding == .constant, let base = a.base {
      if base.count == 0 { return .nulls(.boolean, count: frame.rowCount) }
      if let bits = lookUp(a, base, b, rows: frame.rowCount) {
        return .bits(bits, validity: a.rowValidity.map { Kernels.trimmed($0) })
      }
    }
    if a.encoding == .constant && b.encoding == .constant {
      let bits = VectorComparison.compare(
        comparison, .constant(a.base ?? a, count: 1), .constant(b.base ?? b, count: 1), operandType)
      return .constant(.bits(bits), count: frame.rowCount)
    }
    let validity = Bitmap.intersection(a.rowValidity, b.rowValidity)
    let bits = VectorComparison.compare(comparison, a, b, operandType)
    return .bits(bits, validity: validity.map { Kernels.trimmed($0) })
  }

  /// Compares each dictionary entry once, if that pays.
  private func lookUp(_ codes: Vector, _ base: Vector, _ constant: Vector, rows: Int) -> Bitmap? {
    if entries?.base.hasSameRows(as: base) != true || entries?.constant.hasSameValue(as: constant) != true {
      guard base.count <= max(64, rows * 16) else { return nil }
      let bits = VectorComparison.compare(
        comparison, base, .constant(constant.base ?? constant, count: base.count), operandType)
      let flags = (0..<base.count).map { bits[$0] && !base.isNull(at: $0) ? UInt8(1) : 0 }
      entries = EntryCache(
        base: base, constant: constant, table: flags, hitCount: flags.reduce(0) { $0 + Int($1) })
    }
    guard let entries else { return nil }
    if entries.hitCount == 0 { return Bitmap(repeating: false, count: codes.count) }
    if entries.hitCount == entries.table.count { return Bitmap(repeating: true, count: codes.count) }
    return Kernels.lookUp(codes.codes, in: entries.table)
  }

  /// IS [NOT] DISTINCT FROM: two nulls are the same, a null and a value are not.
  private func distinct(_ a: Vector, _ b: Vector) -> Vector {
    let count = a.count
    let validA = a.rowValidity
    let validB = b.rowValidity
    var same: Bitmap
    if a.isNullConstant || b.isNullConstant {
      same = Bitmap(repeating: false, count: count)
    } else {
      same = VectorComparison.compare(.equal, a, b, operandType)
    }
    if validA != nil || validB != nil {
      let all = Bitmap(repeating: true, count: count)
      let (knownA, knownB) = (validA ?? all, validB ?? all)
      let bothKnown = Kernels.and(knownA, knownB)
      let eitherKnown = Kernels.or(knownA, knownB)
      same = Kernels.or(Kernels.and(same, bothKnown), Kernels.subtracting(nil, eitherKnown))
    }
    return .bits(comparison == .isDistinctFrom ? Kernels.subtracting(nil, same) : Kernels.trimmed(same))
  }
}
