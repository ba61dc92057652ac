internal import Columnar

/// Writes the column chunks of one leaf.
///
/// Pages are compressed as they fill, and kept in memory until the row group ends: a column chunk lies in
/// one piece in the file.
final class LeafWriter {
  /// The leaf.
  let column: ParquetColumn
  private let leaf: ParquetLeaf
  private let options: ParquetWriteOptions
  private let compressor: Compressor
  private let bloomFilter: ParquetWriteOptions.BloomFilter?
  private var stage: LeafStage
  private var definitionLevels: LevelStage
  private var repetitionLevels: LevelStage

  /// One data page of the chunk.
  private struct Page {
    var header: [UInt8]
    var body: [UInt8]
    var uncompressedByteCount: Int
    var firstRow: Int
    var nullCount: Int
    var valueCount: Int
    var encoding: ParquetEncoding
  }

  private var pages: [Page] = []
  private var pagesByteCount = 0
  private var pageRowCount = 0
  private var chunkRowCount = 0
  private var scratch: [UInt8] = []
  /// Decimals that are 64 bits wide in memory and 32 in the file.
  private var narrowed: (base: Vector, narrow: Vector)?
  private var total: ParquetWriteSummary.Column

  init(
    _ column: ParquetColumn, _ type: LogicalType, options: ParquetWriteOptions, compressor: Compressor
  ) throws(FileFormatError) {
    guard let leaf = column.leaf else { throw FileFormatError(.internal, "\(column.name) is no leaf") }
    (self.column, self.leaf) = (column, leaf)
    (self.options, self.compressor) = (options, compressor)
    bloomFilter = options.bloomFilters[leaf.path.joined(separator: ".")]
    stage = try LeafStage(leaf, type, options: options, wantsHashes: bloomFilter != nil)
    definitionLevels = LevelStage(expected: column.definitionLevel)
    repetitionLevels = LevelStage(expected: 0)
    total = ParquetWriteSummary.Column(
      path: leaf.path, fieldID: column.fieldID, type: type, isRepeated: column.repetitionLevel > 0)
  }

  /// Bytes, about, that the current chunk takes.
  var byteCount: Int { pagesByteCount + stage.pageByteCount + stage.dictionaryByteCount }

  // MARK: Appending

  /// Appends rows of a leaf that is no part of a list, map or struct.
  func append(_ vector: Vector, _ rows: Range<Int>) throws(FileFormatError) {
    if stage.byteCount(of: vector, rows) > options.pageByteCount, rows.count > 1 {
      let middle = rows.lowerBound + rows.count / 2
      try append(vector, rows.lowerBound..<middle)
      try append(vector, middle..<rows.upperBound)
      return
    }
    try makeRoom(rowCount: rows.count)
    if !vector.mayHaveNulls {
      definitionLevels.append(count: rows.count)
      try stage.append(vector, rows)
    } else {
      let valid = LeafWriter.validRows(of: vector, rows)
      if valid.count == rows.count {
        definitionLevels.append(count: rows.count)
        try stage.append(vector, rows)
      } else {
        guard !column.isRequired else {
          throw FileFormatError(.internal, "the required column \"\(column.name)\" is null in a row")
        }
        definitionLevels.append(
          count: rows.count, expectedAt: valid, from: rows.lowerBound,
          other: UInt8(column.definitionLevel - 1))
        if !valid.isEmpty { try stage.append(vector.taking(valid.span), 0..<valid.count) }
      }
    }
    pageRowCount += rows.count
  }

  /// Returns the vector with values as wide as the file's, checked to be of the column's type.
  func stored(_ vector: Vector) throws(FileFormatError) -> Vector {
    if leaf.physicalType == .int32, vector.type == .int64 { return narrow(vector) }
    guard vector.type == column.type.physicalType else {
      throw FileFormatError(
        .internal, "the column \"\(column.name)\" of type \(column.type) is given as \(vector.type)")
    }
    return vector
  }

  /// Returns 64-bit decimals of at most 9 digits as 32-bit ones; the base of a dictionary once only.
  private func narrow(_ vector: Vector) -> Vector {
    guard vector.encoding != .flat, let base = vector.base else { return LeafWriter.narrowed(vector) }
    if let known = narrowed, known.base.storageIdentity == base.storageIdentity,
      known.base.count == base.count, known.base.firstRow == base.firstRow
    {
      return LeafWriter.vector(like: vector, over: known.narrow)
    }
    let narrow = LeafWriter.narrowed(base.flattened())
    narrowed = (base, narrow)
    return LeafWriter.vector(like: vector, over: narrow)
  }

  private static func vector(like vector: Vector, over base: Vector) -> Vector {
    if vector.encoding == .constant { return .constant(base, count: vector.count) }
    var buffer = WritableBuffer(byteCount: vector.count * 4)
    var room = buffer.elements(as: UInt32.self, count: vector.count)
    let codes = vector.codes
    for row in codes.indices { room[row] = codes[row] }
    return .dictionary(buffer.freeze(), count: vector.count, of: base, validity: vector.validity)
  }

  private static func narrowed(_ vector: Vector) -> Vector {
    var buffer = WritableBuffer(byteCount: vector.count * 4)
    var room = buffer.elements(as: Int32.self, count: vector.count)
    let values = vector.int64s
    for row in values.indices { room[row] = Int32(truncatingIfNeeded: values[row]) }
    return .flat(buffer.freeze(), of: Int32.self, count: vector.count, validity: vector.validity)
  }

  /// Ends the page if it is full or would be with that many rows more.
  private func makeRoom(rowCount: Int) throws(FileFormatError) {
    guard pageRowCount > 0 else { return }
    if pageRowCount + rowCount > options.pageRowCount || stage.pageByteCount >= options.pageByteCount
      || stage.isPageComplete
    {
      try finishPage()
    }
  }

  private static func validRows(of vector: Vector, _ rows: Range<Int>) -> [UInt32] {
    if vector.isNullConstant { return [] }
    var valid: [UInt32] = []
    valid.reserveCapacity(rows.count)
    if vector.hasNullEntries {
      for row in rows where !vector.isNull(at: row) { valid.append(UInt32(row)) }
      return valid
    }
    guard let validity = vector.validity else { return rows.map { UInt32($0) } }
    let words = validity.words
    var row = rows.lowerBound
    while row < rows.upperBound {
      let end = min(rows.upperBound, (row | 63) + 1)
      var bits = words[row &>> 6] &>> UInt64(row & 63)
      if end &- row < 64 { bits &= (1 &<< UInt64(end &- row)) &- 1 }
      while bits != 0 {
        valid.append(UInt32(truncatingIfNeeded: row &+ bits.trailingZeroBitCount))
        bits &= bits &- 1
      }
      row = end
    }
    return valid
  }

  /// Appends a leaf's part of rows of a nested column.
  func append(_ leaf: ColumnShredder.Leaf) throws(FileFormatError) {
    let entryCount = leaf.definitionLevels.count
    guard entryCount > 0 else { return }
    let values = try stored(leaf.vector.taking(leaf.rows.span))
    let bytes = stage.byteCount(of: values, 0..<values.count)
    // A page begins with a new row, so that only there is it looked whether one is full.
    let partCount = max(1, entryCount / 8192, min(entryCount, bytes / max(options.pageByteCount, 1)))
    let target = entryCount / partCount
    let present = UInt8(column.definitionLevel)
    var (entry, value) = (0, 0)
    while entry < entryCount {
      var end = entry
      var (rowCount, valueCount) = (0, 0)
      while end < entryCount {
        if leaf.repetitionLevels[end] == 0 {
          if end - entry >= target { break }
          rowCount += 1
        }
        if leaf.definitionLevels[end] == present { valueCount += 1 }
        end += 1
      }
      try makeRoom(rowCount: rowCount)
      definitionLevels.append(leaf.definitionLevels[entry..<end])
      repetitionLevels.append(leaf.repetitionLevels[entry..<end])
      try stage.append(values, value..<value + valueCount)
      pageRowCount += rowCount
      entry = end
      value += valueCount
    }
  }

  // MARK: Pages

  private func finishPage() throws(FileFormatError) {
    let valueCount = definitionLevels.count
    let nullCount = definitionLevels.otherCount
    // Taken out meanwhile: a span of a class's property cannot be passed on.
    var scratch: [UInt8] = []
    swap(&scratch, &self.scratch)
    scratch.removeAll(keepingCapacity: true)
    let repetitionByteCount = appendLevels(of: \.repetitionLevels, column.repetitionLevel, to: &scratch)
    let definitionByteCount = appendLevels(of: \.definitionLevels, column.definitionLevel, to: &scratch)
    let levelByteCount = scratch.count
    let encoding = stage.encodePage(to: &scratch)
    guard scratch.count <= Int(Int32.max) else {
      throw FileFormatError(.tooLarge, "a page of \(scratch.count) bytes in column \"\(column.name)\"")
    }
    var body: [UInt8]
    var content: ParquetPageHeader.Content
    if options.dataPageVersion == 2 {
      var page = ParquetPageHeader.DataPageV2()
      (page.valueCount, page.nullCount, page.rowCount) = (valueCount, nullCount, pageRowCount)
      (page.encoding, page.definitionLevelByteCount) = (encoding, definitionByteCount)
      page.repetitionLevelByteCount = repetitionByteCount
      let all = scratch.span
      let values = all.extracting(levelByteCount..<scratch.count)
      let compressed = try compressor.compress(values)
      page.isCompressed = compressor.codec != .uncompressed && compressed.count < values.count
      body = Array(scratch[..<levelByteCount])
      body += page.isCompressed ? compressed[...] : scratch[levelByteCount...]
      content = .dataV2(page)
    } else {
      var page = ParquetPageHeader.DataPage()
      (page.valueCount, page.encoding) = (valueCount, encoding)
      // Copied to its own size: a codec's result keeps the room that its worst case needs.
      let compressed = try compressor.compress(scratch.span)
      body = compressed.span.copied()
      content = .data(page)
    }
    let header = header(content, uncompressedByteCount: scratch.count, body)
    pages.append(
      Page(
        header: header, body: body, uncompressedByteCount: scratch.count + header.count,
        firstRow: chunkRowCount,
        nullCount: nullCount, valueCount: valueCount, encoding: encoding))
    pagesByteCount += header.count + body.count
    chunkRowCount += pageRowCount
    pageRowCount = 0
    swap(&scratch, &self.scratch)
  }

  /// Appends levels to the page, in version 1 behind their length, and returns their bytes.
  private func appendLevels(
    of levels: ReferenceWritableKeyPath<LeafWriter, LevelStage>, _ maximum: Int, to scratch: inout [UInt8]
  ) -> Int {
    let bitWidth = RunLengthEncoder.bitWidth(of: maximum)
    guard maximum > 0 else {
      // Nothing is stored, but the page's levels are counted.
      var none: [UInt8] = []
      self[keyPath: levels].encode(bitWidth: 0, to: &none)
      return 0
    }
    let start = scratch.count
    if options.dataPageVersion == 1 { scratch.appendLittleEndian(0) }
    let bytesAt = scratch.count
    self[keyPath: levels].encode(bitWidth: bitWidth, to: &scratch)
    let byteCount = scratch.count - bytesAt
    if options.dataPageVersion == 1 {
      for index in 0..<4 { scratch[start + index] = UInt8(truncatingIfNeeded: byteCount >> (8 * index)) }
    }
    return byteCount
  }

  private func header(
    _ content: ParquetPageHeader.Content, uncompressedByteCount: Int, _ body: [UInt8]
  ) -> [UInt8] {
    var writer = ThriftWriter()
    let header = ParquetPageHeader(
      content, uncompressedByteCount: uncompressedByteCount, compressedByteCount: body.count,
      crc: options.writesChecksums ? Deflate.crc32(body.span) : nil)
    header.encode(to: &writer)
    return writer.bytes
  }

  // MARK: Chunks

  /// Writes the chunk to the file and begins the next.
  func finishChunk(to file: any WritableFile) throws(FileFormatError) -> FinishedChunk {
    if pageRowCount > 0 { try finishPage() }
    let staged = stage.finishChunk()
    var metadata = ColumnChunkMetadata(
      physicalType: leaf.physicalType, codec: ParquetCodec(compressor.codec))
    var encodings: Set<ParquetEncoding> = column.definitionLevel > 0 ? [.rle] : []
    let start = file.position
    if let dictionary = staged.dictionary {
      try writeDictionary(dictionary, to: file, &metadata)
      encodings.insert(.plain)
    }
    metadata.dataPageOffset = file.position
    var index = ParquetOffsetIndex()
    for page in pages {
      index.pages.append(
        ParquetOffsetIndex.Page(
          offset: file.position, byteCount: page.header.count + page.body.count, firstRow: page.firstRow))
      try file.write(page.header)
      try file.write(page.body)
      encodings.insert(page.encoding)
      metadata.valueCount += page.valueCount
      metadata.uncompressedByteCount += page.uncompressedByteCount
      count(page.encoding, in: &metadata)
    }
    metadata.compressedByteCount = file.position - start
    metadata.encodings = encodings.sorted { $0.rawValue < $1.rawValue }
    let nullCount = pages.reduce(0) { $0 + $1.nullCount }
    metadata.statistics = statistics(staged, nullCount: nullCount)
    if let byteCount = staged.byteArrayByteCount {
      var sizes = ParquetSizeStatistics()
      sizes.unencodedByteArrayBytes = byteCount
      metadata.sizeStatistics = sizes
    }
    total.valueCount += metadata.valueCount
    total.nullCount += nullCount
    total.compressedByteCount += metadata.compressedByteCount
    let chunk = FinishedChunk(
      metadata: metadata, columnIndex: columnIndex(staged), offsetIndex: index, bloomFilter: filter(staged))
    pages = []
    (pagesByteCount, chunkRowCount) = (0, 0)
    return chunk
  }

  private func writeDictionary(
    _ dictionary: (bytes: [UInt8], count: Int), to file: any WritableFile,
    _ metadata: inout ColumnChunkMetadata
  ) throws(FileFormatError) {
    var page = ParquetPageHeader.DictionaryPage()
    page.valueCount = dictionary.count
    let body = try compressor.compress(dictionary.bytes.span)
    let header = header(.dictionary(page), uncompressedByteCount: dictionary.bytes.count, body)
    metadata.dictionaryPageOffset = file.position
    metadata.uncompressedByteCount += header.count + dictionary.bytes.count
    metadata.pageEncodings.append(.init(pageKind: 2, encoding: .plain, count: 1))
    try file.write(header)
    try file.write(body)
  }

  private func count(_ encoding: ParquetEncoding, in metadata: inout ColumnChunkMetadata) {
    let kind = options.dataPageVersion == 2 ? 3 : 0
    let known = metadata.pageEncodings.firstIndex { $0.pageKind == kind && $0.encoding == encoding }
    if let known {
      metadata.pageEncodings[known].count += 1
    } else {
      metadata.pageEncodings.append(.init(pageKind: kind, encoding: encoding, count: 1))
    }
  }

  private func statistics(_ staged: StagedChunk, nullCount: Int) -> ParquetStatistics {
    var statistics = ParquetStatistics()
    statistics.nullCount = nullCount
    statistics.distinctCount = staged.distinctCount
    if let bounds = staged.bounds {
      (statistics.minValue, statistics.maxValue) = (bounds.min, bounds.max)
      (statistics.isMinValueExact, statistics.isMaxValueExact) = (bounds.isMinExact, bounds.isMaxExact)
    }
    return statistics
  }

  /// Returns the column index, unless a page has values but no bounds (all NaN), which it cannot state.
  private func columnIndex(_ staged: StagedChunk) -> ParquetColumnIndex? {
    var index = ParquetColumnIndex()
    var nullCounts: [Int64] = []
    for (page, bounds) in zip(pages, staged.pageBounds) {
      if bounds == nil && page.nullCount < page.valueCount { return nil }
      index.isNullPage.append(bounds == nil)
      index.minValues.append(bounds?.min ?? [])
      index.maxValues.append(bounds?.max ?? [])
      nullCounts.append(Int64(page.nullCount))
    }
    index.boundaryOrder = staged.boundaryOrder
    index.nullCounts = nullCounts
    return index
  }

  private func filter(_ staged: StagedChunk) -> BloomFilter? {
    guard let bloomFilter, !staged.hashes.isEmpty else { return nil }
    var hashes = staged.hashes
    hashes.sort()
    var distinctCount = 0
    for index in hashes.indices where index == 0 || hashes[index] != hashes[index - 1] { distinctCount += 1 }
    var filter = BloomFilter(
      byteCount: BloomFilter.byteCount(
        distinctCount: distinctCount, falsePositiveProbability: bloomFilter.falsePositiveProbability,
        limit: bloomFilter.byteLimit))
    for hash in hashes { filter.insert(hash: hash) }
    return filter
  }

  /// What is known about all values so far.
  func summary() -> ParquetWriteSummary.Column {
    var summary = total
    summary.nanCount = stage.nanCount
    if let bounds = stage.bounds(as: summary.type) {
      (summary.minValue, summary.maxValue) = (bounds.min, bounds.max)
    }
    return summary
  }
}
