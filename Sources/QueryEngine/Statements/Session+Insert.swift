internal import Columnar
internal import TableFormat

/// INSERT: rows computed, converted to the table's types, written and committed as one snapshot.
extension Session {
  func insert(
    _ insert: InsertSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    guard insert.returning.isEmpty else {
      throw QueryError(.unsupported, "RETURNING is not supported", at: insert.table.range)
    }
    if let key = SessionObjects.key(insert.table.names), let target = objects.tables[key] {
      return try self.insert(insert, into: target, key, environment)
    }
    let resolver = CatalogResolver(self)
    guard let resolved = try resolver.resolveTarget(insert.table.names, at: insert.table.range),
      let relation = resolved as? TableRelation
    else { throw unknownTable(insert.table) }
    if insert.isOverwrite {
      let count = try overwrite(insert, relation, environment)
      return StatementResult(message: "INSERT", changes: count)
    }
    let plan = try makeBinder(environment).bindInsert(insert, into: try insertColumns(of: relation.table))
    let count = try append(
      try optimized(plan, environment), to: relation.table, branch: relation.branch ?? SnapshotReference.main,
      environment)
    return StatementResult(message: "INSERT", changes: count)
  }

  private func insert(
    _ insert: InsertSyntax, into target: InMemoryRelation, _ key: String,
    _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let columns = target.columns.map {
      InsertColumn(name: $0.name, type: $0.type, isRequired: !$0.isNullable)
    }
    let plan = try makeBinder(environment).bindInsert(insert, into: columns)
    let rows = try QueryExecutor.run(try optimized(plan, environment), context: makeContext(environment))
    endContext()
    objects.tables[key] = InMemoryRelation(
      displayName: target.displayName, columns: target.columns,
      batches: (insert.isOverwrite ? [] : target.batches) + rows.batches)
    return StatementResult(message: "INSERT", changes: rows.rowCount)
  }

  /// The columns of a table as INSERT sees them.
  func insertColumns(of table: Table) throws(QueryError) -> [InsertColumn] {
    var columns: [InsertColumn] = []
    for field in table.schema.fields {
      let type = try tableFormat { () throws(TableFormatError) in try field.type.logicalType }
      columns.append(
        InsertColumn(
          name: field.name, type: type, isRequired: field.isRequired,
          defaultValue: field.writeDefault ?? .null))
    }
    return columns
  }

  /// Writes the rows of a plan, whose columns follow the table's schema, and commits them as one append.
  ///
  /// - Returns: How many rows were added.
  private func append(
    _ plan: LogicalPlan, to table: Table, branch: String, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> Int {
    let target = try tableFormat { () throws(TableFormatError) in try WriteTarget(table) }
    let (files, rowCount) = try RowWriting.run(plan, to: target, in: self, environment)
    guard rowCount > 0 else { return 0 }
    return try tableFormat { () throws(TableFormatError) in
      do throws(TableFormatError) {
        try Transaction(table, AppendFiles(files, branch: branch), clock: self.commitClock).commit()
      } catch {
        target.abort(after: error)
        throw error
      }
      return rowCount
    }
  }
}
