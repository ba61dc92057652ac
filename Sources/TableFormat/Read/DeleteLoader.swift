internal import Columnar
internal import FileFormats

/// Reads the delete files of a scan, each of them once however many data files they concern.
public final class DeleteLoader: Sendable {
  private let table: Table
  /// The ids of columns in files that have none.
  let nameMapping: NameMapping?
  private let cache: DataFileCache?
  private let positionFiles = OnceCache<String, [String: RowPositions]>()
  private let vectors = OnceCache<String, RowPositions>()
  private let positionsByFile = OnceCache<String, RowPositions>()
  private let equalityTables = OnceCache<ObjectIdentifier, EqualityDeleteTable>()

  /// Makes a loader for one scan of a table.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - cache: Files that were opened before.
  /// - Throws: ``TableFormatError`` if the table's name mapping cannot be read.
  public init(_ table: Table, cache: DataFileCache? = nil) throws(TableFormatError) {
    self.table = table
    self.cache = cache
    if let text = table.metadata.properties["schema.name-mapping.default"] {
      nameMapping = try NameMapping(json: text)
    } else {
      nameMapping = nil
    }
  }

  /// Returns the positions that position deletes or a deletion vector remove from a file; `nil` for none.
  func positions(for task: FileScanTask) throws(TableFormatError) -> RowPositions? {
    let deletes = task.deletes
    if deletes.deletionVector == nil && deletes.positionDeletes.isEmpty { return nil }
    return try positionsByFile.value(task.file.path) { () throws(TableFormatError) in
      if let vector = deletes.deletionVector { return try positions(ofVector: vector) }
      let key = table.paths.key(of: task.file.path)
      var result = RowPositions([])
      for file in deletes.positionDeletes {
        if let more = try rows(of: file)[key] { result = result.union(more) }
      }
      return result
    }
  }

  /// Returns the positions in a position delete file, by the data file they concern.
  private func rows(of file: DataFile) throws(TableFormatError) -> [String: RowPositions] {
    try positionFiles.value(file.path) { () throws(TableFormatError) in
      let reader = try DataFileReader.open(file, table, cache)
      return try PositionDeletes.read(reader, file: file.path, paths: table.paths)
    }
  }

  private func positions(ofVector file: DataFile) throws(TableFormatError) -> RowPositions {
    guard let offset = file.contentOffset, let byteCount = file.contentSizeInBytes else {
      throw TableFormatError(
        .damaged, "a deletion vector does not say where it is in its file", file: file.path,
        field: "content_offset")
    }
    throw TableFormatError(
      .unsupported, "deletion vectors are not read (\(byteCount) bytes from byte \(offset) on)",
      file: file.path)
  }

  /// Returns the rows of a row group that a group of equality deletes removes; `nil` if there are none.
  func deletedRows(
    by group: EqualityDeleteGroup, in reader: DataFileReader, rowGroup: Int
  ) throws(TableFormatError) -> Bitmap? {
    let keys = try EqualityKeyColumns(group.equalityIDs, table.metadata)
    let table = try equalityTables.value(ObjectIdentifier(group)) { () throws(TableFormatError) in
      try load(group, keys)
    }
    guard table.count > 0 else { return nil }
    let rowCount = reader.rowCount(rowGroup: rowGroup)
    let columns = try keys.read(reader, rowGroup: rowGroup)
    return table.deletedRows(
      columns, rowCount: rowCount, dataSequenceNumber: reader.task.dataSequenceNumber)
  }

  private func load(
    _ group: EqualityDeleteGroup, _ keys: EqualityKeyColumns
  ) throws(TableFormatError) -> EqualityDeleteTable {
    var result = EqualityDeleteTable()
    for delete in group.files {
      let spec = table.metadata.partitionSpec(id: delete.file.specID) ?? .unpartitioned
      let task = FileScanTask(
        file: delete.file, spec: spec, dataSequenceNumber: delete.sequenceNumber)
      let reader = try DataFileReader(task, table: table, fields: [], deletes: self, cache: cache)
      try keys.check(reader)
      for rowGroup in 0..<reader.rowGroupCount {
        let columns = try keys.read(reader, rowGroup: rowGroup)
        result.insert(
          columns, rowCount: reader.rowCount(rowGroup: rowGroup), sequenceNumber: delete.sequenceNumber)
      }
    }
    return result
  }
}

/// Position delete files (Iceberg specification, "Position Delete Files").
enum PositionDeletes {
  /// Reads all rows of a file.
  ///
  /// - Parameters:
  ///   - reader: The file.
  ///   - file: Its path, for errors.
  ///   - paths: What paths are compared by: the rows may spell them otherwise than the manifests do.
  /// - Returns: The positions by the key of the data file's path.
  /// - Throws: ``TableFormatError`` if the file is damaged.
  static func read(
    _ reader: ParquetReader, file: String, paths: PathMapper
  ) throws(TableFormatError) -> [String: RowPositions] {
    let schema = reader.metadata.schema
    func column(_ id: FieldID, _ name: String) throws(TableFormatError) -> ParquetColumn {
      let found = schema.column(fieldID: Int(id.rawValue)) ?? schema.column(named: name)
      guard let found else {
        throw TableFormatError(
          .damaged, "a position delete file has no column \"\(name)\"", file: file, field: name)
      }
      return found
    }
    let pathColumn = try column(.deleteFilePath, "file_path")
    let positionColumn = try column(.deletePosition, "pos")
    guard pathColumn.type.physicalType == .string, positionColumn.type.physicalType == .int64 else {
      throw TableFormatError(
        .damaged, "the columns of a position delete file are \(pathColumn.type) and \(positionColumn.type)",
        file: file)
    }
    var collected: [String: [Int64]] = [:]
    for (rowGroup, group) in reader.metadata.rowGroups.enumerated() {
      let rows = 0..<group.rowCount
      let (names, positions) = try TableFormatError.wrapping(file) { () throws(FileFormatError) in
        (
          try reader.read(column: pathColumn, rowGroup: rowGroup, rows: rows, wanted: nil),
          try reader.read(column: positionColumn, rowGroup: rowGroup, rows: rows, wanted: nil).flattened()
        )
      }
      if names.mayHaveNulls || positions.mayHaveNulls {
        throw TableFormatError(.damaged, "a position delete file holds null", file: file)
      }
      collect(names, positions.int64s, paths, &collected)
    }
    return collected.mapValues { RowPositions($0) }
  }

  /// Adds the positions to those of their files; neighbouring rows mostly name the same file.
  private static func collect(
    _ names: Vector, _ positions: Span<Int64>, _ paths: PathMapper, _ collected: inout [String: [Int64]]
  ) {
    // A code for each row, whatever the encoding: rows of the same code name the same file.
    let entries = names.base ?? names
    let views = entries.strings
    var codes = [Int](repeating: 0, count: positions.count)
    switch names.encoding {
    case .constant: break
    case .flat: for row in codes.indices { codes[row] = row }
    case .dictionary:
      let stored = names.codes
      for row in codes.indices { codes[row] = Int(stored[row]) }
    }
    var begin = 0
    while begin < positions.count {
      let view = views[codes[begin]]
      var end = begin + 1
      while end < positions.count, codes[end] == codes[begin] || views[codes[end]] == view { end += 1 }
      let key = paths.key(of: view.string)
      // Taken out while it grows, so that it is not copied.
      var rows = collected.removeValue(forKey: key) ?? []
      for row in begin..<end { rows.append(positions[row]) }
      collected[key] = rows
      begin = end
    }
  }
}

/// The columns that a group of equality deletes compares: primitive, at the top or in structs.
struct EqualityKeyColumns {
  private struct Column {
    /// The top-level field.
    var top: NestedField
    /// From there down, the number of the field in each struct.
    var path: [Int]
  }

  private let ids: [FieldID]
  private let columns: [Column]

  /// Finds the columns, in older schemas if they were dropped meanwhile (rule 41).
  init(_ ids: [FieldID], _ metadata: TableMetadata) throws(TableFormatError) {
    var columns: [Column] = []
    for id in ids {
      let schemas = [metadata.schema] + metadata.schemas.reversed()
      guard let schema = schemas.first(where: { $0.field(id: id) != nil }),
        let column = EqualityKeyColumns.column(id, schema)
      else {
        throw TableFormatError(
          .unsupported, "an equality delete compares the field \(id), which no schema has as a plain column")
      }
      columns.append(column)
    }
    (self.ids, self.columns) = (ids, columns)
  }

  private static func column(_ id: FieldID, _ schema: Schema) -> Column? {
    guard let index = schema.columnIndex(of: id), schema.field(id: id)?.type.isNested == false else {
      return nil
    }
    var path: [Int] = []
    var current = id
    while let parent = schema.parent(of: current) {
      guard case .struct(let fields)? = schema.field(id: parent)?.type,
        let place = fields.firstIndex(where: { $0.id == current })
      else { return nil }
      path.insert(place, at: 0)
      current = parent
    }
    return Column(top: schema.fields[index], path: path)
  }

  /// Throws unless a delete file has the columns.
  func check(_ reader: DataFileReader) throws(TableFormatError) {
    for (id, column) in zip(ids, columns) where !reader.has(column.top.id) {
      throw TableFormatError(
        .damaged, "an equality delete file lacks the column of field \(id) that it compares",
        file: reader.task.file.path, field: column.top.name)
    }
  }

  /// Reads the columns for all rows of a row group.
  func read(_ reader: DataFileReader, rowGroup: Int) throws(TableFormatError) -> [Vector] {
    var result: [Vector] = []
    for column in columns {
      var values = try reader.read(column.top, rowGroup: rowGroup).flattened()
      for place in column.path {
        let validity = values.validity
        values = values.fields[place].flattened()
        if let validity { values = values.withValidity(Bitmap.intersection(values.validity, validity)) }
      }
      result.append(values)
    }
    return result
  }
}
