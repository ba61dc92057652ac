/// What stands before the bytes of a page (parquet.thrift, `PageHeader`).
package struct ParquetPageHeader: Hashable, Sendable {
  /// What the page holds.
  package enum Content: Hashable, Sendable {
    case data(DataPage)
    case dataV2(DataPageV2)
    case dictionary(DictionaryPage)
    /// An index page, or one of a kind we do not know: to be passed over.
    case other(Int)
  }

  /// A data page of version 1: levels and values are compressed together.
  package struct DataPage: Hashable, Sendable {
    /// Values, nulls included.
    package var valueCount = 0
    /// The encoding of the values.
    package var encoding = ParquetEncoding.plain
    /// The encoding of the definition levels.
    package var definitionLevelEncoding = ParquetEncoding.rle
    /// The encoding of the repetition levels.
    package var repetitionLevelEncoding = ParquetEncoding.rle
    /// What is known about the values.
    package var statistics: ParquetStatistics?

    package init() {}
  }

  /// A data page of version 2: levels stand before the values, uncompressed.
  package struct DataPageV2: Hashable, Sendable {
    /// Values, nulls included.
    package var valueCount = 0
    /// Nulls.
    package var nullCount = 0
    /// Rows; the page begins with a new one.
    package var rowCount = 0
    /// The encoding of the values.
    package var encoding = ParquetEncoding.plain
    /// Bytes of the definition levels.
    package var definitionLevelByteCount = 0
    /// Bytes of the repetition levels.
    package var repetitionLevelByteCount = 0
    /// Whether the values are compressed.
    package var isCompressed = true
    /// What is known about the values.
    package var statistics: ParquetStatistics?

    package init() {}
  }

  /// The dictionary of a column chunk.
  package struct DictionaryPage: Hashable, Sendable {
    /// Entries.
    package var valueCount = 0
    /// The encoding of the entries.
    package var encoding = ParquetEncoding.plain

    package init() {}
  }

  /// What the page holds.
  package var content: Content
  /// Bytes of the page before compression, the header left out.
  package var uncompressedByteCount: Int
  /// Bytes of the page in the file, the header left out.
  package var compressedByteCount: Int
  /// The CRC-32 (gzip's polynomial) of the page's bytes in the file.
  package var crc: UInt32?

  package init(_ content: Content, uncompressedByteCount: Int, compressedByteCount: Int, crc: UInt32? = nil) {
    (self.content, self.uncompressedByteCount) = (content, uncompressedByteCount)
    (self.compressedByteCount, self.crc) = (compressedByteCount, crc)
  }
}

extension ParquetPageHeader {
  /// Reads a header; afterwards the reader stands at the first byte of the page.
  package static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> ParquetPageHeader {
    var kind: Int?
    var (uncompressed, compressed) = (-1, -1)
    var crc: UInt32?
    var content: Content?
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: kind = Int(try reader.int32(field))
      case 2: uncompressed = try reader.count32(field)
      case 3: compressed = try reader.count32(field)
      case 4: crc = UInt32(bitPattern: try reader.int32(field))
      case 5: content = .data(try DataPage.decode(field, from: &reader))
      case 7: content = .dictionary(try DictionaryPage.decode(field, from: &reader))
      case 8: content = .dataV2(try DataPageV2.decode(field, from: &reader))
      default: try reader.skip(field)
      }
    }
    guard let kind, uncompressed >= 0, compressed >= 0 else {
      throw reader.damaged("a Parquet page header lacks its kind or sizes")
    }
    switch (kind, content) {
    case (0, .data), (2, .dictionary), (3, .dataV2): break
    case (0, _), (2, _), (3, _): throw reader.damaged("a Parquet page header does not fit its kind \(kind)")
    default: content = .other(kind)
    }
    return ParquetPageHeader(
      content ?? .other(kind), uncompressedByteCount: uncompressed, compressedByteCount: compressed, crc: crc)
  }

  /// Writes the header.
  package func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    switch content {
    case .data: writer.int32(1, 0)
    case .dictionary: writer.int32(1, 2)
    case .dataV2: writer.int32(1, 3)
    case .other(let kind): writer.int32(1, kind)
    }
    writer.int32(2, uncompressedByteCount)
    writer.int32(3, compressedByteCount)
    if let crc { writer.int32(4, Int(Int32(bitPattern: crc))) }
    switch content {
    case .data(let page):
      writer.beginStructure(5)
      writer.int32(1, page.valueCount)
      writer.int32(2, Int(page.encoding.rawValue))
      writer.int32(3, Int(page.definitionLevelEncoding.rawValue))
      writer.int32(4, Int(page.repetitionLevelEncoding.rawValue))
      page.statistics?.encode(5, to: &writer)
      writer.endStructure()
    case .dictionary(let page):
      writer.beginStructure(7)
      writer.int32(1, page.valueCount)
      writer.int32(2, Int(page.encoding.rawValue))
      writer.endStructure()
    case .dataV2(let page):
      writer.beginStructure(8)
      writer.int32(1, page.valueCount)
      writer.int32(2, page.nullCount)
      writer.int32(3, page.rowCount)
      writer.int32(4, Int(page.encoding.rawValue))
      writer.int32(5, page.definitionLevelByteCount)
      writer.int32(6, page.repetitionLevelByteCount)
      writer.bool(7, page.isCompressed)
      page.statistics?.encode(8, to: &writer)
      writer.endStructure()
    case .other: break
    }
    writer.endStructure()
  }
}

extension ParquetPageHeader.DataPage {
  static func decode(_ field: ThriftField, from reader: inout ThriftReader) throws(FileFormatError) -> Self {
    var page = Self()
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: page.valueCount = try reader.count32(field)
      case 2: page.encoding = ParquetEncoding(rawValue: try reader.int32(field))
      case 3: page.definitionLevelEncoding = ParquetEncoding(rawValue: try reader.int32(field))
      case 4: page.repetitionLevelEncoding = ParquetEncoding(rawValue: try reader.int32(field))
      case 5: page.statistics = try ParquetStatistics.decode(field, from: &reader)
      default: try reader.skip(field)
      }
    }
    return page
  }
}

extension ParquetPageHeader.DataPageV2 {
  static func decode(_ field: ThriftField, from reader: inout ThriftReader) throws(FileFormatError) -> Self {
    var page = Self()
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: page.valueCount = try reader.count32(field)
      case 2: page.nullCount = try reader.count32(field)
      case 3: page.rowCount = try reader.count32(field)
      case 4: page.encoding = ParquetEncoding(rawValue: try reader.int32(field))
      case 5: page.definitionLevelByteCount = try reader.count32(field)
      case 6: page.repetitionLevelByteCount = try reader.count32(field)
      case 7: page.isCompressed = try reader.bool(field)
      case 8: page.statistics = try ParquetStatistics.decode(field, from: &reader)
      default: try reader.skip(field)
      }
    }
    return page
  }
}

extension ParquetPageHeader.DictionaryPage {
  static func decode(_ field: ThriftField, from reader: inout ThriftReader) throws(FileFormatError) -> Self {
    var page = Self()
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: page.valueCount = try reader.count32(field)
      case 2: page.encoding = ParquetEncoding(rawValue: try reader.int32(field))
      default: try reader.skip(field)
      }
    }
    return page
  }
}
