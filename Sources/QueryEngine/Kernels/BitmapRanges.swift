internal import Columnar

extension Kernels {
  /// Returns the rows of a range that `deleted` lacks.
  static func complement(_ deleted: Bitmap, _ rows: Range<Int>) -> Bitmap {
    var builder = BitmapBuilder(count: rows.count)
    var words = builder.words
    let source = deleted.words
    let first = rows.lowerBound
    for word in 0..<(rows.count + 63) / 64 {
      let bit = first + word * 64
      var bits = source[bit >> 6] &>> UInt64(bit & 63)
      if bit & 63 != 0 && (bit >> 6) + 1 < source.count {
        bits |= source[(bit >> 6) + 1] &<< UInt64(64 - bit & 63)
      }
      words[word] = ~bits
    }
    if rows.count & 63 != 0 { words[rows.count / 64] &= (1 &<< UInt64(rows.count & 63)) &- 1 }
    return builder.freeze()
  }

  /// Writes `count` bits (ones if `nil`) to words, from word `first` on.
  static func write(_ bits: Bitmap?, count: Int, to words: inout MutableSpan<UInt64>, at first: Int) {
    let wordCount = (count + 63) / 64
    if let bits {
      let source = bits.words
      for word in 0..<wordCount { words[first &+ word] = source[word] }
    } else {
      for word in 0..<wordCount { words[first &+ word] = .max }
    }
    if count & 63 != 0 { words[first + wordCount - 1] &= (1 &<< UInt64(count & 63)) &- 1 }
  }
}
