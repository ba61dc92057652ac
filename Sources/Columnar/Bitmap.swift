/// One bit per row, in 64-bit words; bits past `count` are zero.
public struct Bitmap: Sendable {
  @usableFromInline let storage: Buffer
  @usableFromInline let firstWord: Int
  /// Rows.
  public let count: Int

  /// Makes a bitmap over the first `count` bits of `storage`, whose bits past `count` are zero.
  @inlinable public init(_ storage: Buffer, count: Int) { self.init(storage, firstWord: 0, count: count) }

  @usableFromInline init(_ storage: Buffer, firstWord: Int, count: Int) {
    precondition(firstWord >= 0 && count >= 0 && (firstWord + (count + 63) / 64) * 8 <= storage.byteCount)
    (self.storage, self.firstWord, self.count) = (storage, firstWord, count)
  }

  /// Makes a bitmap of `count` equal bits.
  public init(repeating bit: Bool, count: Int) {
    let wordCount = (count + 63) / 64
    var buffer = WritableBuffer(zeroedByteCount: wordCount * 8)
    if bit {
      var words = buffer.elements(as: UInt64.self, count: wordCount)
      for word in 0..<wordCount { words[word] = .max }
      if count & 63 != 0 { words[wordCount - 1] = (1 &<< UInt64(count & 63)) &- 1 }
    }
    self.init(buffer.freeze(), count: count)
  }

  /// Makes a bitmap of the given bits.
  public init(_ bits: [Bool]) {
    let wordCount = (bits.count + 63) / 64
    var buffer = WritableBuffer(zeroedByteCount: wordCount * 8)
    var words = buffer.elements(as: UInt64.self, count: wordCount)
    for row in bits.indices where bits[row] { words[row >> 6] |= 1 &<< UInt64(row & 63) }
    self.init(buffer.freeze(), count: bits.count)
  }

  /// Returns rows `first ..< first + count` without copying; `first` is a multiple of 64.
  ///
  /// A slice that ends within a word still shows that word's later bits: mask them, as the kernels do.
  @inlinable public func slice(from first: Int, count: Int) -> Bitmap {
    precondition(first >= 0 && first & 63 == 0 && count >= 0 && first + count <= self.count)
    return Bitmap(storage, firstWord: firstWord + first / 64, count: count)
  }

  /// The words, row 0 in the lowest bit of the first.
  @inlinable public var words: Span<UInt64> {
    // SAFETY: in bounds by `init`; the storage is live as long as `self`.
    let first = unsafe UnsafeRawPointer(storage.start).assumingMemoryBound(to: UInt64.self) + firstWord
    let span = unsafe Span(_unsafeStart: first, count: (count + 63) / 64)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The bit of a row.
  @inlinable public subscript(row: Int) -> Bool {
    precondition(row >= 0 && row < count)
    return words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 == 1
  }

  /// How many bits are set.
  public var setCount: Int {
    let words = words
    var total = 0
    for word in 0..<count / 64 { total &+= words[word].nonzeroBitCount }
    if count & 63 != 0 {
      total &+= (words[count / 64] & ((1 &<< UInt64(count & 63)) &- 1)).nonzeroBitCount
    }
    return total
  }

  /// Whether all bits are set.
  public var isAllSet: Bool { setCount == count }

  /// Returns the bits set in both; `nil` stands for a bitmap whose bits are all set.
  public static func intersection(_ left: Bitmap?, _ right: Bitmap?) -> Bitmap? {
    guard let left else { return right }
    guard let right else { return left }
    precondition(left.count == right.count)
    let wordCount = (left.count + 63) / 64
    var buffer = WritableBuffer(byteCount: wordCount * 8)
    var room = buffer.elements(as: UInt64.self, count: wordCount)
    let (leftWords, rightWords) = (left.words, right.words)
    for word in 0..<wordCount { room[word] = leftWords[word] & rightWords[word] }
    if left.count & 63 != 0 { room[wordCount - 1] &= (1 &<< UInt64(left.count & 63)) &- 1 }
    return Bitmap(buffer.freeze(), count: left.count)
  }
}

/// A bitmap that is still being written.
public struct BitmapBuilder: ~Copyable {
  @usableFromInline var buffer: WritableBuffer
  /// Rows.
  public let count: Int

  /// Makes a bitmap of `count` zero bits.
  public init(count: Int) {
    self.count = count
    buffer = WritableBuffer(zeroedByteCount: (count + 63) / 64 * 8)
  }

  /// The words, row 0 in the lowest bit of the first; bits past `count` must stay zero.
  @inlinable public var words: MutableSpan<UInt64> {
    @_lifetime(&self)
    mutating get { buffer.elements(as: UInt64.self, count: (count + 63) / 64) }
  }

  /// Sets the bit of a row.
  @inlinable public mutating func insert(_ row: Int) {
    precondition(row >= 0 && row < count)
    var words = words
    words[row &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: row & 63)
  }

  /// Ends the writing.
  @inlinable public consuming func freeze() -> Bitmap {
    let count = count
    return Bitmap(buffer.freeze(), count: count)
  }
}
