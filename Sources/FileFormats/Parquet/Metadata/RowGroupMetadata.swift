/// A part of the rows of a Parquet file (parquet.thrift, `RowGroup`).
public struct RowGroupMetadata: Hashable, Sendable {
  /// The column chunks, one a leaf of the schema.
  public var columns: [ColumnChunkMetadata] = []
  /// Bytes of all chunks before compression.
  public var uncompressedByteCount = 0
  /// Rows.
  public var rowCount = 0
  /// The order of the rows, as far as the writer states one.
  public var sortingColumns: [SortingColumn] = []
  /// Where the first page begins; `nil` when the file does not say.
  public var fileOffset: Int?
  /// Bytes of all chunks in the file; `nil` when the file does not say.
  public var compressedByteCount: Int?
  /// The row group's number; `nil` when the file does not say.
  public var ordinal: Int?

  /// One key of the order of rows (parquet.thrift, `SortingColumn`).
  public struct SortingColumn: Hashable, Sendable {
    /// The leaf, by its number.
    public var leafIndex: Int
    /// Whether large values come first.
    public var isDescending: Bool
    /// Whether nulls come before all values.
    public var nullsFirst: Bool

    /// Makes a key.
    public init(leafIndex: Int, isDescending: Bool, nullsFirst: Bool) {
      (self.leafIndex, self.isDescending, self.nullsFirst) = (leafIndex, isDescending, nullsFirst)
    }
  }

  /// Makes the metadata of an empty row group.
  public init() {}

  /// Where the first page of the row group begins: what Iceberg calls a split offset.
  public var startOffset: Int { columns.map(\.firstPageOffset).min() ?? fileOffset ?? 0 }
}

extension RowGroupMetadata {
  static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> RowGroupMetadata {
    var group = RowGroupMetadata()
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1:
        let count = try reader.list(field, of: .structure)
        // A column chunk that can be read has more bytes than this.
        group.columns.reserveCapacity(min(count, reader.remaining / 16))
        for _ in 0..<count {
          group.columns.append(try ColumnChunkMetadata.decode(from: &reader))
        }
      case 2: group.uncompressedByteCount = try reader.count64(field)
      case 3: group.rowCount = try reader.count64(field)
      case 4:
        for _ in 0..<(try reader.list(field, of: .structure)) {
          group.sortingColumns.append(try SortingColumn.decode(from: &reader))
        }
      case 5: group.fileOffset = try reader.count64(field)
      case 6: group.compressedByteCount = try reader.count64(field)
      case 7: group.ordinal = Int(try reader.int16(field))
      default: try reader.skip(field)
      }
    }
    return group
  }

  func encode(schema: ParquetSchema, to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.list(1, of: .structure, count: columns.count)
    for (column, leaf) in zip(columns, schema.leaves) {
      column.encode(path: leaf.leaf?.path ?? [], to: &writer)
    }
    writer.int64(2, uncompressedByteCount)
    writer.int64(3, rowCount)
    if !sortingColumns.isEmpty {
      writer.list(4, of: .structure, count: sortingColumns.count)
      for key in sortingColumns { key.encode(to: &writer) }
    }
    if let fileOffset { writer.int64(5, fileOffset) }
    if let compressedByteCount { writer.int64(6, compressedByteCount) }
    if let ordinal, ordinal <= Int(Int16.max) { writer.int16(7, ordinal) }
    writer.endStructure()
  }
}

extension RowGroupMetadata.SortingColumn {
  static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> Self {
    var key = Self(leafIndex: 0, isDescending: false, nullsFirst: false)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: key.leafIndex = try reader.count32(field)
      case 2: key.isDescending = try reader.bool(field)
      case 3: key.nullsFirst = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
    return key
  }

  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.int32(1, leafIndex)
    writer.bool(2, isDescending)
    writer.bool(3, nullsFirst)
    writer.endStructure()
  }
}
