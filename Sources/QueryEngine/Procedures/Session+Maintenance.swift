package import Columnar
package import TableFormat

/// What procedures and maintenance jobs need of a session.
extension Session {
  /// Loads the table that an argument names: `table`, `namespace.table` or `catalog.namespace.table`.
  ///
  /// - Parameter name: The name, without quotes.
  /// - Returns: The table as it is now.
  /// - Throws: ``QueryError`` with the nearest names if there is none.
  package func table(named name: String) throws(QueryError) -> Table {
    let parts = name.split(separator: ".").map(String.init)
    let resolver = CatalogResolver(self)
    for identifier in TableSelector.identifiers(parts, settings) {
      if let table = try resolver.load(identifier) { return table }
    }
    throw QueryError(
      .undefinedTable, "there is no table \"\(name)\"",
      hint: NearestName.hint(for: parts.last ?? name, among: resolver.tableNames()))
  }

  /// Turns a condition into what scan planning can reason about.
  ///
  /// - Parameters:
  ///   - text: A condition on the table's columns, in SQL.
  ///   - table: The table.
  /// - Returns: A predicate that is true wherever the condition is.
  /// - Throws: ``QueryError`` if the condition is none, or says nothing that planning understands.
  package func predicate(_ text: String, on table: Table) throws(QueryError) -> Predicate {
    var columns: [OutputColumn] = []
    var fields: [ColumnID: FieldID] = [:]
    for (index, field) in table.schema.fields.enumerated() {
      guard let type = try? field.type.logicalType else { continue }
      columns.append(OutputColumn(id: ColumnID(index), name: field.name, type: type))
      fields[ColumnID(index)] = field.id
    }
    let environment = EvaluationEnvironment(clockMicros: clockMicros, statement: text)
    let bound = try makeBinder(environment).bindExpression(
      Parser.expression(text), columns: columns, table: [table.identifier.name], as: .boolean)
    let folded = try ConstantFolding(context: OptimizerContext(environment: environment)).folded(bound)
    let translation = PredicateTranslation(folded, fields: fields)
    guard translation.predicate != .alwaysTrue || translation.isExact else {
      throw QueryError(
        .unsupported, "the condition \"\(text)\" selects no files",
        hint: "compare columns with constants, such as event_date >= DATE '2026-01-15'")
    }
    return translation.predicate
  }

  /// Sorts rows.
  ///
  /// - Parameters:
  ///   - batches: Batches whose columns have the types given.
  ///   - types: The types of the columns.
  ///   - keys: The columns to sort by, most significant first.
  /// - Returns: The rows in order.
  /// - Throws: ``QueryError`` when memory runs out, or that the job was cancelled.
  package func sorted(
    _ batches: [Batch], types: [LogicalType],
    by keys: [(column: Int, isDescending: Bool, nullsFirst: Bool)]
  ) throws(QueryError) -> [Batch] {
    let columns = types.enumerated().map { OutputColumn(id: ColumnID($0), name: "column\($0)", type: $1) }
    let relation = InMemoryRelation(
      displayName: "rows", columns: columns.map { RelationColumn($0.name, $0.type) }, batches: batches)
    let scan = LogicalPlan.Scan(
      relation: relation, name: "rows", columns: columns, columnIndices: Array(columns.indices))
    let order = keys.map { key in
      LogicalPlan.SortKey(
        .column(columns[key.column].id, columns[key.column].type), isDescending: key.isDescending,
        nullsFirst: key.nullsFirst)
    }
    let context = makeContext(EvaluationEnvironment(clockMicros: clockMicros))
    return try QueryExecutor.run(.sort(order, .scan(scan)), context: context).batches
  }
}
