public import Columnar

/// Changes the columns of a table; data files stay as they are (Iceberg spec, "Schema Evolution").
///
/// Columns are named by their full name, dots between the levels; `element`, `key` and `value` stand for the
/// parts of lists and maps.
public struct UpdateSchema: TransactionAction {
  /// Where a column goes among its siblings.
  public enum Position: Sendable {
    case first
    case before(String)
    case after(String)
  }

  /// One change.
  public enum Change: Sendable {
    /// Adds a column, to the table or to the struct `parent`; ids within its type are given anew.
    case add(
      name: String, IcebergType, parent: String? = nil, isRequired: Bool = false, doc: String? = nil,
      defaultValue: ScalarValue? = nil, position: Position? = nil)
    case drop(String)
    case rename(String, to: String)
    /// Widens a type (rule 8).
    case setType(String, LogicalType)
    case setRequired(String, Bool)
    case setDoc(String, String?)
    /// What writers put where no value is given (v3).
    case setDefault(String, ScalarValue?)
    case move(String, Position)
    /// The columns that identify a row.
    case setIdentifiers([String])
    /// Brings a dropped top-level column back under its old id, with the values its files hold.
    case restore(String)
  }

  /// The changes, in order.
  public var changes: [Change]

  /// Describes the changes.
  public init(_ changes: [Change]) { self.changes = changes }

  /// Makes the changes.
  public func apply(to table: inout TableChanges) throws(TableFormatError) {
    var editor = SchemaEditor(table.metadata)
    for change in changes { try editor.apply(change) }
    try editor.finish(&table.metadata)
  }
}

/// Makes one of the table's schemas the current one again.
public struct SetCurrentSchema: TransactionAction {
  /// The schema's id.
  public var id: Int

  /// Describes the change.
  public init(id: Int) { self.id = id }

  /// Makes the change.
  public func apply(to changes: inout TableChanges) throws(TableFormatError) {
    guard let schema = changes.metadata.schema(id: id) else {
      throw TableFormatError(.notFound, "the table has no schema \(id)")
    }
    for field in changes.metadata.partitionSpec.fields where field.transform != .void {
      guard schema.field(id: field.sourceID) != nil else {
        throw TableFormatError(
          .invalidArgument,
          "the schema \(id) lacks the column that the table is partitioned by (\"\(field.name)\")",
          hint: "set the partition spec of that time too", field: field.name)
      }
    }
    changes.metadata.currentSchemaID = id
  }
}
