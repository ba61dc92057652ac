internal import Columnar

/// Sort keys as bytes whose order is that of the rows.
///
/// A value has a byte for null or not, then its bytes, highest first and with the sign turned around; of a
/// text a zero byte becomes 00 FF and the end is 00 00; a list or struct has its parts, each behind a byte
/// that tells it from the end and from null, which comes last there. Descending values have all bits turned
/// around. At the end is the row's place in the input, so that no two keys are equal.
struct SortKeyText {
  private let keys: [LogicalPlan.SortKey]
  private let values: [Vector]

  init(_ keys: [LogicalPlan.SortKey], _ values: [Vector]) { (self.keys, self.values) = (keys, values) }

  /// Returns the keys of all rows, and of each the length of what the first `leading` make of it.
  func vectors(_ sequence: [RowNumber], leading: Int) -> (keys: Vector, lengths: [Int32]) {
    var builder = VectorBuilder(.binary)
    var lengths: [Int32] = []
    var text: [UInt8] = []
    for row in sequence.indices {
      text.removeAll(keepingCapacity: true)
      for index in keys.indices {
        if index == leading { lengths.append(Int32(clamping: text.count)) }
        append(index, row, to: &text)
      }
      if leading == keys.count { lengths.append(Int32(clamping: text.count)) }
      append(sequence[row].place, to: &text)
      append(UInt64(sequence[row].row), to: &text)
      builder.append(bytes: text.span)
    }
    return (builder.finish(), lengths)
  }

  private func append(_ value: UInt64, to text: inout [UInt8]) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      text.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  private func append(_ value: Int128, to text: inout [UInt8]) {
    append(UInt64(truncatingIfNeeded: value >> 64) ^ SortKeyText.sign, to: &text)
    append(UInt64(truncatingIfNeeded: value), to: &text)
  }

  private func append(_ value: Int64, to text: inout [UInt8]) {
    append(UInt64(bitPattern: value) ^ SortKeyText.sign, to: &text)
  }

  private func append(_ value: Double, to text: inout [UInt8]) {
    let bits = Kernels.canonicalBits(value)
    append(bits >> 63 == 1 ? ~bits : bits | SortKeyText.sign, to: &text)
  }

  private static let sign: UInt64 = 1 << 63

  private func append(_ index: Int, _ row: Int, to text: inout [UInt8]) {
    let (key, vector) = (keys[index], values[index])
    if vector.isNull(at: row) {
      text.append(key.nullsFirst ? 0 : 2)
      return
    }
    text.append(1)
    let first = text.count
    switch vector.type {
    case .bit: text.append(vector.bits[row] ? 1 : 0)
    case .int32: append(Int64(vector.int32s[row]), to: &text)
    case .int64: append(vector.int64s[row], to: &text)
    case .int128: append(vector.int128s[row], to: &text)
    case .float: append(Double(vector.floats[row]), to: &text)
    case .double: append(vector.doubles[row], to: &text)
    case .interval: append(ScalarOrdering.micros(vector.intervals[row]), to: &text)
    case .string:
      vector.strings[row].withBytes { bytes in
        for index in bytes.indices {
          text.append(bytes[index])
          if bytes[index] == 0 { text.append(0xFF) }
        }
      }
      text.append(0)
      text.append(0)
    case .list, .struct: append(vector.scalar(at: row, as: key.expression.type), to: &text)
    }
    if key.isDescending { for place in first..<text.count { text[place] = ~text[place] } }
  }

  /// Writes a part of a nested value.
  private func append(_ value: ScalarValue, to text: inout [UInt8]) {
    if value.isNull { return text.append(2) }
    text.append(1)
    switch value {
    case .null: break
    case .boolean(let flag): text.append(flag ? 1 : 0)
    case .integer(let number): append(number, to: &text)
    case .decimal(let number): append(number, to: &text)
    case .real(let number): append(Double(number), to: &text)
    case .double(let number): append(number, to: &text)
    case .interval(let length): append(ScalarOrdering.micros(length), to: &text)
    case .bytes(let bytes):
      for byte in bytes {
        text.append(byte)
        if byte == 0 { text.append(0xFF) }
      }
      text += [0, 0]
    case .list(let parts), .struct(let parts): append(parts, to: &text)
    case .map(let keys, let values):
      append(keys, to: &text)
      append(values, to: &text)
    }
  }

  private func append(_ parts: [ScalarValue], to text: inout [UInt8]) {
    for part in parts { append(part, to: &text) }
    text.append(0)
  }
}
