internal import Columnar
internal import TableFormat

/// What the metadata of a table tells of an aggregate over it.
enum MetadataAnswer {
  /// All rows of the answer.
  case rows(Batch)
  /// Values of some calls, by their columns, where the answer is one row.
  case values([ColumnID: ScalarValue])
}

extension PhysicalPlanner {
  /// Answers an aggregate over a table from its metadata as far as that goes: counts, exact least and greatest
  /// values, by identity partition if grouped.
  ///
  /// - Returns: What need not be read, `nil` if rows must be read for all of it.
  func answerFromMetadata(_ aggregate: LogicalPlan.Aggregate) throws(QueryError) -> MetadataAnswer? {
    guard aggregate.groupingSets.isEmpty, aggregate.groupingID == nil,
      let (scan, names) = plainScan(aggregate.input), let relation = scan.relation as? TableRelation,
      scan.limit == nil
    else { return nil }
    var fields: [ColumnID: FieldID] = [:]
    for (column, index) in zip(scan.columns, scan.columnIndices) {
      guard let id = relation.columns[index].fieldID.flatMap({ Int32(exactly: $0) }) else { return nil }
      fields[column.id] = FieldID(id)
    }
    func field(_ expression: BoundExpression) -> FieldID? {
      guard case .column(let id, _) = expression else { return nil }
      return fields[names[id] ?? id]
    }
    let questions = aggregate.aggregates.map { call in MetadataQuestion(call, field: field) }
    let groups = aggregate.groups.map { field($0.expression) }
    // A count of rows alone saves no column.
    guard groups.isEmpty ? questions.contains(where: { $0 != nil }) : questions.allSatisfy({ $0 != nil }),
      questions.contains(where: { $0?.field != nil }) || questions.allSatisfy({ $0 != nil })
    else { return nil }
    var predicates: [Predicate] = []
    for filter in scan.filters {
      let translation = PredicateTranslation(filter, fields: fields)
      guard translation.isExact else { return nil }
      predicates.append(translation.predicate)
    }
    let plan = try relation.plan(.all(predicates), context)
    guard plan.exactRowCount != nil else { return nil }
    if groups.isEmpty {
      let values = answers(to: questions, plan)
      if values.allSatisfy({ $0 != nil }) { return .rows(batch(of: aggregate, [values.compactMap { $0 }])) }
      var known: [ColumnID: ScalarValue] = [:]
      for (call, value) in zip(aggregate.aggregates, values) { known[call.column.id] = value }
      let savesReading = zip(questions, values).contains { $0?.field != nil && $1 != nil }
      return savesReading ? .values(known) : nil
    }
    guard let rows = rows(of: groups, answering: questions, plan) else { return nil }
    return .rows(batch(of: aggregate, rows))
  }

  /// Plans an aggregate of which the metadata tells some values: only the others are computed.
  mutating func open(
    _ aggregate: LogicalPlan.Aggregate, knowing known: [ColumnID: ScalarValue]
  ) throws(QueryError) -> OpenPipeline {
    let outputs = LogicalPlan.aggregate(aggregate).outputColumns
    let pruned = Self.rest(of: aggregate, knowing: known)
    guard case .aggregate(let remaining) = pruned else { return try open(pruned) }
    var pipeline = try openReading(remaining)
    let expressions = outputs.map { column in
      known[column.id].map { BoundExpression.literal($0, column.type) } ?? .column(column.id, column.type)
    }
    pipeline.operators.append(ProjectOperator(expressions: expressions, layout: pipeline.layout))
    pipeline.layout = ColumnLayout(outputs)
    pipeline.scanColumns = [:]
    return pipeline
  }

  /// The aggregate without the calls that are known, over the columns that the others need.
  static func rest(
    of aggregate: LogicalPlan.Aggregate, knowing known: [ColumnID: ScalarValue]
  ) -> LogicalPlan {
    var rest = aggregate
    rest.aggregates.removeAll { known[$0.column.id] != nil }
    return PruneColumns.pruned(.aggregate(rest))
  }

  /// The scan below plain renamings of columns, and the scan's column behind each name.
  private func plainScan(_ plan: LogicalPlan) -> (LogicalPlan.Scan, [ColumnID: ColumnID])? {
    switch plan {
    case .scan(let scan): return (scan, [:])
    case .project(let expressions, let input):
      guard let (scan, names) = plainScan(input) else { return nil }
      var renamed: [ColumnID: ColumnID] = [:]
      for expression in expressions {
        if case .column(let id, _) = expression.expression {
          renamed[expression.column.id] = names[id] ?? id
        }
      }
      return (scan, renamed)
    default: return nil
    }
  }

  private func batch(of aggregate: LogicalPlan.Aggregate, _ rows: [[ScalarValue]]) -> Batch {
    let types = LogicalPlan.aggregate(aggregate).outputColumns.map(\.type)
    let columns = types.indices.map { index in Kernels.vector(rows.map { $0[index] }, types[index]) }
    return Batch(columns: columns, rowCount: rows.count)
  }

  /// One row for each combination of identity partition values, `nil` if one is not exact or a question stays open.
  private func rows(
    of groups: [FieldID?], answering questions: [MetadataQuestion?], _ plan: ScanPlan
  ) -> [[ScalarValue]]? {
    var order: [[ScalarValue]] = []
    var parts: [[ScalarValue]: [FileScanTask]] = [:]
    for task in plan.tasks where task.exactRowCount != 0 {
      let identity = task.identityValues
      var key: [ScalarValue] = []
      for group in groups {
        guard let group, let value = identity[group] else { return nil }
        if case .double = value { return nil }
        if case .real = value { return nil }
        key.append(value)
      }
      if parts[key] == nil { order.append(key) }
      parts[key, default: []].append(task)
    }
    var rows: [[ScalarValue]] = []
    for key in order {
      let part = ScanPlan(schema: plan.schema, tasks: parts[key] ?? [], counters: plan.counters)
      let values = answers(to: questions, part)
      guard values.allSatisfy({ $0 != nil }) else { return nil }
      rows.append(key + values.compactMap { $0 })
    }
    return rows
  }

  /// The value of each question that metadata answers.
  private func answers(to questions: [MetadataQuestion?], _ plan: ScanPlan) -> [ScalarValue?] {
    guard let rowCount = plan.exactRowCount else { return questions.map { _ in nil } }
    let statistics = plan.statistics(of: questions.compactMap { $0?.field })
    return questions.map { question -> ScalarValue? in
      guard let question else { return nil }
      guard let id = question.field else { return .integer(rowCount) }
      guard !plan.hasDeletes, let column = statistics.columns[id] else { return nil }
      if question.function == "count" {
        return column.bounds.nullCount.map { .integer(rowCount - Int64($0)) }
      }
      if rowCount == 0 || column.bounds.nullCount.map({ Int64($0) == rowCount }) == true { return .null }
      guard column.hasExactBounds, column.bounds.type == question.type else { return nil }
      return question.function == "min" ? column.bounds.lower : column.bounds.upper
    }
  }
}

/// An aggregate call that metadata may answer.
private struct MetadataQuestion {
  /// `count_star`, `count`, `min` or `max`.
  let function: String
  /// The column asked of; none for `count_star`.
  let field: FieldID?
  let type: LogicalType

  init?(_ call: LogicalPlan.AggregateCall, field: (BoundExpression) -> FieldID?) {
    guard call.filter == nil, !call.isDistinct || call.function == "min" || call.function == "max" else {
      return nil
    }
    switch call.function {
    case "count_star": (function, self.field, type) = (call.function, nil, .bigint)
    case "count", "min", "max":
      guard call.arguments.count == 1, let id = field(call.arguments[0]), !id.isReserved else { return nil }
      (function, self.field, type) = (call.function, id, call.column.type)
    default: return nil
    }
  }
}
