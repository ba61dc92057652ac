public import Columnar

/// Tells what a predicate on columns can be in a partition, or in the partitions of a manifest.
///
/// This does the work of the specification's inclusive and strict projection ("Scan Planning"): rather than
/// rewriting the predicate for partition values, it asks which column values a partition value stands for
/// (`PartitionBounds`). A predicate projects through every transform that way, negations included; unknown
/// transforms and `void` say nothing (rule 76). Pruning uses the spec of the manifest itself (rule 53).
public struct PartitionEvaluator: Sendable {
  /// One partition field whose values say something about its source column.
  private struct Field: Sendable {
    /// Its place in the partition tuple.
    var index: Int
    var sourceID: FieldID
    var transform: Transform
    var sourceType: LogicalType
    var valueType: IcebergType
  }

  private let fields: [Field]

  /// Makes an evaluator for one of a table's specs.
  ///
  /// - Parameters:
  ///   - spec: The spec of the files asked about.
  ///   - schema: Where columns are looked up; a partition field without a column there prunes nothing.
  public init(_ spec: PartitionSpec, schema: Schema) {
    var fields: [Field] = []
    for (index, field) in spec.fields.enumerated() where field.sourceIDs.count == 1 {
      switch field.transform {
      case .void, .unknown: continue
      default: break
      }
      guard let type = schema.field(id: field.sourceID)?.type, let sourceType = try? type.logicalType else {
        continue
      }
      fields.append(
        Field(
          index: index, sourceID: field.sourceID, transform: field.transform, sourceType: sourceType,
          valueType: field.transform.resultType(of: type)))
    }
    self.fields = fields
  }

  /// Whether partition values say something about some column of the predicate.
  public func concerns(_ predicate: Predicate) -> Bool {
    let ids = predicate.fieldIDs
    return fields.contains { ids.contains($0.sourceID) }
  }

  /// Returns what a predicate can be for the rows of a partition.
  public func outcomes(of predicate: Predicate, in partition: [ScalarValue]) -> Outcomes {
    PredicateEvaluator.outcomes(of: predicate) { field, leaf in
      outcomes(of: leaf, on: field, in: partition)
    }
  }

  /// Asks what a predicate can be for the rows of all partitions of a manifest.
  ///
  /// - Parameters:
  ///   - predicate: A condition on columns.
  ///   - summaries: One for each field of the spec; `nil` if unknown.
  /// - Returns: A superset of the truth values that occur.
  public func outcomes(of predicate: Predicate, in summaries: [PartitionFieldSummary]?) -> Outcomes {
    guard let summaries, !fields.isEmpty else { return .unknown }
    return PredicateEvaluator.outcomes(of: predicate) { field, leaf in
      var result: Outcomes?
      for part in fields where part.sourceID == field && part.index < summaries.count {
        let outcomes = PartitionEvaluator.outcomes(of: leaf, part, summaries[part.index])
        result = result?.intersection(outcomes) ?? outcomes
      }
      return result
    }
  }

  /// Returns what a condition on one column can be in a partition; `nil` if no partition field tells.
  func outcomes(of leaf: Predicate, on field: FieldID, in partition: [ScalarValue]) -> Outcomes? {
    var result: Outcomes?
    for part in fields where part.sourceID == field && part.index < partition.count {
      let outcomes = PartitionEvaluator.outcomes(of: leaf, part, partition[part.index])
      result = result?.intersection(outcomes) ?? outcomes
    }
    return result
  }

  private static func outcomes(of leaf: Predicate, _ field: Field, _ value: ScalarValue) -> Outcomes {
    if field.transform == .identity, value.mayBeNarrowed(of: field.sourceType) {
      return outcomes(of: leaf, field, lower: value, upper: value, containsNull: false, containsNaN: false)
    }
    if value.isNull || field.transform == .identity {
      return ColumnBounds(constant: value, field.sourceType).outcomes(of: leaf)
    }
    return outcomes(of: leaf, field, lower: value, upper: value, containsNull: false, containsNaN: false)
  }

  private static func outcomes(
    of leaf: Predicate, _ field: Field, _ summary: PartitionFieldSummary
  ) -> Outcomes {
    let isFloating = field.valueType == .float || field.valueType == .double
    let hasBounds = summary.lowerBound != nil || summary.upperBound != nil
    if !hasBounds && summary.containsNull && (!isFloating || summary.containsNaN == false) {
      // Bounds are absent only if every value is null or NaN (rule 28).
      return ColumnBounds(constant: .null, field.sourceType).outcomes(of: leaf)
    }
    return outcomes(
      of: leaf, field, lower: summary.lowerBound.flatMap { try? SingleValue.decode($0, as: field.valueType) },
      upper: summary.upperBound.flatMap { try? SingleValue.decode($0, as: field.valueType) },
      containsNull: summary.containsNull, containsNaN: summary.containsNaN ?? true)
  }

  /// The bounds of a DOUBLE column partitioned by identity, whose values may have been narrowed to FLOAT.
  private static func widened(
    _ lower: ScalarValue?, _ upper: ScalarValue?, _ containsNull: Bool, _ containsNaN: Bool, _ field: Field
  ) -> ColumnBounds {
    func double(_ value: ScalarValue?) -> Double? {
      switch value {
      case .real(let number): Double(number)
      case .double(let number): number
      default: nil
      }
    }
    var bounds = PartitionBounds.source(
      field.transform, field.sourceType,
      lower: double(lower).map { .double($0.isNaN ? -.infinity : Double(Float($0).nextDown)) },
      upper: double(upper).map { .double($0.isNaN ? .infinity : Double(Float($0).nextUp)) })
    bounds.nullCount = containsNull ? nil : 0
    if !containsNaN, double(lower)?.isNaN != true { bounds.nanCount = 0 }
    return bounds
  }

  private static func outcomes(
    of leaf: Predicate, _ field: Field, lower: ScalarValue?, upper: ScalarValue?, containsNull: Bool,
    containsNaN: Bool
  ) -> Outcomes {
    if field.transform == .identity, field.sourceType == .double {
      return widened(lower, upper, containsNull, containsNaN, field).outcomes(of: leaf)
    }
    var bounds = PartitionBounds.source(field.transform, field.sourceType, lower: lower, upper: upper)
    bounds.nullCount = containsNull ? nil : 0
    if !containsNaN { bounds.nanCount = 0 }
    var result = bounds.outcomes(of: leaf)
    guard case .bucket = field.transform else { return result }
    // A bucket holds only values of its hash, which rules out equality and nothing else (rule 54).
    switch leaf {
    case .comparison(_, .equal, let literal):
      if !mayHold([literal], field, lower, upper) { result.remove(.isTrue) }
    case .comparison(_, .notEqual, let literal):
      if !mayHold([literal], field, lower, upper) { result.remove(.isFalse) }
    case .isIn(_, let literals):
      if !mayHold(literals, field, lower, upper) { result.remove(.isTrue) }
    case .isNotIn(_, let literals):
      if !mayHold(literals, field, lower, upper) { result.remove(.isFalse) }
    default: break
    }
    return result
  }

  /// Whether the buckets `lower ... upper` may hold one of the literals.
  private static func mayHold(
    _ literals: [Predicate.Literal], _ field: Field, _ lower: ScalarValue?, _ upper: ScalarValue?
  ) -> Bool {
    for literal in literals where !literal.value.isNull {
      guard ScalarOrder.isComparable(literal.type, with: field.sourceType) else { return true }
      let bucket = field.transform.apply(literal.value, field.sourceType)
      if bucket.isNull { return true }
      let low = lower.flatMap { ScalarOrder.compare($0, bucket) } ?? -1
      let high = upper.flatMap { ScalarOrder.compare($0, bucket) } ?? 1
      if low <= 0 && high >= 0 { return true }
    }
    return false
  }
}
