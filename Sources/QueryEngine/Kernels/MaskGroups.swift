internal import Columnar

extension Kernels {
  /// Gives the rows that `mask` lacks to group 0.
  static func clearUnselected(_ groups: inout [UInt32], _ mask: Bitmap) {
    let words = mask.words
    let count = groups.count
    precondition(mask.count == count)
    var room = groups.mutableSpan
    for word in 0..<(count + 63) / 64 {
      let bits = words[word]
      let first = word &* 64
      let end = min(first &+ 64, count)
      if bits == .max { continue }
      if bits == 0 {
        for row in first..<end { room[row] = 0 }
        continue
      }
      for row in first..<end {
        let bit = UInt32(truncatingIfNeeded: bits &>> UInt64(truncatingIfNeeded: row & 63)) & 1
        room[row] &= 0 &- bit
      }
    }
  }

  /// Calls `body` with each row set in `mask` (all rows below `count` if `nil`).
  @inline(__always)
  static func forEachRow<Failure: Error>(
    _ mask: Bitmap?, count: Int, _ body: (Int) throws(Failure) -> Void
  ) throws(Failure) {
    guard let mask else {
      for row in 0..<count { try body(row) }
      return
    }
    try forEachBit(mask, flip: 0, count: count, body)
  }

  /// Calls `body` with each row below `count` that is not set in `mask`.
  @inline(__always)
  static func forEachRow<Failure: Error>(
    outside mask: Bitmap, count: Int, _ body: (Int) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachBit(mask, flip: .max, count: count, body)
  }

  @inline(__always)
  private static func forEachBit<Failure: Error>(
    _ mask: Bitmap, flip: UInt64, count: Int, _ body: (Int) throws(Failure) -> Void
  ) throws(Failure) {
    let words = mask.words
    for word in words.indices {
      var bits = words[word] ^ flip
      if word == count / 64 { bits &= (1 &<< UInt64(truncatingIfNeeded: count & 63)) &- 1 }
      if bits == .max {
        for row in word &* 64..<word &* 64 &+ 64 { try body(row) }
        continue
      }
      while bits != 0 {
        try body(word &* 64 &+ bits.trailingZeroBitCount)
        bits &= bits &- 1
      }
    }
  }
}

extension Vector {
  /// The rows that hold a value, nulls of the dictionary counted too; `nil` when all do.
  var rowValidity: Bitmap? {
    guard hasNullEntries, let entries = base?.validity else { return validity }
    let codes = codes
    var builder = BitmapBuilder(count: count)
    var words = builder.words
    let entryWords = entries.words
    for row in codes.indices {
      let code = Int(codes[row])
      let bit = entryWords[code &>> 6] &>> UInt64(truncatingIfNeeded: code & 63) & 1
      words[row &>> 6] |= bit &<< UInt64(truncatingIfNeeded: row & 63)
    }
    return Bitmap.intersection(builder.freeze(), validity)
  }
}
