internal import Columnar

/// Where the pages of a column chunk lie.
struct PageDirectory: Sendable {
  /// The dictionary page's bytes in the file, its header included.
  var dictionary: Range<Int>?
  /// The data pages in file order.
  var pages: [ParquetOffsetIndex.Page] = []

  /// Takes the pages of an offset index; what stands in front of them is the dictionary.
  init(_ index: ParquetOffsetIndex, _ chunk: ColumnChunkMetadata) throws(FileFormatError) {
    pages = index.pages
    guard let first = pages.first else { return }
    guard first.firstRow == 0 && first.offset >= chunk.firstPageOffset else {
      throw .damaged("an offset index begins at row \(first.firstRow)")
    }
    if first.offset > chunk.firstPageOffset { dictionary = chunk.firstPageOffset..<first.offset }
  }

  /// Goes from page header to page header of a chunk without lists, and reads little else.
  init(walking file: any RandomAccessFile, _ chunk: ColumnChunkMetadata) throws(FileFormatError) {
    let start = chunk.firstPageOffset
    try file.check(offset: start, count: chunk.compressedByteCount)
    var headers = PageHeaders(
      file: file, end: min(start + chunk.compressedByteCount + ChunkPages.slack, file.byteCount))
    var (position, seen) = (start, 0)
    while seen < chunk.valueCount {
      let (header, end) = try headers.header(at: position)
      let valueCount: Int
      switch header.content {
      case .dictionary:
        guard dictionary == nil && seen == 0 else {
          throw .damaged("a column chunk has two dictionaries", offset: position)
        }
        dictionary = position..<end
        valueCount = 0
      case .data(let page): valueCount = page.valueCount
      case .dataV2(let page):
        guard page.valueCount == page.rowCount else {
          throw .damaged("a page of \(page.rowCount) rows has \(page.valueCount) values", offset: position)
        }
        valueCount = page.valueCount
      case .other: valueCount = 0
      }
      if header.content.isData {
        pages.append(ParquetOffsetIndex.Page(offset: position, byteCount: end - position, firstRow: seen))
      }
      seen += valueCount
      position = end
    }
  }
}

/// Reads page headers, several at once where pages are small.
private struct PageHeaders {
  let file: any RandomAccessFile
  /// Where the chunk ends.
  let end: Int
  private var block = WritableBuffer(byteCount: 0).freeze()
  private var blockRange = 0..<0

  /// Enough for a header with short bounds.
  private static let usualByteCount = 512

  init(file: any RandomAccessFile, end: Int) { (self.file, self.end) = (file, end) }

  /// Reads the header at a byte of the file; returns it and where its page ends.
  mutating func header(at position: Int) throws(FileFormatError) -> (ParquetPageHeader, end: Int) {
    var byteCount = PageHeaders.usualByteCount
    if position < blockRange.lowerBound || position >= blockRange.upperBound { try read(position, byteCount) }
    while true {
      var reader = ThriftReader(
        block, range: position - blockRange.lowerBound..<blockRange.count, fileOffset: blockRange.lowerBound)
      do throws(FileFormatError) {
        let header = try ParquetPageHeader.decode(from: &reader)
        let body = blockRange.lowerBound + reader.position
        guard header.compressedByteCount <= end - body else {
          throw .damaged(
            "a page of \(header.compressedByteCount) bytes, of which \(end - body) are there",
            offset: position)
        }
        return (header, body + header.compressedByteCount)
      } catch {
        // Bounds may be of any length: what is cut off is read again with more behind it.
        guard blockRange.upperBound < end else { throw error }
        try read(position, byteCount)
        byteCount = byteCount.multipliedReportingOverflow(by: 16).partialValue
      }
    }
  }

  private mutating func read(_ position: Int, _ byteCount: Int) throws(FileFormatError) {
    let count = max(0, min(byteCount, end - position))
    block = try file.read(at: position, count: count)
    blockRange = position..<position + count
  }
}
