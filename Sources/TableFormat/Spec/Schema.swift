/// The columns of a table at one time, by field id.
public struct Schema: Sendable {
  /// The schema's number within its table.
  public let id: Int
  /// The top-level columns in order.
  public let fields: [NestedField]
  /// The columns that identify a row; they do not make it unique.
  public let identifierFieldIDs: [FieldID]
  private let index: SchemaIndex

  /// Makes a schema and the index that lookups use.
  public init(id: Int = 0, fields: [NestedField], identifierFieldIDs: [FieldID] = []) {
    (self.id, self.fields, self.identifierFieldIDs) = (id, fields, identifierFieldIDs)
    index = SchemaIndex(fields)
  }

  /// The field of that id at any depth.
  public func field(id: FieldID) -> NestedField? { index.entries[id]?.field }

  /// The names from the top-level column down to the field; lists and maps add `element`, `key`, `value`.
  public func path(of id: FieldID) -> [String]? { index.entries[id]?.path }

  /// The path joined by dots: `image_size.height`.
  public func name(of id: FieldID) -> String? { path(of: id)?.joined(separator: ".") }

  /// The field that holds the field of that id; `nil` for a top-level column or an unknown id.
  public func parent(of id: FieldID) -> FieldID? { index.entries[id]?.parent }

  /// The position among the top-level columns of the column that is, or holds, the field of that id.
  public func columnIndex(of id: FieldID) -> Int? { index.entries[id]?.column }

  /// The largest field id in use, 0 for a schema without fields.
  public var highestFieldID: FieldID { index.entries.keys.max() ?? 0 }

  /// All field ids, at any depth.
  public var allFieldIDs: [FieldID] { index.entries.keys.sorted() }

  /// Finds a field by its full name: a column, or a path joined by dots.
  ///
  /// An exact match wins; otherwise upper and lower case are not told apart.
  ///
  /// - Parameter name: The name; `element`, `key` and `value` stand for the parts of lists and maps.
  /// - Returns: The field, or `nil` when there is none.
  /// - Throws: ``TableFormatError`` of kind `invalidArgument` when several names differ from it in case only.
  public func field(named name: String) throws(TableFormatError) -> NestedField? {
    if let id = index.byName[name] { return field(id: id) }
    guard let found = index.byFoldedName[name.lowercased()] else { return nil }
    guard found.count == 1 else {
      let names = found.compactMap { self.name(of: $0) }.map { "\"\($0)\"" }.joined(separator: " and ")
      throw TableFormatError(
        .invalidArgument, "the name \"\(name)\" fits \(names), which differ in case only",
        hint: "write the name in its exact case", field: name)
    }
    return field(id: found[0])
  }

  /// Finds a field by the names on the way to it, which may contain dots.
  ///
  /// - Parameter path: The top-level column's name first.
  /// - Returns: The field, or `nil` when there is none.
  /// - Throws: ``TableFormatError`` of kind `invalidArgument` when a name is ambiguous.
  public func field(path: [String]) throws(TableFormatError) -> NestedField? {
    var level = fields
    var found: NestedField?
    for name in path {
      guard let next = try Self.field(named: name, among: level) else { return nil }
      (found, level) = (next, next.type.childFields)
    }
    return found
  }

  /// Finds a field among those of one level, an exact name first, then without regard to case.
  package static func field(
    named name: String, among fields: [NestedField]
  ) throws(TableFormatError) -> NestedField? {
    if let exact = fields.first(where: { $0.name == name }) { return exact }
    let folded = name.lowercased()
    let found = fields.filter { $0.name.lowercased() == folded }
    guard found.count <= 1 else {
      throw TableFormatError(
        .invalidArgument, "the name \"\(name)\" fits several columns, which differ in case only",
        hint: "write the name in its exact case", field: name)
    }
    return found.first
  }

  /// The same columns under another schema id.
  public func with(id: Int) -> Schema {
    Schema(id: id, fields: fields, identifierFieldIDs: identifierFieldIDs)
  }

  /// Whether columns and identifier fields are the same, whatever the schema ids are (rule 70).
  public func hasSameColumns(as other: Schema) -> Bool {
    fields == other.fields && Set(identifierFieldIDs) == Set(other.identifierFieldIDs)
  }
}

extension Schema: Hashable {
  /// Compares id, columns and identifier fields.
  public static func == (left: Schema, right: Schema) -> Bool {
    left.id == right.id && left.fields == right.fields
      && left.identifierFieldIDs == right.identifierFieldIDs
  }

  /// Hashes id and columns.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(fields)
  }
}

/// Where the fields of a schema are, by id and by name.
private final class SchemaIndex: Sendable {
  struct Entry: Sendable {
    var field: NestedField
    var path: [String]
    var parent: FieldID?
    var column: Int
  }

  let entries: [FieldID: Entry]
  let byName: [String: FieldID]
  let byFoldedName: [String: [FieldID]]

  init(_ fields: [NestedField]) {
    var entries: [FieldID: Entry] = [:]
    var byName: [String: FieldID] = [:]
    var byFoldedName: [String: [FieldID]] = [:]
    var pending: [Entry] = []
    for (column, field) in fields.enumerated().reversed() {
      pending.append(Entry(field: field, path: [field.name], parent: nil, column: column))
    }
    while let entry = pending.popLast() {
      entries[entry.field.id] = entry
      let name = entry.path.joined(separator: ".")
      // A column whose own name holds a dot comes before a path of the same text.
      if byName[name] == nil || entry.parent == nil {
        byName[name] = entry.field.id
      }
      byFoldedName[name.lowercased(), default: []].append(entry.field.id)
      for child in entry.field.type.childFields.reversed() {
        pending.append(
          Entry(field: child, path: entry.path + [child.name], parent: entry.field.id, column: entry.column))
      }
    }
    (self.entries, self.byName, self.byFoldedName) = (entries, byName, byFoldedName)
  }
}
