import Columnar
import Testing

@testable import TableFormat

/// Random rows, random predicates: what planning says is held against every row.
@Suite("Predicates over bounds and partitions") struct PredicateEvaluationTests {
  static let columns: [(FieldID, LogicalType, IcebergType)] = [
    (1, .bigint, .long), (2, .varchar, .string), (3, .double, .double), (4, .timestamp, .timestamp),
    (5, .decimal(precision: 9, scale: 2), .decimal(precision: 9, scale: 2)), (6, .date, .date),
    (7, .boolean, .boolean), (8, .binary, .binary), (9, .real, .float),
  ]

  static let schema = Schema(
    fields: columns.map { NestedField(id: $0.0, name: "c\($0.0)", type: $0.2) })

  @Test(arguments: 0..<40)
  func boundsAgreeWithRows(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    for _ in 0..<60 {
      let rows = Self.rows(&random)
      let known = Self.bounds(of: rows, &random)
      for _ in 0..<10 {
        let predicate = Self.predicate(&random, depth: 3)
        Self.check(
          predicate, rows, PredicateEvaluator.outcomes(of: predicate) { known[$0]?.outcomes(of: $1) })
        let residual = PredicateEvaluator.residual(of: predicate) { known[$0]?.outcomes(of: $1) }
        for row in rows {
          let before = Self.evaluate(predicate, row) == true
          let after = Self.evaluate(residual, row) == true
          #expect(before == after, "residual \(residual) of \(predicate) for \(row)")
        }
      }
    }
  }

  @Test(arguments: 0..<40)
  func partitionsAgreeWithRows(seed: Int) throws {
    var random = SplitMix(seed: UInt64(1000 + seed))
    let choices: [(FieldID, [Transform])] = [
      (1, [.identity, .bucket(4), .truncate(5)]), (2, [.identity, .bucket(4), .truncate(2)]),
      (3, [.identity]), (4, [.identity, .bucket(3), .year, .month, .day, .hour]),
      (5, [.identity, .bucket(5), .truncate(50)]), (6, [.identity, .year, .month, .day]),
      (7, [.identity]), (8, [.identity, .bucket(3), .truncate(1)]), (9, [.identity, .void, .unknown("z")]),
    ]
    for _ in 0..<40 {
      var fields: [PartitionField] = []
      for number in 0..<(1 + random.below(3)) {
        let (source, transforms) = choices[random.below(choices.count)]
        let transform = transforms[random.below(transforms.count)]
        let id = FieldID(Int32(1000 + number))
        fields.append(PartitionField(id: id, sourceID: source, name: "p\(number)", transform: transform))
      }
      let spec = PartitionSpec(fields: fields)
      let evaluator = PartitionEvaluator(spec, schema: Self.schema)
      // All rows of one partition: those that agree with the first.
      let rows = Self.rows(&random, count: 40)
      var partitions: [[ScalarValue]: [[ScalarValue]]] = [:]
      for row in rows { partitions[Self.tuple(spec, row), default: []].append(row) }
      let summaries = try Self.summaries(spec, partitions.keys.map { $0 })
      for _ in 0..<10 {
        let predicate = Self.predicate(&random, depth: 2)
        for (tuple, rows) in partitions {
          let values = tuple.map { $0 == .double(1e300) ? .double(.nan) : $0 }
          Self.check(predicate, rows, evaluator.outcomes(of: predicate, in: values))
        }
        Self.check(predicate, rows, evaluator.outcomes(of: predicate, in: summaries))
      }
    }
  }

  @Test func rangesOnTimestampsPruneDays() {
    let spec = PartitionSpec(fields: [PartitionField(id: 1000, sourceID: 4, name: "d", transform: .day)])
    let evaluator = PartitionEvaluator(spec, schema: Self.schema)
    let noon: Int64 = 19_000 * 86_400_000_000 + 43_200_000_000
    let after = Predicate.comparison(4, .greater, .init(.integer(noon), .timestamp))

    #expect(evaluator.outcomes(of: after, in: [.integer(18_999)]) == .isFalse)
    #expect(evaluator.outcomes(of: after, in: [.integer(19_000)]) == [.isTrue, .isFalse])
    #expect(evaluator.outcomes(of: after, in: [.integer(19_001)]) == .isTrue)
    #expect(evaluator.outcomes(of: after, in: [.null]) == .isNull)
  }

  /// Files of old writers hold times before 1970 under values rounded towards zero.
  @Test func negativeTimesAreFoundInPartitionsRoundedEitherWay() {
    let spec = PartitionSpec(fields: [PartitionField(id: 1000, sourceID: 4, name: "m", transform: .month)])
    let evaluator = PartitionEvaluator(spec, schema: Self.schema)
    let november1969 = Predicate.comparison(4, .less, .init(.integer(-40 * 86_400_000_000), .timestamp))

    #expect(evaluator.outcomes(of: november1969, in: [.integer(-2)]).mightMatch)
    #expect(evaluator.outcomes(of: november1969, in: [.integer(-1)]).mightMatch)
    #expect(!evaluator.outcomes(of: november1969, in: [.integer(1)]).mightMatch)
  }

  @Test func equalityFindsItsBucketOnly() {
    let spec = PartitionSpec(fields: [
      PartitionField(id: 1000, sourceID: 2, name: "b", transform: .bucket(16))
    ])
    let evaluator = PartitionEvaluator(spec, schema: Self.schema)
    let iceberg = Predicate.comparison(2, .equal, .init(.text("iceberg"), .varchar))
    let bucket = Int64(1_210_000_089 % 16)

    #expect(evaluator.outcomes(of: iceberg, in: [.integer(bucket)]).mightMatch)
    #expect(!evaluator.outcomes(of: iceberg, in: [.integer((bucket + 1) % 16)]).mightMatch)
    #expect(evaluator.outcomes(of: iceberg.negated, in: [.integer((bucket + 1) % 16)]).alwaysMatches)
  }

  /// Some writers keep partition values of DOUBLE columns as FLOAT when they copy a manifest.
  @Test(arguments: [0.1, -0.1, 1.0 / 3, 16_777_217, 1e300, -1e300, 1e-300])
  func doublesNarrowedToFloatsAreFound(value: Double) {
    let spec = PartitionSpec(fields: [
      PartitionField(id: 1000, sourceID: 3, name: "d", transform: .identity)
    ])
    let evaluator = PartitionEvaluator(spec, schema: Self.schema)
    let narrowed = [ScalarValue.double(Double(Float(value)))]
    func leaf(_ operation: Predicate.Comparison, _ value: Double) -> Predicate {
      .comparison(3, operation, .init(.double(value), .double))
    }

    let equal = evaluator.outcomes(of: leaf(.equal, value), in: narrowed)
    #expect(equal.mightMatch && !equal.alwaysMatches)
    #expect(evaluator.outcomes(of: leaf(.greaterOrEqual, value), in: narrowed).mightMatch)
    #expect(evaluator.outcomes(of: leaf(.lessOrEqual, value), in: narrowed).mightMatch)
    #expect(!evaluator.outcomes(of: leaf(.equal, 12_345), in: narrowed).mightMatch)
    #expect(evaluator.outcomes(of: leaf(.notEqual, 12_345), in: narrowed).alwaysMatches)
  }

  @Test func literalsOfAnotherTypeKeepEverything() {
    let bounds = ColumnBounds(.date, lower: .integer(1), upper: .integer(2), nullCount: 0, valueCount: 2)
    let leaf = Predicate.comparison(6, .greater, .init(.integer(50), .timestamp))
    #expect(bounds.outcomes(of: leaf) == .unknown)
  }

  /// NaN is greater than every number, so that absent NaN counts keep `x > 5`.
  @Test func nansAreGreaterThanNumbers() {
    let leaf = Predicate.comparison(3, .greater, .init(.double(5), .double))
    func bounds(_ nanCount: Int?) -> ColumnBounds {
      ColumnBounds(
        .double, lower: .double(1), upper: .double(2), nullCount: 0, nanCount: nanCount, valueCount: 9)
    }
    #expect(bounds(nil).outcomes(of: leaf).mightMatch)
    #expect(!bounds(0).outcomes(of: leaf).mightMatch)
    #expect(bounds(9).outcomes(of: leaf).alwaysMatches)
  }

  // What the rows say.

  private static func check(_ predicate: Predicate, _ rows: [[ScalarValue]], _ outcomes: Outcomes) {
    for row in rows {
      let expected: Outcomes =
        switch evaluate(predicate, row) {
        case true?: .isTrue
        case false?: .isFalse
        case nil: .isNull
        }
      #expect(outcomes.isSuperset(of: expected), "\(predicate) is \(expected) for \(row)")
    }
  }

  private static func rows(_ random: inout SplitMix, count: Int? = nil) -> [[ScalarValue]] {
    let nulls = random.below(4)
    return (0..<(count ?? random.below(5) + 1)).map { _ in
      columns.map { random.below(6) < nulls ? .null : random.value(of: $0.1) }
    }
  }

  private static func bounds(of rows: [[ScalarValue]], _ random: inout SplitMix) -> [FieldID: ColumnBounds] {
    var result: [FieldID: ColumnBounds] = [:]
    for (index, (id, type, _)) in columns.enumerated() {
      let values = rows.map { $0[index] }
      let ordered = values.filter { !$0.isNull && !$0.isNaN }
      let low = ordered.min { (ScalarOrder.compare($0, $1) ?? 0) < 0 }
      let high = ordered.max { (ScalarOrder.compare($0, $1) ?? 0) < 0 }
      result[id] = ColumnBounds(
        type, lower: random.below(5) == 0 ? nil : low, upper: random.below(5) == 0 ? nil : high,
        nullCount: random.below(5) == 0 ? nil : values.count { $0.isNull },
        nanCount: random.below(5) == 0 ? nil : values.count { $0.isNaN },
        valueCount: random.below(5) == 0 ? nil : values.count)
    }
    return result
  }

  private static func tuple(_ spec: PartitionSpec, _ row: [ScalarValue]) -> [ScalarValue] {
    spec.fields.map { field in
      let value = row[Int(field.sourceID.rawValue) - 1]
      let tuple = field.transform.apply(value, columns[Int(field.sourceID.rawValue) - 1].1)
      // NaN is no dictionary key.
      return tuple.isNaN ? .double(1e300) : tuple
    }
  }

  private static func summaries(
    _ spec: PartitionSpec, _ tuples: [[ScalarValue]]
  ) throws -> [PartitionFieldSummary] {
    let types = try spec.partitionType(in: schema)
    return spec.fields.indices.map { index in
      let values = tuples.map { $0[index] }
      let nans = values.contains { $0 == .double(1e300) }
      let ordered = values.filter { !$0.isNull && $0 != .double(1e300) }
      let low = ordered.min { (ScalarOrder.compare($0, $1) ?? 0) < 0 }
      let high = ordered.max { (ScalarOrder.compare($0, $1) ?? 0) < 0 }
      return PartitionFieldSummary(
        containsNull: values.contains { $0.isNull }, containsNaN: nans,
        lowerBound: low.flatMap { SingleValue.encode($0, as: types[index].type) },
        upperBound: high.flatMap { SingleValue.encode($0, as: types[index].type) })
    }
  }

  static func predicate(_ random: inout SplitMix, depth: Int) -> Predicate {
    if depth > 0 {
      switch random.below(6) {
      case 0: return .and((0..<2).map { _ in predicate(&random, depth: depth - 1) })
      case 1: return .or((0..<2).map { _ in predicate(&random, depth: depth - 1) })
      case 2: return .not(predicate(&random, depth: depth - 1))
      default: break
      }
    }
    let (id, type, _) = columns[random.below(columns.count)]
    func literal() -> Predicate.Literal {
      .init(random.below(12) == 0 ? .null : random.value(of: type), type)
    }
    switch random.below(10) {
    case 0: return .isNull(id)
    case 1: return .isNotNull(id)
    case 2 where type == .double || type == .real: return random.below(2) == 0 ? .isNaN(id) : .isNotNaN(id)
    case 3: return .isIn(id, (0..<3).map { _ in literal() })
    case 4: return .isNotIn(id, (0..<3).map { _ in literal() })
    case 5 where type == .varchar || type == .binary:
      guard case .bytes(let bytes) = random.value(of: type) else { return .alwaysTrue }
      return random.below(2) == 0 ? .startsWith(id, bytes) : .doesNotStartWith(id, bytes)
    default:
      let comparison = Predicate.Comparison(rawValue: UInt8(random.below(6))) ?? .equal
      return .comparison(id, comparison, literal())
    }
  }

  /// The slow twin: one row, three-valued.
  static func evaluate(_ predicate: Predicate, _ row: [ScalarValue]) -> Bool? {
    func value(_ id: FieldID) -> ScalarValue { row[Int(id.rawValue) - 1] }
    func compare(_ id: FieldID, _ literal: Predicate.Literal) -> Int? {
      ScalarOrder.compare(value(id), literal.value)
    }
    func isIn(_ id: FieldID, _ literals: [Predicate.Literal]) -> Bool? {
      if value(id).isNull { return nil }
      if literals.contains(where: { compare(id, $0) == 0 }) { return true }
      return literals.contains { $0.value.isNull } ? nil : false
    }
    switch predicate {
    case .alwaysTrue: return true
    case .alwaysFalse: return false
    case .and(let parts):
      let values = parts.map { evaluate($0, row) }
      if values.contains(false) { return false }
      return values.contains(nil) ? nil : true
    case .or(let parts):
      let values = parts.map { evaluate($0, row) }
      if values.contains(true) { return true }
      return values.contains(nil) ? nil : false
    case .not(let inner): return evaluate(inner, row).map { !$0 }
    case .comparison(let id, let comparison, let literal):
      guard let order = compare(id, literal) else { return nil }
      switch comparison {
      case .equal: return order == 0
      case .notEqual: return order != 0
      case .less: return order < 0
      case .lessOrEqual: return order <= 0
      case .greater: return order > 0
      case .greaterOrEqual: return order >= 0
      }
    case .isIn(let id, let literals): return isIn(id, literals)
    case .isNotIn(let id, let literals): return isIn(id, literals).map { !$0 }
    case .isNull(let id): return value(id).isNull
    case .isNotNull(let id): return !value(id).isNull
    case .isNaN(let id): return value(id).isNull ? nil : value(id).isNaN
    case .isNotNaN(let id): return value(id).isNull ? nil : !value(id).isNaN
    case .startsWith(let id, let prefix), .doesNotStartWith(let id, let prefix):
      guard case .bytes(let bytes) = value(id) else { return nil }
      let starts = bytes.starts(with: prefix)
      if case .startsWith = predicate { return starts }
      return !starts
    }
  }
}
