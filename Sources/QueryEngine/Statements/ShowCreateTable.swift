internal import Columnar
internal import TableFormat

/// SHOW CREATE TABLE: a statement that makes an empty table of the same shape.
extension Session {
  func showCreateTable(_ name: QualifiedName) throws(QueryError) -> StatementResult {
    let table = try requireTable(name)
    let metadata = table.metadata
    var text = "CREATE TABLE \(table.identifier.namespace).\(SQLName.quoted(table.identifier.name)) (\n"
    var lines: [String] = []
    for field in metadata.schema.fields {
      let type = (try? field.type.logicalType).map { "\($0)" } ?? "\(field.type)"
      var line = "  \(SQLName.quoted(field.name)) \(type)"
      if field.isRequired { line += " NOT NULL" }
      if let doc = field.doc { line += " COMMENT \(SQLName.literal(doc))" }
      lines.append(line)
    }
    text += lines.joined(separator: ",\n") + "\n)\nUSING iceberg"
    let fields = metadata.partitionSpec.fields.filter { $0.transform != .void }
    if !fields.isEmpty {
      let parts = fields.map { field -> String in
        let column = SQLName.quoted(metadata.schema.name(of: field.sourceID) ?? field.name)
        switch field.transform {
        case .identity: return column
        case .bucket(let count): return "bucket(\(count), \(column))"
        case .truncate(let width): return "truncate(\(width), \(column))"
        default: return "\(field.transform)(\(column))"
        }
      }
      text += "\nPARTITIONED BY (\(parts.joined(separator: ", ")))"
    }
    if !metadata.sortOrder.isUnsorted {
      let keys = metadata.sortOrder.fields.map { field -> String in
        let column = SQLName.quoted(metadata.schema.name(of: field.sourceID) ?? "\(field.sourceID)")
        return column + (field.direction == .descending ? " DESC" : "")
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

  /// Returns text as a literal.
  static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
