internal import Columnar

extension ScanPlan {
  /// Puts files together so that rows which are equal in some columns are never in files of two groups.
  ///
  /// A partition value is a function of its source column, so files of different values of a partition field
  /// share no value of the column. Only fields count that all files' specs have, and whose values do not
  /// depend on who wrote them.
  ///
  /// - Parameter columns: Columns by which rows are told apart.
  /// - Returns: The partition fields used, and the numbers of the tasks by group; `nil` if there is no such field.
  package func partitions(by columns: Set<FieldID>) -> (fields: [PartitionField], groups: [[Int]])? {
    var specs: [Int: PartitionSpec] = [:]
    for task in tasks { specs[task.spec.id] = task.spec }
    guard let first = specs.values.min(by: { $0.id < $1.id }) else { return nil }
    let fields = first.fields.filter { field in
      columns.contains(field.sourceID) && isFunction(field)
        && specs.values.allSatisfy { $0.place(of: field) != nil }
    }
    guard !fields.isEmpty else { return nil }
    let places = specs.mapValues { spec in fields.compactMap { spec.place(of: $0) } }
    var groups: [[Int]] = []
    var numbers: [[ScalarValue]: Int] = [:]
    for (number, task) in tasks.enumerated() {
      var values: [ScalarValue] = []
      for (field, place) in zip(fields, places[task.spec.id] ?? []) {
        guard task.file.partition.indices.contains(place),
          let value = distinguishing(task.file.partition[place], of: field)
        else { return nil }
        values.append(value)
      }
      if let group = numbers[values] {
        groups[group].append(number)
      } else {
        numbers[values] = groups.count
        groups.append([number])
      }
    }
    return (fields, groups)
  }

  /// Whether equal values of the source column have equal partition values, in files of any age and writer.
  private func isFunction(_ field: PartitionField) -> Bool {
    guard field.sourceIDs.count == 1, let type = schema.field(id: field.sourceID)?.type else { return false }
    switch (field.transform, type) {
    // Floating-point values have two zeros and many NaNs, and some writers narrow DOUBLE to FLOAT.
    case (_, .float), (_, .double), (.void, _), (.unknown, _): return false
    // Values written before a promotion from DATE are days.
    case (.identity, .timestamp), (.identity, .timestampNanos), (.bucket, .timestamp),
      (.bucket, .timestampNanos):
      return false
    default: return field.transform.accepts(type)
    }
  }

  /// What of a partition value all writers agree on; `nil` if that is nothing.
  private func distinguishing(_ value: ScalarValue, of field: PartitionField) -> ScalarValue? {
    guard case .integer(let number) = value else { return value }
    switch field.transform {
    case .year, .month, .day, .hour:
      // Old writers rounded times before 1970 towards zero instead of down.
      return .integer(max(0, number))
    case .truncate(let width):
      // The least integers floor below their type, and writers wrap around.
      let least = schema.field(id: field.sourceID)?.type == .int ? Int64(Int32.min) : Int64.min
      let greatest = least == .min ? Int64.max : Int64(Int32.max)
      return number < least + Int64(width) || number > greatest - Int64(width) ? nil : value
    default: return value
    }
  }

  /// Puts files together so that the groups follow each other in the order of a column: every value in a
  /// group comes before every value in the next, and equal values are in one group.
  ///
  /// - Parameters:
  ///   - column: A column of ``schema``.
  ///   - isDescending: Whether greater values come first.
  ///   - nullsFirst: Whether nulls come before all values.
  /// - Returns: The numbers of the tasks, ascending in each group; one group if bounds tell nothing; `nil` if values of
  ///   the column's type are not in the order of its bounds.
  package func clusters(along column: FieldID, isDescending: Bool, nullsFirst: Bool) -> [[Int]]? {
    guard let field = schema.fields.first(where: { $0.id == column }), !field.type.isNested,
      let type = try? field.type.logicalType
    else { return nil }
    switch field.type {
    case .boolean, .int, .long, .date, .time, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos,
      .string, .decimal, .binary:
      break
    default: return nil
    }
    var ranges: [(range: KeyRange, task: Int)] = []
    var empty: [Int] = []
    for (number, task) in tasks.enumerated() {
      if task.file.recordCount == 0 {
        empty.append(number)
        continue
      }
      var bounds = task.bounds(of: column, field.type, type)
      if field.isRequired { bounds.nullCount = 0 }
      ranges.append((KeyRange(bounds, isDescending: isDescending, nullsFirst: nullsFirst), number))
    }
    if !KeyRange.areComparable(ranges.map(\.range)) { return [Array(tasks.indices)] }
    ranges.sort { left, right in
      let order = left.range.first.compare(right.range.first, isDescending)
      return order != 0 ? order < 0 : left.task < right.task
    }
    var groups: [[Int]] = []
    var last: KeyRange.End?
    for (range, task) in ranges {
      if let reached = last, range.first.compare(reached, isDescending) <= 0 {
        groups[groups.count - 1].append(task)
        if range.last.compare(reached, isDescending) > 0 { last = range.last }
      } else {
        groups.append([task])
        last = range.last
      }
    }
    if groups.isEmpty { return empty.isEmpty ? [] : [empty] }
    groups[0] += empty
    return groups.map { $0.sorted() }
  }
}

extension PartitionSpec {
  /// The place of a field that is made of the same column in the same way.
  fileprivate func place(of field: PartitionField) -> Int? {
    fields.firstIndex { $0.sourceIDs == field.sourceIDs && $0.transform == field.transform }
  }
}

extension FileScanTask {
  /// What partition and metrics tell of a column's values.
  fileprivate func bounds(of column: FieldID, _ type: IcebergType, _ logicalType: LogicalType) -> ColumnBounds
  {
    // Values written before a promotion from DATE are days.
    let mayBeDays = type == .timestamp || type == .timestampNanos
    if !mayBeDays, let value = identityValues[column] {
      return ColumnBounds(constant: value, logicalType, rowCount: Int(clamping: file.recordCount))
    }
    var bounds = MetricsEvaluator.bounds(of: column, type, logicalType, in: file)
    for (field, value) in zip(spec.fields, file.partition)
    where field.sourceIDs == [column] && field.transform.preservesOrder && !value.isNull
      && !(mayBeDays && field.transform == .identity)
    {
      let known = PartitionBounds.source(field.transform, logicalType, lower: value, upper: value)
      bounds.lower = bounds.lower ?? known.lower
      bounds.upper = bounds.upper ?? known.upper
      bounds.nullCount = 0
    }
    return bounds
  }
}

/// Where the values of a column in a file begin and end, in an order that has places for null.
private struct KeyRange {
  enum End {
    case beginning
    case nullFirst
    case value(ScalarValue)
    case nullLast
    case end

    private var rank: Int {
      switch self {
      case .beginning: 0
      case .nullFirst: 1
      case .value: 2
      case .nullLast: 3
      case .end: 4
      }
    }

    func compare(_ other: End, _ isDescending: Bool) -> Int {
      guard case .value(let left) = self, case .value(let right) = other else { return rank - other.rank }
      let order = ScalarOrder.compare(left, right) ?? 0
      return isDescending ? -order : order
    }
  }
  var first: End
  var last: End

  /// Whether all values are of one kind, so that they have an order.
  static func areComparable(_ ranges: [KeyRange]) -> Bool {
    let ends = ranges.flatMap { [$0.first, $0.last] }
    let values = ends.compactMap { if case .value(let value) = $0 { value } else { nil } }
    guard let one = values.first else { return true }
    return values.allSatisfy { ScalarOrder.compare($0, one) != nil }
  }

  init(_ bounds: ColumnBounds, isDescending: Bool, nullsFirst: Bool) {
    let null: End = nullsFirst ? .nullFirst : .nullLast
    if let nulls = bounds.nullCount, nulls > 0, nulls == bounds.valueCount, bounds.lower == nil,
      bounds.upper == nil
    {
      (first, last) = (null, null)
      return
    }
    let (low, high) = isDescending ? (bounds.upper, bounds.lower) : (bounds.lower, bounds.upper)
    first = low.map { .value($0) } ?? .beginning
    last = high.map { .value($0) } ?? .end
    guard bounds.nullCount != 0 else { return }
    if nullsFirst { first = low == nil ? .beginning : null } else { last = high == nil ? .end : null }
  }
}
