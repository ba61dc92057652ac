internal import Columnar

/// Collects the numbers of one leaf.
struct NumberStage<Value: ParquetNumber>: ValueStage {
  /// Bytes of a value in the plain encoding.
  private let width: Int
  private let options: ParquetWriteOptions
  private let wantsHashes: Bool

  private var usesDictionary: Bool
  private var dictionary = NumberDictionary<Value>()
  private var codeMap = CodeMap()
  private var stamps = PageStamps()
  /// Codes of the page, when it has a dictionary.
  private var codes: [UInt32] = []
  /// Values of the page, when it has none.
  private var values: [Value] = []
  private(set) var valueCount = 0

  private var codedPageCount = 0
  private var plainPageCount = 0
  /// Column chunks to write without trying a dictionary, since the last one did not pay.
  private var chunksWithoutDictionary = 0
  private var hashes: [UInt64] = []
  private var pageBounds: [(min: Value, max: Value)?] = []
  private var allBounds: (min: Value, max: Value)?
  private var nans = 0

  init(width: Int, options: ParquetWriteOptions, wantsHashes: Bool) {
    (self.width, self.options, self.wantsHashes) = (width, options, wantsHashes)
    usesDictionary = options.usesDictionaries
  }

  var pageByteCount: Int {
    usesDictionary
      ? valueCount * RunLengthEncoder.bitWidth(of: dictionary.entries.count) / 8 : valueCount * width
  }
  var dictionaryByteCount: Int { dictionary.entries.count * width }
  var isPageComplete: Bool {
    usesDictionary && valueCount > 0 && dictionaryByteCount > options.dictionaryByteCount
  }
  var nanCount: Int? { Value.isFloatingPoint ? nans : nil }

  func byteCount(of vector: Vector, _ rows: Range<Int>) -> Int { rows.count * width }

  // MARK: Appending

  mutating func append(_ vector: Vector, _ rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    let start = valueCount
    makeRoom(for: rows.count)
    switch vector.encoding {
    case .flat:
      let all = vector.values(as: Value.self)
      appendFlat(all.extracting(rows), from: start)
    case .constant:
      guard let base = vector.base?.flattened() else { return }
      let value = base.values(as: Value.self)[0]
      if usesDictionary {
        let code = dictionary.code(of: value)
        for row in start..<valueCount { codes[row] = code }
      } else {
        for row in start..<valueCount { values[row] = value }
      }
    case .dictionary:
      guard let base = vector.base else { return }
      let flat = base.flattened()
      let entries = flat.values(as: Value.self)
      let all = vector.codes
      appendCoded(all.extracting(rows), base, entries, from: start)
    }
  }

  private mutating func makeRoom(for count: Int) {
    valueCount += count
    if usesDictionary, codes.count < valueCount {
      codes.append(contentsOf: repeatElement(0, count: max(valueCount - codes.count, codes.count)))
    } else if !usesDictionary, values.count < valueCount {
      values.append(contentsOf: repeatElement(.lowest, count: max(valueCount - values.count, values.count)))
    }
  }

  private mutating func appendFlat(_ source: Span<Value>, from start: Int) {
    if usesDictionary {
      // Taken out meanwhile: a span of a property keeps all of `self` borrowed.
      var taken: [UInt32] = []
      swap(&taken, &codes)
      var room = taken.mutableSpan
      dictionary.encode(source, into: &room, from: start)
      swap(&taken, &codes)
    } else {
      var room = values.mutableSpan
      for row in source.indices { room[start &+ row] = source[row] }
    }
  }

  private mutating func appendCoded(
    _ source: Span<UInt32>, _ base: Vector, _ entries: Span<Value>, from start: Int
  ) {
    guard usesDictionary else {
      var room = values.mutableSpan
      for row in source.indices { room[start &+ row] = entries[Int(source[row])] }
      return
    }
    codeMap.select(base)
    var (taken, map): ([UInt32], [UInt32]) = ([], [])
    swap(&taken, &codes)
    swap(&map, &codeMap.codes)
    var room = taken.mutableSpan
    var known = map.mutableSpan
    for row in source.indices {
      let entry = Int(source[row])
      var code = known[entry]
      if code == CodeMap.unknown {
        code = dictionary.code(of: entries[entry])
        known[entry] = code
      }
      room[start &+ row] = code
    }
    swap(&taken, &codes)
    swap(&map, &codeMap.codes)
  }

  // MARK: Pages

  mutating func encodePage(to bytes: inout [UInt8]) -> ParquetEncoding {
    defer { valueCount = 0 }
    if usesDictionary, codedPageCount == 0, !dictionaryPays() { leaveDictionary() }
    if usesDictionary {
      encodeCodes(to: &bytes)
      // Too large: the pages to come do without.
      if dictionaryByteCount > options.dictionaryByteCount { usesDictionary = false }
      return .rleDictionary
    }
    let values = values
    let staged = values.span
    let page = staged.extracting(0..<valueCount)
    note(page)
    plainPageCount += 1
    if wantsHashes { for row in page.indices { hashes.append(page[row].bloomHash(width: width)) } }
    return NumberStage.encode(page, width: width, options: options, to: &bytes)
  }

  private mutating func encodeCodes(to bytes: inout [UInt8]) {
    codedPageCount += 1
    let bitWidth = max(1, RunLengthEncoder.bitWidth(of: dictionary.entries.count - 1))
    bytes.append(UInt8(bitWidth))
    let codes = codes
    let staged = codes.span
    let page = staged.extracting(0..<valueCount)
    RunLengthEncoder.append(page, bitWidth: bitWidth, to: &bytes)
    stamps.beginPage(entryCount: dictionary.entries.count)
    let seen = stamps.distinct(page)
    let values = seen.map { dictionary.entries[Int($0)] }
    let found = values.span
    let nansBefore = nans
    note(found)
    guard nans > nansBefore else { return }
    // Each NaN entry was counted once, whatever the rows that name it.
    nans = nansBefore
    for row in page.indices where dictionary.entries[Int(page[row])].isNaN { nans += 1 }
  }

  /// Notes the bounds of a page's values.
  private mutating func note(_ page: Span<Value>) {
    var (least, greatest) = (Value.highest, Value.lowest)
    for row in page.indices {
      let value = page[row]
      least = value.isLess(than: least) ? value : least
      greatest = greatest.isLess(than: value) ? value : greatest
    }
    var nanCount = 0
    if Value.isFloatingPoint { for row in page.indices where page[row].isNaN { nanCount += 1 } }
    nans += nanCount
    guard page.count > nanCount else {
      pageBounds.append(nil)
      return
    }
    let bounds = (min: least.asMin, max: greatest.asMax)
    pageBounds.append(bounds)
    allBounds = NumberStage.union(allBounds, bounds)
  }

  private static func union(
    _ left: (min: Value, max: Value)?, _ right: (min: Value, max: Value)
  ) -> (min: Value, max: Value) {
    guard let left else { return right }
    return (
      (right.min.isLess(than: left.min) ? right.min : left.min).asMin,
      (left.max.isLess(than: right.max) ? right.max : left.max).asMax
    )
  }

  /// Encodes values plainly, as differences if that is smaller, or split by bytes.
  private static func encode(
    _ page: Span<Value>, width: Int, options: ParquetWriteOptions, to bytes: inout [UInt8]
  ) -> ParquetEncoding {
    let plainByteCount = page.count * width
    let start = bytes.count
    if options.usesDeltaEncodings, page.count > 1, Value.appendDeltas(page, to: &bytes) {
      if (bytes.count - start) * 8 < plainByteCount * 7 { return .deltaBinaryPacked }
      bytes.removeLast(bytes.count - start)
    }
    bytes.append(contentsOf: repeatElement(0, count: plainByteCount))
    var room = bytes.mutableSpan
    if Value.isFloatingPoint, options.splitsFloatingPointBytes {
      for row in page.indices {
        let value = page[row].plainBytes(width: width)
        for index in 0..<width { room[start &+ index &* page.count &+ row] = value[index] }
      }
      return .byteStreamSplit
    }
    var offset = start
    for row in page.indices {
      page[row].storePlain(in: &room, at: offset, width: width)
      offset &+= width
    }
    return .plain
  }

  /// Whether the first page with its dictionary is smaller than without.
  private func dictionaryPays() -> Bool {
    let entryCount = dictionary.entries.count
    if entryCount * 16 <= valueCount { return true }
    let coded = valueCount * RunLengthEncoder.bitWidth(of: entryCount - 1) / 8
    // Later pages share the entries, so that half of their bytes count here.
    let total = coded + entryCount * width / 2
    guard entryCount * 4 < valueCount * 3, total < valueCount * width else { return false }
    guard options.usesDeltaEncodings else { return true }
    var deltas: [UInt8] = []
    let values = decodedPage()
    let found = values.span
    return Value.appendDeltas(found, to: &deltas) ? total < deltas.count : true
  }

  private func decodedPage() -> [Value] {
    var decoded = [Value](repeating: .lowest, count: valueCount)
    for row in 0..<valueCount { decoded[row] = dictionary.entries[Int(codes[row])] }
    return decoded
  }

  private mutating func leaveDictionary() {
    values = decodedPage()
    usesDictionary = false
    chunksWithoutDictionary = 7
    dictionary.removeAll()
    codeMap.removeAll()
  }

  // MARK: Chunks

  mutating func finishChunk() -> StagedChunk {
    var chunk = StagedChunk()
    let entries = dictionary.entries
    if codedPageCount > 0 {
      var bytes = [UInt8](repeating: 0, count: entries.count * width)
      var room = bytes.mutableSpan
      for code in entries.indices { entries[code].storePlain(in: &room, at: code * width, width: width) }
      chunk.dictionary = (bytes, entries.count)
      if plainPageCount == 0 { chunk.distinctCount = entries.count }
      if wantsHashes { for entry in entries { hashes.append(entry.bloomHash(width: width)) } }
    }
    chunk.hashes = hashes
    chunk.pageBounds = pageBounds.map { bounds in bounds.map { plain($0) } }
    var union: (min: Value, max: Value)?
    for case .some(let bounds) in pageBounds { union = NumberStage.union(union, bounds) }
    chunk.bounds = union.map { plain($0) }
    chunk.boundaryOrder = boundaryOrder
    reset()
    return chunk
  }

  private func plain(_ bounds: (min: Value, max: Value)) -> StagedChunk.Bounds {
    StagedChunk.Bounds(min: bounds.min.plainBytes(width: width), max: bounds.max.plainBytes(width: width))
  }

  private var boundaryOrder: ParquetColumnIndex.BoundaryOrder {
    var (ascends, descends) = (true, true)
    var last: (min: Value, max: Value)?
    for case .some(let bounds) in pageBounds {
      if let last {
        if bounds.min.isLess(than: last.min) || bounds.max.isLess(than: last.max) { ascends = false }
        if last.min.isLess(than: bounds.min) || last.max.isLess(than: bounds.max) { descends = false }
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
    chunksWithoutDictionary = max(0, chunksWithoutDictionary - 1)
    usesDictionary = options.usesDictionaries && chunksWithoutDictionary == 0
  }

  func bounds(as type: LogicalType) -> (min: ScalarValue, max: ScalarValue)? {
    allBounds.map { ($0.min.scalar(as: type), $0.max.scalar(as: type)) }
  }
}
