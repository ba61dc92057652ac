import Testing

@testable import FileFormats

/// Packs values from the least significant bit on, one bit at a time.
private func packed(_ values: [UInt64], width: Int) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: (values.count * width + 7) / 8)
  for (index, value) in values.enumerated() {
    for bit in 0..<width where value >> UInt64(bit) & 1 == 1 {
      bytes[(index * width + bit) / 8] |= 1 << UInt8((index * width + bit) % 8)
    }
  }
  return bytes
}

private func pseudoRandom(_ count: Int, width: Int) -> [UInt64] {
  var state = UInt64(width) &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return width == 64 ? state : (state ^ state >> 31) & ((1 << UInt64(width)) - 1)
  }
}

@Suite("Bit unpacking") struct BitUnpackerTests {
  @Test(arguments: 1...64) func everyWidthEqualsTheSlowWay(_ width: Int) {
    for count in [0, 1, 7, 8, 9, 63, 64, 200] {
      let values = pseudoRandom(count, width: width)
      for (front, behind) in [(0, 0), (1, 0), (3, 7), (0, 30)] {
        let bytes =
          [UInt8](repeating: 0xAA, count: front) + packed(values, width: width)
          + [UInt8](repeating: 0x55, count: behind)
        var wide = [UInt64](repeating: 0, count: count)
        var room = wide.mutableSpan
        BitUnpacker.unpack(bytes.span, at: front, width: width, count: count, into: &room, at: 0)
        #expect(wide == values)
        if width <= 32 {
          var narrow = [UInt32](repeating: 0, count: count)
          var room = narrow.mutableSpan
          BitUnpacker.unpack(bytes.span, at: front, width: width, count: count, into: &room, at: 0)
          #expect(narrow == values.map { UInt32(truncatingIfNeeded: $0) })
        }
        if width <= 8 {
          var levels = [UInt8](repeating: 0, count: count)
          var room = levels.mutableSpan
          BitUnpacker.unpack(bytes.span, at: front, width: width, count: count, into: &room, at: 0)
          #expect(levels == values.map { UInt8(truncatingIfNeeded: $0) })
        }
      }
    }
  }
}

@Suite("RLE / bit-packing hybrid") struct RLEBitPackedDecoderTests {
  /// 5 times 3, then 16 packed values, then 100 times 1.
  private static let runs: (bytes: [UInt8], values: [UInt32]) = {
    let group = pseudoRandom(16, width: 2)
    let bytes: [UInt8] = [5 << 1, 3, 2 << 1 | 1] + packed(group, width: 2) + [0xC8, 0x01, 1]
    let values =
      [UInt32](repeating: 3, count: 5) + group.map { UInt32($0) } + [UInt32](repeating: 1, count: 100)
    return (bytes, values)
  }()

  @Test(arguments: [0, 1, 5, 6, 12, 21, 50, 121]) func skippingThenDecodingGivesTheRest(_ skipped: Int) throws
  {
    let (bytes, values) = Self.runs
    var decoder = try RLEBitPackedDecoder(width: 2, position: 0, end: bytes.count)
    var decoded = [UInt32](repeating: 0, count: values.count - skipped)
    let (span, count) = (bytes.span, decoded.count)
    var room = decoded.mutableSpan
    try decoder.skip(span, count: skipped)
    // In two steps, so that the second begins within a group.
    try decoder.decode(span, count: count / 3, into: &room, at: 0)
    try decoder.decode(span, count: count - count / 3, into: &room, at: count / 3)
    #expect(decoded == Array(values[skipped...]))
  }

  @Test func moreValuesThanThereAreThrow() throws {
    let (bytes, values) = Self.runs
    var decoder = try RLEBitPackedDecoder(width: 2, position: 0, end: bytes.count)
    var decoded = [UInt32](repeating: 0, count: values.count + 1)
    var room = decoded.mutableSpan
    #expect(throws: FileFormatError.self) {
      try decoder.decode(bytes.span, count: values.count + 1, into: &room, at: 0)
    }
  }

  @Test func bitsAreSetWhereverTheyBegin() throws {
    let values = pseudoRandom(80, width: 1)
    let bytes: [UInt8] = [10 << 1 | 1] + packed(values, width: 1) + [40 << 1, 1]
    for first in [0, 1, 63, 64, 70] {
      var decoder = try RLEBitPackedDecoder(width: 1, position: 0, end: bytes.count)
      var words = [UInt64](repeating: 0, count: 4)
      let skipped = try decoder.skipBits(bytes.span, count: 3)
      var room = words.mutableSpan
      let count = try decoder.decodeBits(bytes.span, count: 110, into: &room, at: first)
      let wanted = values[3...].map { $0 == 1 } + [Bool](repeating: true, count: 33)
      #expect(skipped == values[..<3].count { $0 == 1 })
      #expect(count == wanted.count { $0 })
      for bit in 0..<256 {
        let isSet = words[bit / 64] >> UInt64(bit % 64) & 1 == 1
        #expect(isSet == (bit >= first && bit < first + 110 && wanted[bit - first]))
      }
    }
  }

  /// The example of the specification: levels 0 to 7 of three bits, packed from the most significant bit.
  @Test func deprecatedLevelsAreReadFromTheTop() throws {
    let bytes: [UInt8] = [0b0000_0101, 0b0011_1001, 0b0111_0111]
    var decoder = LevelDecoder.bitPacked(start: 0, end: 3, width: 3, index: 0)
    var levels = [UInt8](repeating: 0, count: 8)
    var room = levels.mutableSpan
    try decoder.decode(bytes.span, count: 8, into: &room, at: 0)
    #expect(levels == [0, 1, 2, 3, 4, 5, 6, 7])
  }
}

@Suite("Levels, eight at a time") struct LevelBitsTests {
  @Test(arguments: [0, 1, 2, 63, 127]) func countsAndBitsEqualTheSlowWay(_ least: Int) {
    let levels = pseudoRandom(203, width: 7).map { UInt8($0) }
    for entries in [0..<203, 3..<60, 5..<5, 100..<107] {
      let wanted = entries.map { levels[$0] >= UInt8(least) }
      #expect(LevelBits.count(levels.span, entries, atLeast: UInt8(least)) == wanted.count { $0 })
      #expect(
        LevelBits.areAll(levels.span, entries, atMost: UInt8(least))
          == entries.allSatisfy { levels[$0] <= UInt8(least) })
      for first in [0, 5, 60] {
        var words = [UInt64](repeating: 0, count: 5)
        var room = words.mutableSpan
        LevelBits.write(levels.span, entries, atLeast: UInt8(least), into: &room, at: first)
        let bits = wanted.indices.map { words[(first + $0) / 64] >> UInt64((first + $0) % 64) & 1 == 1 }
        #expect(bits == wanted)
      }
    }
  }
}
