/// Moves values that stand side by side to the rows that have one.
enum NullExpansion {
  /// Spreads the last `validCount` of `count` elements over the rows whose bit is set.
  ///
  /// The values are decoded to the end of their rows' room, so that reading stays ahead of writing and no
  /// second buffer is needed. A row without a value gets its successor's, or the last one's: a safe value.
  ///
  /// - Parameters:
  ///   - values: Rows `first ..< first + count`; the values in the last `validCount` of them.
  ///   - first: The first row.
  ///   - count: Rows.
  ///   - validCount: Rows with a value.
  ///   - validity: The bits; that of row `first` is bit `firstBit`.
  ///   - firstBit: See `validity`.
  static func spread<Value: BitwiseCopyable>(
    _ values: inout MutableSpan<Value>, at first: Int, count: Int, validCount: Int,
    validity: Span<UInt64>, from firstBit: Int
  ) {
    precondition(first >= 0 && validCount >= 0 && validCount <= count && first + count <= values.count)
    guard validCount < count && validCount > 0 else { return }
    precondition(firstBit >= 0 && firstBit + count <= validity.count * 64)
    unsafe values.withUnsafeMutableBufferPointer { room in
      guard let start = room.baseAddress else { return }
      // SAFETY: rows are in bounds by the first line; `next` stays below `count` by `min`.
      let rows = unsafe start + first
      var next = count - validCount
      var row = 0
      while row < count && next > row {
        let length = min(64, count &- row)
        var bits = validity.bits(at: firstBit &+ row)
        if length == 64 && bits == .max {
          unsafe (rows + row).update(from: rows + next, count: 64)
          next &+= 64
        } else if bits == 0 || next >= count {
          let filler = unsafe rows[min(next, count &- 1)]
          unsafe (rows + row).update(repeating: filler, count: length)
        } else {
          for index in row..<row &+ length {
            unsafe rows[index] = rows[min(next, count &- 1)]
            next &+= Int(truncatingIfNeeded: bits & 1)
            bits &>>= 1
          }
        }
        row &+= length
      }
    }
  }
}

extension Span<UInt64> {
  /// The 64 bits from `bit` on; those behind the end are zero.
  @inline(__always) func bits(at bit: Int) -> UInt64 {
    let (word, shift) = (bit &>> 6, UInt64(bit & 63))
    let low = self[word] &>> shift
    guard shift != 0 && word &+ 1 < count else { return low }
    return low | self[word &+ 1] &<< (64 &- shift)
  }
}
