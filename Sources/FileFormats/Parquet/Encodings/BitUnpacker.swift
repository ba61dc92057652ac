/// Values of one bit width, packed from the least significant bit of the first byte on (Parquet,
/// "Encodings", RLE / bit-packing hybrid).
///
/// ```
/// width 3, values 0 … 7:   byte 0     byte 1     byte 2
///                          10001000   11000110   11111010
/// ```
/// Eight values take `width` bytes. A group is unpacked from one, two, four or eight unaligned 64-bit
/// loads, whichever reaches all its bits, without a branch inside.
enum BitUnpacker {
  /// Unpacks `count` values of `width` bits that begin at byte `offset` of `bytes`.
  ///
  /// - Precondition: `width` is in 1...32 and the bytes hold the values.
  static func unpack(
    _ bytes: Span<UInt8>, at offset: Int, width: Int, count: Int,
    into values: inout MutableSpan<UInt32>, at first: Int
  ) {
    precondition(width >= 1 && width <= 32 && offset >= 0 && count >= 0 && first >= 0)
    precondition(first + count <= values.count && offset + (count * width + 7) / 8 <= bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      unsafe values.withUnsafeMutableBufferPointer { room in
        guard let source = source.baseAddress, let room = room.baseAddress, count > 0 else {
          return
        }
        // SAFETY: the lines above checked both ends; whole groups are unpacked in place while 8 bytes past
        // the group can be read, the others from a padded copy.
        unsafe unpack(source + offset, readable: bytes.count - offset, width, count, into: room + first)
      }
    }
  }

  /// Unpacks `count` values of `width` bits, 1...64, that begin at byte `offset` of `bytes`.
  static func unpack(
    _ bytes: Span<UInt8>, at offset: Int, width: Int, count: Int,
    into values: inout MutableSpan<UInt64>, at first: Int
  ) {
    precondition(width >= 1 && width <= 64 && offset >= 0 && count >= 0 && first >= 0)
    precondition(first + count <= values.count && offset + (count * width + 7) / 8 <= bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      unsafe values.withUnsafeMutableBufferPointer { room in
        guard let source = source.baseAddress, let room = room.baseAddress, count > 0 else {
          return
        }
        // SAFETY: as above.
        unsafe unpack64(source + offset, readable: bytes.count - offset, width, count, into: room + first)
      }
    }
  }

  /// Unpacks `count` values of `width` bits, 1...8, that begin at byte `offset` of `bytes`.
  static func unpack(
    _ bytes: Span<UInt8>, at offset: Int, width: Int, count: Int,
    into values: inout MutableSpan<UInt8>, at first: Int
  ) {
    precondition(width >= 1 && width <= 8 && offset >= 0 && count >= 0 && first >= 0)
    precondition(first + count <= values.count && offset + (count * width + 7) / 8 <= bytes.count)
    let mask = SIMD8<UInt64>(repeating: (1 &<< UInt64(width)) &- 1)
    let shifts = SIMD8<UInt64>(0, 1, 2, 3, 4, 5, 6, 7) &* UInt64(width)
    let groups = max(0, min(count / 8, (bytes.count - offset - 8) / width))
    unsafe values.withUnsafeMutableBytes { room in
      for group in 0..<groups {
        let word = SIMD8<UInt64>(repeating: bytes.word(at: offset &+ group &* width))
        let levels = SIMD8<UInt8>(truncatingIfNeeded: (word &>> shifts) & mask)
        // SAFETY: the precondition checked the room; the store checks its bounds besides.
        unsafe room.storeBytes(of: levels, toByteOffset: first &+ group &* 8, as: SIMD8<UInt8>.self)
      }
    }
    var index = groups * 8
    while index < count {
      values[first &+ index] = UInt8(truncatingIfNeeded: value(bytes, at: offset, width: width, index: index))
      index &+= 1
    }
  }

  /// Returns one value of `width` bits, 1...64.
  static func value(_ bytes: Span<UInt8>, at offset: Int, width: Int, index: Int) -> UInt64 {
    let bit = index &* width
    var (value, filled) = (UInt64(0), 0)
    var position = offset &+ bit &>> 3
    var skipped = bit & 7
    while filled < width {
      value |= (UInt64(bytes[position]) &>> UInt64(skipped)) &<< UInt64(filled)
      filled &+= 8 &- skipped
      skipped = 0
      position &+= 1
    }
    return width == 64 ? value : value & ((1 &<< UInt64(width)) &- 1)
  }

  private static func unpack(
    _ source: UnsafeRawPointer, readable: Int, _ width: Int, _ count: Int,
    into room: UnsafeMutablePointer<UInt32>
  ) {
    let groups = max(0, min(count / 8, (readable - 8) / width))
    if width <= 28 {
      let target = UnsafeMutableRawPointer(room)
      unsafe unpackGroups(source, width, groups) { group, values in
        let narrow = SIMD8<UInt32>(truncatingIfNeeded: values)
        unsafe target.storeBytes(of: narrow, toByteOffset: group &* 32, as: SIMD8<UInt32>.self)
      }
    } else {
      let mask = UInt64((1 &<< UInt64(width)) &- 1)
      for index in 0..<groups &* 8 {
        let bit = index &* width
        let word = unsafe source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
        unsafe room[index] = UInt32(truncatingIfNeeded: (word &>> UInt64(bit & 7)) & mask)
      }
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: source, count: readable)
    let span = unsafe bytes.assumingMemoryBound(to: UInt8.self).span
    for index in groups * 8..<count {
      unsafe room[index] = UInt32(truncatingIfNeeded: value(span, at: 0, width: width, index: index))
    }
  }

  private static func unpack64(
    _ source: UnsafeRawPointer, readable: Int, _ width: Int, _ count: Int,
    into room: UnsafeMutablePointer<UInt64>
  ) {
    // The last value of a group may need the byte after its word, hence 9.
    let groups = max(0, min(count / 8, (readable - 9) / width))
    let mask = width == 64 ? UInt64.max : (1 &<< UInt64(width)) &- 1
    switch width {
    case 1...28:
      let target = UnsafeMutableRawPointer(room)
      unsafe unpackGroups(source, width, groups) { group, values in
        unsafe target.storeBytes(of: values, toByteOffset: group &* 64, as: SIMD8<UInt64>.self)
      }
    case 29...57:
      for index in 0..<groups &* 8 {
        let bit = index &* width
        let word = unsafe source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
        unsafe room[index] = (word &>> UInt64(bit & 7)) & mask
      }
    default:
      for index in 0..<groups &* 8 {
        let bit = index &* width
        let word = unsafe source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
        let next = UInt64(unsafe source.load(fromByteOffset: bit &>> 3 &+ 8, as: UInt8.self))
        let shift = UInt64(bit & 7)
        unsafe room[index] = (word &>> shift | (next &<< 1) &<< (63 &- shift)) & mask
      }
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: source, count: readable)
    let span = unsafe bytes.assumingMemoryBound(to: UInt8.self).span
    for index in groups * 8..<count { unsafe room[index] = value(span, at: 0, width: width, index: index) }
  }

  /// Unpacks groups of eight values of at most 28 bits.
  ///
  /// Eight values of 8 bits come from one word; four of 16 bits from a word that begins in the low or high
  /// half of a byte (or at a byte, when they fill it); two of 28 bits from a word that begins anywhere in a
  /// byte.
  @inline(__always) private static func unpackGroups(
    _ source: UnsafeRawPointer, _ width: Int, _ groups: Int, _ store: (Int, SIMD8<UInt64>) -> Void
  ) {
    let mask = SIMD8<UInt64>(repeating: (1 &<< UInt64(width)) &- 1)
    let step = UInt64(width)
    switch width {
    case 1...8:
      let shifts = SIMD8<UInt64>(0, 1, 2, 3, 4, 5, 6, 7) &* step
      for group in 0..<groups {
        let word = unsafe source.loadUnaligned(fromByteOffset: group &* width, as: UInt64.self)
        store(group, (SIMD8(repeating: word) &>> shifts) & mask)
      }
    case 9...16:
      let lows = SIMD4<UInt64>(0, 1, 2, 3) &* step
      let shifts = SIMD8<UInt64>(lowHalf: lows, highHalf: lows &+ (step &* 4 & 7))
      for group in 0..<groups {
        let start = unsafe source + group &* width
        let low = unsafe start.loadUnaligned(as: UInt64.self)
        let high = unsafe start.loadUnaligned(fromByteOffset: width &>> 1, as: UInt64.self)
        let words = SIMD8(lowHalf: SIMD4(repeating: low), highHalf: SIMD4(repeating: high))
        store(group, (words &>> shifts) & mask)
      }
    default:
      let (second, third, fourth) = (width &* 2, width &* 4, width &* 6)
      var shifts = SIMD8<UInt64>(0, 1, 0, 1, 0, 1, 0, 1) &* step
      let (a, b, c) = (UInt64(second & 7), UInt64(third & 7), UInt64(fourth & 7))
      shifts &+= SIMD8(0, 0, a, a, b, b, c, c)
      for group in 0..<groups {
        let start = unsafe source + group &* width
        let first = unsafe start.loadUnaligned(as: UInt64.self)
        let a = unsafe start.loadUnaligned(fromByteOffset: second &>> 3, as: UInt64.self)
        let b = unsafe start.loadUnaligned(fromByteOffset: third &>> 3, as: UInt64.self)
        let c = unsafe start.loadUnaligned(fromByteOffset: fourth &>> 3, as: UInt64.self)
        store(group, (SIMD8(first, first, a, a, b, b, c, c) &>> shifts) & mask)
      }
    }
  }
}

extension Span<UInt8> {
  /// The 32 bits at byte `offset`, little-endian; checked.
  @inline(__always) func half(at offset: Int) -> UInt32 {
    // SAFETY: the load checks its bounds, and every pattern is an integer.
    unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The 64 bits at byte `offset`, little-endian; checked.
  @inline(__always) func word(at offset: Int) -> UInt64 {
    // SAFETY: as above.
    unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
