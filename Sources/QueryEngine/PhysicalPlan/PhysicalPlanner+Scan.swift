internal import Columnar
internal import TableFormat

extension PhysicalPlanner {
  /// Lets a scan below a pipeline pass over rows that cannot be among the first.
  func offer(_ threshold: TopNThreshold, to pipeline: OpenPipeline) {
    guard case .column(let id, _) = threshold.key.expression else { return }
    offer(threshold, on: id, to: pipeline)
  }

  /// Lets a scan below a pipeline pass over rows of which a column cannot pass `filter`.
  func offer(_ filter: any DynamicFilter, on column: ColumnID, to pipeline: OpenPipeline) {
    guard let target = pipeline.scanColumns[column] else { return }
    target.scan.add(filter, on: target.id)
  }

  /// Answers an aggregate over a table from its metadata: counts, exact least and greatest values, by
  /// identity partition if grouped.
  ///
  /// - Returns: The one batch of the answer, `nil` if rows must be read.
  func answerFromMetadata(_ aggregate: LogicalPlan.Aggregate) throws(QueryError) -> Batch? {
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
    var predicates: [Predicate] = []
    for filter in scan.filters {
      let translation = PredicateTranslation(filter, fields: fields)
      guard translation.isExact else { return nil }
      predicates.append(translation.predicate)
    }
    var wanted: [(function: String, field: FieldID?, type: LogicalType)] = []
    for call in aggregate.aggregates {
      guard call.filter == nil, !call.isDistinct || call.function == "min" || call.function == "max" else {
        return nil
      }
      switch call.function {
      case "count_star": wanted.append(("count_star", nil, .bigint))
      case "count", "min", "max":
        guard call.arguments.count == 1, let id = field(call.arguments[0]), !id.isReserved else { return nil }
        wanted.append((call.function, id, call.column.type))
      default: return nil
      }
    }
    let groups = aggregate.groups.map { field($0.expression) }
    let plan = try relation.plan(.all(predicates), context)
    guard plan.exactRowCount != nil else { return nil }
    var rows: [[ScalarValue]] = []
    if groups.isEmpty {
      guard let row = answer(wanted, plan) else { return nil }
      rows.append(row)
    } else {
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
      for key in order {
        let part = ScanPlan(schema: plan.schema, tasks: parts[key] ?? [], counters: plan.counters)
        guard let row = answer(wanted, part) else { return nil }
        rows.append(key + row)
      }
    }
    let types = LogicalPlan.aggregate(aggregate).outputColumns.map(\.type)
    let columns = types.indices.map { index in Kernels.vector(rows.map { $0[index] }, types[index]) }
    return Batch(columns: columns, rowCount: rows.count)
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

  private func answer(
    _ wanted: [(function: String, field: FieldID?, type: LogicalType)], _ plan: ScanPlan
  ) -> [ScalarValue]? {
    guard let rowCount = plan.exactRowCount else { return nil }
    let statistics = plan.statistics(of: wanted.compactMap(\.field))
    var row: [ScalarValue] = []
    for item in wanted {
      guard let id = item.field else {
        row.append(.integer(rowCount))
        continue
      }
      guard !plan.hasDeletes, let column = statistics.columns[id] else { return nil }
      if item.function == "count" {
        guard let nullCount = column.bounds.nullCount else { return nil }
        row.append(.integer(rowCount - Int64(nullCount)))
        continue
      }
      if rowCount == 0 || column.bounds.nullCount.map({ Int64($0) == rowCount }) == true {
        row.append(.null)
        continue
      }
      guard column.hasExactBounds, column.bounds.type == item.type,
        let value = item.function == "min" ? column.bounds.lower : column.bounds.upper
      else { return nil }
      row.append(value)
    }
    return row
  }
}
