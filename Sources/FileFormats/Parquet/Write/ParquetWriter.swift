public import Columnar

/// Writes batches to a Parquet file, row group by row group.
///
/// One thread writes a file. Memory holds the compressed pages of the row group that is being written, one
/// open page a leaf, and the dictionaries.
public final class ParquetWriter {
  /// The columns as they stand in the file.
  public let schema: ParquetSchema
  private let options: ParquetWriteOptions
  private let file: any WritableFile
  private let leaves: [LeafWriter]

  private var rowCount = 0
  private var groupRowCount = 0
  private var rowGroups: [RowGroupMetadata] = []
  private var finished: [[FinishedChunk]] = []
  private var isFinished = false

  /// Rows that are handed to the leaves at once; a page ends only between such parts.
  private static let partRowCount = Batch.capacity

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - fields: The columns.
  ///   - options: How the file is laid out.
  ///   - file: Where it goes, at position 0; the caller synchronises and closes it.
  /// - Throws: If a column's type cannot be written, or the file cannot.
  public init(
    schema fields: [ParquetWriteField], options: ParquetWriteOptions = ParquetWriteOptions(),
    to file: any WritableFile
  ) throws(FileFormatError) {
    guard !fields.isEmpty else { throw .unsupported("a Parquet file needs a column") }
    var elements = [ParquetSchemaElement(name: "table", childCount: fields.count)]
    for field in fields { try field.appendElements(to: &elements) }
    schema = try ParquetSchema(elements)
    let compressor = try Compressor(options.codec, level: options.level)
    var types: [LogicalType] = []
    for field in fields { ParquetWriter.appendLeafTypes(of: field, to: &types) }
    var leaves: [LeafWriter] = []
    for (column, type) in zip(schema.leaves, types) {
      leaves.append(try LeafWriter(column, type, options: options, compressor: compressor))
    }
    (self.options, self.file, self.leaves) = (options, file, leaves)
    try file.write(ParquetFooter.magic)
  }

  private static func appendLeafTypes(of field: ParquetWriteField, to types: inout [LogicalType]) {
    if field.children.isEmpty { types.append(field.type) }
    for child in field.children { appendLeafTypes(of: child, to: &types) }
  }

  // MARK: Writing

  /// Appends the rows of a batch that count.
  ///
  /// - Parameter batch: One column for each field, in order.
  /// - Throws: If the file cannot be written, or a required column is null.
  public func write(_ batch: Batch) throws(FileFormatError) {
    precondition(!isFinished && batch.columns.count == schema.columns.count)
    let batch = batch.compacted()
    // Once for all parts of a long batch.
    var columns: [Vector] = []
    for (column, vector) in zip(schema.columns, batch.columns) {
      let isLeaf = column.leaf != nil
      columns.append(isLeaf ? try leaves[column.leafIndices.lowerBound].stored(vector) : vector.flattened())
    }
    var first = 0
    while first < batch.rowCount {
      let room = min(ParquetWriter.partRowCount, options.rowGroupRowCount - groupRowCount)
      let rows = first..<min(batch.rowCount, first + room)
      for (column, vector) in zip(schema.columns, columns) { try append(column, vector, rows) }
      groupRowCount += rows.count
      first = rows.upperBound
      if groupRowCount >= options.rowGroupRowCount || isRowGroupFull { try finishRowGroup() }
    }
  }

  private var isRowGroupFull: Bool { heldByteCount >= options.rowGroupByteCount }

  private func append(_ column: ParquetColumn, _ vector: Vector, _ rows: Range<Int>) throws(FileFormatError) {
    if column.leaf != nil {
      try leaves[column.leafIndices.lowerBound].append(vector, rows)
      return
    }
    let parts = try ColumnShredder.shred(column, vector, rows)
    for (index, part) in zip(column.leafIndices, parts) { try leaves[index].append(part) }
  }

  // MARK: Row groups

  /// Ends the row group that is open, if there is one: what memory holds of it goes to the file.
  ///
  /// - Throws: If the file cannot be written.
  public func finishRowGroup() throws(FileFormatError) {
    guard groupRowCount > 0 else { return }
    var group = RowGroupMetadata()
    (group.rowCount, group.fileOffset, group.ordinal) = (groupRowCount, file.position, rowGroups.count)
    group.sortingColumns = options.sortingColumns
    var chunks: [FinishedChunk] = []
    for leaf in leaves { chunks.append(try leaf.finishChunk(to: file)) }
    for index in chunks.indices {
      group.uncompressedByteCount += chunks[index].metadata.uncompressedByteCount
      group.compressedByteCount =
        (group.compressedByteCount ?? 0) + chunks[index].metadata.compressedByteCount
      guard let filter = chunks[index].bloomFilter else { continue }
      let start = file.position
      var writer = ThriftWriter()
      BloomFilterHeader(byteCount: filter.byteCount).encode(to: &writer)
      try file.write(writer.bytes)
      try file.write(filter.bytes)
      chunks[index].metadata.bloomFilterOffset = start
      chunks[index].metadata.bloomFilterByteCount = file.position - start
      chunks[index].bloomFilter = nil
    }
    rowGroups.append(group)
    finished.append(chunks)
    rowCount += groupRowCount
    groupRowCount = 0
  }

  /// Bytes of the file so far, and those, about, that are still in memory.
  public var byteCount: Int { file.position + heldByteCount }

  /// Bytes, about, that are still in memory.
  public var heldByteCount: Int { leaves.reduce(0) { $0 + $1.byteCount } }

  /// Writes what is left, the page indexes and the footer.
  ///
  /// - Returns: What the file holds.
  /// - Throws: If the file cannot be written.
  public func finish() throws(FileFormatError) -> ParquetWriteSummary {
    precondition(!isFinished)
    try finishRowGroup()
    isFinished = true
    try writeIndexes()
    for group in rowGroups.indices { rowGroups[group].columns = finished[group].map(\.metadata) }
    let metadata = ParquetFileMetadata(
      schema: schema, rowCount: rowCount, rowGroups: rowGroups, keyValues: options.keyValues,
      createdBy: options.createdBy)
    var writer = ThriftWriter()
    metadata.encode(to: &writer)
    var footer = writer.bytes
    let byteCount = footer.count
    footer.appendLittleEndian(UInt32(byteCount))
    footer += ParquetFooter.magic
    try file.write(footer)

    var summary = ParquetWriteSummary()
    (summary.rowCount, summary.byteCount) = (rowCount, file.position)
    summary.splitOffsets = rowGroups.map { Int64($0.startOffset) }
    summary.columns = leaves.map { $0.summary() }
    return summary
  }

  /// Writes all column indexes, then all offset indexes (PageIndex.md, "Technical Approach").
  private func writeIndexes() throws(FileFormatError) {
    for group in finished.indices {
      for column in finished[group].indices {
        guard let index = finished[group][column].columnIndex else { continue }
        var writer = ThriftWriter()
        index.encode(to: &writer)
        finished[group][column].metadata.columnIndex = .init(
          offset: file.position, byteCount: writer.bytes.count)
        try file.write(writer.bytes)
      }
    }
    for group in finished.indices {
      for column in finished[group].indices {
        var writer = ThriftWriter()
        finished[group][column].offsetIndex.encode(to: &writer)
        finished[group][column].metadata.offsetIndex = .init(
          offset: file.position, byteCount: writer.bytes.count)
        try file.write(writer.bytes)
      }
    }
  }
}
