internal import Columnar

/// A page of a column chunk: its header, and where its bytes are in memory.
struct ChunkPage {
  let header: ParquetPageHeader
  let buffer: Buffer
  /// The page's bytes as they are in the file, header left out.
  let body: Range<Int>
  /// Where the header begins in the file.
  let fileOffset: Int
  /// The rows that begin in the page, as far as they are known before its levels are decoded.
  var rows: Range<Int>?
  /// Whether a row of it is wanted.
  var isWanted = true
  /// The page as another part of the row group left it; its bytes were not read again then.
  var decompressed: DataPage?

  /// The encoding of a data page's values.
  var encoding: ParquetEncoding? {
    if let decompressed { return decompressed.values.encoding }
    return switch header.content {
    case .data(let page): page.encoding
    case .dataV2(let page): page.encoding
    case .dictionary, .other: nil
    }
  }

  /// Values, nulls and empty lists included; 0 for pages that are not data.
  var valueCount: Int {
    switch header.content {
    case .data(let page): page.valueCount
    case .dataV2(let page): page.valueCount
    case .dictionary, .other: 0
    }
  }
}

/// Finds the pages of a column chunk and reads those that are needed.
struct ChunkPages {
  let file: any RandomAccessFile
  let chunk: ColumnChunkMetadata
  let rowGroupRowCount: Int
  /// Whether each value is a row.
  let isFlat: Bool

  /// The dictionary page, if there is one.
  private(set) var dictionary: ChunkPage?
  /// Where the dictionary page is that the pages may need, if it was not read along with them.
  private(set) var unreadDictionary: Range<Int>?
  /// The data pages that hold rows of the range, those that are not wanted included.
  private(set) var pages: [ChunkPage] = []

  /// What parquet-mr before 1.2.9 leaves out of a chunk's length: the dictionary page's header.
  static let slack = 100
  /// Gaps below this are read rather than jumped over.
  private static let gapLimit = 64 * 1024

  init(
    _ file: any RandomAccessFile, _ chunk: ColumnChunkMetadata, rowGroupRowCount: Int, isFlat: Bool
  ) throws(FileFormatError) {
    (self.file, self.chunk, self.isFlat) = (file, chunk, isFlat)
    self.rowGroupRowCount = rowGroupRowCount
    guard !chunk.isEncrypted else { throw .unsupported("encrypted Parquet columns are not supported") }
    guard chunk.filePath?.isEmpty ?? true else {
      throw .unsupported("Parquet columns in a file of their own are not supported")
    }
  }

  /// Reads the pages that hold wanted rows of `rows`.
  mutating func read(
    rows: Range<Int>, wanted: Bitmap?, sharing open: OpenColumnChunk?
  ) throws(FileFormatError) {
    let isWhole = rows == 0..<rowGroupRowCount && wanted == nil
    if !isWhole, let directory = try directory(open),
      try read(by: directory, rows: rows, wanted: wanted, sharing: open)
    {
      return
    }
    let start = chunk.firstPageOffset
    try file.check(offset: start, count: chunk.compressedByteCount)
    let count = min(chunk.compressedByteCount + ChunkPages.slack, file.byteCount - start)
    let buffer = try file.read(at: start, count: count)
    try walk(buffer, count: count, fileOffset: start, rows: rows, wanted: wanted)
  }

  /// Whether a page that was read holds codes of a dictionary.
  var haveCodes: Bool { pages.contains { $0.isWanted && $0.encoding?.isDictionary ?? false } }

  /// Where the pages are; `nil` if only reading them all tells.
  private func directory(_ open: OpenColumnChunk?) throws(FileFormatError) -> PageDirectory? {
    let (file, chunk) = (file, chunk)
    guard let location = chunk.offsetIndex, location.byteCount > 0 else {
      guard isFlat, let open else { return nil }
      return try open.directory { () throws(FileFormatError) in try PageDirectory(walking: file, chunk) }
    }
    func find() throws(FileFormatError) -> PageDirectory {
      try PageDirectory(ChunkPages.offsetIndex(file, location), chunk)
    }
    guard let open else { return try find() }
    return try open.directory(find)
  }

  /// Reads only the dictionary page.
  mutating func readDictionary() throws(FileFormatError) {
    let start = chunk.firstPageOffset
    let count = chunk.dataPageOffset - start
    guard count > 0 else { return }
    dictionary = try readDictionary(at: start..<start + count)
  }

  /// Reads the page at `range`, if it is a dictionary.
  func readDictionary(at range: Range<Int>) throws(FileFormatError) -> ChunkPage? {
    let buffer = try file.read(at: range.lowerBound, count: range.count)
    let page = try ChunkPages.page(buffer, at: 0, end: range.count, fileOffset: range.lowerBound)
    if case .dictionary = page.header.content { return page }
    return nil
  }

  /// Reads the offset index of a column chunk.
  static func offsetIndex(
    _ file: any RandomAccessFile, _ location: ColumnChunkMetadata.Location
  ) throws(FileFormatError) -> ParquetOffsetIndex {
    let buffer = try file.read(at: location.offset, count: location.byteCount)
    var reader = ThriftReader(buffer, range: 0..<location.byteCount, fileOffset: location.offset)
    return try ParquetOffsetIndex.decode(from: &reader)
  }

  /// Reads the pages that are needed and that no other part left.
  ///
  /// - Returns: `false` if all pages are, and nothing was read.
  private mutating func read(
    by directory: PageDirectory, rows: Range<Int>, wanted: Bitmap?, sharing open: OpenColumnChunk?
  ) throws(FileFormatError) -> Bool {
    if directory.pages.isEmpty { return false }
    var places: [(place: ParquetOffsetIndex.Page, rows: Range<Int>, isWanted: Bool)] = []
    let all = directory.pages
    for (number, place) in all.enumerated() {
      let end = number + 1 < all.count ? all[number + 1].firstRow : rowGroupRowCount
      guard place.firstRow <= end else { throw .damaged("an offset index names row \(place.firstRow)") }
      let pageRows = place.firstRow..<end
      guard pageRows.overlaps(rows) else { continue }
      places.append((place, pageRows, ChunkPages.isWanted(pageRows, of: rows, wanted)))
    }
    if open == nil && places.count == all.count && places.allSatisfy(\.isWanted) { return false }
    var needed: [Range<Int>] = []
    var kept: [Int: DataPage] = [:]
    if let range = directory.dictionary, places.contains(where: \.isWanted) {
      if open == nil { needed.append(range) } else { unreadDictionary = range }
    }
    for entry in places where entry.isWanted {
      if let page = open?.page(at: entry.place.offset) {
        kept[entry.place.offset] = page
        continue
      }
      try file.check(offset: entry.place.offset, count: entry.place.byteCount)
      needed.append(entry.place.offset..<entry.place.offset + entry.place.byteCount)
    }
    let parts = try readParts(needed)
    func page(at range: Range<Int>) throws(FileFormatError) -> ChunkPage {
      guard let part = parts.last(where: { $0.offset <= range.lowerBound }) else {
        throw FileFormatError(.internal, "a page was not read")
      }
      return try ChunkPages.page(
        part.buffer, at: range.lowerBound - part.offset, end: range.upperBound - part.offset,
        fileOffset: part.offset)
    }
    if let range = needed.first, range == directory.dictionary {
      let page = try page(at: range)
      if case .dictionary = page.header.content { dictionary = page }
    }
    for entry in places {
      guard entry.isWanted else {
        pages.append(.unread(rows: entry.rows, fileOffset: entry.place.offset, isWanted: false))
        continue
      }
      if let page = kept[entry.place.offset] {
        var known = ChunkPage.unread(rows: entry.rows, fileOffset: entry.place.offset, isWanted: true)
        known.decompressed = page
        pages.append(known)
        continue
      }
      var page = try page(at: entry.place.offset..<entry.place.offset + entry.place.byteCount)
      guard page.header.content.isData && (!isFlat || page.valueCount == entry.rows.count) else {
        throw .damaged("the offset index does not fit the page", offset: entry.place.offset)
      }
      page.rows = entry.rows
      pages.append(page)
    }
    return true
  }

  /// Reads ascending ranges, near ones at once.
  private func readParts(
    _ ranges: [Range<Int>]
  ) throws(FileFormatError) -> [(offset: Int, buffer: Buffer)] {
    var merged: [Range<Int>] = []
    for range in ranges {
      if let last = merged.last, range.lowerBound >= last.lowerBound,
        range.lowerBound - last.upperBound < ChunkPages.gapLimit
      {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    var parts: [(offset: Int, buffer: Buffer)] = []
    for range in merged {
      parts.append((range.lowerBound, try file.read(at: range.lowerBound, count: range.count)))
    }
    return parts
  }

  /// Goes from page header to page header until all values are seen.
  private mutating func walk(
    _ buffer: Buffer, count: Int, fileOffset: Int, rows: Range<Int>, wanted: Bitmap?
  ) throws(FileFormatError) {
    var (position, seen) = (0, 0)
    var firstRow: Int? = 0
    while seen < chunk.valueCount {
      var page = try ChunkPages.page(buffer, at: position, end: count, fileOffset: fileOffset)
      position = page.body.upperBound
      if case .dictionary = page.header.content {
        guard dictionary == nil && seen == 0 else {
          throw .damaged("a column chunk has two dictionaries", offset: page.fileOffset)
        }
        dictionary = page
      }
      guard page.header.content.isData else { continue }
      seen += page.valueCount
      if case .dataV2(let header) = page.header.content, let first = firstRow {
        page.rows = first..<first + header.rowCount
      } else if isFlat, let first = firstRow {
        page.rows = first..<first + page.valueCount
      }
      firstRow = page.rows?.upperBound
      if let pageRows = page.rows {
        guard pageRows.overlaps(rows) || !isFlat && pageRows.isEmpty else { continue }
        page.isWanted = ChunkPages.isWanted(pageRows, of: rows, wanted)
      }
      pages.append(page)
    }
  }

  private static func page(
    _ buffer: Buffer, at position: Int, end: Int, fileOffset: Int
  ) throws(FileFormatError) -> ChunkPage {
    var reader = ThriftReader(buffer, range: position..<end, fileOffset: fileOffset)
    let header = try ParquetPageHeader.decode(from: &reader)
    guard header.compressedByteCount <= end - reader.position else {
      throw .damaged(
        "a page of \(header.compressedByteCount) bytes, of which \(end - reader.position) are there",
        offset: fileOffset + position)
    }
    return ChunkPage(
      header: header, buffer: buffer, body: reader.position..<reader.position + header.compressedByteCount,
      fileOffset: fileOffset + position)
  }

  /// Whether a page's rows have one that is wanted.
  private static func isWanted(_ pageRows: Range<Int>, of rows: Range<Int>, _ wanted: Bitmap?) -> Bool {
    let shared = pageRows.clamped(to: rows)
    guard let wanted else { return !shared.isEmpty }
    var row = shared.lowerBound - rows.lowerBound
    let end = shared.upperBound - rows.lowerBound
    let words = wanted.words
    while row < end {
      let length = min(end - row, 64 - row & 63)
      let mask = length == 64 ? UInt64.max : ((1 &<< UInt64(length)) &- 1) &<< UInt64(row & 63)
      if words[row >> 6] & mask != 0 { return true }
      row += length
    }
    return false
  }
}

extension ChunkPage {
  /// A page whose bytes were not read.
  fileprivate static func unread(rows: Range<Int>, fileOffset: Int, isWanted: Bool) -> ChunkPage {
    ChunkPage(
      header: ParquetPageHeader(.other(-1), uncompressedByteCount: 0, compressedByteCount: 0),
      buffer: emptyBuffer, body: 0..<0, fileOffset: fileOffset, rows: rows, isWanted: isWanted)
  }

  private static let emptyBuffer = WritableBuffer(byteCount: 0).freeze()
}

extension ParquetPageHeader.Content {
  /// Whether the page holds values of rows.
  var isData: Bool {
    switch self {
    case .data, .dataV2: true
    case .dictionary, .other: false
    }
  }
}
