internal import Columnar

/// One column's part of a row group (parquet.thrift, `ColumnChunk` and `ColumnMetaData`).
///
/// What a scan needs of few columns only (statistics, encodings) stays in the footer's bytes until it is asked
/// for: a cold query over thirty files would else spend more time on the footers than on the rows.
public struct ColumnChunkMetadata: Hashable, Sendable {
  /// How values are stored.
  public var physicalType: ParquetPhysicalType
  /// How the pages are compressed.
  public var codec: ParquetCodec
  /// Values, nulls and the entries of empty lists included.
  public var valueCount: Int
  /// Bytes of all pages before compression, headers included.
  public var uncompressedByteCount: Int
  /// Bytes of all pages in the file, headers included.
  public var compressedByteCount: Int
  /// Where the first data page begins.
  public var dataPageOffset: Int
  /// Where an index page begins; nobody writes one.
  public var indexPageOffset: Int?
  /// Where the dictionary page begins.
  public var dictionaryPageOffset: Int?
  /// How large the values are once decoded; only of chunks that are being written.
  public var sizeStatistics: ParquetSizeStatistics?
  /// Where the bloom filter begins.
  public var bloomFilterOffset: Int?
  /// The bloom filter's bytes, header included; older writers leave it out.
  public var bloomFilterByteCount: Int?
  /// Where the offset index lies.
  public var offsetIndex: Location?
  /// Where the column index lies.
  public var columnIndex: Location?
  /// Another file that holds the chunk; nobody writes one.
  public var filePath: String?
  /// Whether the chunk is encrypted, which we do not read.
  public var isEncrypted = false
  private var details = Details.known(ColumnChunkDetails())

  /// The encodings that occur in the chunk, of levels too.
  public var encodings: [ParquetEncoding] {
    get { knownDetails.encodings }
    set { change { $0.encodings = newValue } }
  }

  /// How many pages of which kind have which encoding.
  public var pageEncodings: [PageEncodingCount] {
    get { knownDetails.pageEncodings }
    set { change { $0.pageEncodings = newValue } }
  }

  /// What is known about the values; decoded anew each time, so ask once.
  public var statistics: ParquetStatistics? {
    get { knownDetails.statistics }
    set { change { $0.statistics = newValue } }
  }

  private enum Details: Hashable, Sendable {
    case known(ColumnChunkDetails)
    case stored(StoredColumnChunkDetails)
  }

  private var knownDetails: ColumnChunkDetails {
    switch details {
    case .known(let known): known
    case .stored(let stored): stored.decoded
    }
  }

  private mutating func change(_ body: (inout ColumnChunkDetails) -> Void) {
    var known = knownDetails
    body(&known)
    details = .known(known)
  }

  /// A part of the file.
  public struct Location: Hashable, Sendable {
    /// The first byte.
    public var offset: Int
    /// How many bytes.
    public var byteCount: Int

    /// Makes a location.
    public init(offset: Int, byteCount: Int) { (self.offset, self.byteCount) = (offset, byteCount) }
  }

  /// Pages of one kind and encoding (parquet.thrift, `PageEncodingStats`).
  public struct PageEncodingCount: Hashable, Sendable {
    /// 0 for data pages, 2 for the dictionary page, 3 for data pages of version 2.
    public var pageKind: Int
    /// The encoding of the values.
    public var encoding: ParquetEncoding
    /// How many pages.
    public var count: Int

    /// Makes a count.
    public init(pageKind: Int, encoding: ParquetEncoding, count: Int) {
      (self.pageKind, self.encoding, self.count) = (pageKind, encoding, count)
    }
  }

  /// Makes the metadata of an empty chunk.
  public init(physicalType: ParquetPhysicalType, codec: ParquetCodec) {
    (self.physicalType, self.codec) = (physicalType, codec)
    (valueCount, uncompressedByteCount, compressedByteCount, dataPageOffset) = (0, 0, 0, 0)
  }

  /// Where the chunk's first page begins, the dictionary if there is one.
  ///
  /// Some writers state a dictionary offset of 0 for none, or one behind the first data page.
  public var firstPageOffset: Int {
    guard let dictionaryPageOffset, dictionaryPageOffset > 0 else { return dataPageOffset }
    return min(dictionaryPageOffset, dataPageOffset)
  }

  /// Whether all data pages are dictionary-encoded, as far as the metadata proves it.
  var hasOnlyCodes: Bool { knownDetails.hasOnlyCodes }
}

extension ColumnChunkMetadata {
  static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> ColumnChunkMetadata {
    var chunk: ColumnChunkMetadata?
    var filePath: String?
    var isEncrypted = false
    var (offsetIndex, columnIndex) = (
      Location(offset: -1, byteCount: -1), Location(offset: -1, byteCount: -1)
    )
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: filePath = try reader.text(field)
      case 3: chunk = try decodeMetadata(field, from: &reader)
      case 4: offsetIndex.offset = try reader.count64(field)
      case 5: offsetIndex.byteCount = try reader.count32(field)
      case 6: columnIndex.offset = try reader.count64(field)
      case 7: columnIndex.byteCount = try reader.count32(field)
      case 8, 9:
        isEncrypted = true
        try reader.skip(field)
      default: try reader.skip(field)
      }
    }
    guard var chunk else {
      if isEncrypted { throw .unsupported("encrypted Parquet columns are not supported") }
      throw reader.damaged("a Parquet column chunk has no metadata")
    }
    (chunk.filePath, chunk.isEncrypted) = (filePath, isEncrypted)
    if offsetIndex.offset >= 0 && offsetIndex.byteCount > 0 { chunk.offsetIndex = offsetIndex }
    if columnIndex.offset >= 0 && columnIndex.byteCount > 0 { chunk.columnIndex = columnIndex }
    return chunk
  }

  private static func decodeMetadata(
    _ field: ThriftField, from reader: inout ThriftReader
  ) throws(FileFormatError) -> ColumnChunkMetadata {
    var chunk = ColumnChunkMetadata(physicalType: .boolean, codec: ParquetCodec(rawValue: 0))
    var seen = 0
    let start = reader.position
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      if field.id < 16 { seen |= 1 << field.id }
      switch field.id {
      case 1:
        let number = try reader.int32(field)
        guard let type = ParquetPhysicalType(rawValue: number) else {
          throw .unsupported("Parquet physical type \(number) is not supported")
        }
        chunk.physicalType = type
      case 4: chunk.codec = ParquetCodec(rawValue: try reader.int32(field))
      case 5: chunk.valueCount = try reader.count64(field)
      case 6: chunk.uncompressedByteCount = try reader.count64(field)
      case 7: chunk.compressedByteCount = try reader.count64(field)
      case 9: chunk.dataPageOffset = try reader.count64(field)
      case 10: chunk.indexPageOffset = try reader.count64(field)
      case 11: chunk.dictionaryPageOffset = try reader.count64(field)
      case 14: chunk.bloomFilterOffset = try reader.count64(field)
      // Before it was given a meaning, some writers used 15 for things of their own.
      case 15 where field.type == .int32: chunk.bloomFilterByteCount = try reader.count32(field)
      default: try reader.skip(field)
      }
    }
    for required in [1, 4, 5, 6, 7, 9] where seen & 1 << required == 0 {
      throw reader.damaged("the metadata of a Parquet column chunk lacks field \(required)")
    }
    chunk.details = .stored(StoredColumnChunkDetails(reader, from: start))
    return chunk
  }

  func encode(path: [String], to writer: inout ThriftWriter) {
    writer.beginStructure()
    if let filePath { writer.text(1, filePath) }
    // Deprecated: 0 says that the metadata is not repeated behind the chunk.
    writer.int64(2, 0)
    writer.beginStructure(3)
    writer.int32(1, Int(physicalType.rawValue))
    writer.int32s(2, encodings.map(\.rawValue))
    writer.texts(3, path)
    writer.int32(4, Int(codec.rawValue))
    writer.int64(5, valueCount)
    writer.int64(6, uncompressedByteCount)
    writer.int64(7, compressedByteCount)
    writer.int64(9, dataPageOffset)
    if let indexPageOffset { writer.int64(10, indexPageOffset) }
    if let dictionaryPageOffset { writer.int64(11, dictionaryPageOffset) }
    statistics?.encode(12, to: &writer)
    if !pageEncodings.isEmpty {
      writer.list(13, of: .structure, count: pageEncodings.count)
      for pages in pageEncodings { pages.encode(to: &writer) }
    }
    if let bloomFilterOffset { writer.int64(14, bloomFilterOffset) }
    if let bloomFilterByteCount { writer.int32(15, bloomFilterByteCount) }
    sizeStatistics?.encode(16, to: &writer)
    writer.endStructure()
    if let offsetIndex {
      writer.int64(4, offsetIndex.offset)
      writer.int32(5, offsetIndex.byteCount)
    }
    if let columnIndex {
      writer.int64(6, columnIndex.offset)
      writer.int32(7, columnIndex.byteCount)
    }
    writer.endStructure()
  }
}
