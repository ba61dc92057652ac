internal import Columnar

/// A column that rows are inserted into.
struct InsertColumn {
  var name: String
  var type: LogicalType
  var isRequired: Bool
  /// What a row holds that does not name the column.
  var defaultValue: ScalarValue = .null
}

/// INSERT.
extension Binder {
  /// Binds the rows of an INSERT, with their columns put in the table's order and converted to its types.
  ///
  /// - Parameters:
  ///   - insert: The statement.
  ///   - columns: All columns of the table.
  /// - Returns: A plan that puts out one column for each of the table's.
  /// - Throws: ``QueryError`` if columns are unknown or do not fit.
  func bindInsert(_ insert: InsertSyntax, into columns: [InsertColumn]) throws(QueryError) -> LogicalPlan {
    var values = [BoundExpression?](repeating: nil, count: columns.count)
    for (name, value) in insert.partition {
      let index = try place(of: name, in: columns, insert)
      guard let value else { continue }
      values[index] = try assigned(
        bindExpression(value), to: columns[index].type, what: "the value of \"\(name.text)\"", at: value.range
      )
    }
    let rows: LogicalPlan
    switch insert.source {
    case .defaultValues: rows = .values(rows: [[]], columns: [])
    case .query(let query):
      rows = try bindQuery(try replacingDefaults(in: query, insert, columns))
      try assign(rows.outputColumns, of: query, insert, columns, &values)
    }
    return .project(
      zip(columns, values).map { column, value in
        .init(
          value ?? .literal(column.defaultValue, column.type),
          as: newColumn(column.name, column.type, isNullable: !column.isRequired))
      }, rows)
  }

  /// Gives each column of the rows to the column of the table that it is for.
  private func assign(
    _ given: [OutputColumn], of query: QuerySyntax, _ insert: InsertSyntax, _ columns: [InsertColumn],
    _ values: inout [BoundExpression?]
  ) throws(QueryError) {
    var targets: [Int] = []
    if insert.byName {
      for column in given {
        let name = Identifier(text: column.name, isQuoted: true, range: insert.table.range)
        targets.append(try place(of: name, in: columns, insert))
      }
    } else if insert.columns.isEmpty {
      targets = columns.indices.filter { values[$0] == nil }
    } else {
      for name in insert.columns { targets.append(try place(of: name.last, in: columns, insert)) }
    }
    guard targets.count == given.count else {
      let isNamed = !insert.columns.isEmpty
      let expected =
        isNamed
        ? "\(targets.count) are named"
        : insert.partition.isEmpty
          ? "the table has \(targets.count)" : "the table has \(targets.count) besides those of PARTITION"
      throw QueryError(
        .syntaxError, "\(expected), and the rows have \(given.count) columns",
        hint: isNamed ? nil : "name the columns: INSERT INTO t (a, b) …, or use INSERT INTO t BY NAME",
        at: place(query.range), kind: .bind)
    }
    for (column, index) in zip(given, targets) {
      guard values[index] == nil else {
        throw QueryError(
          .duplicateColumn, "the column \"\(columns[index].name)\" gets two values",
          at: place(insert.table.range))
      }
      values[index] = try assigned(
        .column(column.id, column.type), to: columns[index].type,
        what: "the column \"\(columns[index].name)\"", at: query.range)
    }
  }

  private func place(
    of name: Identifier, in columns: [InsertColumn], _ insert: InsertSyntax
  ) throws(QueryError) -> Int {
    guard
      let index = columns.firstIndex(where: { $0.name == name.text })
        ?? columns.firstIndex(where: { $0.name.lowercased() == name.text.lowercased() })
    else {
      throw QueryError(
        .undefinedColumn, "the table \"\(insert.table.text)\" has no column \"\(name.text)\"",
        hint: NearestName.hint(for: name.text, among: columns.map(\.name)), at: place(name.range))
    }
    return index
  }

  /// Puts null in the place of DEFAULT in VALUES, which is what it stands for in most tables.
  private func replacingDefaults(
    in query: QuerySyntax, _ insert: InsertSyntax, _ columns: [InsertColumn]
  ) throws(QueryError) -> QuerySyntax {
    guard case .values(var rows, let range) = query.body else { return query }
    for row in rows.indices {
      for cell in rows[row].indices {
        guard case .defaultValue = rows[row][cell].kind else { continue }
        let names = insert.columns
        let index =
          names.indices.contains(cell) ? try place(of: names[cell].last, in: columns, insert) : cell
        guard !columns.indices.contains(index) || columns[index].defaultValue.isNull else {
          throw QueryError.unsupported(
            "DEFAULT among VALUES for a column whose default is not null",
            hint: "leave the column out of the list: INSERT INTO t (a, b) …", at: place(rows[row][cell].range)
          )
        }
        rows[row][cell].kind = .null
      }
    }
    var query = query
    query.body = .values(rows, range)
    return query
  }
}
