internal import Columnar

/// Decompresses a page and tells its parts apart.
///
/// ```
/// version 1:  compressed( repetition levels | definition levels | values )
/// version 2:  repetition levels | definition levels | compressed( values )
/// ```
/// Levels of version 1 stand behind their length in four bytes.
struct PageDecoder {
  let shape: LeafShape
  let codec: CompressionCodec
  let context: DecodeContext

  /// Returns the entries of a dictionary page.
  func dictionary(_ page: ChunkPage) throws(FileFormatError) -> ValueSection {
    guard case .dictionary(let header) = page.header.content else {
      throw FileFormatError(.internal, "not a dictionary page")
    }
    guard header.encoding == .plain || header.encoding == .plainDictionary else {
      throw .unsupported("a dictionary in encoding \(header.encoding)")
    }
    try checkCRC(page)
    let (buffer, range) = try decompressed(
      page, page.body, size: page.header.uncompressedByteCount, codec, isKept: true)
    return ValueSection(buffer: buffer, range: range, encoding: .plain, valueCount: header.valueCount)
  }

  /// Returns the parts of a data page.
  ///
  /// - Parameters:
  ///   - page: The page.
  ///   - isKept: Whether it is used after the next page is asked for.
  /// - Returns: The levels and the values, not yet decoded.
  /// - Throws: ``FileFormatError`` if the page is damaged.
  func data(_ page: ChunkPage, isKept: Bool) throws(FileFormatError) -> DataPage {
    try checkCRC(page)
    switch page.header.content {
    case .data(let header): return try version1(page, header, isKept: isKept)
    case .dataV2(let header): return try version2(page, header, isKept: isKept)
    case .dictionary, .other: throw FileFormatError(.internal, "not a data page")
    }
  }

  private func version1(
    _ page: ChunkPage, _ header: ParquetPageHeader.DataPage, isKept: Bool
  ) throws(FileFormatError) -> DataPage {
    let isKept = isKept || shape.holdsStrings && !header.encoding.isDictionary
    let (buffer, range) = try decompressed(
      page, page.body, size: page.header.uncompressedByteCount, codec, isKept: isKept)
    var position = range.lowerBound
    let repetition = try levels(
      buffer, at: &position, end: range.upperBound, count: header.valueCount,
      encoding: header.repetitionLevelEncoding, maximum: shape.maxRepetition)
    let definition = try levels(
      buffer, at: &position, end: range.upperBound, count: header.valueCount,
      encoding: header.definitionLevelEncoding, maximum: shape.maxDefinition)
    let section = ValueSection(
      buffer: buffer, range: position..<range.upperBound, encoding: header.encoding,
      valueCount: header.valueCount)
    return DataPage(
      valueCount: header.valueCount, levelBuffer: buffer, repetition: repetition, definition: definition,
      values: section)
  }

  private func version2(
    _ page: ChunkPage, _ header: ParquetPageHeader.DataPageV2, isKept: Bool
  ) throws(FileFormatError) -> DataPage {
    let (repetitionLength, definitionLength) = (
      header.repetitionLevelByteCount, header.definitionLevelByteCount
    )
    let levelLength = repetitionLength + definitionLength
    guard levelLength <= page.body.count, levelLength <= page.header.uncompressedByteCount else {
      throw .damagedEncoding("levels of \(levelLength) bytes in a page of \(page.body.count)")
    }
    let start = page.body.lowerBound
    let definitionStart = start + repetitionLength
    let valueStart = definitionStart + definitionLength
    let repetition =
      shape.maxRepetition == 0
      ? LevelDecoder.constant(0)
      : try LevelDecoder(hybrid: start..<definitionStart, maximum: shape.maxRepetition)
    let definition =
      shape.maxDefinition == 0
      ? LevelDecoder.constant(0)
      : try LevelDecoder(hybrid: definitionStart..<valueStart, maximum: shape.maxDefinition)
    let isKept = isKept || shape.holdsStrings && !header.encoding.isDictionary
    let (buffer, range) = try decompressed(
      page, valueStart..<page.body.upperBound, size: page.header.uncompressedByteCount - levelLength,
      header.isCompressed ? codec : .uncompressed, isKept: isKept)
    let section = ValueSection(
      buffer: buffer, range: range, encoding: header.encoding, valueCount: header.valueCount)
    return DataPage(
      valueCount: header.valueCount, levelBuffer: page.buffer, repetition: repetition,
      definition: definition, values: section)
  }

  private func levels(
    _ buffer: Buffer, at position: inout Int, end: Int, count: Int, encoding: ParquetEncoding, maximum: Int
  ) throws(FileFormatError) -> LevelDecoder {
    guard maximum > 0 else { return .constant(0) }
    switch encoding {
    case .rle:
      guard end - position >= 4 else { throw .damagedEncoding("levels without a length") }
      let length = Int(buffer.bytes.half(at: position))
      guard length <= end - position - 4 else {
        throw .damagedEncoding("levels of \(length) bytes, of which \(end - position - 4) are there")
      }
      let start = position + 4
      position = start + length
      return try LevelDecoder(hybrid: start..<position, maximum: maximum)
    case .bitPacked:
      let width = LevelDecoder.width(of: maximum)
      let length = (count * width + 7) / 8
      guard length <= end - position else { throw .damagedEncoding("bit-packed levels are cut short") }
      let start = position
      position += length
      return .bitPacked(start: start, end: position, width: width, index: 0)
    default: throw .unsupported("levels in encoding \(encoding)")
    }
  }

  /// Returns the decompressed bytes: the file's own buffer if they are not compressed.
  private func decompressed(
    _ page: ChunkPage, _ range: Range<Int>, size: Int, _ codec: CompressionCodec, isKept: Bool
  ) throws(FileFormatError) -> (Buffer, Range<Int>) {
    // A page of nulls has no values; what its codec makes of nothing differs from writer to writer.
    if size == 0 { return (page.buffer, range.lowerBound..<range.lowerBound) }
    if codec == .uncompressed {
      guard size == range.count else {
        throw .damagedEncoding("\(range.count) bytes of a page that should have \(size)")
      }
      return (page.buffer, range)
    }
    try codec.check(size: size, compressed: range.count)
    let source = page.buffer
    var buffer =
      isKept ? WritableBuffer(byteCount: size + 16) : context.pages.take(byteCount: size + 16)
    var room = buffer.elements(as: UInt8.self, count: size)
    try context.decompressor.decompress(source.bytes.extracting(range), codec, into: &room)
    return (buffer.freeze(), 0..<size)
  }

  private func checkCRC(_ page: ChunkPage) throws(FileFormatError) {
    guard let stated = page.header.crc else { return }
    let found = Deflate.crc32(page.buffer.bytes.extracting(page.body))
    guard found == stated else {
      throw .damagedEncoding("the page's checksum is \(stated), its bytes have \(found)")
    }
  }
}

extension LeafShape {
  /// Whether values are views that point into pages.
  var holdsStrings: Bool {
    switch type {
    case .byteArray, .fixedLengthByteArray, .int96: true
    default: false
    }
  }
}

extension ParquetEncoding {
  /// Whether a data page holds codes of the dictionary.
  var isDictionary: Bool { self == .rleDictionary || self == .plainDictionary }
}
