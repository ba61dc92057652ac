/// Field ids for files without ids, by column name (Iceberg spec, "Column Projection").
public struct NameMapping: Hashable, Sendable {
  /// One field, its names and those of its parts.
  public struct Field: Hashable, Sendable {
    /// The id; without one the column is ignored (rule 4).
    public var id: FieldID?
    /// Any of these names means the field; they are literal, dots included.
    public var names: [String]
    /// The parts of a struct, list or map.
    public var fields: [Field]

    /// Makes a mapped field.
    public init(id: FieldID?, names: [String], fields: [Field] = []) {
      (self.id, self.names, self.fields) = (id, names, fields)
    }
  }

  /// The top-level columns.
  public var fields: [Field]

  /// Makes a mapping.
  public init(fields: [Field]) { self.fields = fields }

  /// Makes the mapping of a schema's current names.
  public init(_ schema: Schema) { fields = schema.fields.map(Self.mapped) }

  private static func mapped(_ field: NestedField) -> Field {
    Field(id: field.id, names: [field.name], fields: field.type.childFields.map(mapped))
  }

  /// The mapped field of a name among `fields`.
  public static func field(named name: String, among fields: [Field]) -> Field? {
    fields.first { $0.names.contains(name) }
  }
}
