/// By page of a column chunk, what is known about its values (parquet.thrift, `ColumnIndex`).
public struct ParquetColumnIndex: Hashable, Sendable {
  /// Whether the bounds of the pages ascend or descend.
  public enum BoundaryOrder: Int32, Sendable {
    case unordered = 0
    case ascending = 1
    case descending = 2
  }

  /// Whether a page has null values only; its bounds mean nothing then.
  public var isNullPage: [Bool] = []
  /// Lower bounds in the plain encoding, without length.
  public var minValues: [[UInt8]] = []
  /// Upper bounds.
  public var maxValues: [[UInt8]] = []
  /// How the bounds of the pages are ordered.
  public var boundaryOrder = BoundaryOrder.unordered
  /// Nulls of each page; `nil` when the file does not say.
  public var nullCounts: [Int64]?
  /// How often each repetition level occurs, page by page.
  public var repetitionLevelHistograms: [Int64]?
  /// How often each definition level occurs, page by page.
  public var definitionLevelHistograms: [Int64]?

  /// Makes the index of a chunk without pages.
  public init() {}

  /// Reads an index; its lists are of one length.
  package static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> ParquetColumnIndex {
    var index = ParquetColumnIndex()
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: index.isNullPage = try reader.bools(field)
      case 2: index.minValues = try reader.binaries(field)
      case 3: index.maxValues = try reader.binaries(field)
      case 4: index.boundaryOrder = BoundaryOrder(rawValue: try reader.int32(field)) ?? .unordered
      case 5: index.nullCounts = try reader.int64s(field)
      case 6: index.repetitionLevelHistograms = try reader.int64s(field)
      case 7: index.definitionLevelHistograms = try reader.int64s(field)
      default: try reader.skip(field)
      }
    }
    let count = index.isNullPage.count
    guard index.minValues.count == count, index.maxValues.count == count,
      index.nullCounts.map({ $0.count == count }) ?? true
    else { throw reader.damaged("the lists of a Parquet column index differ in length") }
    return index
  }

  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.bools(1, isNullPage)
    writer.binaries(2, minValues)
    writer.binaries(3, maxValues)
    writer.int32(4, Int(boundaryOrder.rawValue))
    if let nullCounts { writer.int64s(5, nullCounts) }
    if let repetitionLevelHistograms { writer.int64s(6, repetitionLevelHistograms) }
    if let definitionLevelHistograms { writer.int64s(7, definitionLevelHistograms) }
    writer.endStructure()
  }
}

/// Where the data pages of a column chunk lie (parquet.thrift, `OffsetIndex`).
public struct ParquetOffsetIndex: Hashable, Sendable {
  /// One data page.
  public struct Page: Hashable, Sendable {
    /// Where its header begins.
    public var offset: Int
    /// Bytes in the file, header included.
    public var byteCount: Int
    /// The number of its first row in the row group.
    public var firstRow: Int

    /// Makes a page's place.
    public init(offset: Int, byteCount: Int, firstRow: Int) {
      (self.offset, self.byteCount, self.firstRow) = (offset, byteCount, firstRow)
    }
  }

  /// The data pages in file order.
  public var pages: [Page] = []
  /// Bytes of the byte-array values of each page; `nil` when the file does not say.
  public var unencodedByteArrayBytes: [Int64]?

  /// Makes the index of a chunk without pages.
  public init() {}

  /// Reads an index; the first rows of its pages ascend.
  package static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> ParquetOffsetIndex {
    var index = ParquetOffsetIndex()
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1:
        for _ in 0..<(try reader.list(field, of: .structure)) {
          var page = Page(offset: 0, byteCount: 0, firstRow: 0)
          var places = try reader.beginStructure()
          while let field = try reader.next(&places) {
            switch field.id {
            case 1: page.offset = try reader.count64(field)
            case 2: page.byteCount = try reader.count32(field)
            case 3: page.firstRow = try reader.count64(field)
            default: try reader.skip(field)
            }
          }
          guard page.firstRow >= index.pages.last?.firstRow ?? 0 else {
            throw reader.damaged("the pages of a Parquet offset index are out of order")
          }
          index.pages.append(page)
        }
      case 2: index.unencodedByteArrayBytes = try reader.int64s(field)
      default: try reader.skip(field)
      }
    }
    return index
  }

  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.list(1, of: .structure, count: pages.count)
    for page in pages {
      writer.beginStructure()
      writer.int64(1, page.offset)
      writer.int32(2, page.byteCount)
      writer.int64(3, page.firstRow)
      writer.endStructure()
    }
    if let unencodedByteArrayBytes { writer.int64s(2, unencodedByteArrayBytes) }
    writer.endStructure()
  }
}
