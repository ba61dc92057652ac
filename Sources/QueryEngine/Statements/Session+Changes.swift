internal import Columnar
internal import TableFormat

/// DELETE, UPDATE, MERGE and TRUNCATE.
extension Session {
  func delete(
    _ delete: DeleteSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    try refuseReturning(delete.returning, at: delete.table.range)
    return try change("DELETE", of: delete.table, environment) { (binder) throws(QueryError) in
      try binder.bindDelete(delete)
    }
  }

  func update(
    _ update: UpdateSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    try refuseReturning(update.returning, at: update.table.range)
    return try change("UPDATE", of: update.table, environment) { (binder) throws(QueryError) in
      try binder.bindUpdate(update)
    }
  }

  func merge(
    _ merge: MergeSyntax, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    try change("MERGE", of: merge.table, environment) { (binder) throws(QueryError) in
      try binder.bindMerge(merge)
    }
  }

  /// Deletes all rows; the files stay until the snapshots that hold them expire.
  func truncate(
    _ name: QualifiedName, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let all = DeleteSyntax(table: name, alias: nil, using: [], condition: nil, returning: [])
    return try change("TRUNCATE", of: name, environment) { (binder) throws(QueryError) in
      try binder.bindDelete(all)
    }
  }

  /// Makes a change and reports it as the statement that `tag` names.
  private func change(
    _ tag: String, of table: QualifiedName, _ environment: EvaluationEnvironment,
    _ bind: (Binder) throws(QueryError) -> BoundChange
  ) throws(QueryError) -> StatementResult {
    StatementResult(message: tag, changes: try change(environment, at: table.range, bind))
  }

  private func refuseReturning(_ items: [SelectItem], at range: SourceRange) throws(QueryError) {
    guard items.isEmpty else { throw QueryError(.unsupported, "RETURNING is not supported", at: range) }
  }

  /// Binds and makes a change; if another writer was in the way, all of it again on the newer state.
  func change(
    _ environment: EvaluationEnvironment, at range: SourceRange,
    _ bind: (Binder) throws(QueryError) -> BoundChange
  ) throws(QueryError) -> Int {
    var attempts = 0
    while true {
      let bound = try bind(makeBinder(environment))
      do throws(QueryError) {
        defer { endContext() }
        guard let relation = bound.target as? TableRelation else {
          return try changeInMemory(bound, environment)
        }
        return try TableChange(bound, of: relation, in: self, environment).run()
      } catch {
        attempts += 1
        let limit = (bound.target as? TableRelation)?.table.metadata.settings.commitRetries ?? 0
        guard error.sqlState == .serializationFailure, attempts <= limit else {
          throw error.located(at: range)
        }
      }
    }
  }

  /// Changes a temporary table, whose rows are numbered for the statement.
  private func changeInMemory(
    _ change: BoundChange, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> Int {
    guard let target = change.target as? InMemoryRelation else {
      throw QueryError.internalError("a table of no known kind")
    }
    let result = try QueryExecutor.run(
      try optimized(change.plan, environment), context: makeContext(environment))
    var (removed, updated): (Set<Int64>, Set<Int64>) = ([], [])
    var (added, insertedCount): ([Batch], Int) = ([], 0)
    for batch in result.batches.map({ $0.compacted() }) {
      var written: [UInt32] = []
      for row in 0..<batch.rowCount {
        guard case .integer(let clause) = batch.columns[change.clauseIndex].scalar(at: row, as: .integer)
        else {
          continue
        }
        let kind = change.clauses[Int(clause)]
        if kind != .delete { written.append(UInt32(row)) }
        guard kind != .insert, case .integer(let position) = batch.columns[1].scalar(at: row, as: .bigint)
        else {
          insertedCount += 1
          continue
        }
        let isNew = removed.insert(position).inserted
        guard isNew || (kind == .delete && !updated.contains(position)) else {
          throw ChangedRows.severalMatches
        }
        if kind == .update { updated.insert(position) }
      }
      let columns = batch.columns.dropFirst(change.firstValue).map { $0.taking(written.span) }
      if !written.isEmpty { added.append(Batch(columns: columns, rowCount: written.count)) }
    }
    try checkRequired(added, target)
    let visible = target.columns.indices.filter { !target.columns[$0].isHidden }
    var (kept, first): ([Batch], Int64) = ([], 0)
    for batch in target.batches {
      let rows = (0..<batch.rowCount).filter { !removed.contains(first + Int64($0)) }.map { UInt32($0) }
      first += Int64(batch.rowCount)
      let columns = visible.map { batch.columns[$0].taking(rows.span) }
      if !rows.isEmpty { kept.append(Batch(columns: columns, rowCount: rows.count)) }
    }
    objects.tables[target.displayName.lowercased()] = InMemoryRelation(
      displayName: target.displayName, columns: visible.map { target.columns[$0] }, batches: kept + added)
    return removed.count + insertedCount
  }

  /// Refuses nulls in columns that were declared NOT NULL.
  private func checkRequired(_ batches: [Batch], _ target: InMemoryRelation) throws(QueryError) {
    for (index, column) in target.columns.enumerated() where !column.isHidden && !column.isNullable {
      for batch in batches
      where batch.columns[index].flattened().validity?.setCount ?? batch.rowCount < batch.rowCount {
        throw QueryError(.notNullViolation, "the column \"\(column.name)\" must not be null")
      }
    }
  }
}
