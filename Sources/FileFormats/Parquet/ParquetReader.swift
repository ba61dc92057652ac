public import Columnar

/// Reads columns of a Parquet file by row group.
///
/// The reader holds the footer only, and may be used by several threads at once.
public final class ParquetReader: Sendable {
  /// The file.
  public let file: any RandomAccessFile
  /// What the footer states.
  public let metadata: ParquetFileMetadata
  private let counters: ReadCounters?

  /// Opens a file by its footer.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - counters: Where pages are counted.
  /// - Throws: ``FileFormatError`` if it is no Parquet file, damaged or encrypted.
  public init(_ file: any RandomAccessFile, counters: ReadCounters? = nil) throws(FileFormatError) {
    (self.file, self.counters) = (file, counters)
    metadata = try ParquetFooter.read(file)
  }

  /// Makes a reader of a file whose footer is already known.
  public init(
    _ file: any RandomAccessFile, metadata: ParquetFileMetadata, counters: ReadCounters? = nil
  ) {
    (self.file, self.metadata, self.counters) = (file, metadata, counters)
  }

  /// Returns the top-level column of that name.
  public func column(named name: String) -> ParquetColumn? { metadata.schema.column(named: name) }

  /// Decodes rows of one column of a row group.
  ///
  /// A column whose pages are all dictionary-encoded becomes a dictionary vector, any other a flat one.
  ///
  /// - Parameters:
  ///   - column: A column of the file's schema, nested or not, at the top of it or below structs.
  ///   - rowGroup: The row group's number.
  ///   - rows: Rows, numbered from 0 in the row group.
  ///   - wanted: `rows.count` bits; pages without a wanted row are neither read nor decompressed, and their
  ///     rows hold any values. `nil` when all are wanted.
  ///   - open: What other readings of the row group left for this one, if it is read part by part.
  /// - Returns: A vector of `rows.count` rows of the physical type of `column.type`.
  /// - Throws: ``FileFormatError`` if the file is damaged or uses what is not supported.
  public func read(
    column: ParquetColumn, rowGroup: Int, rows: Range<Int>, wanted: Bitmap? = nil,
    sharing open: OpenRowGroup? = nil
  ) throws(FileFormatError) -> Vector {
    let group = try checked(rowGroup: rowGroup, rows: rows)
    precondition(wanted == nil || wanted?.count == rows.count)
    guard column.repetitionLevel == 0 else {
      throw FileFormatError(.internal, "column \"\(column.name)\" is read with the list it belongs to")
    }
    if rows.isEmpty { return VectorBuilder(column.type).finish() }
    if column.leaf != nil {
      let reader = chunkReader(of: column, group, slotDefinition: 0, keepsLevels: false, sharing: open)
      return try reader.read(rows: rows, wanted: wanted).vector
    }
    var assembler = ColumnAssembler(
      reader: self, group: group, column: column, rows: rows, wanted: wanted, open: open)
    return try assembler.read()
  }

  /// Decodes all rows of one column of a row group.
  public func read(column: ParquetColumn, rowGroup: Int) throws(FileFormatError) -> Vector {
    let rowCount = try checked(rowGroup: rowGroup, rows: 0..<0).rowCount
    return try read(column: column, rowGroup: rowGroup, rows: 0..<rowCount)
  }

  func chunkReader(
    of leaf: ParquetColumn, _ group: RowGroupMetadata, slotDefinition: Int, keepsLevels: Bool,
    sharing open: OpenRowGroup?
  ) -> ColumnChunkReader {
    let index = leaf.leafIndices.lowerBound
    return ColumnChunkReader(
      file: file, column: leaf, chunk: group.columns[index], rowGroupRowCount: group.rowCount,
      slotDefinition: slotDefinition, keepsLevels: keepsLevels, open: open?.chunk(ofLeaf: index),
      counters: counters)
  }

  private func checked(rowGroup: Int, rows: Range<Int>) throws(FileFormatError) -> RowGroupMetadata {
    precondition(metadata.rowGroups.indices.contains(rowGroup), "no row group \(rowGroup)")
    let group = metadata.rowGroups[rowGroup]
    precondition(rows.lowerBound >= 0 && rows.upperBound <= group.rowCount, "rows outside of the row group")
    return group
  }
}
