/// What schemas, partition specs and sort orders must keep to before they are written.
enum SchemaRules {
  static func check(_ schema: Schema, formatVersion: Int) throws(TableFormatError) {
    guard !schema.fields.isEmpty else {
      throw TableFormatError(.invalidArgument, "a table needs at least one column")
    }
    try checkNames(schema.fields, in: "the table")
    for id in schema.allFieldIDs {
      guard let field = schema.field(id: id) else { continue }
      let name = schema.name(of: id) ?? field.name
      guard id > 0, !id.isReserved else {
        throw TableFormatError(.invalidArgument, "the field id \(id) of \"\(name)\" is reserved", field: name)
      }
      switch field.type {
      case .timestampNanos, .timestamptzNanos, .unknown, .variant:
        guard formatVersion >= 3 else {
          throw TableFormatError(
            .unsupported, "the column \"\(name)\" of the type \(field.type) needs format version 3",
            hint: "set the table property 'format-version' to '3'", field: name)
        }
      case .other:
        throw TableFormatError(
          .unsupported, "columns of the type \(field.type) cannot be written (\"\(name)\")", field: name)
      case .struct(let fields): try checkNames(fields, in: "\"\(name)\"")
      default: break
      }
    }
    for id in schema.identifierFieldIDs { try checkIdentifier(id, of: schema) }
  }

  private static func checkNames(_ fields: [NestedField], in place: String) throws(TableFormatError) {
    var seen: Set<String> = []
    for field in fields {
      guard !field.name.isEmpty else {
        throw TableFormatError(.invalidArgument, "a column of \(place) has no name")
      }
      guard seen.insert(field.name).inserted else {
        throw TableFormatError(
          .invalidArgument, "the column \"\(field.name)\" occurs twice in \(place)", field: field.name)
      }
    }
  }

  /// Rule 15.
  private static func checkIdentifier(_ id: FieldID, of schema: Schema) throws(TableFormatError) {
    guard let field = schema.field(id: id) else {
      throw TableFormatError(.invalidArgument, "the identifier field \(id) is not in the schema")
    }
    let isPlain = !field.type.isNested && field.type != .float && field.type != .double
    var parents = field.isRequired
    var parent = schema.parent(of: id)
    while let next = parent, let holder = schema.field(id: next) {
      if case .struct = holder.type { parents = parents && holder.isRequired } else { parents = false }
      parent = schema.parent(of: next)
    }
    guard isPlain, parents else {
      throw TableFormatError(
        .invalidArgument,
        "\"\(field.name)\" cannot identify rows: it must be required, and no number with a fraction, list, map or struct",
        field: field.name)
    }
  }

  static func check(_ spec: PartitionSpec, schema: Schema) throws(TableFormatError) {
    var names: Set<String> = []
    var pairs: Set<String> = []
    for field in spec.fields where field.transform != .void {
      guard let source = schema.field(id: field.sourceID) else {
        throw TableFormatError(
          .invalidArgument, "the partition field \"\(field.name)\" is made of a column that is not there",
          field: field.name)
      }
      guard field.sourceIDs.count == 1, field.transform.accepts(source.type) else {
        throw TableFormatError(
          .invalidArgument,
          "\(field.transform) cannot partition \"\(source.name)\" of the type \(source.type)",
          field: field.name)
      }
      guard names.insert(field.name).inserted else {
        throw TableFormatError(
          .invalidArgument, "the partition field \"\(field.name)\" occurs twice", field: field.name)
      }
      guard pairs.insert("\(field.sourceID) \(field.transform)").inserted else {
        throw TableFormatError(
          .invalidArgument, "the table is partitioned twice by \(field.transform) of \"\(source.name)\"",
          field: field.name)
      }
      // A column of the same name is allowed only when the field holds its very values.
      if let column = schema.fields.first(where: { $0.name == field.name }),
        column.id != field.sourceID || field.transform != .identity
      {
        throw TableFormatError(
          .invalidArgument, "the partition field \"\(field.name)\" has the name of a column",
          field: field.name)
      }
    }
  }

  static func check(_ order: SortOrder, schema: Schema) throws(TableFormatError) {
    for key in order.fields {
      guard let source = schema.field(id: key.sourceID), key.transform.accepts(source.type) else {
        throw TableFormatError(
          .invalidArgument,
          "the table cannot be sorted by \(key.transform) of the column with id \(key.sourceID)")
      }
    }
  }
}
