internal import Columnar

/// Reads the wanted rows of one leaf column from one row group.
struct ColumnChunkReader {
  let file: any RandomAccessFile
  let column: ParquetColumn
  let chunk: ColumnChunkMetadata
  let rowGroupRowCount: Int
  /// The level from which on an entry has a slot: that of the innermost repeated field.
  let slotDefinition: Int
  /// Whether levels are kept though there are no lists, for structs.
  let keepsLevels: Bool
  /// What other readings of the chunk left for this one.
  let open: OpenColumnChunk?
  let counters: ReadCounters?

  /// A leaf's values and, where they are kept, its levels.
  struct Leaf {
    let vector: Vector
    let entries: LeafEntries
  }

  /// Reads rows `rows`.
  func read(rows: Range<Int>, wanted: Bitmap?) throws(FileFormatError) -> Leaf {
    guard let leaf = column.leaf else { throw FileFormatError(.internal, "not a leaf") }
    let shape = LeafShape(column, leaf)
    let isFlat = shape.maxRepetition == 0
    let context = DecodeContext.take()
    defer { context.giveBack() }
    guard shape.maxDefinition <= LevelBits.limit else {
      throw .unsupported("a Parquet column nested \(shape.maxDefinition) levels deep", file: file.path)
    }
    do {
      var chunkPages = try ChunkPages(file, chunk, rowGroupRowCount: rowGroupRowCount, isFlat: isFlat)
      try chunkPages.read(rows: rows, wanted: wanted, sharing: open)
      // Pages that another part of the row group left are counted there.
      let own = chunkPages.pages.filter { $0.decompressed == nil }
      counters?.add(pages: own.count(where: \.isWanted), of: own.count)
      let decoder = PageDecoder(shape: shape, codec: try chunk.codec.compression(), context: context)
      let capacity = try slotCapacity(chunkPages.pages, rows, isFlat: isFlat)
      let values = LeafDecoder(
        shape, slotDefinition: slotDefinition, keepsLevels: keepsLevels, capacity: capacity)
      if let dictionary = try dictionary(&chunkPages, decoder) { try values.setDictionary(dictionary) }
      if isFlat {
        try readFlat(chunkPages.pages, decoder, values, rows)
      } else {
        try readNested(chunkPages.pages, decoder, values, rows)
      }
      let entries = LeafEntries(repetition: values.repetition.levels, definition: values.definition.levels)
      return Leaf(vector: try values.finish(), entries: entries)
    } catch {
      var error = error.inFile(file.path)
      error.message = "column \"\(leaf.path.joined(separator: "."))\": \(error.message)"
      throw error
    }
  }

  /// Reads the dictionary page only; `nil` if there is none where the footer says.
  func readDictionary() throws(FileFormatError) -> Vector? {
    guard let leaf = column.leaf else { throw FileFormatError(.internal, "not a leaf") }
    let shape = LeafShape(column, leaf)
    let context = DecodeContext.take()
    defer { context.giveBack() }
    do throws(FileFormatError) {
      var pages = try ChunkPages(file, chunk, rowGroupRowCount: rowGroupRowCount, isFlat: true)
      try pages.readDictionary()
      guard let page = pages.dictionary else { return nil }
      let decoder = PageDecoder(shape: shape, codec: try chunk.codec.compression(), context: context)
      return try LeafDictionary(try decoder.dictionary(page), shape).values()
    } catch {
      throw error.inFile(file.path)
    }
  }

  /// The dictionary, if the pages need one.
  private func dictionary(
    _ pages: inout ChunkPages, _ decoder: PageDecoder
  ) throws(FileFormatError) -> LeafDictionary? {
    func decode(_ page: ChunkPage) throws(FileFormatError) -> LeafDictionary {
      do { return try LeafDictionary(try decoder.dictionary(page), decoder.shape) } catch {
        throw error.inFile(file.path, at: page.fileOffset)
      }
    }
    if let page = pages.dictionary {
      guard let open else { return try decode(page) }
      return try open.dictionary { () throws(FileFormatError) in try decode(page) }
    }
    guard let open, let place = pages.unreadDictionary, pages.haveCodes else { return nil }
    return try open.dictionary { () throws(FileFormatError) in
      guard let page = try pages.readDictionary(at: place) else { return nil }
      return try decode(page)
    }
  }

  private func readFlat(
    _ pages: [ChunkPage], _ decoder: PageDecoder, _ values: LeafDecoder, _ rows: Range<Int>
  ) throws(FileFormatError) {
    var next = rows.lowerBound
    for page in pages {
      guard let pageRows = page.rows, next < rows.upperBound else { continue }
      let shared = pageRows.clamped(to: rows)
      guard shared.lowerBound == next else { throw .damaged("a column chunk lacks row \(next)") }
      if page.isWanted {
        try located(page) { () throws(FileFormatError) in
          let local = shared.lowerBound - pageRows.lowerBound..<shared.upperBound - pageRows.lowerBound
          try values.appendFlat(try dataPage(page, decoder, taking: shared.count), rows: local)
        }
      } else {
        try values.appendUnwanted(rowCount: shared.count)
      }
      next = shared.upperBound
    }
    guard next == rows.upperBound else {
      throw .damaged("a column chunk ends at row \(next)", offset: chunk.dataPageOffset)
    }
  }

  /// Decompresses a page, unless another part of the row group has done that.
  private func dataPage(
    _ page: ChunkPage, _ decoder: PageDecoder, taking rowCount: Int
  ) throws(FileFormatError) -> DataPage {
    guard let open, let pageRowCount = page.rows?.count, rowCount < pageRowCount else {
      return try decoder.data(page, isKept: false)
    }
    let data: DataPage
    if let known = page.decompressed { data = known } else { data = try decoder.data(page, isKept: true) }
    // Bytes that are not compressed are read again: they are a part of many pages' buffer.
    if decoder.codec != .uncompressed {
      open.keep(data, at: page.fileOffset, rowCount: pageRowCount, taking: rowCount)
    }
    return data
  }

  private func readNested(
    _ pages: [ChunkPage], _ decoder: PageDecoder, _ values: LeafDecoder, _ rows: Range<Int>
  ) throws(FileFormatError) {
    // Rows that began so far; the page may go on with the last of them.
    var begun = 0
    for page in pages {
      if let pageRows = page.rows { begun = pageRows.lowerBound }
      if begun > rows.upperBound { break }
      guard page.isWanted else {
        guard let pageRows = page.rows else { continue }
        try values.appendUnwanted(rowCount: pageRows.clamped(to: rows).count)
        begun = pageRows.upperBound
        continue
      }
      try located(page) { () throws(FileFormatError) in
        // Row -1 of the page is the one that began before.
        let local = max(rows.lowerBound - begun, -1)..<max(rows.upperBound - begun, -1)
        let rowCount = try values.appendNested(
          try decoder.data(page, isKept: false), rows: local, beginsRow: begun == 0 || page.rows != nil)
        if let stated = page.rows?.count, stated != rowCount {
          throw .damagedEncoding("a page of \(rowCount) rows should have \(stated)")
        }
        begun += rowCount
      }
    }
    guard begun >= rows.upperBound else {
      throw .damaged("a column chunk ends at row \(begun)", offset: chunk.dataPageOffset)
    }
  }

  /// The most slots there can be; throws when the bytes of the chunk cannot mean so many.
  private func slotCapacity(
    _ pages: [ChunkPage], _ rows: Range<Int>, isFlat: Bool
  ) throws(FileFormatError) -> Int {
    var total = isFlat ? rows.count : 0
    if !isFlat { for page in pages { total += page.isWanted ? page.valueCount : 0 } }
    // A run stands for any number of equal values, but nobody writes them by the hundred million.
    guard total <= max(1 << 26, chunk.compressedByteCount.multipliedClamped(by: 1 << 15)) else {
      throw FileFormatError(
        .tooLarge, "\(chunk.compressedByteCount) bytes state \(total) values", offset: chunk.dataPageOffset)
    }
    return total
  }

  private func located(
    _ page: ChunkPage, _ body: () throws(FileFormatError) -> Void
  ) throws(FileFormatError) {
    do { try body() } catch { throw error.inFile(file.path, at: page.fileOffset) }
  }
}

extension Int {
  /// The product, or the largest number.
  fileprivate func multipliedClamped(by factor: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
