internal import Columnar
internal import TableFormat

/// INSERT: rows computed, converted to the table's types, written and committed as one append.
extension Session {
  func insert(
    _ insert: InsertSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    guard insert.returning.isEmpty else {
      throw QueryError(.unsupported, "RETURNING is not supported", at: insert.table.range)
    }
    if insert.isOverwrite {
      throw QueryError(
        .unsupported, "INSERT OVERWRITE is not supported", hint: "INSERT INTO appends", at: insert.table.range
      )
    }
    guard case .query(let query) = insert.source else {
      throw QueryError(.unsupported, "INSERT … DEFAULT VALUES is not supported", at: insert.table.range)
    }
    if let key = SessionObjects.key(insert.table.names), let target = objects.tables[key] {
      let columns = target.columns.map {
        InsertColumn(name: $0.name, type: $0.type, isRequired: !$0.isNullable)
      }
      let rows = try convertedRows(query, insert, columns, environment)
      objects.tables[key] = InMemoryRelation(
        displayName: target.displayName, columns: target.columns, batches: target.batches + rows.batches)
      return StatementResult(message: "INSERT", changes: rows.rowCount)
    }
    let table = try requireTable(insert.table)
    var columns: [InsertColumn] = []
    for field in table.schema.fields {
      let type = try tableFormat { () throws(TableFormatError) in try field.type.logicalType }
      columns.append(InsertColumn(name: field.name, type: type, isRequired: field.isRequired))
    }
    let rows = try convertedRows(query, insert, columns, environment)
    return StatementResult(message: "INSERT", changes: try append(rows.batches, to: table))
  }

  /// A column that rows are inserted into.
  private struct InsertColumn {
    var name: String
    var type: LogicalType
    var isRequired: Bool
  }

  /// Runs the query of an INSERT with its columns put in the table's order and converted to its types.
  private func convertedRows(
    _ query: QuerySyntax, _ insert: InsertSyntax, _ columns: [InsertColumn],
    _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let binder = makeBinder(environment)
    let bound = try binder.bindQuery(query)
    let given = bound.outputColumns
    var sources = [Int?](repeating: nil, count: columns.count)
    func target(_ name: String, at range: SourceRange) throws(QueryError) -> Int {
      guard
        let index = columns.firstIndex(where: { $0.name == name })
          ?? columns.firstIndex(where: { $0.name.lowercased() == name.lowercased() })
      else {
        throw QueryError(
          .undefinedColumn, "the table \"\(insert.table.text)\" has no column \"\(name)\"",
          hint: NearestName.hint(for: name, among: columns.map(\.name)), at: range)
      }
      return index
    }
    if insert.byName {
      for (index, column) in given.enumerated() {
        sources[try target(column.name, at: insert.table.range)] = index
      }
    } else {
      let names = insert.columns
      if (names.isEmpty ? columns.count : names.count) != given.count {
        throw QueryError(
          .syntaxError,
          "\(names.isEmpty ? "the table has \(columns.count)" : "\(names.count) are named"), and the rows have \(given.count) columns",
          hint: names.isEmpty
            ? "name the columns: INSERT INTO t (a, b) …, or use INSERT INTO t BY NAME" : nil,
          at: query.range)
      }
      for index in given.indices {
        sources[names.isEmpty ? index : try target(names[index].text, at: names[index].range)] = index
      }
    }
    var expressions: [LogicalPlan.NamedExpression] = []
    for (index, column) in columns.enumerated() {
      let output = binder.newColumn(column.name, column.type, isNullable: !column.isRequired)
      guard let source = sources[index] else {
        expressions.append(.init(.literal(.null, column.type), as: output))
        continue
      }
      let expression = BoundExpression.column(given[source].id, given[source].type)
      expressions.append(
        .init(
          try binder.assigned(
            expression, to: column.type, what: "the column \"\(column.name)\"", at: query.range), as: output))
    }
    let plan = try optimized(.project(expressions, bound), environment)
    let context = makeContext(environment)
    return StatementResult(try QueryExecutor.run(plan, context: context))
  }

  /// Writes rows whose columns follow the table's schema and commits them as one append.
  ///
  /// - Returns: How many rows were added.
  func append(_ batches: [Batch], to table: Table) throws(QueryError) -> Int {
    let rowCount = batches.reduce(0) { $0 + $1.selectedCount }
    guard rowCount > 0 else { return 0 }
    return try tableFormat { () throws(TableFormatError) in
      let target = try WriteTarget(table)
      do throws(TableFormatError) {
        let writer = try PartitionedWriter(target)
        for batch in batches { try writer.write(batch) }
        try Transaction(table, AppendFiles(try writer.finish())).commit()
      } catch {
        target.abort()
        throw error
      }
      return rowCount
    }
  }
}
