internal import Columnar
internal import FileFormats

/// Reads the delete files of a scan, each of them once however many data files they concern.
public final class DeleteLoader: Sendable {
  private let table: Table
  /// The ids of columns in files that have none.
  let nameMapping: NameMapping?
  private let cache: DataFileCache?
  private let positionFiles = OnceCache<String, PositionDeletes>()
  private let vectors = OnceCache<String, RoaringBitmap64>()
  private let positionsByFile = OnceCache<String, DeletedPositions>()
  private let readsBareVectors: Bool
  private let equalityTables = OnceCache<ObjectIdentifier, EqualityDeleteTable>()

  /// Makes a loader for one scan of a table.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - cache: Files that were opened before.
  ///   - readsBareVectors: Whether deletion vectors are read that lie in a file without the Puffin format
  ///     around them, as one writer left them (rule 45).
  /// - Throws: ``TableFormatError`` if the table's name mapping cannot be read.
  public init(
    _ table: Table, cache: DataFileCache? = nil, readsBareVectors: Bool = false
  ) throws(TableFormatError) {
    self.table = table
    self.cache = cache
    self.readsBareVectors = readsBareVectors
    if let text = table.metadata.properties["schema.name-mapping.default"] {
      nameMapping = try NameMapping(json: text)
    } else {
      nameMapping = nil
    }
  }

  /// Returns the positions that position deletes or a deletion vector remove from a file; `nil` for none.
  package func positions(for task: FileScanTask) throws(TableFormatError) -> DeletedPositions? {
    let deletes = task.deletes
    if deletes.deletionVector == nil && deletes.positionDeletes.isEmpty { return nil }
    return try positionsByFile.value(task.file.path) { () throws(TableFormatError) in
      if let vector = deletes.deletionVector { return .vector(try positions(ofVector: vector)) }
      let key = table.paths.key(of: task.file.path)
      var result = RowPositions([])
      for file in deletes.positionDeletes {
        let read = try rows(of: file)
        if let more = read.rows[key] {
          result = result.union(more)
        } else {
          try checkPlace(of: key, among: read, file)
        }
      }
      return .rows(result)
    }
  }

  /// Throws if a position delete file means a data file, but by a path that no mapping leads to it.
  ///
  /// Read without it, deleted rows would come back with no error. A delete for a file that is gone is harmless
  /// (rule 44); one for a file of the same name in another folder, where there is none, is not.
  private func checkPlace(
    of key: String, among read: PositionDeletes, _ file: DataFile
  ) throws(TableFormatError) {
    for other in read.pathsByName[PositionDeletes.name(of: key)] ?? [] {
      if PathMapper.scheme(of: other) == nil, ((try? table.fileSystem.status(other)) ?? nil) != nil {
        continue
      }
      throw TableFormatError(
        .unsupported, "a position delete matches no known file: it is for \(other), and the table has \(key)",
        hint: "map the prefix in which they differ, as --map OLD=NEW", file: file.path)
    }
  }

  /// Returns the positions in a position delete file, by the data file they concern.
  private func rows(of file: DataFile) throws(TableFormatError) -> PositionDeletes {
    try positionFiles.value(file.path) { () throws(TableFormatError) in
      let reader = try DataFileReader.open(file, table, cache)
      return try PositionDeletes(reader, file: file.path, paths: table.paths)
    }
  }

  func positions(ofVector file: DataFile) throws(TableFormatError) -> RoaringBitmap64 {
    guard let offset = file.contentOffset, let byteCount = file.contentSizeInBytes else {
      throw TableFormatError(
        .damaged, "a deletion vector does not say where it is in its file", file: file.path,
        field: "content_offset")
    }
    // Several vectors share a file (rule 46).
    return try vectors.value("\(file.path)#\(offset)") { () throws(TableFormatError) in
      let path = try table.paths.path(of: file.path)
      let vector = try TableFormatError.wrapping(file.path) { () throws(FileFormatError) in
        let source = try table.fileSystem.open(path)
        let isPuffin = try DeleteLoader.isPuffin(source)
        guard readsBareVectors || isPuffin else {
          throw .unsupported("a deletion vector lies in its file without the Puffin format around it")
        }
        return try DeletionVectorBlob.read(
          source, at: Int(clamping: offset), byteCount: Int(clamping: byteCount))
      }
      guard vector.cardinality == file.recordCount else {
        throw TableFormatError(
          .damaged,
          "a deletion vector of \(vector.cardinality) rows, where its manifest says \(file.recordCount)",
          file: file.path, field: "record_count")
      }
      return vector
    }
  }

  private static func isPuffin(_ file: any RandomAccessFile) throws(FileFormatError) -> Bool {
    guard file.byteCount >= 4 else { return false }
    let head = try file.read(at: 0, count: 4)
    let bytes = head.bytes
    return bytes[0] == 0x50 && bytes[1] == 0x46 && bytes[2] == 0x41 && bytes[3] == 0x31
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

/// The columns that a group of equality deletes compares: primitive, at the top or in structs.
struct EqualityKeyColumns {
  private let ids: [FieldID]
  private let columns: [(top: NestedField, place: FieldPlace)]

  /// Finds the columns, in older schemas if they were dropped meanwhile (rule 41).
  init(_ ids: [FieldID], _ metadata: TableMetadata) throws(TableFormatError) {
    var columns: [(top: NestedField, place: FieldPlace)] = []
    for id in ids {
      let schemas = [metadata.schema] + metadata.schemas.reversed()
      guard let schema = schemas.first(where: { $0.field(id: id) != nil }),
        let top = EqualityKeyColumns.top(of: id, in: schema),
        let place = FieldPlace(id, in: Schema(fields: [top]))
      else {
        throw TableFormatError(
          .unsupported, "an equality delete compares the field \(id), which no schema has as a plain column")
      }
      columns.append((top, place))
    }
    (self.ids, self.columns) = (ids, columns)
  }

  /// Returns the top-level column that holds a field, and nothing but what is on the way to it.
  ///
  /// The field's neighbours may have other types now than in the schema that still has the field. Nothing is
  /// required: files written after a drop lack the column, and what they lack is null.
  private static func top(of id: FieldID, in schema: Schema) -> NestedField? {
    guard var field = schema.field(id: id) else { return nil }
    field.isRequired = false
    while let parentID = schema.parent(of: field.id) {
      guard var parent = schema.field(id: parentID), case .struct = parent.type else { return nil }
      (parent.type, parent.isRequired) = (.struct([field]), false)
      field = parent
    }
    return field
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
      result.append(column.place.values(in: try reader.read(column.top, rowGroup: rowGroup)))
    }
    return result
  }
}
