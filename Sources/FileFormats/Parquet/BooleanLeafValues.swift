internal import Columnar

/// The values of a leaf column of booleans, one bit each.
struct BooleanLeafValues: LeafValues, ~Copyable {
  private var bits = WritableBuffer(byteCount: 0)
  private var wordCount = 0

  mutating func reserve(slotCount: Int) {
    wordCount = (slotCount + 63) / 64
    bits = WritableBuffer(zeroedByteCount: wordCount * 8)
  }

  mutating func setDictionary(_ dictionary: LeafDictionary) throws(FileFormatError) {
    throw .damagedEncoding("a dictionary of booleans")
  }

  mutating func append(
    _ section: ValueSection, skipping skipped: Int, validCount: Int, slots: Range<Int>,
    validity: Span<UInt64>
  ) throws(FileFormatError) {
    guard validCount > 0 else { return }
    // Taken out while it is written; after an error nobody asks for it.
    var bits = WritableBuffer(byteCount: 0)
    swap(&bits, &self.bits)
    let wordCount = wordCount
    var words = bits.elements(as: UInt64.self, count: wordCount)
    if validCount == slots.count {
      try decode(section, skipping: skipped, count: validCount, into: &words, at: slots.lowerBound)
      swap(&bits, &self.bits)
      return
    }
    var dense = [UInt64](repeating: 0, count: (validCount + 63) / 64)
    var room = dense.mutableSpan
    try decode(section, skipping: skipped, count: validCount, into: &room, at: 0)
    let values = room.span
    var (next, slot) = (0, slots.lowerBound)
    while slot < slots.upperBound {
      let length = min(64 - slot & 63, slots.upperBound - slot)
      let ones = length == 64 ? UInt64.max : (1 &<< UInt64(length)) &- 1
      var rows = validity[slot &>> 6] & ones &<< UInt64(slot & 63)
      let rowCount = rows.nonzeroBitCount
      var source = next < validCount ? values.bits(at: next) : 0
      var word: UInt64 = 0
      // The lowest row left takes the lowest bit left, without a branch on it.
      while rows != 0 {
        let lowest = rows & (0 &- rows)
        word |= lowest & (0 &- (source & 1))
        source &>>= 1
        rows ^= lowest
      }
      words[slot &>> 6] |= word
      next &+= rowCount
      slot &+= length
    }
    swap(&bits, &self.bits)
  }

  mutating func appendUnwanted(slots: Range<Int>) {}

  mutating func finish(slotCount: Int, validity: Bitmap?) throws(FileFormatError) -> Vector {
    var buffer = WritableBuffer(byteCount: 0)
    swap(&buffer, &bits)
    return .bits(Bitmap(buffer.freeze(), count: slotCount), validity: validity)
  }

  private func decode(
    _ section: ValueSection, skipping skipped: Int, count: Int, into words: inout MutableSpan<UInt64>,
    at first: Int
  ) throws(FileFormatError) {
    let bytes = section.buffer.bytes
    let range = section.range
    switch section.encoding {
    case .plain:
      guard skipped + count <= range.count * 8 else {
        throw .damagedEncoding("\(range.count) bytes for \(skipped + count) booleans")
      }
      _ = words.copyBits(bytes, from: range.lowerBound * 8 + skipped, count: count, to: first)
    case .rle:
      guard range.count >= 4 else { throw .damagedEncoding("run-length booleans without a length") }
      let length = Int(bytes.half(at: range.lowerBound))
      guard length <= range.count - 4 else { throw .damagedEncoding("run-length booleans are cut short") }
      let start = range.lowerBound + 4
      var decoder = try RLEBitPackedDecoder(width: 1, position: start, end: start + length)
      try decoder.skip(bytes, count: skipped)
      _ = try decoder.decodeBits(bytes, count: count, into: &words, at: first)
    default:
      throw .unsupported("encoding \(section.encoding) of booleans")
    }
  }
}
