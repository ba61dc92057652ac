extension MutableSpan where Element == UInt64 {
  /// Sets bits `first ..< first + count`, bit 0 being the lowest of the first word.
  mutating func setBits(_ first: Int, count: Int) {
    guard count > 0 else { return }
    precondition(first >= 0 && first + count <= self.count * 64)
    let last = first &+ count &- 1
    let head = UInt64.max &<< UInt64(first & 63)
    let tail = UInt64.max &>> UInt64(63 &- last & 63)
    if first &>> 6 == last &>> 6 {
      self[first &>> 6] |= head & tail
      return
    }
    self[first &>> 6] |= head
    for word in first &>> 6 &+ 1..<last &>> 6 { self[word] = .max }
    self[last &>> 6] |= tail
  }

  /// Copies `count` bits of `bytes` from bit `source` on to where all bits are still zero.
  ///
  /// - Returns: How many of them are set.
  mutating func copyBits(_ bytes: Span<UInt8>, from source: Int, count: Int, to first: Int) -> Int {
    precondition(source >= 0 && count >= 0 && source + count <= bytes.count * 8)
    precondition(first >= 0 && first + count <= self.count * 64)
    var (done, setCount) = (0, 0)
    while done < count {
      let place = (first &+ done) & 63
      let length = Swift.min(64 &- place, count &- done)
      var bits = bytes.bits(at: source &+ done)
      if length < 64 { bits &= (1 &<< UInt64(length)) &- 1 }
      self[(first &+ done) &>> 6] |= bits &<< UInt64(place)
      setCount &+= bits.nonzeroBitCount
      done &+= length
    }
    return setCount
  }
}

extension Span<UInt8> {
  /// The 64 bits from `bit` on; those behind the end are zero.
  @inline(__always) func bits(at bit: Int) -> UInt64 {
    let (byte, shift) = (bit &>> 3, UInt64(bit & 7))
    if byte &+ 9 <= count {
      return word(at: byte) &>> shift | (UInt64(self[byte &+ 8]) &<< 1) &<< (63 &- shift)
    }
    var value: UInt64 = 0
    for index in 0..<Swift.min(8, count &- byte) {
      value |= UInt64(self[byte &+ index]) &<< UInt64(index &* 8)
    }
    value = value &>> shift
    return value
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// Sets elements `first ..< first + count`.
  @inline(__always) mutating func fill(_ first: Int, count: Int, with value: Element) {
    precondition(first >= 0 && count >= 0 && first <= self.count - count)
    unsafe withUnsafeMutableBufferPointer { room in
      // SAFETY: in bounds by the line above.
      guard let start = room.baseAddress else { return }
      unsafe (start + first).update(repeating: value, count: count)
    }
  }
}
