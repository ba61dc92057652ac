internal import Columnar

/// Collects all values with their groups, and selects at the end.
///
/// Integers of a narrow window are counted instead; see ``WindowCounts``. Percentiles of the same values collect them
/// once: the others follow the first.
final class PercentileAccumulator<Value: PercentileValue>: Accumulator {
  private var groupsOfValues: [UInt32] = []
  private var values: [Value] = []
  private var counts = WindowCounts<Value>()
  /// How many values may wait until it is tried to count them.
  private var patience = WindowCounts<Value>.firstCount
  private var groupCount = 0
  /// Values that are not counted by group, and where those of each end; empty until asked for.
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
      + counts.byteCount
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
    forgetOrder()
    counts.grow(to: groupCount)
    counts.add(argument.values(as: Value.self), groups, others: &values, &groupsOfValues)
    if values.count >= patience { countValues() }
  }

  /// Counts what values can be counted.
  private func countValues() {
    guard Value.isCountable, !values.isEmpty else { return }
    let (waiting, groups) = (take(&values), take(&groupsOfValues))
    counts.grow(to: groupCount)
    counts.makeRoom(for: waiting, groups)
    counts.add(waiting.span, groups, others: &values, &groupsOfValues)
    patience = max(WindowCounts<Value>.firstCount, 2 * values.count)
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
    if !counts.isEmpty { countValues() }
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
    counts.grow(to: groupCount)
    counts.merge(other.counts, groups, others: &values, &groupsOfValues)
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
      let values = GroupValues(group, counts, ends[group]..<ends[group + 1], of: room)
      if values.count == 0 {
        isValid[row] = false
        continuous.append(0)
        discrete.append(.zero)
      } else if shape.isContinuous {
        let place = shape.share * Double(values.count - 1)
        let low = Int(place.rounded(.down))
        let (first, weight) = (values.value(at: low, of: &room).asDouble, place - Double(low))
        continuous.append(
          weight > 0 ? first + (values.value(behind: low, of: &room).asDouble - first) * weight : first)
      } else {
        discrete.append(values.value(at: shape.discreteIndex(of: values.count), of: &room))
      }
    }
    let validity = Bitmap(isValid)
    let nulls = validity.isAllSet ? nil : validity
    return shape.isContinuous ? .flat(continuous, validity: nulls) : .flat(discrete, validity: nulls)
  }
}

/// The values of one group, counted or not, as if they were sorted.
private struct GroupValues<Value: PercentileValue> {
  private let group: Int
  private let counts: WindowCounts<Value>
  private let countedCount: Int
  /// Where those stand that are not counted, and how many of these come before the counted ones.
  private let others: Range<Int>
  private let lesserCount: Int

  init(
    _ group: Int, _ counts: WindowCounts<Value>, _ others: Range<Int>, of values: borrowing MutableSpan<Value>
  ) {
    (self.group, self.counts, self.others) = (group, counts, others)
    countedCount = counts.total(of: group)
    var lesser = 0
    if countedCount > 0 {
      for index in others where Value.isLess(values[index], counts.low) { lesser &+= 1 }
    }
    lesserCount = lesser
  }

  var count: Int { countedCount + others.count }

  /// The value that would stand at `index` were all sorted; reorders those that are not counted.
  func value(at index: Int, of values: inout MutableSpan<Value>) -> Value {
    if index >= lesserCount && index < lesserCount + countedCount {
      return counts.value(at: index - lesserCount, of: group)
    }
    let place = others.lowerBound + (index < lesserCount ? index : index - countedCount)
    return Kernels.select(&values, place, from: others.lowerBound, to: others.upperBound)
  }

  /// The value behind the one that ``value(at:of:)`` was asked for last.
  func value(behind index: Int, of values: inout MutableSpan<Value>) -> Value {
    if countedCount > 0 { return value(at: index + 1, of: &values) }
    // Selecting has put the greater values behind: the least of these is wanted.
    let next = others.lowerBound + index + 1
    var least = values[next]
    for place in next + 1..<others.upperBound where Value.isLess(values[place], least) {
      least = values[place]
    }
    return least
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
