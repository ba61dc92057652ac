internal import Columnar

extension AggregateFunction {
  static let percentileCont = AggregateFunction(
    name: "percentile_cont",
    summary: "The value below which a share of the rows lies, interpolated: `(p) WITHIN GROUP (ORDER BY x)`.",
    nulls: .skipsAny,
    resolve: { arguments, order in
      guard arguments.count == 1, order.count == 1, arguments[0].isNumeric else { return nil }
      guard let type = numberType(order[0]) else { return nil }
      return AggregateSignature("percentile_cont", [.double], orderTypes: [type], gives: .double)
    },
    makeAccumulator: { makePercentile($0, isContinuous: true) })

  static let percentileDisc = AggregateFunction(
    name: "percentile_disc",
    summary: "The first value that a share of the rows reaches: `(p) WITHIN GROUP (ORDER BY x)`.",
    resolve: { arguments, order in
      guard arguments.count == 1, order.count == 1, arguments[0].isNumeric else { return nil }
      return AggregateSignature("percentile_disc", [.double], orderTypes: order, gives: order[0])
    },
    makeAccumulator: { makePercentile($0, isContinuous: false) })

  static let quantileCont = AggregateFunction(
    name: "quantile_cont",
    aliases: ["percentile", "approx_quantile", "approx_percentile", "percentile_approx"],
    summary: "As `percentile_cont(p) WITHIN GROUP (ORDER BY x)`.",
    resolve: { arguments, _ in
      guard arguments.count == 2, arguments[1].isNumeric, let type = numberType(arguments[0]) else {
        return nil
      }
      return AggregateSignature("quantile_cont", [type, .double], gives: .double)
    },
    makeAccumulator: { makePercentile($0, isContinuous: true) })

  static let quantileDisc = AggregateFunction(
    name: "quantile_disc", aliases: ["quantile"],
    summary: "As `percentile_disc(p) WITHIN GROUP (ORDER BY x)`.",
    resolve: { arguments, _ in
      guard arguments.count == 2, arguments[1].isNumeric else { return nil }
      return AggregateSignature("quantile_disc", [arguments[0], .double], gives: arguments[0])
    },
    makeAccumulator: { makePercentile($0, isContinuous: false) })

  static let median = AggregateFunction(
    name: "median", summary: "The middle value, or the mean of the two middle ones.",
    resolve: { arguments, _ in
      guard arguments.count == 1, let type = numberType(arguments[0]) else { return nil }
      return AggregateSignature("median", [type], gives: .double)
    },
    makeAccumulator: { makePercentile($0, isContinuous: true) })

  /// The type in which numbers of `type` are collected.
  private static func numberType(_ type: LogicalType) -> LogicalType? {
    switch type {
    case .tinyint, .smallint, .integer, .bigint, .double: type
    case let other where other.isNumeric || other == .null: .double
    default: nil
    }
  }

  private static func makePercentile(_ binding: Binding, isContinuous: Bool) -> Accumulator {
    let usesOrder = !binding.orderTypes.isEmpty
    let type = usesOrder ? binding.orderTypes[0] : binding.argumentTypes[0]
    let argument = usesOrder ? binding.argumentTypes.count : 0
    var share = 0.5
    let literal = usesOrder ? binding.literals.first : binding.literals.dropFirst().first
    if case .some(.some(let value)) = literal {
      switch value {
      case .double(let number): share = number
      case .integer(let number): share = Double(number)
      default: share = .nan
      }
    } else if literal != nil {
      share = .nan
    }
    if usesOrder && binding.orderBy.first?.isDescending == true { share = 1 - share }
    let shape = PercentileShape(
      share: share, argument: argument, isContinuous: isContinuous, position: binding.position)
    switch type.physicalType {
    case .int32: return PercentileAccumulator<Int32>(shape)
    case .int64: return PercentileAccumulator<Int64>(shape)
    case .double: return PercentileAccumulator<Double>(shape)
    case .float: return PercentileAccumulator<Float>(shape)
    case .int128: return PercentileAccumulator<Int128>(shape)
    default:
      return CollectingAccumulator(binding, columns: [argument]) { rows, _ in
        let sorted = rows.map { $0[0] }.sorted { ScalarOrdering.isLess($0, $1) }
        guard !sorted.isEmpty else { return .null }
        return sorted[shape.discreteIndex(of: sorted.count)]
      }
    }
  }
}

/// Which percentile of what.
struct PercentileShape: Sendable {
  var share: Double
  var argument: Int
  var isContinuous: Bool
  var position: SourceRange?

  /// The index of the first value that `share` of `count` rows reaches.
  func discreteIndex(of count: Int) -> Int {
    max(0, min(count - 1, Int((share * Double(count)).rounded(.up)) - 1))
  }
}

/// A number of which percentiles are made.
protocol PercentileValue: OrderedValue { var asDouble: Double { get } }
extension Int32: PercentileValue { var asDouble: Double { Double(self) } }
extension Int64: PercentileValue { var asDouble: Double { Double(self) } }
extension Int128: PercentileValue { var asDouble: Double { Double(self) } }
extension Float: PercentileValue { var asDouble: Double { Double(self) } }
extension Double: PercentileValue { var asDouble: Double { self } }

/// Collects all values with their groups, and selects at the end.
///
/// Percentiles of the same values collect them once: the others follow the first.
final class PercentileAccumulator<Value: PercentileValue>: Accumulator {
  private var groupsOfValues: [UInt32] = []
  private var values: [Value] = []
  private var groupCount = 0
  /// Values by group, and where those of each end; empty until asked for.
  private var sorted: [Value] = []
  private var ends: [Int] = []
  private let shape: PercentileShape
  private var leader: PercentileAccumulator<Value>?

  init(_ shape: PercentileShape) { self.shape = shape }

  override var collectedArgument: Int? { shape.argument }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func follow(_ leader: Accumulator) -> Bool {
    guard let leader = leader as? PercentileAccumulator<Value>, leader.leader == nil else { return false }
    self.leader = leader
    return true
  }

  override var byteCount: Int {
    values.count * (MemoryLayout<Value>.stride + 4) + sorted.count * MemoryLayout<Value>.stride
  }
  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func grow(to count: Int) { groupCount = max(groupCount, count) }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let argument = arguments[shape.argument]
    let source = argument.values(as: Value.self)
    forgetOrder()
    var takenValues = take(&values)
    var takenGroups = take(&groupsOfValues)
    for row in source.indices where groups[row] != 0 {
      takenValues.append(source[row])
      takenGroups.append(groups[row])
    }
    swap(&takenValues, &values)
    swap(&takenGroups, &groupsOfValues)
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func prepareToBeMerged() { sortByGroup() }

  /// Brings the values of each group together, by counting.
  private func sortByGroup() {
    guard ends.isEmpty else { return }
    let (values, groups) = (values, groupsOfValues)
    var ends = [Int](repeating: 0, count: groupCount + 1)
    for group in groups { ends[Int(group) + 1] &+= 1 }
    for group in 0..<groupCount { ends[group + 1] &+= ends[group] }
    var next = ends
    var sorted = values
    var room = sorted.mutableSpan
    for index in values.indices {
      let group = Int(groups[index])
      room[next[group]] = values[index]
      next[group] &+= 1
    }
    (self.sorted, self.ends) = (sorted, ends)
    (self.values, groupsOfValues) = ([], [])
  }

  /// Lets more values come after results were asked for.
  private func forgetOrder() {
    guard !ends.isEmpty else { return }
    values = sorted
    for group in 0..<ends.count - 1 {
      let count = ends[group + 1] - ends[group]
      groupsOfValues.append(contentsOf: repeatElement(UInt32(truncatingIfNeeded: group), count: count))
    }
    (sorted, ends) = ([], [])
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? PercentileAccumulator<Value> else { return }
    forgetOrder()
    var takenValues = take(&values)
    var takenGroups = take(&groupsOfValues)
    if other.ends.isEmpty {
      let table = groups.table(count: other.groupCount)
      takenValues.append(contentsOf: other.values)
      takenGroups.append(contentsOf: other.groupsOfValues.lazy.map { table[Int($0)] })
    } else {
      let (source, ends) = (other.sorted, other.ends)
      for (from, into) in groups {
        let range = ends[from]..<ends[from + 1]
        takenValues.append(contentsOf: source[range])
        takenGroups.append(contentsOf: repeatElement(UInt32(truncatingIfNeeded: into), count: range.count))
      }
    }
    swap(&takenValues, &values)
    swap(&takenGroups, &groupsOfValues)
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func results(_ range: Range<Int>) throws(QueryError) -> Vector {
    try (leader ?? self).results(range, shape)
  }

  private func results(_ range: Range<Int>, _ shape: PercentileShape) throws(QueryError) -> Vector {
    guard shape.share >= 0 && shape.share <= 1 else {
      throw QueryError(
        .invalidParameter, "a percentile needs a constant share between 0 and 1", at: shape.position)
    }
    sortByGroup()
    let ends = ends
    var sorted = take(&self.sorted)
    defer { swap(&sorted, &self.sorted) }
    var room = sorted.mutableSpan
    var isValid = [Bool](repeating: true, count: range.count)
    var continuous: [Double] = []
    var discrete: [Value] = []
    for (row, group) in range.enumerated() {
      let (begin, end) = (ends[group], ends[group + 1])
      guard begin < end else {
        isValid[row] = false
        continuous.append(0)
        discrete.append(.zero)
        continue
      }
      if shape.isContinuous {
        let place = shape.share * Double(end - begin - 1)
        let low = Int(place.rounded(.down))
        let first = Kernels.select(&room, begin + low, from: begin, to: end).asDouble
        var result = first
        let weight = place - Double(low)
        if weight > 0 {
          // The next greater value is the least of those behind: selecting has put them there.
          var least = room[begin + low + 1]
          for index in begin + low + 2..<end where Value.isLess(room[index], least) { least = room[index] }
          result = first + (least.asDouble - first) * weight
        }
        continuous.append(result)
      } else {
        let index = begin + shape.discreteIndex(of: end - begin)
        discrete.append(Kernels.select(&room, index, from: begin, to: end))
      }
    }
    let validity = Bitmap(isValid)
    let nulls = validity.isAllSet ? nil : validity
    return shape.isContinuous ? .flat(continuous, validity: nulls) : .flat(discrete, validity: nulls)
  }
}

extension Kernels {
  /// Returns the value that would stand at `index` were `from ..< to` sorted; reorders them.
  ///
  /// Hoare's selection, with the median of three as pivot.
  static func select<Value: OrderedValue>(
    _ values: inout MutableSpan<Value>, _ index: Int, from: Int, to: Int
  ) -> Value {
    var (low, high) = (from, to - 1)
    while low < high {
      let middle = low + (high - low) / 2
      var pivot = values[middle]
      let (a, b) = (values[low], values[high])
      if Value.isLess(pivot, a) != Value.isLess(pivot, b) {
        // The pivot lies between the ends.
      } else if Value.isLess(a, pivot) != Value.isLess(a, b) {
        pivot = a
      } else {
        pivot = b
      }
      var (left, right) = (low, high)
      while left <= right {
        while Value.isLess(values[left], pivot) { left &+= 1 }
        while Value.isLess(pivot, values[right]) { right &-= 1 }
        if left <= right {
          let held = values[left]
          values[left] = values[right]
          values[right] = held
          left &+= 1
          right &-= 1
        }
      }
      if index <= right {
        high = right
      } else if index >= left {
        low = left
      } else {
        break
      }
    }
    return values[index]
  }
}
