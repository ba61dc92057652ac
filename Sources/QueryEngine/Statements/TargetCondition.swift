internal import Columnar
internal import TableFormat

/// What an optimized plan says of the rows of the table to change, before any of them is read.
struct TargetCondition {
  /// True for every row that is changed.
  let predicate: Predicate
  /// Whether it is true for no other row.
  let isExact: Bool
  private let position: ColumnID

  /// Looks at the scan of the table.
  ///
  /// - Parameters:
  ///   - plan: An optimized plan.
  ///   - position: The column of the table's row numbers, which tells the scan from others of the same table.
  ///   - relation: The table.
  init(_ plan: LogicalPlan, position: ColumnID, _ relation: TableRelation) {
    self.position = position
    guard let (scan, isAlone) = TargetCondition.scan(of: plan, position) else {
      (predicate, isExact) = (.alwaysTrue, false)
      return
    }
    var fields: [ColumnID: FieldID] = [:]
    for (column, index) in zip(scan.columns, scan.columnIndices) {
      guard let id = relation.columns[index].fieldID.flatMap({ Int32(exactly: $0) }) else { continue }
      fields[column.id] = FieldID(id)
    }
    let translations = scan.filters.map { PredicateTranslation($0, fields: fields) }
    predicate = .all(translations.map(\.predicate)).pushingNegationsDown
    isExact = isAlone && translations.allSatisfy(\.isExact)
  }

  /// The scan, and whether nothing but projections stands above it.
  private static func scan(
    of plan: LogicalPlan, _ position: ColumnID
  ) -> (scan: LogicalPlan.Scan, isAlone: Bool)? {
    if case .scan(let scan) = plan {
      guard scan.columns.contains(where: { $0.id == position }) else { return nil }
      return (scan, scan.limit == nil)
    }
    for input in plan.inputs {
      guard let (scan, isAlone) = self.scan(of: input, position) else { continue }
      if case .project = plan { return (scan, isAlone) }
      return (scan, false)
    }
    return nil
  }

  /// Returns the plan with some data files of the table left out.
  func leavingOut(_ paths: Set<String>, of plan: LogicalPlan) -> LogicalPlan {
    guard !paths.isEmpty else { return plan }
    if case .scan(var scan) = plan, var relation = scan.relation as? TableRelation,
      scan.columns.contains(where: { $0.id == position })
    {
      relation.leftOut = paths
      scan.relation = relation
      return .scan(scan)
    }
    return plan.mapInputs { leavingOut(paths, of: $0) }
  }
}

/// Tells which data files may hold rows that pass a predicate, whatever spec they follow.
struct FileFilter: Sendable {
  private let predicate: Predicate
  private let partitions: [Int: PartitionEvaluator]
  private let metrics: MetricsEvaluator

  init(_ predicate: Predicate, _ table: Table, _ schema: Schema) {
    self.predicate = predicate
    var partitions: [Int: PartitionEvaluator] = [:]
    for spec in table.metadata.partitionSpecs {
      partitions[spec.id] = PartitionEvaluator(spec, schema: schema)
    }
    self.partitions = partitions
    metrics = MetricsEvaluator(predicate.fieldIDs, schema: schema)
  }

  /// Whether some row of a file can pass, as far as partition and bounds tell.
  func mayMatch(_ file: DataFile) -> Bool {
    if let evaluator = partitions[file.specID],
      !evaluator.outcomes(of: predicate, in: file.partition).mightMatch
    {
      return false
    }
    return metrics.outcomes(of: predicate, in: file).mightMatch
  }
}
