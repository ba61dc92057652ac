/// The hybrid of runs and bit-packed groups that levels and dictionary codes are stored in
/// (Encodings.md, "Run Length Encoding / Bit-Packing Hybrid").
enum RunLengthEncoder {
  /// Returns the bits that the largest of some values needs.
  static func bitWidth(of largest: Int) -> Int {
    largest <= 0 ? 0 : Int.bitWidth - largest.leadingZeroBitCount
  }

  /// Appends the values, without length and width before them.
  static func append<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ values: Span<Value>, bitWidth: Int, to bytes: inout [UInt8]
  ) {
    let count = values.count
    var row = 0
    // Values from here to `row` are not written yet; their number is made a multiple of 8 before a run.
    var firstLiteral = 0
    while row < count {
      let value = values[row]
      var end = row &+ 1
      while end < count && values[end] == value { end &+= 1 }
      let fill = (8 &- (row &- firstLiteral) & 7) & 7
      if end &- row &- fill >= 8 {
        row &+= fill
        appendLiterals(values.extracting(firstLiteral..<row), bitWidth: bitWidth, to: &bytes)
        appendRun(of: UInt64(value), count: end &- row, bitWidth: bitWidth, to: &bytes)
        firstLiteral = end
      }
      row = end
    }
    appendLiterals(values.extracting(firstLiteral..<count), bitWidth: bitWidth, to: &bytes)
  }

  /// Appends `count` equal values.
  static func appendRun(of value: UInt64, count: Int, bitWidth: Int, to bytes: inout [UInt8]) {
    guard count > 0 else { return }
    bytes.appendVarint(UInt64(count) &<< 1)
    for index in 0..<(bitWidth + 7) / 8 {
      bytes.append(UInt8(truncatingIfNeeded: value &>> UInt64(8 * index)))
    }
  }

  private static func appendLiterals<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ values: Span<Value>, bitWidth: Int, to bytes: inout [UInt8]
  ) {
    guard values.count > 0 else { return }
    let groupCount = (values.count + 7) / 8
    bytes.appendVarint(UInt64(groupCount) &<< 1 | 1)
    BitPacker.append(values, bitWidth: bitWidth, byteCount: groupCount * bitWidth, to: &bytes)
  }
}

/// Packs values of a few bits, the first in the lowest bits.
enum BitPacker {
  /// Appends `byteCount` bytes that begin with the values' lowest `bitWidth` bits.
  static func append<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ values: Span<Value>, bitWidth: Int, byteCount: Int, to bytes: inout [UInt8]
  ) {
    guard bitWidth > 0 else { return }
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: byteCount + 8))
    do {
      var room = bytes.mutableSpan
      var (pending, pendingBits, offset): (UInt64, UInt64, Int) = (0, 0, start)
      let width = UInt64(truncatingIfNeeded: bitWidth)
      for row in values.indices {
        let value = UInt64(truncatingIfNeeded: values[row])
        pending |= value &<< pendingBits
        pendingBits &+= width
        if pendingBits >= 64 {
          room.store(pending.littleEndian, at: offset)
          offset &+= 8
          pendingBits &-= 64
          // Shifted by 64 when nothing is left over: that must give 0.
          pending = pendingBits == 0 ? 0 : value &>> (width &- pendingBits)
        }
      }
      room.store(pending.littleEndian, at: offset)
    }
    bytes.removeLast(8)
  }
}

extension [UInt8] {
  /// Appends an unsigned LEB128 number.
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends a signed number as LEB128, the sign in the lowest bit.
  mutating func appendZigZag(_ value: Int64) {
    appendVarint(UInt64(bitPattern: value &<< 1) ^ UInt64(bitPattern: value &>> 63))
  }

  /// Appends four bytes, the lowest first.
  mutating func appendLittleEndian(_ value: UInt32) {
    for shift in [UInt32(0), 8, 16, 24] { append(UInt8(truncatingIfNeeded: value &>> shift)) }
  }
}
