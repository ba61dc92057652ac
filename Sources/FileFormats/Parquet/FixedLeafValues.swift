internal import Columnar

/// The values of a leaf column of one flat type, or its codes while all pages are dictionary-encoded.
struct FixedLeafValues<Value: StoredValue>: LeafValues, ~Copyable {
  private let shape: LeafShape
  private var slotCount = 0

  private var codes = WritableBuffer(byteCount: 0)
  private var values = WritableBuffer(byteCount: 0)
  private var mode = Mode.empty
  private var pages: [Buffer] = []
  private var dictionary: LeafDictionary?

  private enum Mode { case empty, dictionary, flat }

  init(_ shape: LeafShape) { self.shape = shape }

  mutating func reserve(slotCount: Int) { self.slotCount = slotCount }

  mutating func setDictionary(_ dictionary: LeafDictionary) throws(FileFormatError) {
    self.dictionary = dictionary
  }

  /// Decodes the entries of a dictionary page.
  static func decodeDictionary(_ section: ValueSection, _ shape: LeafShape) throws(FileFormatError) -> Vector
  {
    let count = section.valueCount
    try shape.check(count, plainIn: section.range.count)
    var buffer = WritableBuffer(byteCount: count * MemoryLayout<Value>.stride)
    var room = buffer.elements(as: Value.self, count: count)
    var pages: [Buffer] = []
    try Value.decode(section, shape, skipping: 0, count: count, into: &room, at: 0, keeping: &pages)
    return .flat(buffer.freeze(), of: Value.self, count: count, pages: pages)
  }

  mutating func append(
    _ section: ValueSection, skipping skipped: Int, validCount: Int, slots: Range<Int>,
    validity: Span<UInt64>
  ) throws(FileFormatError) {
    guard validCount > 0 else { return appendUnwanted(slots: slots) }
    let isDictionary = section.encoding == .rleDictionary || section.encoding == .plainDictionary
    if isDictionary && mode != .flat {
      useCodes()
      try appendCodes(section, skipping: skipped, validCount: validCount, slots: slots, validity: validity)
      return
    }
    useValues(before: slots.lowerBound)
    let (capacity, start) = (slotCount, slots.upperBound - validCount)
    // Taken out while it is written; after an error nobody asks for it.
    var values = Self.exchange(&self.values)
    var target = values.elements(as: Value.self, count: capacity)
    if isDictionary {
      guard let dictionary = dictionary?.entries else { throw Self.noDictionary }
      var codes = WritableBuffer(byteCount: validCount * 4)
      var room = codes.elements(as: UInt32.self, count: validCount)
      try Self.decodeCodes(
        section, skipping: skipped, count: validCount, into: &room, at: 0, entryCount: dictionary.count)
      Self.gather(dictionary, room.span, count: validCount, into: &target, at: start)
    } else {
      try Value.decode(
        section, shape, skipping: skipped, count: validCount, into: &target, at: start, keeping: &pages)
    }
    Value.expandNulls(
      &target, at: slots.lowerBound, count: slots.count, validCount: validCount, validity: validity,
      from: slots.lowerBound)
    swap(&values, &self.values)
  }

  mutating func appendUnwanted(slots: Range<Int>) {
    if mode == .empty {
      if dictionary != nil { useCodes() } else { useValues(before: slots.lowerBound) }
    }
    let capacity = slotCount
    if mode == .dictionary {
      var room = codes.elements(as: UInt32.self, count: capacity)
      room.fill(slots.lowerBound, count: slots.count, with: 0)
    } else {
      var room = values.elements(as: Value.self, count: capacity)
      Value.clearRows(&room, rows: slots)
    }
  }

  mutating func finish(slotCount: Int, validity: Bitmap?) throws(FileFormatError) -> Vector {
    if mode == .dictionary, let dictionary {
      let codes = Self.exchange(&codes).freeze()
      return .dictionary(codes, count: slotCount, of: try dictionary.values(), validity: validity)
    }
    if mode == .empty { values = WritableBuffer(zeroedByteCount: slotCount * MemoryLayout<Value>.stride) }
    let values = Self.exchange(&values).freeze()
    let flat = Vector.flat(values, of: Value.self, count: slotCount, validity: validity, pages: pages)
    return try shape.conversion.convert(flat)
  }

  private static func exchange(_ buffer: inout WritableBuffer) -> WritableBuffer {
    var other = WritableBuffer(byteCount: 0)
    swap(&other, &buffer)
    return other
  }

  private static var noDictionary: FileFormatError {
    .damagedEncoding("a page of dictionary codes without a dictionary")
  }

  private mutating func useCodes() {
    guard mode == .empty else { return }
    codes = WritableBuffer(byteCount: slotCount * 4)
    mode = .dictionary
  }

  /// Turns codes so far into values: a chunk whose writer gave its dictionary up.
  private mutating func useValues(before end: Int) {
    guard mode != .flat else { return }
    let capacity = slotCount
    values = WritableBuffer(byteCount: capacity * MemoryLayout<Value>.stride)
    if let dictionary = dictionary?.entries {
      pages += dictionary.stringPages
      if mode == .dictionary {
        var codes = Self.exchange(&codes)
        var values = Self.exchange(&self.values)
        let room = codes.elements(as: UInt32.self, count: capacity)
        var target = values.elements(as: Value.self, count: capacity)
        Self.gather(dictionary, room.span, count: end, into: &target, at: 0)
        swap(&values, &self.values)
      }
    }
    mode = .flat
  }

  private mutating func appendCodes(
    _ section: ValueSection, skipping skipped: Int, validCount: Int, slots: Range<Int>,
    validity: Span<UInt64>
  ) throws(FileFormatError) {
    guard let entryCount = dictionary?.entries.count else { throw Self.noDictionary }
    let capacity = slotCount
    var room = codes.elements(as: UInt32.self, count: capacity)
    try Self.decodeCodes(
      section, skipping: skipped, count: validCount, into: &room, at: slots.upperBound - validCount,
      entryCount: entryCount)
    NullExpansion.spread(
      &room, at: slots.lowerBound, count: slots.count, validCount: validCount, validity: validity,
      from: slots.lowerBound)
  }

  /// Decodes codes and compares the largest with the dictionary.
  private static func decodeCodes(
    _ section: ValueSection, skipping skipped: Int, count: Int, into codes: inout MutableSpan<UInt32>,
    at first: Int, entryCount: Int
  ) throws(FileFormatError) {
    let buffer = section.buffer
    let bytes = buffer.bytes
    guard !section.range.isEmpty else { throw .damagedEncoding("a page of codes without a bit width") }
    var decoder = try RLEBitPackedDecoder(
      width: Int(bytes[section.range.lowerBound]), position: section.range.lowerBound + 1,
      end: section.range.upperBound)
    try decoder.skip(bytes, count: skipped)
    try decoder.decode(bytes, count: count, into: &codes, at: first)
    // Codes that cannot name a missing entry need no look.
    if decoder.width < 32 && entryCount >= 1 << decoder.width { return }
    var largest: UInt32 = 0
    for row in first..<first + count { largest = max(largest, codes[row]) }
    guard Int(largest) < entryCount else {
      throw .damagedEncoding("code \(largest) of a dictionary of \(entryCount) entries")
    }
  }

  private static func gather(
    _ dictionary: Vector, _ codes: Span<UInt32>, count: Int, into target: inout MutableSpan<Value>,
    at first: Int
  ) {
    guard dictionary.count > 0 else {
      Value.clearRows(&target, rows: first..<first + count)
      return
    }
    let entries = dictionary.values(as: Value.self)
    Value.gatherEntries(entries, codes, count: count, into: &target, at: first)
  }
}
