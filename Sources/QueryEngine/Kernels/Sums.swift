internal import Columnar

extension Kernels {
  /// 10 to the 38th.
  static let powerOfTen38: Int128 = (0..<38).reduce(Int128(1)) { power, _ in power * 10 }

  /// Returns the sum of `value` over the rows set in `mask` (all if `nil`), modulo what `Total` holds.
  ///
  /// Of most rows it is that of all, less that of the others: rows in sequence are added several at a time.
  @inline(__always)
  static func total<Total: FixedWidthInteger>(
    of mask: Bitmap?, count: Int, _ value: (Int) -> Total
  ) -> Total {
    var total: Total = 0
    if let mask, mask.setCount < count / 2 {
      forEachRow(mask, count: count) { row in total &+= value(row) }
      return total
    }
    for row in 0..<count { total &+= value(row) }
    if let mask { forEachRow(outside: mask, count: count) { row in total &-= value(row) } }
    return total
  }

  /// Returns the sum of the values set in `mask` (all if `nil`), which fits `Total`.
  @inline(__always)
  static func sum<Value: ColumnValue & FixedWidthInteger, Total: FixedWidthInteger>(
    _ values: Span<Value>, _ mask: Bitmap?, as _: Total.Type
  ) -> Total {
    if Value.bitWidth == 64 && Total.bitWidth == 128 {
      // High and low halves apart: 2^31 rows of either fit 64 bits.
      let high = total(of: mask, count: values.count) { row in
        Int64(truncatingIfNeeded: values[row]) &>> 32
      }
      let low = total(of: mask, count: values.count) { row in
        Int64(truncatingIfNeeded: values[row]) & 0xFFFF_FFFF
      }
      return Total(truncatingIfNeeded: Int128(high) &* 0x1_0000_0000 &+ Int128(low))
    }
    return total(of: mask, count: values.count) { row in Total(truncatingIfNeeded: values[row]) }
  }

  /// Returns the sum of the numbers set in `mask` (all if `nil`).
  @inline(__always)
  static func sum<Value: ColumnValue & BinaryFloatingPoint>(_ values: Span<Value>, _ mask: Bitmap?) -> Double
  {
    // Four running totals, so that one addition need not wait for the one before.
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    guard let mask else {
      for quad in 0..<values.count / 4 {
        a += Double(values[quad &* 4])
        b += Double(values[quad &* 4 &+ 1])
        c += Double(values[quad &* 4 &+ 2])
        d += Double(values[quad &* 4 &+ 3])
      }
      for row in values.count / 4 * 4..<values.count { a += Double(values[row]) }
      return (a + b) + (c + d)
    }
    let words = mask.words
    for word in words.indices {
      var bits = words[word]
      let first = word &* 64
      if first &+ 64 > values.count { bits &= lastWordMask(values.count) }
      if bits.nonzeroBitCount < 16 || first &+ 64 > values.count {
        while bits != 0 {
          a += Double(values[first &+ bits.trailingZeroBitCount])
          bits &= bits &- 1
        }
        continue
      }
      // Of rows that do not count 0 is added: that takes no branch.
      let row = values.extracting(first..<first &+ 64)
      for quad in 0..<16 {
        let four = bits &>> UInt64(truncatingIfNeeded: quad &* 4)
        a += kept(Double(row[quad &* 4]), by: four)
        b += kept(Double(row[quad &* 4 &+ 1]), by: four &>> 1)
        c += kept(Double(row[quad &* 4 &+ 2]), by: four &>> 2)
        d += kept(Double(row[quad &* 4 &+ 3]), by: four &>> 3)
      }
    }
    return (a + b) + (c + d)
  }

  /// Returns the value if the lowest bit is set, else 0.
  @inline(__always) private static func kept(_ value: Double, by bits: UInt64) -> Double {
    Double(bitPattern: value.bitPattern & (0 &- (bits & 1)))
  }
}
