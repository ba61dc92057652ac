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
      try chunkPages.read(rows: rows, wanted: wanted)
      let decoder = PageDecoder(shape: shape, codec: try chunk.codec.compression(), context: context)
      let capacity = try slotCapacity(chunkPages.pages, rows, isFlat: isFlat)
      let values = LeafDecoder(
        shape, slotDefinition: slotDefinition, keepsLevels: keepsLevels, capacity: capacity)
      if let page = chunkPages.dictionary {
        try located(page) { () throws(FileFormatError) in
          try values.setDictionary(try decoder.dictionary(page))
        }
      }
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
      let section = try decoder.dictionary(page)
      let entries =
        switch shape.type {
        case .boolean: throw FileFormatError.damagedEncoding("a dictionary of booleans")
        case .int32: try FixedLeafValues<Int32>.decodeDictionary(section, shape)
        case .int64: try FixedLeafValues<Int64>.decodeDictionary(section, shape)
        case .float: try FixedLeafValues<Float>.decodeDictionary(section, shape)
        case .double: try FixedLeafValues<Double>.decodeDictionary(section, shape)
        case .int96, .byteArray, .fixedLengthByteArray:
          try FixedLeafValues<StringView>.decodeDictionary(section, shape)
        }
      return try shape.conversion.convert(entries)
    } catch {
      throw error.inFile(file.path)
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
          try values.appendFlat(try decoder.data(page), rows: local)
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
          try decoder.data(page), rows: local, beginsRow: begun == 0 || page.rows != nil)
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
