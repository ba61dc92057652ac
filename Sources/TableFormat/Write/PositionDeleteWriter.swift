internal import Columnar
internal import FileFormats

/// Writes position delete files (Iceberg specification, "Position Delete Files"); for tables of version 2.
///
/// The deletes of one partition make one file, or one for each data file, sorted by path and position (rule 40).
public final class PositionDeleteWriter {
  private struct PartitionKey: Hashable {
    var specID: Int
    var partition: [ScalarValue]
    /// Set when each data file has a delete file of its own.
    var path: String?
  }

  private let target: WriteTarget
  private let isPerFile: Bool
  private var deletes: [PartitionKey: [String: RowPositions]] = [:]

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - target: What it shares with the other writers of the statement.
  ///   - isPerFile: Whether each data file gets a delete file of its own; by default what the table's
  ///     `write.delete.granularity` says.
  /// - Throws: ``TableFormatError`` of kind `unsupported` if the table's version forbids such files (rule 39).
  public init(_ target: WriteTarget, isPerFile: Bool? = nil) throws(TableFormatError) {
    guard target.table.metadata.formatVersion == 2 else {
      throw TableFormatError(
        .unsupported,
        "a table of version \(target.table.metadata.formatVersion) takes no new position delete files")
    }
    self.target = target
    self.isPerFile =
      isPerFile ?? (target.table.metadata.properties["write.delete.granularity"]?.lowercased() == "file")
  }

  /// Notes rows of a data file as deleted.
  ///
  /// - Parameters:
  ///   - positions: Positions in the file, in any order.
  ///   - file: The data file, whose partition the delete file gets.
  public func delete(_ positions: [Int64], in file: DataFile) {
    guard !positions.isEmpty else { return }
    let key = PartitionKey(
      specID: file.specID, partition: file.partition, path: isPerFile ? file.path : nil)
    let rows = RowPositions(positions)
    let known = deletes[key]?[file.path]
    deletes[key, default: [:]][file.path] = known.map { $0.union(rows) } ?? rows
  }

  private static let schema = Schema(fields: [
    NestedField(id: .deleteFilePath, name: "file_path", type: .string, isRequired: true),
    NestedField(id: .deletePosition, name: "pos", type: .long, isRequired: true),
  ])

  /// Writes the files.
  ///
  /// - Returns: Their descriptions.
  /// - Throws: ``TableFormatError`` if a file cannot be written.
  public func finish() throws(TableFormatError) -> [DataFile] {
    var files: [DataFile] = []
    let order = deletes.sorted { ($0.value.keys.min() ?? "") < ($1.value.keys.min() ?? "") }
    for (key, rows) in order { files.append(try write(rows, key)) }
    deletes = [:]
    return files
  }

  private func write(
    _ rows: [String: RowPositions], _ key: PartitionKey
  ) throws(TableFormatError) -> DataFile {
    var fields: [ParquetWriteField] = []
    for field in PositionDeleteWriter.schema.fields { fields.append(try WriteTarget.field(field)) }
    let columns = fields
    var options = target.options
    options.bloomFilters = [:]
    // Paths are told apart by their ends, so bounds must not be cut.
    options.boundByteCount = 1 << 16
    let layout = options
    let location = target.newLocation(
      partition: key.partition, specID: key.specID, suffix: "-deletes.parquet")
    let file = try target.create(location)
    do {
      let writer = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
        try ParquetWriter(schema: columns, options: layout, to: file)
      }
      for (path, positions) in rows.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
        let name = VectorBuilder.single(.text(path), .varchar)
        for start in stride(from: 0, to: positions.count, by: Batch.capacity) {
          let part = Array(positions.sorted[start..<min(start + Batch.capacity, positions.count)])
          let batch = Batch(
            columns: [.constant(name, count: part.count), .flat(part)], rowCount: part.count)
          try TableFormatError.wrapping(location) { () throws(FileFormatError) in try writer.write(batch) }
        }
      }
      let summary = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
        try writer.finish()
      }
      try target.finish(file, location)
      var description = DataFile(
        content: .positionDeletes, path: location, specID: key.specID, partition: key.partition,
        recordCount: Int64(summary.rowCount), fileSizeInBytes: Int64(summary.byteCount))
      MetricsCollector(full: PositionDeleteWriter.schema).collect(summary, into: &description)
      if rows.count == 1 { description.referencedDataFile = rows.keys.first }
      return description
    } catch {
      target.discard(file, location)
      throw error
    }
  }
}
