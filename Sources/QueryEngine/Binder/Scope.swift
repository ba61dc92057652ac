internal import Columnar

/// A table that a query's FROM names.
struct ScopeTable {
  /// The alias, or the name's parts, in lower case; a reference may leave out leading parts.
  var parts: [String]
}

/// A column that an expression may name.
struct ScopeColumn {
  var id: ColumnID
  var name: String
  var type: LogicalType
  var isNullable = true
  /// The index of its table; `nil` for a column merged by USING.
  var table: Int?
  /// Whether `*` leaves it out.
  var isHidden = false
  /// Whether only a qualified name finds it: the other side of USING.
  var needsQualifier = false

  var output: OutputColumn { OutputColumn(id: id, name: name, type: type, isNullable: isNullable) }
}

/// The names that an expression may use: those of one FROM, and through `parent` those of the queries around.
final class Scope {
  var tables: [ScopeTable] = []
  var columns: [ScopeColumn] = []
  let parent: Scope?
  /// The SELECT list's aliases, in lower case, and their expressions.
  var aliases: [String: ExpressionSyntax] = [:]

  init(parent: Scope?) { self.parent = parent }

  /// Takes in a table's columns.
  func add(_ parts: [String], _ columns: [OutputColumn], hidden: Set<ColumnID> = []) {
    tables.append(ScopeTable(parts: parts.map { $0.lowercased() }))
    for column in columns {
      self.columns.append(
        ScopeColumn(
          id: column.id, name: column.name, type: column.type, isNullable: column.isNullable,
          table: tables.count - 1, isHidden: hidden.contains(column.id)))
    }
  }

  /// Takes in all of another FROM's tables and columns.
  func add(_ other: Scope) {
    let offset = tables.count
    tables += other.tables
    for column in other.columns {
      var column = column
      column.table = column.table.map { $0 + offset }
      columns.append(column)
    }
  }

  /// The tables that a qualifier names: its parts are the last ones of the table's.
  func tables(named qualifier: [String]) -> [Int] {
    let wanted = qualifier.map { $0.lowercased() }
    return tables.indices.filter { index in
      let parts = tables[index].parts
      return parts.count >= wanted.count && Array(parts.suffix(wanted.count)) == wanted
    }
  }

  /// The columns of a name, of one table or of those that need no qualifier.
  func columns(named name: Identifier, table: Int? = nil) -> [ScopeColumn] {
    let wanted = name.text.lowercased()
    var found = columns.filter { column in
      guard column.name.lowercased() == wanted else { return false }
      if let table { return column.table == table }
      return !column.needsQualifier
    }
    guard found.count > 1 else { return found }
    // A table may have a column of its own named as a metadata column is.
    if found.contains(where: { !$0.isHidden }) { found.removeAll(where: \.isHidden) }
    guard found.count > 1 else { return found }
    // "quoted" tells names apart that differ only in case.
    let exact = found.filter { $0.name == name.text }
    return exact.count == 1 ? exact : found
  }

  /// The columns of the queries around.
  var outerColumns: Set<ColumnID> {
    guard let parent else { return [] }
    return parent.outerColumns.union(parent.columns.map(\.id))
  }

  /// Every visible name, for suggestions.
  var columnNames: [String] {
    columns.filter { !$0.isHidden }.map(\.name) + (parent?.columnNames ?? [])
  }

  var tableNames: [String] {
    tables.compactMap(\.parts.last) + (parent?.tableNames ?? [])
  }
}
