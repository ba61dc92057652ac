internal import Columnar
internal import FileFormats
internal import Synchronization

/// What all writers of one statement share: the table's schema and settings, the names of new files, and the
/// list of those written, so that an abort can remove them.
public final class WriteTarget: Sendable {
  /// The schema that batches follow: one column for each field, in order.
  public let schema: Schema
  /// The partition spec of new files.
  public let spec: PartitionSpec
  /// The sort order that the rows have, if they were sorted.
  public let sortOrder: SortOrder
  /// Bytes from which on a writer begins another file.
  public let targetFileBytes: Int64
  let table: Table
  let partitionTypes: [LogicalType]
  let options: ParquetWriteOptions
  let fields: [ParquetWriteField]
  /// The columns of a batch that are written: all but those of type `unknown`.
  let columns: [Int]
  let metrics: MetricsCollector
  private let operation: String
  private let state = Mutex(State())

  private struct State {
    var fileCount = 0
    /// Paths of the file system.
    var paths: [String] = []
  }

  /// Prepares the writing of data files.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - spec: The partition spec of new files; by default the table's current one.
  ///   - sortOrder: The order that the rows will have; by default none is claimed.
  ///   - targetFileBytes: Bytes from which on a writer begins another file; by default the table's setting.
  ///   - keepsLineage: Whether batches have two columns more, `_row_id` and `_last_updated_sequence_number`, for
  ///     rows that move from one file to another (Iceberg specification, "Row Lineage").
  /// - Throws: ``TableFormatError`` of kind `unsupported` if the table's settings or types cannot be written.
  public init(
    _ table: Table, spec: PartitionSpec? = nil, sortOrder: SortOrder = .unsorted,
    targetFileBytes: Int64? = nil, keepsLineage: Bool = false
  ) throws(TableFormatError) {
    let spec = spec ?? table.metadata.partitionSpec
    let settings = table.metadata.settings
    guard settings.fileFormat == .parquet else {
      throw TableFormatError(
        .unsupported, "data files of the format \(settings.fileFormat.name) are not written, only PARQUET",
        field: "write.format.default")
    }
    for field in spec.fields {
      if case .unknown(let text) = field.transform {
        throw TableFormatError(
          .unsupported, "the partition transform \(text) is not known, so nothing can be written with it",
          field: field.name)
      }
    }
    (self.table, self.spec, self.sortOrder) = (table, spec, sortOrder)
    let schema =
      keepsLineage
      ? Schema(id: table.schema.id, fields: table.schema.fields + [.rowID, .lastUpdatedSequenceNumber])
      : table.schema
    self.schema = schema
    self.targetFileBytes = targetFileBytes ?? settings.targetFileBytes
    var types: [LogicalType] = []
    for field in try table.metadata.partitionType(of: spec) { types.append(try field.type.logicalType) }
    partitionTypes = types
    var (fields, columns): ([ParquetWriteField], [Int]) = ([], [])
    for (index, field) in schema.fields.enumerated() where field.type != .unknown {
      fields.append(try WriteTarget.field(field))
      columns.append(index)
    }
    (self.fields, self.columns) = (fields, columns)
    var options = try WriteTarget.options(settings)
    options.bloomFilters = WriteTarget.bloomFilters(table.schema, settings)
    self.options = options
    metrics = MetricsCollector(table.schema, sortOrder: table.metadata.sortOrder, properties: settings)
    operation = UUIDText.random()
  }

  /// Returns a field as the Parquet writer wants it; nothing of type `unknown` may be below it.
  static func field(_ field: NestedField) throws(TableFormatError) -> ParquetWriteField {
    guard field.type != .variant else {
      throw TableFormatError(
        .unsupported, "columns of the type variant are read, not written (\"\(field.name)\")",
        field: field.name)
    }
    var children: [ParquetWriteField] = []
    for child in field.type.childFields {
      if child.type == .unknown {
        throw TableFormatError(
          .unsupported, "a field of type unknown within another column cannot be written", field: child.name)
      }
      children.append(try WriteTarget.field(child))
    }
    return ParquetWriteField(
      field.name, try field.type.logicalType, fieldID: Int(field.id.rawValue), isRequired: field.isRequired,
      children: children)
  }

  /// Turns the table's `write.parquet.*` settings into options.
  static func options(_ settings: TableProperties) throws(TableFormatError) -> ParquetWriteOptions {
    var options = ParquetWriteOptions()
    let name = settings.parquetCompressionCodec
    switch name.lowercased() {
    case "zstd": options.codec = .zstd
    case "snappy": options.codec = .snappy
    case "gzip": options.codec = .gzip
    case "lz4", "lz4_raw": options.codec = .lz4Raw
    case "uncompressed", "none": options.codec = .uncompressed
    default:
      throw TableFormatError(
        .unsupported, "the compression codec \(name) is not written",
        hint: "zstd, snappy, gzip, lz4 and uncompressed are", field: "write.parquet.compression-codec")
    }
    options.level = settings.parquetCompressionLevel
    options.rowGroupByteCount = Int(clamping: max(1 << 16, settings.parquetRowGroupBytes))
    options.pageByteCount = Int(clamping: max(1 << 10, settings.parquetPageBytes))
    options.pageRowCount = Int(clamping: max(1, settings.parquetPageRowLimit))
    options.dictionaryByteCount = Int(clamping: max(0, settings.parquetDictionaryBytes))
    return options
  }

  private static func bloomFilters(
    _ schema: Schema, _ settings: TableProperties
  ) -> [String: ParquetWriteOptions.BloomFilter] {
    var filters: [String: ParquetWriteOptions.BloomFilter] = [:]
    for id in schema.allFieldIDs {
      guard let name = schema.name(of: id), settings.isBloomFilterEnabled(column: name),
        let path = parquetPath(of: id, schema)
      else { continue }
      var filter = ParquetWriteOptions.BloomFilter()
      filter.falsePositiveProbability = settings.bloomFilterFalsePositiveRate(column: name)
      filter.byteLimit = Int(clamping: settings.bloomFilterMaxBytes)
      filters[path] = filter
    }
    return filters
  }

  /// Returns a leaf's path in the file, where lists and maps have a group more than in the schema.
  private static func parquetPath(of id: FieldID, _ schema: Schema) -> String? {
    guard var field = schema.field(id: id), !field.type.isNested else { return nil }
    var names: [String] = [field.name]
    while let parentID = schema.parent(of: field.id), let parent = schema.field(id: parentID) {
      switch parent.type {
      case .list: names.insert("list", at: 0)
      case .map: names.insert("key_value", at: 0)
      default: break
      }
      names.insert(parent.name, at: 0)
      field = parent
    }
    return names.joined(separator: ".")
  }

  /// Names a new file.
  ///
  /// - Parameters:
  ///   - partition: The partition tuple, for the folder's name.
  ///   - specID: The spec it is of; `nil` puts the file in no partition's folder.
  ///   - suffix: How the name ends.
  /// - Returns: A location that nobody else has.
  func newLocation(partition: [ScalarValue], specID: Int?, suffix: String = ".parquet") -> String {
    let number = state.withLock { state in
      state.fileCount += 1
      return state.fileCount - 1
    }
    let folder = folder(partition, specID)
    let name = "00000-\(number)-\(operation)\(suffix)"
    return PathMapper.joined(table.dataLocation, folder.isEmpty ? name : folder + "/" + name)
  }

  private func folder(_ partition: [ScalarValue], _ specID: Int?) -> String {
    guard let specID else { return "" }
    if specID == spec.id { return PartitionPath.folder(spec, partition, partitionTypes) }
    guard let spec = table.metadata.partitionSpec(id: specID),
      let fields = try? table.metadata.partitionType(of: spec)
    else { return "" }
    var types: [LogicalType] = []
    for field in fields { types.append((try? field.type.logicalType) ?? .null) }
    return PartitionPath.folder(spec, partition, types)
  }

  /// Creates a file at a location, and notes it for an abort.
  func create(_ location: String) throws(TableFormatError) -> any WritableFile {
    let path = try table.paths.path(of: location)
    let file = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try table.fileSystem.create(path)
    }
    state.withLock { $0.paths.append(path) }
    return file
  }

  /// Makes a file and its name durable.
  func finish(_ file: any WritableFile, _ location: String) throws(TableFormatError) {
    let path = try table.paths.path(of: location)
    try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try file.synchronize()
      try file.close()
      try table.fileSystem.synchronizeDirectory(FilePath.parent(of: path))
    }
  }

  /// Removes a file that was begun in vain; an error is of no use then.
  func discard(_ file: any WritableFile, _ location: String) {
    try? file.close()
    guard let path = try? table.paths.path(of: location) else { return }
    try? table.fileSystem.remove(path)
    state.withLock { state in state.paths.removeAll { $0 == path } }
  }

  /// Removes every file written so far unless the commit that failed may have taken place all the same.
  public func abort(after error: TableFormatError) {
    if !error.mayHaveCommitted { abort() }
  }

  /// Removes every file written so far, as far as that can be done: the statement failed.
  public func abort() {
    let paths = state.withLock { state in
      let paths = state.paths
      state.paths = []
      return paths
    }
    for path in paths { try? table.fileSystem.remove(path) }
  }

  /// How many files were begun.
  public var fileCount: Int { state.withLock { $0.paths.count } }
}
