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
    let result = try rows(of: insert, into: relation.table, environment)
    let branch = relation.branch ?? SnapshotReference.main
    let count = try append(result.batches, to: relation.table, branch: branch)
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

  /// Runs the query of an INSERT.
  private func rows(
    of insert: InsertSyntax, into table: Table, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> QueryResult {
    let plan = try makeBinder(environment).bindInsert(insert, into: try insertColumns(of: table))
    let context = makeContext(environment)
    defer { endContext() }
    return try QueryExecutor.run(try optimized(plan, environment), context: context)
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

  /// Writes rows whose columns follow the table's schema and commits them as one append.
  ///
  /// - Returns: How many rows were added.
  func append(
    _ batches: [Batch], to table: Table, branch: String = SnapshotReference.main
  ) throws(QueryError) -> Int {
    let rowCount = batches.reduce(0) { $0 + $1.selectedCount }
    guard rowCount > 0 else { return 0 }
    return try tableFormat { () throws(TableFormatError) in
      let target = try WriteTarget(table)
      do throws(TableFormatError) {
        let writer = try PartitionedWriter(target)
        for batch in batches { try writer.write(batch) }
        let append = AppendFiles(try writer.finish(), branch: branch)
        try Transaction(table, append, clock: self.commitClock).commit()
      } catch {
        target.abort(after: error)
        throw error
      }
      return rowCount
    }
  }
}
