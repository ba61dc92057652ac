internal import Columnar

/// `operand IN (literals…)`.
final class InListNode: ExpressionNode {
  let type = LogicalType.boolean
  private let operand: any ExpressionNode
  private let isNegated: Bool
  private let hasNull: Bool
  private let values: ValueSet
  private var entries: (base: Vector, table: [UInt8])?

  /// The literals, without nulls and in a form that suits their number.
  private enum ValueSet {
    case int32s([Int32])
    case int64s([Int64])
    case integers(Set<Int64>)
    case strings(StringSet)
    case scalars(Set<ScalarValue>, LogicalType)
  }

  /// Makes the node for literals of the operand's type.
  init(_ operand: any ExpressionNode, _ literals: [ScalarValue], isNegated: Bool) {
    (self.operand, self.isNegated) = (operand, isNegated)
    let known = literals.filter { !$0.isNull }
    hasNull = known.count < literals.count
    let integers = known.compactMap { value -> Int64? in
      switch value {
      case .integer(let value): value
      case .decimal(let value): Int64(exactly: value)
      default: nil
      }
    }
    switch operand.type.physicalType {
    case .int32 where known.count <= 8: values = .int32s(integers.map { Int32(truncatingIfNeeded: $0) })
    case .int64 where known.count <= 8: values = .int64s(integers)
    case .int32, .int64: values = .integers(Set(integers))
    case .string:
      var builder = VectorBuilder(operand.type)
      for value in known { builder.append(value) }
      values = .strings(StringSet(builder.finish()))
    default: values = .scalars(Set(known), operand.type)
    }
  }

  func evaluate(_ frame: EvaluationFrame) throws(QueryError) -> Vector {
    let value = try operand.evaluate(frame)
    if value.isNullConstant { return .nulls(.boolean, count: frame.rowCount) }
    var validity = value.rowValidity
    var found = hits(value, rows: frame.rowCount)
    if hasNull {
      // Unequal to all values may still be equal to the null.
      validity = Bitmap.intersection(validity, found)
    }
    if isNegated { found = Kernels.subtracting(nil, found) }
    return .bits(found, validity: validity.map { Kernels.trimmed($0) })
  }

  private func hits(_ value: Vector, rows: Int) -> Bitmap {
    switch value.encoding {
    case .flat: return hits(flat: value)
    case .constant:
      guard let base = value.base else { return Bitmap(repeating: false, count: rows) }
      return Bitmap(repeating: hits(flat: base.flattened())[0], count: rows)
    case .dictionary:
      guard let base = value.base, base.count > 0 else { return Bitmap(repeating: false, count: rows) }
      if let entries, entries.base.hasSameRows(as: base) {
        return Kernels.lookUp(value.codes, in: entries.table)
      }
      guard base.count <= max(64, rows * 16) else { return hits(flat: value.flattened()) }
      let bits = hits(flat: base.flattened())
      let table = (0..<base.count).map { bits[$0] ? UInt8(1) : 0 }
      entries = (base, table)
      return Kernels.lookUp(value.codes, in: table)
    }
  }

  private func hits(flat value: Vector) -> Bitmap {
    switch values {
    case .int32s(let list):
      let wanted = list.span
      return Kernels.mask(value.int32s, false) { row in
        var hit = false
        for index in wanted.indices { hit = hit || wanted[index] == row }
        return hit
      }
    case .int64s(let list):
      let wanted = list.span
      return Kernels.mask(value.int64s, false) { row in
        var hit = false
        for index in wanted.indices { hit = hit || wanted[index] == row }
        return hit
      }
    case .integers(let set):
      if value.type == .int32 { return Kernels.mask(value.int32s, false) { set.contains(Int64($0)) } }
      return Kernels.mask(value.int64s, false) { set.contains($0) }
    case .strings(let set): return Kernels.mask(value.strings, false) { set.contains($0) }
    case .scalars(let set, let type):
      return Bitmap((0..<value.count).map { set.contains(value.scalar(at: $0, as: type)) })
    }
  }
}

/// A fixed set of strings, by open addressing.
struct StringSet {
  private let values: Vector
  /// One more than the number of a value, 0 for a free slot; a power of two of them, at most half full.
  private let slots: [UInt32]
  private let mask: Int

  /// Makes the set of a flat vector's strings.
  init(_ values: Vector) {
    self.values = values
    var capacity = 16
    while capacity < values.count * 2 { capacity *= 2 }
    mask = capacity - 1
    var slots = [UInt32](repeating: 0, count: capacity)
    let strings = values.strings
    for index in strings.indices {
      var slot = Int(truncatingIfNeeded: strings[index].hash()) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(index) + 1
    }
    self.slots = slots
  }

  func contains(_ string: StringView) -> Bool {
    let strings = values.strings
    var slot = Int(truncatingIfNeeded: string.hash()) & mask
    while slots[slot] != 0 {
      if strings[Int(slots[slot]) - 1] == string { return true }
      slot = (slot + 1) & mask
    }
    return false
  }
}
