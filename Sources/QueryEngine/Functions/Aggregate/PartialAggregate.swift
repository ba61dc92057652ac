internal import Columnar

/// An aggregate in two steps: parts for some of the rows, and the whole of the parts.
///
/// Parts are ordinary values, so that they can be kept. The whole is exactly what one step would give; only
/// floating-point sums are added up in another order, which is left open for them anyway.
struct PartialAggregate: Sendable {
  struct Part: Sendable {
    var function: AggregateFunction
    var type: LogicalType
  }

  /// What is computed of the rows.
  let parts: [Part]
  /// What is computed of the parts.
  let whole: AggregateFunction

  private init(_ parts: [Part], _ whole: AggregateFunction) { (self.parts, self.whole) = (parts, whole) }

  /// Decimals of more digits might not fit 38 digits when summed.
  private static let mostDigits = 28

  /// Takes a step apart; `nil` if that cannot be done.
  init?(_ step: AggregateStep) {
    let type = step.binding.resultType
    let function = step.function
    if step.isDistinct { return nil }
    switch function.name {
    case "count_star", "count", "count_if":
      self.init([Part(function: function, type: .bigint)], .countOfParts)
    case "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor":
      self.init([Part(function: function, type: type)], function)
    case "sum":
      guard let sum = PartialAggregate.sumType(step.binding.argumentTypes[0]) else { return nil }
      self.init([Part(function: .sum, type: sum)], .sum)
    case "avg":
      guard let sum = PartialAggregate.sumType(step.binding.argumentTypes[0]) else { return nil }
      self.init([Part(function: .sum, type: sum), Part(function: .count, type: .bigint)], .averageOfParts)
    default: return nil
    }
  }

  /// The type that a sum has room in.
  private static func sumType(_ type: LogicalType) -> LogicalType? {
    switch type {
    case .tinyint, .smallint, .integer, .bigint: .decimal(precision: 38, scale: 0)
    case .decimal(let precision, let scale) where precision <= mostDigits:
      .decimal(precision: 38, scale: scale)
    case .real, .double: .double
    default: nil
    }
  }
}

extension AggregateFunction {
  /// The sum of counts.
  static let countOfParts = AggregateFunction(
    name: "count_of_parts", summary: "The sum of counts.", resolve: { _, _ in nil },
    makeAccumulator: { _ in CountOfPartsAccumulator() })

  /// The mean of sums and counts.
  static let averageOfParts = AggregateFunction(
    name: "average_of_parts", summary: "The mean of sums and counts.", resolve: { _, _ in nil },
    makeAccumulator: { binding in
      guard case .decimal(_, let scale) = binding.argumentTypes[0] else {
        return AverageOfPartsAccumulator<Double>(scale: 0)
      }
      return AverageOfPartsAccumulator<Int128>(scale: scale)
    })
}

/// Adds counts.
final class CountOfPartsAccumulator: Accumulator {
  private var counts: [Int64] = []

  override var byteCount: Int { counts.count * 8 }

  override func grow(to count: Int) {
    if count > counts.count { counts.append(contentsOf: repeatElement(0, count: count - counts.count)) }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let parts = arguments[0]
    let values = parts.int64s
    for row in values.indices where groups[row] != 0 { counts[Int(groups[row])] &+= values[row] }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? CountOfPartsAccumulator else { return }
    for (group, target) in groups { counts[target] &+= other.counts[group] }
  }

  override func results(_ range: Range<Int>) -> Vector { .flat(Array(counts[range])) }
}

/// A number that sums are kept in.
protocol PartialSum: ColumnValue {
  static var zero: Self { get }
  /// Adds, and tells whether there was no room for the sum.
  mutating func add(_ other: Self) -> Bool
  var doubleValue: Double { get }
}
extension Int128: PartialSum {
  mutating func add(_ other: Int128) -> Bool {
    let (sum, overflow) = addingReportingOverflow(other)
    self = sum
    return overflow
  }
  var doubleValue: Double { Double(self) }
}
extension Double: PartialSum {
  mutating func add(_ other: Double) -> Bool {
    self += other
    return false
  }
  var doubleValue: Double { self }
}

/// Adds sums and counts, and divides the ones by the others.
final class AverageOfPartsAccumulator<Value: PartialSum>: Accumulator {
  private var totals: [Value] = []
  private var counts: [Int64] = []
  private var hasOverflowed = false
  private let scale: Int

  init(scale: Int) { self.scale = scale }

  override var byteCount: Int { totals.count * (MemoryLayout<Value>.stride + 8) }

  @specialized(where Value == Int128)
  @specialized(where Value == Double)
  override func grow(to count: Int) {
    guard count > totals.count else { return }
    totals.append(contentsOf: repeatElement(Value.zero, count: count - totals.count))
    counts.append(contentsOf: repeatElement(0, count: count - counts.count))
  }

  @specialized(where Value == Int128)
  @specialized(where Value == Double)
  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let (sums, parts) = (arguments[0], arguments[1])
    let values = sums.values(as: Value.self)
    let numbers = parts.int64s
    for row in values.indices where groups[row] != 0 { add(values[row], numbers[row], Int(groups[row])) }
  }

  private func add(_ sum: Value, _ count: Int64, _ group: Int) {
    if totals[group].add(sum) { hasOverflowed = true }
    counts[group] &+= count
  }

  @specialized(where Value == Int128)
  @specialized(where Value == Double)
  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? Self else { return }
    for (group, target) in groups { add(other.totals[group], other.counts[group], target) }
    if other.hasOverflowed { hasOverflowed = true }
  }

  @specialized(where Value == Int128)
  @specialized(where Value == Double)
  override func results(_ range: Range<Int>) throws(QueryError) -> Vector {
    if hasOverflowed {
      throw QueryError(.numericOutOfRange, "a sum does not fit 38 digits", hint: "sum(x::DOUBLE)")
    }
    var divisor = 1.0
    for _ in 0..<scale { divisor *= 10 }
    var values = [Double](repeating: 0, count: range.count)
    var isValid = [Bool](repeating: false, count: range.count)
    for (row, group) in range.enumerated() where counts[group] > 0 {
      values[row] = totals[group].doubleValue / divisor / Double(counts[group])
      isValid[row] = true
    }
    let validity = Bitmap(isValid)
    return .flat(values, validity: validity.isAllSet ? nil : validity)
  }
}
