internal import Columnar

extension Kernels {
  /// The bits of the last word of a bitmap of `count` rows, or all ones if it is full.
  @inline(__always) static func lastWordMask(_ count: Int) -> UInt64 {
    count & 63 == 0 ? .max : (1 &<< UInt64(truncatingIfNeeded: count & 63)) &- 1
  }

  /// Makes a bitmap word by word; bits past `count` are cut off.
  @inline(__always) static func bitmap(count: Int, _ word: (Int) -> UInt64) -> Bitmap {
    let wordCount = (count + 63) / 64
    var builder = BitmapBuilder(count: count)
    var room = builder.words
    for index in 0..<wordCount { room[index] = word(index) }
    if wordCount > 0 { room[wordCount - 1] &= lastWordMask(count) }
    return builder.freeze()
  }

  static func and(_ left: Bitmap, _ right: Bitmap) -> Bitmap {
    precondition(left.count == right.count)
    let (a, b) = (left.words, right.words)
    return bitmap(count: left.count) { a[$0] & b[$0] }
  }

  static func or(_ left: Bitmap, _ right: Bitmap) -> Bitmap {
    precondition(left.count == right.count)
    let (a, b) = (left.words, right.words)
    return bitmap(count: left.count) { a[$0] | b[$0] }
  }

  /// Returns the bits of `left` that are not in `right`; `nil` stands for all bits.
  static func subtracting(_ left: Bitmap?, _ right: Bitmap) -> Bitmap {
    let b = right.words
    guard let left else { return bitmap(count: right.count) { ~b[$0] } }
    precondition(left.count == right.count)
    let a = left.words
    return bitmap(count: left.count) { a[$0] & ~b[$0] }
  }

  /// Returns the bits of both, `nil` standing for all, as a bitmap of `count`.
  static func and(_ left: Bitmap?, _ right: Bitmap?, count: Int) -> Bitmap {
    if let both = Bitmap.intersection(left, right) { return trimmed(both) }
    return Bitmap(repeating: true, count: count)
  }

  /// Returns the bitmap with zero bits past its end, as a slice may not have.
  static func trimmed(_ bitmap: Bitmap) -> Bitmap {
    guard bitmap.count & 63 != 0 else { return bitmap }
    let words = bitmap.words
    if words[words.count - 1] & ~lastWordMask(bitmap.count) == 0 { return bitmap }
    return Kernels.bitmap(count: bitmap.count) { words[$0] }
  }

  /// Whether no bit is set.
  static func isEmpty(_ bitmap: Bitmap) -> Bool {
    let words = bitmap.words
    guard words.count > 0 else { return true }
    for index in 0..<words.count - 1 where words[index] != 0 { return false }
    return words[words.count - 1] & lastWordMask(bitmap.count) == 0
  }

  /// Returns the active rows in which a boolean vector is `wanted`.
  static func rows(of vector: Vector, where wanted: Bool, active: Bitmap?) -> Bitmap {
    let count = vector.count
    if vector.encoding == .constant {
      let value = vector.base.map { !$0.isNull(at: 0) && $0.flattened().bits[0] == wanted } ?? false
      if vector.isNullConstant || !value { return Bitmap(repeating: false, count: count) }
      return active.map { trimmed($0) } ?? Bitmap(repeating: true, count: count)
    }
    // An expression of the null type has no bits: it is null in all rows.
    if vector.type != .bit { return Bitmap(repeating: false, count: count) }
    let flat = vector.flattened()
    let bits = flat.bits
    let words = bits.words
    let flip: UInt64 = wanted ? 0 : .max
    let valid = flat.validity
    switch (valid, active) {
    case (nil, nil): return bitmap(count: count) { words[$0] ^ flip }
    case (let mask?, nil), (nil, let mask?):
      let mask = mask.words
      return bitmap(count: count) { (words[$0] ^ flip) & mask[$0] }
    case (let valid?, let active?):
      let a = valid.words
      let b = active.words
      return bitmap(count: count) { (words[$0] ^ flip) & a[$0] & b[$0] }
    }
  }
}

/// Walks over the set bits of a bitmap, or over all rows.
struct ActiveRows {
  private let bitmap: Bitmap?
  private let count: Int
  private var word = -1
  private var bits: UInt64 = 0
  private var next = 0

  init(_ bitmap: Bitmap?, count: Int) {
    (self.bitmap, self.count) = (bitmap, count)
  }

  /// The next row, ascending.
  @inline(__always) mutating func row() -> Int? {
    guard let bitmap else {
      guard next < count else { return nil }
      next &+= 1
      return next &- 1
    }
    while bits == 0 {
      word &+= 1
      let words = bitmap.words
      guard word < words.count else { return nil }
      bits = words[word]
      if word == count &>> 6 { bits &= Kernels.lastWordMask(count) }
    }
    let row = word &* 64 &+ bits.trailingZeroBitCount
    bits &= bits &- 1
    return row
  }
}
