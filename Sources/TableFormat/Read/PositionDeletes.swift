internal import Columnar
internal import FileFormats

/// What a position delete file says (Iceberg specification, "Position Delete Files").
struct PositionDeletes: Sendable {
  /// The positions by the key of the data file's path.
  let rows: [String: RowPositions]
  /// The keys by the file's own name, for those that no mapping leads to a data file.
  let pathsByName: [String: [String]]

  /// Reads all rows of a file.
  ///
  /// - Parameters:
  ///   - reader: The file.
  ///   - file: Its path, for errors.
  ///   - paths: What paths are compared by: the rows may spell them otherwise than the manifests do.
  /// - Throws: ``TableFormatError`` if the file is damaged.
  init(_ reader: ParquetReader, file: String, paths: PathMapper) throws(TableFormatError) {
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
      Self.collect(names, positions.int64s, paths, &collected)
    }
    rows = collected.mapValues { RowPositions($0) }
    pathsByName = Dictionary(grouping: collected.keys) { Self.name(of: $0) }
  }

  /// The last part of a path.
  static func name(of path: String) -> String {
    let bytes = path.utf8
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[bytes.index(after: slash)...])
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
