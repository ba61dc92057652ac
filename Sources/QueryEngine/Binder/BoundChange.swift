internal import Columnar
internal import TableFormat

/// What DELETE, UPDATE and MERGE come to: a plan that puts out one row for each row to change.
struct BoundChange {
  /// What happens to a row that the plan puts out.
  enum Kind: Sendable {
    case delete
    case update
    case insert
  }

  /// Puts out ``path``, ``position``, the number of the clause, for version 3 the row id, then ``values``.
  var plan: LogicalPlan
  /// The table that is changed.
  var target: any Relation
  /// The column of the path of the row's data file, null for rows to insert.
  var path: OutputColumn
  /// The column of the row's number in its data file, null for rows to insert.
  var position: OutputColumn
  /// What each clause does, by its number.
  var clauses: [Kind]
  /// Whether the rows have their id, to keep it when they move to another file.
  var keepsRowID: Bool
  /// How many columns at the plan's end are those of the table; 0 for DELETE.
  var valueCount: Int
  /// `delete`, `update` or `merge`, as table properties name them.
  var operation: String
  /// Rows that come in the place of those that go, as ``insertion(of:_:)`` makes them: of INSERT OVERWRITE.
  var replacement: LogicalPlan?

  /// Where the columns of a row stand.
  var clauseIndex: Int { 2 }
  var rowIDIndex: Int? { keepsRowID ? 3 : nil }
  var firstValue: Int { keepsRowID ? 4 : 3 }
}

extension BoundChange {
  /// Makes the change that inserts rows.
  ///
  /// - Parameters:
  ///   - rows: What ``insertion(of:_:)`` made of the rows.
  ///   - target: The table.
  init(inserting rows: LogicalPlan, into target: any Relation) {
    let columns = rows.outputColumns
    self.init(
      plan: rows, target: target, path: columns[0], position: columns[1], clauses: [.insert],
      keepsRowID: false, valueCount: columns.count - 3, operation: "delete")
  }

  /// Puts the columns of a change before the rows of a table.
  ///
  /// - Parameters:
  ///   - rows: One column for each of the table's.
  ///   - binder: The one that has bound them, whose column ids go on.
  /// - Returns: A plan for ``init(inserting:into:)``.
  static func insertion(of rows: LogicalPlan, _ binder: Binder) -> LogicalPlan {
    let columns: [LogicalPlan.NamedExpression] = [
      .init(.literal(.null, .varchar), as: binder.newColumn("_file", .varchar)),
      .init(.literal(.null, .bigint), as: binder.newColumn("_pos", .bigint)),
      .init(.literal(.integer(0), .integer), as: binder.newColumn("clause", .integer)),
    ]
    return .project(columns + rows.outputColumns.map { .init(passing: $0) }, rows)
  }
}

/// The table that a statement changes, in the scope of the statement's expressions.
struct ChangeTarget {
  var relation: any Relation
  var table: Binder.BoundTable
  /// The columns of the scan, in the relation's order.
  var columns: [OutputColumn]
  var name: QualifiedName
  var alias: Identifier?

  /// The columns that hold the table's rows.
  var dataColumns: [(relation: RelationColumn, output: OutputColumn)] {
    zip(relation.columns, columns).filter { !$0.0.isHidden }.map { ($0, $1) }
  }

  /// What a column holds in a new row that does not name it.
  func defaultValue(of column: RelationColumn) -> ScalarValue {
    guard let table = relation as? TableRelation, let id = column.fieldID.flatMap({ Int32(exactly: $0) })
    else {
      return .null
    }
    return table.field(id: FieldID(id))?.writeDefault ?? .null
  }

  /// A metadata column, which every table that can be changed has.
  func hidden(_ name: String) -> OutputColumn? {
    zip(relation.columns, columns).first { $0.0.isHidden && $0.0.name == name }?.1
  }
}
