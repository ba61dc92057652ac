internal import Columnar

/// Puts a column together from parts of others, as CASE does.
enum VectorMerge {
  /// The rows that take their value from a vector.
  struct Part {
    let rows: Bitmap
    let values: Vector
  }

  /// Returns a vector whose rows are those of the parts; a row in no part is null.
  ///
  /// - Parameters:
  ///   - parts: Disjoint sets of rows with vectors of `count` rows.
  ///   - type: The type of all vectors.
  ///   - count: Rows.
  /// - Returns: A vector of `count` rows.
  static func merge(_ parts: [Part], type: LogicalType, count: Int) -> Vector {
    let used = parts.filter { !$0.values.isNullConstant && !Kernels.isEmpty($0.rows) }
    if used.isEmpty { return .nulls(type, count: count) }
    if used.count == 1, used[0].rows.isAllSet { return used[0].values }
    switch type.physicalType {
    case .int32: return flat(Int32.self, used, count)
    case .int64: return flat(Int64.self, used, count)
    case .int128: return flat(Int128.self, used, count)
    case .float: return flat(Float.self, used, count)
    case .double: return flat(Double.self, used, count)
    case .interval: return flat(Interval.self, used, count)
    case .string:
      if used.allSatisfy({ $0.values.encoding == .constant }) { return dictionary(used, type, count) }
      return flat(StringView.self, used, count)
    case .bit: return bits(used, count)
    case .list, .struct: return nested(used, type, count)
    }
  }

  /// The rows that are not null: those of a part whose value is.
  private static func validity(_ parts: [Part], _ count: Int) -> Bitmap? {
    var valid = Bitmap(repeating: false, count: count)
    for part in parts {
      let rows = part.values.rowValidity.map { Kernels.and($0, part.rows) } ?? part.rows
      valid = Kernels.or(valid, rows)
    }
    return valid.isAllSet ? nil : valid
  }

  private static func flat<Value: ColumnValue>(_: Value.Type, _ parts: [Part], _ count: Int) -> Vector {
    var buffer = WritableBuffer(zeroedByteCount: count * MemoryLayout<Value>.stride)
    var pages: [Buffer] = []
    do {
      var room = buffer.elements(as: Value.self, count: count)
      for part in parts {
        let operand = RowOperand(part.values)
        let values = operand.vector.values(as: Value.self)
        let words = part.rows.words
        for word in words.indices {
          var bits = words[word]
          if word == count / 64 { bits &= Kernels.lastWordMask(count) }
          if bits == .max, operand.mask != 0 {
            for row in word &* 64..<word &* 64 &+ 64 { room[row] = values[row] }
            continue
          }
          while bits != 0 {
            let row = word &* 64 &+ bits.trailingZeroBitCount
            room[row] = values[row & operand.mask]
            bits &= bits &- 1
          }
        }
        if Value.physicalType == .string { pages += operand.vector.stringPages }
      }
    }
    return .flat(
      buffer.freeze(), of: Value.self, count: count, validity: validity(parts, count), pages: pages)
  }

  private static func dictionary(_ parts: [Part], _ type: LogicalType, _ count: Int) -> Vector {
    var entries = VectorBuilder(type)
    var buffer = WritableBuffer(zeroedByteCount: count * 4)
    do {
      var codes = buffer.elements(as: UInt32.self, count: count)
      for (index, part) in parts.enumerated() {
        entries.append(part.values.scalar(at: 0, as: type))
        if index == 0 { continue }
        var rows = ActiveRows(part.rows, count: count)
        while let row = rows.row() { codes[row] = UInt32(index) }
      }
    }
    return .dictionary(
      buffer.freeze(), count: count, of: entries.finish(), validity: validity(parts, count))
  }

  private static func bits(_ parts: [Part], _ count: Int) -> Vector {
    var result = Bitmap(repeating: false, count: count)
    for part in parts {
      result = Kernels.or(result, Kernels.rows(of: part.values, where: true, active: part.rows))
    }
    return .bits(result, validity: validity(parts, count))
  }

  private static func nested(_ parts: [Part], _ type: LogicalType, _ count: Int) -> Vector {
    var builder = VectorBuilder(type)
    for row in 0..<count {
      if let part = parts.first(where: { $0.rows[row] }) {
        builder.append(part.values.scalar(at: row, as: type))
      } else {
        builder.appendNull()
      }
    }
    return builder.finish()
  }
}
