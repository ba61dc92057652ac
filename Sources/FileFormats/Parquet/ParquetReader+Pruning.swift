public import Columnar

/// A data page of a column chunk, as the page index describes it.
public struct ParquetPage: Sendable {
  /// Its rows, numbered from 0 in the row group.
  public let rows: Range<Int>
  /// Bytes in the file.
  public let byteCount: Int
  /// Whether the page has null values only; `nil` when not known.
  public let isNull: Bool?
  /// What is known about its values.
  public let bounds: ColumnBounds
}

extension ParquetReader {
  /// Returns what the statistics of a leaf's column chunk prove.
  ///
  /// - Parameters:
  ///   - column: A leaf of the schema.
  ///   - rowGroup: The row group's number.
  /// - Returns: The bounds; they prove nothing where the file has no usable statistics.
  public func bounds(column: ParquetColumn, rowGroup: Int) -> ColumnBounds {
    guard let leaf = column.leaf else { return ColumnBounds() }
    let index = column.leafIndices.lowerBound
    guard let statistics = metadata.rowGroups[rowGroup].columns[index].statistics else {
      return ColumnBounds()
    }
    return ColumnBounds(statistics, leaf: leaf, hasStatedOrder: metadata.hasUsableOrder(leaf: index))
  }

  /// Returns the data pages of a leaf's column chunk.
  ///
  /// - Parameters:
  ///   - column: A leaf of the schema.
  ///   - rowGroup: The row group's number.
  /// - Returns: The pages in row order; `nil` when the file has no offset index.
  /// - Throws: ``FileFormatError`` if the index is damaged.
  public func pageIndex(column: ParquetColumn, rowGroup: Int) throws(FileFormatError) -> [ParquetPage]? {
    let (group, index) = (metadata.rowGroups[rowGroup], column.leafIndices.lowerBound)
    let chunk = group.columns[index]
    guard let leaf = column.leaf, let location = chunk.offsetIndex else { return nil }
    do throws(FileFormatError) {
      let offsets = try ChunkPages.offsetIndex(file, location).pages
      var columnIndex: ParquetColumnIndex?
      if let location = chunk.columnIndex {
        let buffer = try file.read(at: location.offset, count: location.byteCount)
        var reader = ThriftReader(buffer, range: 0..<location.byteCount, fileOffset: location.offset)
        columnIndex = try ParquetColumnIndex.decode(from: &reader)
      }
      if let found = columnIndex?.isNullPage.count, found != offsets.count {
        throw .damaged(
          "a column index of \(found) pages, an offset index of \(offsets.count)", offset: location.offset)
      }
      let hasStatedOrder = metadata.hasUsableOrder(leaf: index)
      var pages: [ParquetPage] = []
      pages.reserveCapacity(offsets.count)
      for (number, place) in offsets.enumerated() {
        let end = number + 1 < offsets.count ? offsets[number + 1].firstRow : group.rowCount
        guard place.firstRow <= end && end <= group.rowCount else {
          throw .damaged(
            "an offset index names row \(place.firstRow) of \(group.rowCount)", offset: location.offset)
        }
        var statistics = ParquetStatistics()
        let isNull = columnIndex?.isNullPage[number]
        if let columnIndex, isNull == false {
          statistics.minValue = columnIndex.minValues[number]
          statistics.maxValue = columnIndex.maxValues[number]
        }
        statistics.nullCount = columnIndex?.nullCounts.map { Int($0[number]) }
        let bounds = ColumnBounds(statistics, leaf: leaf, hasStatedOrder: hasStatedOrder)
        pages.append(
          ParquetPage(rows: place.firstRow..<end, byteCount: place.byteCount, isNull: isNull, bounds: bounds))
      }
      return pages
    } catch {
      throw error.inFile(file.path)
    }
  }

  /// Returns the bloom filter of a leaf's column chunk.
  ///
  /// ``BloomFilter/hash(of:in:)`` makes the hash to ask it about.
  ///
  /// - Parameters:
  ///   - column: A leaf of the schema.
  ///   - rowGroup: The row group's number.
  /// - Returns: The filter; `nil` when the file has none.
  /// - Throws: ``FileFormatError`` if the filter is damaged or of a kind that is not supported.
  public func bloomFilter(column: ParquetColumn, rowGroup: Int) throws(FileFormatError) -> BloomFilter? {
    let chunk = metadata.rowGroups[rowGroup].columns[column.leafIndices.lowerBound]
    guard column.leaf != nil, let offset = chunk.bloomFilterOffset else { return nil }
    do throws(FileFormatError) {
      try file.check(offset: offset, count: 1)
      // Old writers do not state the length: the header is read first then, which takes 20 bytes or so.
      let guess = min(chunk.bloomFilterByteCount ?? 64, file.byteCount - offset)
      let buffer = try file.read(at: offset, count: guess)
      var reader = ThriftReader(buffer, range: 0..<guess, fileOffset: offset)
      let header = try BloomFilterHeader.decode(from: &reader)
      let start = reader.position
      if header.byteCount <= guess - start {
        return try BloomFilter(bytes: buffer.bytes.extracting(start..<start + header.byteCount))
      }
      let bits = try file.read(at: offset + start, count: header.byteCount)
      return try BloomFilter(bytes: bits.bytes.extracting(0..<header.byteCount))
    } catch {
      throw error.inFile(file.path)
    }
  }

  /// Returns the dictionary of a leaf's column chunk, if all its data pages are dictionary-encoded.
  ///
  /// No value outside of it occurs in the chunk, so a predicate that is false or null for all its entries
  /// and for null excludes the row group.
  ///
  /// - Parameters:
  ///   - column: A leaf of the schema.
  ///   - rowGroup: The row group's number.
  /// - Returns: The entries, none of them null; `nil` when the chunk has values outside of its dictionary.
  /// - Throws: ``FileFormatError`` if the dictionary page is damaged.
  public func dictionary(column: ParquetColumn, rowGroup: Int) throws(FileFormatError) -> Vector? {
    let group = metadata.rowGroups[rowGroup]
    guard column.leaf != nil, group.columns[column.leafIndices.lowerBound].hasOnlyCodes else { return nil }
    let reader = chunkReader(of: column, group, slotDefinition: 0, keepsLevels: false, sharing: nil)
    return try reader.readDictionary()
  }
}
