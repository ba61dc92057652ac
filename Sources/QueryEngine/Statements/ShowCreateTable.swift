internal import Columnar
internal import TableFormat

/// SHOW CREATE TABLE: a statement that makes an empty table of the same shape.
extension Session {
  func showCreateTable(_ name: QualifiedName) throws(QueryError) -> StatementResult {
    if case .view(let view)? = try CatalogResolver(self).resolve(name.names, version: nil, at: name.range) {
      return showCreateView(view, name)
    }
    let table = try requireTable(name)
    let metadata = table.metadata
    var text = "CREATE TABLE \(table.identifier.namespace).\(SQLName.quoted(table.identifier.name)) (\n"
    var lines: [String] = []
    for field in metadata.schema.fields { lines.append("  " + SQLName.definition(of: field)) }
    let keys = metadata.schema.identifierFieldIDs.compactMap { metadata.schema.path(of: $0) }
    if !keys.isEmpty {
      lines.append("  PRIMARY KEY (\(keys.map { SQLName.quoted($0) }.joined(separator: ", ")))")
    }
    text += lines.joined(separator: ",\n") + "\n)\nUSING iceberg"
    let fields = metadata.partitionSpec.fields.filter { $0.transform != .void }
    if !fields.isEmpty {
      let parts = fields.map { field -> String in
        let part = Self.part(field.sourceID, field.transform, metadata.schema)
        let name = Self.defaultName(of: field, metadata.schema)
        return part + (name == field.name ? "" : " AS \(SQLName.quoted(field.name))")
      }
      text += "\nPARTITIONED BY (\(parts.joined(separator: ", ")))"
    }
    if !metadata.sortOrder.isUnsorted {
      let keys = metadata.sortOrder.fields.map { field -> String in
        Self.part(field.sourceID, field.transform, metadata.schema)
          + (field.direction == .descending ? " DESC" : "")
          + (field.nullOrder == .first ? " NULLS FIRST" : " NULLS LAST")
      }
      text += "\nORDERED BY (\(keys.joined(separator: ", ")))"
    }
    var properties = metadata.properties
    properties["format-version"] = "\(metadata.formatVersion)"
    let pairs = properties.sorted { $0.key < $1.key }.map {
      "  \(SQLName.literal($0.key)) = \(SQLName.literal($0.value))"
    }
    text += "\nTBLPROPERTIES (\n\(pairs.joined(separator: ",\n"))\n)"
    return StatementResult(columns: [("create_statement", .varchar)], rows: [[.text(text)]])
  }

  /// A column or a transform of one.
  private static func part(_ id: FieldID, _ transform: Transform, _ schema: Schema) -> String {
    let column = SQLName.quoted(schema.path(of: id) ?? ["\(id)"])
    switch transform {
    case .identity: return column
    case .bucket(let count): return "bucket(\(count), \(column))"
    case .truncate(let width): return "truncate(\(width), \(column))"
    default: return "\(transform)(\(column))"
    }
  }

  /// The name that a partition field gets when the statement gives none.
  private static func defaultName(of field: PartitionField, _ schema: Schema) -> String {
    let name = schema.field(id: field.sourceID)?.name ?? field.name
    switch field.transform {
    case .identity: return name
    case .bucket: return name + "_bucket"
    case .truncate: return name + "_trunc"
    default: return "\(name)_\(field.transform)"
    }
  }
}

/// Names and texts as SQL takes them.
enum SQLName {
  /// Returns a name, in quotes where it needs them.
  static func quoted(_ name: String) -> String {
    let isPlain =
      name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
      && !(name.utf8.first.map { $0 <= 0x39 } ?? true) && !Keywords.reserved.contains(name)
    if isPlain { return name }
    return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// Returns the names on the way to a field, joined by dots.
  static func quoted(_ path: [String]) -> String { path.map { quoted($0) }.joined(separator: ".") }

  /// Returns what CREATE TABLE says of a column, or of a field within a struct.
  static func definition(of field: NestedField) -> String {
    var text = "\(quoted(field.name)) \(type(field.type))"
    if field.isRequired { text += " NOT NULL" }
    if let value = field.writeDefault, let type = try? field.type.logicalType {
      let value = ValueText.string(value, as: type)
      // "nan" and "inf" are no numbers of SQL.
      let isNumber = type.isNumeric && !(value.utf8.last.map { $0 >= 0x61 } ?? true)
      text += " DEFAULT \(isNumber ? value : literal(value))"
    }
    if let doc = field.doc { text += " COMMENT \(literal(doc))" }
    return text
  }

  /// Returns the type of a column as CREATE TABLE takes it, what SQL does not tell apart in values included.
  static func type(_ type: IcebergType) -> String {
    switch type {
    case .unknown, .variant: return "\(type)".uppercased()
    case .list(let element):
      let text = self.type(element.type)
      return element.isRequired ? "ARRAY(\(text) NOT NULL)" : text + "[]"
    case .map(let key, let value):
      return "MAP(\(self.type(key.type)), \(self.type(value.type))\(value.isRequired ? " NOT NULL" : ""))"
    case .struct(let fields):
      return "STRUCT(\(fields.map { definition(of: $0) }.joined(separator: ", ")))"
    default: return (try? type.logicalType).map { "\($0)" } ?? "\(type)"
    }
  }

  /// Returns text as a literal.
  static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
