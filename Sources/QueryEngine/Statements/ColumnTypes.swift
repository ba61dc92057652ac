internal import Columnar
internal import TableFormat

/// The types of columns in CREATE and ALTER TABLE, which say more than those of values: which parts are
/// required, their comments and defaults, and what values are not told apart by (`VARIANT`).
enum ColumnTypes {
  /// Returns the type that a table is to have; field ids within it are all 0.
  static func type(of syntax: TypeSyntax) throws(QueryError) -> IcebergType {
    let none = FieldID(0)
    switch syntax.kind {
    case .named("variant", _): return .variant
    case .list(let element, let isRequired):
      return .list(
        element: NestedField(id: none, name: "element", type: try type(of: element), isRequired: isRequired))
    case .map(let key, let value, let isRequired):
      return .map(
        key: NestedField(id: none, name: "key", type: try type(of: key), isRequired: true),
        value: NestedField(id: none, name: "value", type: try type(of: value), isRequired: isRequired))
    case .struct(let members):
      var fields: [NestedField] = []
      for member in members {
        fields.append(
          NestedField(
            id: none, name: member.name.text, type: try type(of: member.type), isRequired: member.isRequired,
            doc: member.comment))
      }
      return .struct(fields)
    case .named:
      let type = try TypeNames.type(of: syntax)
      do throws(TableFormatError) {
        return try IcebergType(type) { none }
      } catch {
        throw QueryError(error)
      }
    }
  }

  /// The changes that give the fields within a column their defaults.
  static func defaults(
    within column: ColumnDefinition, below path: [String] = [], in session: Session,
    _ environment: EvaluationEnvironment
  ) throws(QueryError) -> [UpdateSchema.Change] {
    try defaults(within: column.type, at: path + [column.name.text], session, environment)
  }

  private static func defaults(
    within type: TypeSyntax, at path: [String], _ session: Session, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> [UpdateSchema.Change] {
    switch type.kind {
    case .named: return []
    case .list(let element, _):
      return try defaults(within: element, at: path + ["element"], session, environment)
    case .map(let key, let value, _):
      return try defaults(within: key, at: path + ["key"], session, environment)
        + defaults(within: value, at: path + ["value"], session, environment)
    case .struct(let members):
      var changes: [UpdateSchema.Change] = []
      for member in members {
        let path = path + [member.name.text]
        if let value = try session.defaultValue(of: member, environment) {
          changes.append(.setDefault(path.joined(separator: "."), value))
        }
        changes += try defaults(within: member.type, at: path, session, environment)
      }
      return changes
    }
  }
}
