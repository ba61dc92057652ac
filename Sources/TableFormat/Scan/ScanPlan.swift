internal import Columnar

/// The data files to read for a query, and what planning left out.
public struct ScanPlan: Sendable {
  /// The schema the predicate's field ids are of.
  public let schema: Schema
  /// The files to read, in the order of the manifests.
  public let tasks: [FileScanTask]
  /// What was looked at and what was left out.
  public let counters: PlanCounters

  /// Makes a plan.
  public init(schema: Schema, tasks: [FileScanTask], counters: PlanCounters) {
    (self.schema, self.tasks, self.counters) = (schema, tasks, counters)
  }

  /// Whether rows of some file are left out as deleted.
  public var hasDeletes: Bool { tasks.contains { !$0.deletes.isEmpty && !$0.showsDeletedRows } }

  /// The plan whose deleted rows are rows like others.
  public var showingDeletedRows: ScanPlan {
    let tasks = tasks.map { task in
      var task = task
      task.showsDeletedRows = true
      return task
    }
    return ScanPlan(schema: schema, tasks: tasks, counters: counters)
  }

  /// Whether every row of every file passes the predicate, so that it need not be evaluated.
  public var matchesWholly: Bool { tasks.allSatisfy { $0.residual == .alwaysTrue } }

  /// The number of rows that pass, if metadata alone can tell.
  public var exactRowCount: Int64? {
    var total: Int64 = 0
    for task in tasks {
      guard task.residual == .alwaysTrue, let count = task.exactRowCount else { return nil }
      total += count
    }
    return total
  }

  /// Rows in the files, deleted ones and those that fail the predicate included.
  public var recordCount: Int64 { tasks.reduce(0) { $0 + $1.file.recordCount } }

  /// Gathers what is known of some columns over all files of the plan.
  ///
  /// - Parameter fields: Columns of ``schema``.
  /// - Returns: Counts and bounds; bounds enclose the values of deleted rows, too.
  public func statistics(of fields: [FieldID]) -> PlanStatistics {
    PlanStatistics(tasks, fields: fields, schema: schema)
  }
}

extension FileScanTask {
  /// The number of rows that are left, if metadata alone can tell.
  public var exactRowCount: Int64? {
    if showsDeletedRows { return file.recordCount }
    guard deletes.positionDeletes.isEmpty, deletes.equalityDeletes.isEmpty else { return nil }
    guard let vector = deletes.deletionVector else { return file.recordCount }
    // The record count of a deletion vector is its cardinality.
    return vector.recordCount <= file.recordCount ? file.recordCount - vector.recordCount : nil
  }
}

/// Counts and bounds of columns over several data files: for estimates, and for answers without reading.
public struct PlanStatistics: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// What is known of its values in all files together; an unknown part of one file is unknown of all.
    public var bounds: ColumnBounds
    /// Bytes in the files; `nil` if unknown.
    public var byteCount: Int64?
    /// Whether the least and the greatest value are the bounds themselves.
    ///
    /// Bounds of strings and binary may be truncated, and floating-point bounds leave out NaN and the sign
    /// of zero. Even then the values are those of deleted rows, too: see ``ScanPlan/hasDeletes``.
    public var hasExactBounds: Bool
  }

  /// Rows in the files, deleted ones included.
  public let recordCount: Int64
  /// By column; a column is absent if the schema does not have it or it is nested.
  public let columns: [FieldID: Column]

  init(_ tasks: [FileScanTask], fields: [FieldID], schema: Schema) {
    recordCount = tasks.reduce(0) { $0 + $1.file.recordCount }
    var columns: [FieldID: Column] = [:]
    for id in fields {
      guard let type = schema.field(id: id)?.type, let logicalType = try? type.logicalType, !type.isNested
      else { continue }
      columns[id] = PlanStatistics.column(id, type, logicalType, tasks)
    }
    self.columns = columns
  }

  private static func column(
    _ id: FieldID, _ type: IcebergType, _ logicalType: LogicalType, _ tasks: [FileScanTask]
  ) -> Column {
    var (lower, upper): (ScalarValue?, ScalarValue?)
    var (hasLower, hasUpper, isConstant) = (true, true, true)
    var (nulls, nans, values, bytes): (Int?, Int?, Int?, Int64?) = (0, 0, 0, 0)
    for task in tasks {
      var identity = task.identityValues[id]
      if identity?.mayBeNarrowed(of: logicalType) == true { identity = nil }
      if identity == nil { isConstant = false }
      let rowCount = Int(clamping: task.file.recordCount)
      let bounds =
        identity.map { ColumnBounds(constant: $0, logicalType, rowCount: rowCount) }
        ?? MetricsEvaluator.bounds(of: id, type, logicalType, in: task.file)
      nulls = sum(nulls, bounds.nullCount)
      nans = sum(nans, bounds.nanCount)
      values = sum(values, bounds.valueCount)
      bytes = bytes.flatMap { total in task.file.columnSizes[id].map { total &+ $0 } }
      // A file without values has no bounds to offer, and needs none.
      if let nullCount = bounds.nullCount, nullCount == bounds.valueCount { continue }
      if let value = bounds.lower {
        if lower.flatMap({ ScalarOrder.compare(value, $0) }) ?? -1 < 0 { lower = value }
      } else {
        hasLower = false
      }
      if let value = bounds.upper {
        if upper.flatMap({ ScalarOrder.compare(value, $0) }) ?? 1 > 0 { upper = value }
      } else {
        hasUpper = false
      }
    }
    let isExact =
      switch logicalType {
      case .varchar, .binary, .fixed, .real, .double, .null: isConstant && hasLower && hasUpper
      default: hasLower && hasUpper
      }
    let bounds = ColumnBounds(
      logicalType, lower: hasLower ? lower : nil, upper: hasUpper ? upper : nil, nullCount: nulls,
      nanCount: nans, valueCount: values)
    return Column(bounds: bounds, byteCount: bytes, hasExactBounds: isExact)
  }

  private static func sum(_ total: Int?, _ count: Int?) -> Int? {
    guard let total, let count else { return nil }
    return total &+ count
  }
}
