internal import TableFormat

/// `_deleted`: a table of which a query names it shows its deleted rows, too, as in Spark.
extension Binder {
  /// Returns the plan with the deleted rows of those tables whose `_deleted` the statement names.
  ///
  /// Done before columns are pruned, so that what the query says decides and not what the optimizer leaves of it.
  func showingDeletedRows(_ plan: LogicalPlan) -> LogicalPlan {
    guard case .scan(var scan) = plan else { return plan.mapInputs { showingDeletedRows($0) } }
    guard var relation = scan.relation as? TableRelation,
      let place = scan.columnIndices.firstIndex(where: { relation.isDeletedMark($0) }),
      columnPositions[scan.columns[place].id] != nil
    else { return plan }
    relation.showsDeletedRows = true
    scan.relation = relation
    return .scan(scan)
  }
}

extension TableRelation {
  /// Whether a column, given by its place, is `_deleted`.
  fileprivate func isDeletedMark(_ column: Int) -> Bool {
    columns[column].fieldID == Int(FieldID.isDeleted.rawValue)
  }
}
