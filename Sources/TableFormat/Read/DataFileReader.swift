public import Columnar
public import FileFormats
internal import Synchronization

/// Reads the rows of one data file as the table's current schema sees them.
///
/// Columns are matched by field id; those that the file lacks come from its partition, from defaults, or are
/// null (Iceberg specification, "Column Projection"). Several workers may use one reader at once, best each
/// with a row group of its own.
public final class DataFileReader: Sendable {
  /// The file and its deletes.
  public let task: FileScanTask
  /// The fields that can be read.
  public let fields: [NestedField]
  let parquet: ParquetReader
  let columns: [FileColumn]
  private let sources: [ColumnSource]
  private let firstRows: [Int]
  private let deletes: DeleteLoader
  private let deletedByRowGroup = OnceCache<Int, Bitmap?>()
  private let verdictByRowGroup = OnceCache<Int, RowGroupVerdict>()
  private let openRowGroups = Mutex<[Int: OpenRowGroup]>([:])

  /// Opens a data file.
  ///
  /// - Parameters:
  ///   - task: The file.
  ///   - table: Its table.
  ///   - fields: The top-level fields to read, of the schema in use; metadata columns among them.
  ///   - deletes: Shared by all readers of one scan, so that a delete file is read once.
  ///   - cache: Files that were opened before.
  ///   - counters: Where bytes and pages are counted.
  /// - Throws: ``TableFormatError`` if the file cannot be read, or not as these fields.
  public init(
    _ task: FileScanTask, table: Table, fields: [NestedField], deletes: DeleteLoader,
    cache: DataFileCache? = nil, counters: ReadCounters? = nil
  ) throws(TableFormatError) {
    self.task = task
    self.fields = fields
    self.deletes = deletes
    let opened = try DataFileReader.open(task.file, table, cache, counters)
    parquet = opened
    columns = try FileColumn.columns(
      of: opened.metadata.schema, mapping: deletes.nameMapping, file: task.file.path)
    var sources: [ColumnSource] = []
    for field in fields { sources.append(try ColumnSource(field, in: columns, task)) }
    self.sources = sources
    var (firstRows, next) = ([Int](), 0)
    for group in opened.metadata.rowGroups {
      firstRows.append(next)
      next += group.rowCount
    }
    self.firstRows = firstRows
  }

  /// Opens a file, or takes it from the cache; formats other than Parquet are refused by name.
  static func open(
    _ file: DataFile, _ table: Table, _ cache: DataFileCache?, _ counters: ReadCounters? = nil
  ) throws(TableFormatError) -> ParquetReader {
    guard file.format == .parquet else {
      throw TableFormatError(
        .unsupported, "files of the format \(file.format.name) are not read, only PARQUET", file: file.path)
    }
    if file.keyMetadata != nil {
      throw TableFormatError(.unsupported, "encrypted files are not read", file: file.path)
    }
    let path = try table.paths.path(of: file.path)
    let opened = try TableFormatError.wrapping(file.path) { () throws(FileFormatError) in
      try table.fileSystem.open(path)
    }
    let source = counters.map { CountedFile(opened, $0) } ?? opened
    let byteCount = Int64(source.byteCount)
    if let footer = cache?.footer(path, byteCount: byteCount) {
      return ParquetReader(source, metadata: footer, counters: counters)
    }
    let reader = try TableFormatError.wrapping(file.path) { () throws(FileFormatError) in
      try ParquetReader(source, counters: counters)
    }
    cache?.insert(reader.metadata, path, byteCount: byteCount)
    return reader
  }

  /// How many row groups the file has.
  public var rowGroupCount: Int { firstRows.count }

  /// Rows of a row group, deleted ones included.
  public func rowCount(rowGroup: Int) -> Int { parquet.metadata.rowGroups[rowGroup].rowCount }

  /// The position in the file of the first row of a row group.
  public func firstRow(rowGroup: Int) -> Int { firstRows[rowGroup] }

  /// Lets the readings of parts of a row group share what they decode, until it is closed.
  public func openRowGroup(_ rowGroup: Int) {
    openRowGroups.withLock { $0[rowGroup] = $0[rowGroup] ?? OpenRowGroup() }
  }

  /// Lets go what readings of parts of a row group shared.
  public func closeRowGroup(_ rowGroup: Int) {
    openRowGroups.withLock { $0[rowGroup] = nil }
  }

  /// Judges a row group by the task's residual, the first time that it is asked.
  public func residualVerdict(rowGroup: Int) throws(TableFormatError) -> RowGroupVerdict {
    try verdictByRowGroup.value(rowGroup) { () throws(TableFormatError) in
      try verdict(rowGroup: rowGroup, predicate: task.residual)
    }
  }

  /// The value that a field has in all rows of the file, if it is a constant: in row 0.
  public func constant(_ field: FieldID) -> Vector? {
    guard let index = fields.firstIndex(where: { $0.id == field }) else { return nil }
    if case .constant(let value) = sources[index] { return value }
    return nil
  }

  /// Reads rows of a field.
  ///
  /// - Parameters:
  ///   - field: One of ``fields``.
  ///   - rowGroup: A row group.
  ///   - rows: Rows of it; all by default.
  ///   - wanted: One bit per row of the range; rows without hold unspecified values, and pages without a
  ///     wanted row are not read.
  /// - Returns: As many rows as the range has. Fields with one value for the whole file are constants.
  /// - Throws: ``TableFormatError`` if the file is damaged or cannot be read.
  public func read(
    _ field: FieldID, rowGroup: Int, rows: Range<Int>? = nil, wanted: Bitmap? = nil
  ) throws(TableFormatError) -> Vector {
    guard let index = fields.firstIndex(where: { $0.id == field }) else {
      throw TableFormatError(.internal, "the field \(field) was not asked for", file: task.file.path)
    }
    return try read(sources[index], rowGroup, rows ?? 0..<rowCount(rowGroup: rowGroup), wanted)
  }

  /// Reads a top-level field that need not be one of ``fields``.
  func read(_ field: NestedField, rowGroup: Int) throws(TableFormatError) -> Vector {
    let source = try ColumnSource(field, in: columns, task)
    return try read(source, rowGroup, 0..<rowCount(rowGroup: rowGroup), nil)
  }

  /// Whether the file has values of a top-level field, in a column or as its partition.
  func has(_ field: FieldID) -> Bool {
    columns.contains { $0.id == field } || task.identityValues[field] != nil
  }

  private func read(
    _ source: ColumnSource, _ rowGroup: Int, _ rows: Range<Int>, _ wanted: Bitmap?
  ) throws(TableFormatError) -> Vector {
    switch source {
    case .constant(let value): return .constant(value, count: rows.count)
    case .file(let column, let conversion):
      let stored = try read(column, rowGroup, rows, wanted)
      return try TableFormatError.wrapping(task.file.path) { () throws(FileFormatError) in
        try conversion(stored)
      }
    case .position: return count(from: 0, rowGroup, rows)
    case .rowID(let column, let first):
      let ids = count(from: first, rowGroup, rows)
      guard let column else { return ids }
      return DataFileReader.filling(try read(column, rowGroup, rows, wanted), with: ids)
    case .lastUpdated(let column, let sequenceNumber):
      let numbers = Vector.constant(
        VectorBuilder.single(.integer(sequenceNumber), .bigint), count: rows.count)
      guard let column else { return numbers }
      return DataFileReader.filling(try read(column, rowGroup, rows, wanted), with: numbers)
    case .deleted:
      guard let deleted = try removedRows(rowGroup: rowGroup) else {
        return .constant(VectorBuilder.single(.boolean(false), .boolean), count: rows.count)
      }
      return Vector.bits(deleted).slice(from: rows.lowerBound, count: rows.count)
    }
  }

  func read(
    _ column: FileColumn, _ rowGroup: Int, _ rows: Range<Int>, _ wanted: Bitmap?
  ) throws(TableFormatError) -> Vector {
    let open = openRowGroups.withLock { $0[rowGroup] }
    return try TableFormatError.wrapping(task.file.path) { () throws(FileFormatError) in
      try parquet.read(
        column: column.column, rowGroup: rowGroup, rows: rows, wanted: wanted, sharing: open)
    }
  }

  /// Returns ascending numbers: `base` for the first row of the file.
  private func count(from base: Int64, _ rowGroup: Int, _ rows: Range<Int>) -> Vector {
    var buffer = WritableBuffer(byteCount: rows.count * 8)
    var room = buffer.elements(as: Int64.self, count: rows.count)
    let first = base &+ Int64(firstRows[rowGroup] + rows.lowerBound)
    for row in 0..<rows.count { room[row] = first &+ Int64(row) }
    return .flat(buffer.freeze(), of: Int64.self, count: rows.count)
  }

  /// Returns `values` with nulls replaced by the rows of `defaults`.
  private static func filling(_ values: Vector, with defaults: Vector) -> Vector {
    guard values.mayHaveNulls else { return values }
    let stored = values.flattened()
    guard let validity = stored.validity else { return stored }
    let filled = defaults.flattened()
    let given = stored.int64s
    let other = filled.int64s
    var buffer = WritableBuffer(byteCount: stored.count * 8)
    var room = buffer.elements(as: Int64.self, count: stored.count)
    for row in 0..<stored.count { room[row] = validity[row] ? given[row] : other[row] }
    return .flat(buffer.freeze(), of: Int64.self, count: stored.count)
  }

  /// Finds the rows of a row group that are left out as deleted.
  ///
  /// - Parameter rowGroup: A row group.
  /// - Returns: One bit per row, set for the deleted ones; `nil` if there are none, or if they are shown.
  /// - Throws: ``TableFormatError`` if a delete file is damaged or cannot be read.
  public func deletedRows(rowGroup: Int) throws(TableFormatError) -> Bitmap? {
    task.showsDeletedRows ? nil : try removedRows(rowGroup: rowGroup)
  }

  private func removedRows(rowGroup: Int) throws(TableFormatError) -> Bitmap? {
    if task.deletes.isEmpty { return nil }
    // Parts of a row group may be read apart.
    return try deletedByRowGroup.value(rowGroup) { () throws(TableFormatError) in
      try findDeletedRows(rowGroup: rowGroup)
    }
  }

  private func findDeletedRows(rowGroup: Int) throws(TableFormatError) -> Bitmap? {
    let count = rowCount(rowGroup: rowGroup)
    let first = firstRows[rowGroup]
    let positions = try deletes.positions(for: task)
    var deleted = positions?.bitmap(of: first..<first + count)
    for group in task.deletes.equalityDeletes {
      deleted = .union(deleted, try deletes.deletedRows(by: group, in: self, rowGroup: rowGroup))
    }
    return deleted
  }
}
