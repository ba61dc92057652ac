internal import Columnar

/// Collects the texts, bytes, UUIDs or fixed-length values of one leaf.
struct ByteArrayStage: ValueStage {
  /// Bytes of each value; `nil` when they differ and are stored with their lengths.
  private let fixedLength: Int?
  private let isText: Bool
  private let name: String
  private let options: ParquetWriteOptions
  private let wantsHashes: Bool

  private var usesDictionary: Bool
  private var dictionary = ByteArrayDictionary()
  private var codeMap = CodeMap()
  private var stamps = PageStamps()
  /// Codes of the page, when it has a dictionary.
  private var codes: [UInt32] = []
  /// The page's values in the plain encoding, when it has none, and room for more.
  private var bytes: [UInt8] = []
  /// How many of the bytes are values.
  private var stagedByteCount = 0
  /// Bounds of the page's values, when it has no dictionary.
  private var staged: (min: [UInt8], max: [UInt8])?
  private(set) var valueCount = 0

  private var codedPageCount = 0
  private var plainPageCount = 0
  /// Column chunks to write without trying a dictionary, since the last one did not pay.
  private var chunksWithoutDictionary = 0
  private var hashes: [UInt64] = []
  private var pageBounds: [StagedChunk.Bounds?] = []
  private var chunkBounds: (min: [UInt8], max: [UInt8])?
  private var allBounds: (min: [UInt8], max: [UInt8])?
  private var chunkByteCount = 0

  init(leaf: ParquetLeaf, options: ParquetWriteOptions, wantsHashes: Bool) {
    fixedLength = leaf.physicalType == .fixedLengthByteArray ? leaf.typeLength : nil
    isText = leaf.annotation == .string
    name = leaf.path.joined(separator: ".")
    (self.options, self.wantsHashes) = (options, wantsHashes)
    usesDictionary = options.usesDictionaries
  }

  var pageByteCount: Int {
    usesDictionary
      ? valueCount * RunLengthEncoder.bitWidth(of: dictionary.entries.count) / 8
      : stagedByteCount
  }
  var dictionaryByteCount: Int {
    dictionary.byteCount + (fixedLength == nil ? dictionary.entries.count * 4 : 0)
  }
  var isPageComplete: Bool {
    usesDictionary && valueCount > 0 && dictionaryByteCount > options.dictionaryByteCount
  }
  var nanCount: Int? { nil }

  func byteCount(of vector: Vector, _ rows: Range<Int>) -> Int {
    if let fixedLength { return rows.count * fixedLength }
    guard let base = vector.encoding == .flat ? vector : vector.base else { return 0 }
    let flat = base.flattened()
    let views = flat.strings
    var total = 0
    switch vector.encoding {
    case .flat: for row in rows { total &+= views[row].byteCount }
    case .constant: total = rows.count * views[0].byteCount
    case .dictionary:
      guard !usesDictionary else { return 0 }
      let codes = vector.codes
      for row in rows { total &+= views[Int(codes[row])].byteCount }
    }
    return total
  }

  // MARK: Appending

  mutating func append(_ vector: Vector, _ rows: Range<Int>) throws(FileFormatError) {
    guard !rows.isEmpty else { return }
    switch vector.encoding {
    case .flat:
      let all = vector.strings
      try appendFlat(all.extracting(rows))
    case .constant:
      guard let base = vector.base?.flattened() else { return }
      let views = base.strings
      try check(views)
      if usesDictionary {
        let code = dictionary.code(of: views[0])
        let start = makeRoom(for: rows.count)
        for row in start..<valueCount { codes[row] = code }
      } else {
        let repeated = [StringView](repeating: views[0], count: rows.count)
        stage(repeated.span)
      }
    case .dictionary:
      guard let base = vector.base else { return }
      let flat = base.flattened()
      let entries = flat.strings
      let all = vector.codes
      try appendCoded(all.extracting(rows), base, entries)
    }
  }

  private mutating func makeRoom(for count: Int) -> Int {
    let start = valueCount
    valueCount += count
    if codes.count < valueCount {
      codes.append(contentsOf: repeatElement(0, count: max(valueCount - codes.count, codes.count)))
    }
    return start
  }

  private mutating func appendFlat(_ views: Span<StringView>) throws(FileFormatError) {
    try check(views)
    guard usesDictionary else {
      stage(views)
      return
    }
    let start = makeRoom(for: views.count)
    // Taken out meanwhile: a span of a property keeps all of `self` borrowed.
    var taken: [UInt32] = []
    swap(&taken, &codes)
    var room = taken.mutableSpan
    dictionary.encode(views, into: &room, from: start)
    swap(&taken, &codes)
  }

  private mutating func appendCoded(
    _ source: Span<UInt32>, _ base: Vector, _ entries: Span<StringView>
  ) throws(FileFormatError) {
    guard usesDictionary else {
      let views = source.indices.map { entries[Int(source[$0])] }
      try appendFlat(views.span)
      return
    }
    codeMap.select(base)
    let start = makeRoom(for: source.count)
    for row in source.indices {
      let entry = Int(source[row])
      if codeMap.codes[entry] == CodeMap.unknown {
        try check(entries.extracting(entry..<entry + 1))
        codeMap.codes[entry] = dictionary.code(of: entries[entry])
      }
    }
    var taken: [UInt32] = []
    swap(&taken, &codes)
    var room = taken.mutableSpan
    let map = codeMap.codes
    let known = map.span
    for row in source.indices { room[start &+ row] = known[Int(source[row])] }
    swap(&taken, &codes)
  }

  /// Throws unless the lengths are those that the type allows.
  private func check(_ views: Span<StringView>) throws(FileFormatError) {
    guard let fixedLength else { return }
    for row in views.indices where views[row].byteCount != fixedLength {
      throw .unsupported(
        "a value of \(views[row].byteCount) bytes in the column \"\(name)\", whose values have \(fixedLength)"
      )
    }
  }

  /// Appends values to a page without dictionary.
  private mutating func stage(_ views: Span<StringView>) {
    guard views.count > 0 else { return }
    valueCount += views.count
    var total = 0
    for row in views.indices { total &+= views[row].byteCount }
    if fixedLength == nil { total += views.count * 4 }
    // Short strings are stored as 12 bytes, whatever they need.
    let needed = stagedByteCount + total + 12
    if bytes.count < needed {
      bytes.append(contentsOf: repeatElement(0, count: max(needed - bytes.count, bytes.count)))
    }
    var taken: [UInt8] = []
    swap(&taken, &bytes)
    var room = taken.mutableSpan
    var offset = stagedByteCount
    for row in views.indices {
      let view = views[row]
      if fixedLength == nil {
        room.store(UInt32(truncatingIfNeeded: view.byteCount).littleEndian, at: offset)
        offset &+= 4
      }
      view.store(in: &room, at: offset)
      offset &+= view.byteCount
    }
    swap(&taken, &bytes)
    stagedByteCount = offset
    if wantsHashes {
      for row in views.indices { hashes.append(views[row].withBytes { XxHash64.hash($0) }) }
    }
    noteStaged(views)
  }

  private mutating func noteStaged(_ views: Span<StringView>) {
    var (least, greatest) = (views[0], views[0])
    for row in views.indices {
      let view = views[row]
      if view < least { least = view }
      if greatest < view { greatest = view }
    }
    staged = ByteArrayStage.union(staged, (least.bytes, greatest.bytes))
  }

  private static func union(
    _ left: (min: [UInt8], max: [UInt8])?, _ right: (min: [UInt8], max: [UInt8])
  ) -> (min: [UInt8], max: [UInt8]) {
    guard let left else { return right }
    return (
      right.min.lexicographicallyPrecedes(left.min) ? right.min : left.min,
      left.max.lexicographicallyPrecedes(right.max) ? right.max : left.max
    )
  }

  // MARK: Pages

  mutating func encodePage(to page: inout [UInt8]) -> ParquetEncoding {
    if usesDictionary, codedPageCount == 0, !dictionaryPays() { leaveDictionary() }
    defer { (valueCount, stagedByteCount, staged) = (0, 0, nil) }
    if usesDictionary {
      encodeCodes(to: &page)
      if dictionaryByteCount > options.dictionaryByteCount { usesDictionary = false }
      return .rleDictionary
    }
    plainPageCount += 1
    note(staged)
    guard fixedLength == nil else {
      page.append(contentsOf: bytes[..<stagedByteCount])
      return .plain
    }
    chunkByteCount += stagedByteCount - valueCount * 4
    if options.usesDeltaEncodings, encodeLengthsApart(to: &page) { return .deltaLengthByteArray }
    page.append(contentsOf: bytes[..<stagedByteCount])
    return .plain
  }

  /// Appends the lengths as differences and then the bytes, if values are so short that this saves a third.
  ///
  /// For longer ones the plain encoding decodes faster (4 against 11 ns a value of 10 bytes) and compresses
  /// as well, and more readers know it.
  private func encodeLengthsApart(to page: inout [UInt8]) -> Bool {
    guard valueCount > 0, valueCount * 12 > stagedByteCount else { return false }
    var lengths: [Int32] = []
    lengths.reserveCapacity(valueCount)
    var contents: [UInt8] = []
    contents.reserveCapacity(stagedByteCount - valueCount * 4)
    var offset = 0
    for _ in 0..<valueCount {
      var length = 0
      for index in 0..<4 { length |= Int(bytes[offset + index]) << (8 * index) }
      lengths.append(Int32(truncatingIfNeeded: length))
      contents.append(contentsOf: bytes[offset + 4..<offset + 4 + length])
      offset += 4 + length
    }
    let start = page.count
    DeltaBinaryPackedEncoder.append(lengths.span, to: &page)
    guard (page.count - start + contents.count) * 3 < stagedByteCount * 2 else {
      page.removeLast(page.count - start)
      return false
    }
    page.append(contentsOf: contents)
    return true
  }

  private mutating func encodeCodes(to page: inout [UInt8]) {
    codedPageCount += 1
    let bitWidth = max(1, RunLengthEncoder.bitWidth(of: dictionary.entries.count - 1))
    page.append(UInt8(bitWidth))
    let codes = codes
    let all = codes.span
    let used = all.extracting(0..<valueCount)
    RunLengthEncoder.append(used, bitWidth: bitWidth, to: &page)
    stamps.beginPage(entryCount: dictionary.entries.count)
    let seen = stamps.distinct(used)
    guard var least = seen.first.map({ dictionary.entries[Int($0)] }) else {
      note(nil)
      return
    }
    var greatest = least
    for code in seen {
      let view = dictionary.entries[Int(code)]
      if view < least { least = view }
      if greatest < view { greatest = view }
    }
    if fixedLength == nil {
      let lengths = dictionary.lengths
      for row in used.indices { chunkByteCount &+= Int(lengths[Int(used[row])]) }
    }
    note((least.bytes, greatest.bytes))
  }

  private mutating func note(_ bounds: (min: [UInt8], max: [UInt8])?) {
    guard let bounds else {
      pageBounds.append(nil)
      return
    }
    pageBounds.append(cut(bounds))
    chunkBounds = ByteArrayStage.union(chunkBounds, bounds)
    allBounds = ByteArrayStage.union(allBounds, bounds)
  }

  private func cut(_ bounds: (min: [UInt8], max: [UInt8])) -> StagedChunk.Bounds {
    if fixedLength != nil { return StagedChunk.Bounds(min: bounds.min, max: bounds.max) }
    let lower = ByteArrayBound.lower(bounds.min, limit: options.boundByteCount, isText: isText)
    let upper = ByteArrayBound.upper(bounds.max, limit: options.boundByteCount, isText: isText)
    return StagedChunk.Bounds(
      min: lower.bytes, max: upper.bytes, isMinExact: lower.isExact, isMaxExact: upper.isExact)
  }

  /// Whether the first page with its dictionary is smaller than without.
  private func dictionaryPays() -> Bool {
    let entryCount = dictionary.entries.count
    if entryCount * 2 <= valueCount { return true }
    return entryCount * 5 < valueCount * 4 && dictionaryByteCount < options.dictionaryByteCount / 2
  }

  private mutating func leaveDictionary() {
    let entries = dictionary.entries
    let views = (0..<valueCount).map { entries[Int(codes[$0])] }
    valueCount = 0
    usesDictionary = false
    stage(views.span)
    chunksWithoutDictionary = 7
    dictionary.removeAll()
    codeMap.removeAll()
  }

  // MARK: Chunks

  mutating func finishChunk() -> StagedChunk {
    var chunk = StagedChunk()
    if codedPageCount > 0 {
      var page: [UInt8] = []
      page.reserveCapacity(dictionaryByteCount)
      for entry in dictionary.entries {
        if fixedLength == nil { page.appendLittleEndian(UInt32(entry.byteCount)) }
        page.append(contentsOf: entry.bytes)
        if wantsHashes { hashes.append(entry.withBytes { XxHash64.hash($0) }) }
      }
      chunk.dictionary = (page, dictionary.entries.count)
      if plainPageCount == 0 { chunk.distinctCount = dictionary.entries.count }
    }
    chunk.hashes = hashes
    chunk.pageBounds = pageBounds
    chunk.bounds = chunkBounds.map { cut($0) }
    chunk.boundaryOrder = boundaryOrder
    chunk.byteArrayByteCount = fixedLength == nil ? chunkByteCount : nil
    reset()
    return chunk
  }

  private var boundaryOrder: ParquetColumnIndex.BoundaryOrder {
    var (ascends, descends) = (true, true)
    var last: StagedChunk.Bounds?
    for case .some(let bounds) in pageBounds {
      if let last {
        if bounds.min.lexicographicallyPrecedes(last.min) || bounds.max.lexicographicallyPrecedes(last.max) {
          ascends = false
        }
        if last.min.lexicographicallyPrecedes(bounds.min) || last.max.lexicographicallyPrecedes(bounds.max) {
          descends = false
        }
      }
      last = bounds
    }
    return ascends ? .ascending : descends ? .descending : .unordered
  }

  private mutating func reset() {
    dictionary.removeAll()
    codeMap.removeAll()
    stamps.removeAll()
    (codedPageCount, plainPageCount, hashes, pageBounds) = (0, 0, [], [])
    (chunkBounds, chunkByteCount) = (nil, 0)
    chunksWithoutDictionary = max(0, chunksWithoutDictionary - 1)
    usesDictionary = options.usesDictionaries && chunksWithoutDictionary == 0
  }

  func bounds(as type: LogicalType) -> (min: ScalarValue, max: ScalarValue)? {
    allBounds.map { (.bytes($0.min), .bytes($0.max)) }
  }
}
