internal import Columnar
internal import TableFormat

/// INSERT OVERWRITE, with Spark's semantics of dynamic partition overwrite.
///
/// Without PARTITION the partitions that get rows are replaced and no others; of a table without partitions
/// that is all of it. `PARTITION (day = DATE '2024-01-15')` replaces the rows that have these values, even by
/// none. Either way it is one commit.
extension Session {
  func overwrite(
    _ insert: InsertSyntax, _ relation: TableRelation, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> Int {
    let columns = try insertColumns(of: relation.table)
    let isStatic = !insert.partition.isEmpty && insert.partition.allSatisfy { $0.value != nil }
    let isWhole = relation.table.metadata.partitionSpec.fields.allSatisfy { $0.transform == .void }
    guard isStatic || isWhole else {
      let binder = makeBinder(environment)
      let rows = BoundChange.insertion(of: try binder.bindInsert(insert, into: columns), binder)
      let bound = BoundChange(inserting: rows, into: relation)
      return try TableChange(bound, of: relation, in: self, environment).replacePartitions()
    }
    return try change(environment, at: insert.table.range) { (binder) throws(QueryError) in
      let rows = BoundChange.insertion(of: try binder.bindInsert(insert, into: columns), binder)
      var bound = try binder.bindDelete(
        DeleteSyntax(
          table: insert.table, alias: nil, using: [], condition: Session.condition(of: insert.partition),
          returning: []))
      bound.replacement = rows
      return bound
    }
  }

  /// The rows that PARTITION names.
  private static func condition(
    of partition: [(name: Identifier, value: ExpressionSyntax?)]
  ) -> ExpressionSyntax? {
    let parts = partition.compactMap { name, value -> ExpressionSyntax? in
      guard let value else { return nil }
      let column = ExpressionSyntax(kind: .column(QualifiedName(parts: [name])), range: name.range)
      let range = name.range.union(value.range)
      if case .null = value.kind {
        return ExpressionSyntax(kind: .isNull(column, negated: false), range: range)
      }
      return ExpressionSyntax(kind: .binary(.equal, column, value), range: range)
    }
    switch parts.count {
    case 0: return nil
    case 1: return parts[0]
    default: return ExpressionSyntax(kind: .and(parts), range: parts[0].range)
    }
  }
}
