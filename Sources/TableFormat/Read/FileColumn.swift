internal import FileFormats

/// A column of a data file and the field it belongs to.
///
/// Files without field ids get them from the table's name mapping (rule 4); a column whose id stays unknown
/// belongs to no field.
struct FileColumn: Sendable {
  let column: ParquetColumn
  let id: FieldID?
  /// A struct's fields; a list's element; a map's key and value.
  let children: [FileColumn]

  /// Gives the top-level columns of a file their ids.
  ///
  /// - Parameters:
  ///   - schema: The file's columns.
  ///   - mapping: The table's name mapping.
  ///   - file: The file, for the error.
  /// - Returns: The columns in file order.
  /// - Throws: ``TableFormatError`` if neither the file nor the table tells the ids.
  static func columns(
    of schema: ParquetSchema, mapping: NameMapping?, file: String
  ) throws(TableFormatError) -> [FileColumn] {
    if schema.hasFieldIDs { return schema.columns.map { FileColumn($0) } }
    guard let mapping else {
      throw TableFormatError(
        .unsupported, "the data file has no field ids, and the table has no name mapping to tell them",
        hint: "set the table property schema.name-mapping.default", file: file)
    }
    return schema.columns.map { column in
      FileColumn(column, NameMapping.field(named: column.name, among: mapping.fields))
    }
  }

  /// Takes the ids that the file has.
  private init(_ column: ParquetColumn) {
    self.column = column
    id = column.fieldID.flatMap { Int32(exactly: $0) }.map { FieldID($0) }
    children = column.children.map { FileColumn($0) }
  }

  /// Takes the ids of the name mapping.
  private init(_ column: ParquetColumn, _ mapped: NameMapping.Field?) {
    self.column = column
    id = mapped?.id
    let fields = mapped?.fields ?? []
    children =
      switch column.shape {
      case .leaf: []
      case .struct(let members):
        members.map { FileColumn($0, NameMapping.field(named: $0.name, among: fields)) }
      // Parquet calls the parts of lists and maps what the writer likes; the mapping has fixed names.
      case .list(let element): [FileColumn(element, NameMapping.field(named: "element", among: fields))]
      case .map(let key, let value):
        [
          FileColumn(key, NameMapping.field(named: "key", among: fields)),
          FileColumn(value, NameMapping.field(named: "value", among: fields)),
        ]
      }
  }
}
