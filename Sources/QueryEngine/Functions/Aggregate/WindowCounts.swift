internal import Columnar

/// A number of which percentiles are made.
protocol PercentileValue: OrderedValue {
  var asDouble: Double { get }
  /// Whether values can be told by their distance from another.
  static var isCountable: Bool { get }
  /// How far a value lies above another one, modulo 2^64.
  ///
  /// A value below a window is never as near to its least value as the window is wide, since no window goes beyond the
  /// greatest value of the type.
  func distance(above other: Self) -> UInt64
  /// The value so far above this one.
  func value(above distance: Int) -> Self
}

extension PercentileValue where Self: FixedWidthInteger {
  static var isCountable: Bool { bitWidth <= 64 }
  @inline(__always) var asDouble: Double { Double(self) }
  @inline(__always) func distance(above other: Self) -> UInt64 {
    UInt64(truncatingIfNeeded: self) &- UInt64(truncatingIfNeeded: other)
  }
  @inline(__always) func value(above distance: Int) -> Self { self &+ Self(truncatingIfNeeded: distance) }
}

extension PercentileValue where Self: BinaryFloatingPoint {
  static var isCountable: Bool { false }
  @inline(__always) var asDouble: Double { Double(self) }
  func distance(above other: Self) -> UInt64 { .max }
  func value(above distance: Int) -> Self { self }
}

extension Int32: PercentileValue {}
extension Int64: PercentileValue {}
extension Int128: PercentileValue {}
extension Float: PercentileValue {}
extension Double: PercentileValue {}

/// How often each value of a window of integers occurs in each group.
///
/// There are at most as many counters, of 8 bytes, as values were seen: a window is chosen once enough values are known, and a
/// group has counters if there is room for them. Values that have no counter are left to the caller.
struct WindowCounts<Value: PercentileValue> {
  /// Values that must be known before a window is chosen, so that a sample tells where most lie.
  static var firstCount: Int { 16_384 }

  private typealias Counter = UInt64

  private(set) var low: Value = .zero
  /// Values in the window.
  private var width = 0
  /// By group, its row of `width` counters, or -1.
  private var rowOfGroup: [Int32] = []
  private var rowCount = 0
  private var counters: [Counter] = []
  private var total = 0

  var isEmpty: Bool { total == 0 }
  var byteCount: Int { counters.count * MemoryLayout<Counter>.stride + rowOfGroup.count * 4 }

  mutating func grow(to groupCount: Int) {
    if groupCount > rowOfGroup.count {
      rowOfGroup.append(contentsOf: repeatElement(-1, count: groupCount - rowOfGroup.count))
    }
  }

  /// Counts values of groups other than 0, and appends those without a counter to `others`.
  mutating func add(
    _ values: Span<Value>, _ groups: [UInt32], others: inout [Value], _ groupsOfOthers: inout [UInt32]
  ) {
    let (low, width, rows) = (low, width, rowOfGroup)
    var takenValues = take(&others)
    var takenGroups = take(&groupsOfOthers)
    var takenCounters = take(&counters)
    var room = takenCounters.mutableSpan
    let before = takenValues.count
    var seen = 0
    for index in values.indices where groups[index] != 0 {
      seen &+= 1
      let distance = values[index].distance(above: low)
      let row = Int(rows[Int(groups[index])])
      if distance < UInt64(width), row >= 0 {
        room[row &* width &+ Int(distance)] &+= 1
      } else {
        takenValues.append(values[index])
        takenGroups.append(groups[index])
      }
    }
    total += seen - (takenValues.count - before)
    swap(&takenCounters, &counters)
    swap(&takenValues, &others)
    swap(&takenGroups, &groupsOfOthers)
  }

  /// Chooses or widens the window for values that have no counter, and gives groups counters.
  mutating func makeRoom(for values: [Value], _ groups: [UInt32]) {
    let counterLimit = total + values.count
    widen(for: values, counterLimit: counterLimit)
    guard width > 0 else { return }
    for group in groups where rowOfGroup[Int(group)] < 0 {
      if !addRow(Int(group), counterLimit: counterLimit) { break }
    }
  }

  private mutating func addRow(_ group: Int, counterLimit: Int) -> Bool {
    guard (rowCount + 1) * width <= counterLimit else { return false }
    rowOfGroup[group] = Int32(truncatingIfNeeded: rowCount)
    rowCount += 1
    counters.append(contentsOf: repeatElement(0, count: width))
    return true
  }

  private mutating func widen(for values: [Value], counterLimit: Int) {
    var (least, greatest) = (Value.least(values.span), Value.greatest(values.span))
    if width > 0 {
      if Value.isLess(low, least) { least = low }
      let last = low.value(above: width - 1)
      if Value.isLess(greatest, last) { greatest = last }
      if greatest.distance(above: least) < UInt64(counterLimit / max(1, rowCount)) { move(least, greatest) }
      return
    }
    // Most values must fit; the others need not.
    let room = UInt64(counterLimit / max(1, rowOfGroup.count))
    let sample = stride(from: 0, to: values.count, by: max(1, values.count / 1024)).map { values[$0] }
      .sorted { Value.isLess($0, $1) }
    let (lower, upper) = (sample[sample.count / 64], sample[sample.count - 1 - sample.count / 64])
    guard upper.distance(above: lower) < room else { return }
    low = upper.distance(above: least) < room ? least : lower
    width = Int(min(greatest.distance(above: low), room - 1)) + 1
  }

  /// Changes the window to one that holds the present one.
  private mutating func move(_ least: Value, _ greatest: Value) {
    let wider = Int(greatest.distance(above: least)) + 1
    let shift = Int(low.distance(above: least))
    guard wider > width else { return }
    var moved = [Counter](repeating: 0, count: rowCount * wider)
    for row in 0..<rowCount {
      for index in 0..<width { moved[row * wider + shift + index] = counters[row * width + index] }
    }
    (counters, low, width) = (moved, least, wider)
  }

  /// Adds the counts of groups of another window, as far as there is room, and appends the other values to `others`.
  mutating func merge(
    _ other: WindowCounts, _ groups: GroupMapping, others: inout [Value],
    _ groupsOfOthers: inout [UInt32]
  ) {
    guard other.total > 0 else { return }
    let counterLimit = total + other.total
    if width == 0 {
      (low, width) = (other.low, other.width)
    } else {
      widen(for: [other.low, other.low.value(above: other.width - 1)], counterLimit: counterLimit)
    }
    for (from, into) in groups where other.rowOfGroup[from] >= 0 {
      let hasRoom = rowOfGroup[into] >= 0 || addRow(into, counterLimit: counterLimit)
      let (source, target) = (Int(other.rowOfGroup[from]) * other.width, Int(rowOfGroup[into]) * width)
      for index in 0..<other.width {
        let count = other.counters[source + index]
        if count == 0 { continue }
        let value = other.low.value(above: index)
        let distance = value.distance(above: low)
        if hasRoom, distance < UInt64(width) {
          counters[target + Int(distance)] += count
          total += Int(count)
        } else {
          others.append(contentsOf: repeatElement(value, count: Int(count)))
          groupsOfOthers.append(
            contentsOf: repeatElement(UInt32(truncatingIfNeeded: into), count: Int(count)))
        }
      }
    }
  }

  /// How many values of a group are counted.
  func total(of group: Int) -> Int {
    guard group < rowOfGroup.count, rowOfGroup[group] >= 0 else { return 0 }
    let first = Int(rowOfGroup[group]) * width
    return WindowCounts.sum(counters.span.extracting(first..<first + width))
  }

  /// The value that stands at `index` among those counted of a group, of which there are more.
  func value(at index: Int, of group: Int) -> Value {
    let first = Int(rowOfGroup[group]) * width
    let counters = counters.span.extracting(first..<first + width)
    var (place, before) = (0, 0)
    while true {
      let end = min(place + 512, width)
      let sum = WindowCounts.sum(counters.extracting(place..<end))
      if before + sum > index { break }
      (place, before) = (end, before + sum)
    }
    while before + Int(counters[place]) <= index {
      before += Int(counters[place])
      place += 1
    }
    return low.value(above: place)
  }

  private static func sum(_ counters: Span<Counter>) -> Int {
    var sum: UInt64 = 0
    for index in counters.indices { sum &+= UInt64(counters[index]) }
    return Int(sum)
  }
}
