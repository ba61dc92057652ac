internal import Columnar

/// Which rows each row's frame has (SQL:2016 part 2, 7.15).
struct WindowFrames {
  /// The frame of each row before exclusion; empty where the start is not below the end.
  let starts: [Int]
  let ends: [Int]
  private let exclusion: LogicalPlan.WindowFrame.Exclusion
  private let shape: WindowPartitions
  /// Every frame is its row's whole partition.
  let isWholePartition: Bool
  /// Every frame begins with the partition, and none excludes rows.
  let isRunning: Bool

  var hasExclusion: Bool { exclusion != .noOthers }

  init(
    _ call: LogicalPlan.WindowCall, _ window: LogicalPlan.Window, _ shape: WindowPartitions,
    _ values: (BoundExpression) -> Vector
  ) throws(QueryError) {
    let frame = call.frame
    self.shape = shape
    exclusion = frame.exclusion
    isWholePartition =
      frame.start == .unboundedPreceding && frame.exclusion == .noOthers
      && (frame.end == .unboundedFollowing
        || (window.orderBy.isEmpty && frame.end == .currentRow && frame.unit != .rows))
    isRunning = frame.start == .unboundedPreceding && frame.exclusion == .noOthers
    starts = try WindowFrames.bound(frame.start, isStart: true, frame.unit, window, shape, call, values)
    ends = try WindowFrames.bound(frame.end, isStart: false, frame.unit, window, shape, call, values)
  }

  /// The parts of a row's frame that are left after exclusion, at most three.
  func ranges(_ row: Int) -> [Range<Int>] {
    let (start, end) = (starts[row], ends[row])
    guard start < end else { return [] }
    func without(_ first: Int, _ last: Int, keeping row: Int?) -> [Range<Int>] {
      var parts: [Range<Int>] = []
      if start < min(first, end) { parts.append(start..<min(first, end)) }
      if let row, row >= start && row < end { parts.append(row..<row + 1) }
      if max(last, start) < end { parts.append(max(last, start)..<end) }
      return parts
    }
    switch exclusion {
    case .noOthers: return [start..<end]
    case .currentRow: return without(row, row + 1, keeping: nil)
    case .group: return without(shape.peerStart[row], shape.peerEnd[row], keeping: nil)
    case .ties: return without(shape.peerStart[row], shape.peerEnd[row], keeping: row)
    }
  }

  private static func bound(
    _ bound: LogicalPlan.WindowFrame.Bound, isStart: Bool, _ unit: LogicalPlan.WindowFrame.Unit,
    _ window: LogicalPlan.Window, _ shape: WindowPartitions, _ call: LogicalPlan.WindowCall,
    _ values: (BoundExpression) -> Vector
  ) throws(QueryError) -> [Int] {
    switch bound {
    case .unboundedPreceding: return shape.partitionStart
    case .unboundedFollowing: return shape.partitionEnd
    case .currentRow:
      if unit == .rows { return (0..<shape.rowCount).map { isStart ? $0 : $0 + 1 } }
      return isStart ? shape.peerStart : shape.peerEnd
    case .preceding(let offset):
      return try self.offset(
        values(offset), offset.type, sign: -1, isStart, unit, window, shape, call, values)
    case .following(let offset):
      return try self.offset(values(offset), offset.type, sign: 1, isStart, unit, window, shape, call, values)
    }
  }

  private static func offset(
    _ offsets: Vector, _ type: LogicalType, sign: Int, _ isStart: Bool,
    _ unit: LogicalPlan.WindowFrame.Unit, _ window: LogicalPlan.Window, _ shape: WindowPartitions,
    _ call: LogicalPlan.WindowCall, _ values: (BoundExpression) -> Vector
  ) throws(QueryError) -> [Int] {
    if unit == .range {
      guard window.orderBy.count == 1 else {
        throw QueryError(
          .windowing, "RANGE with an offset needs exactly one ORDER BY key", at: call.position)
      }
      let key = window.orderBy[0]
      return try RangeBounds(key, values(key.expression), offsets, type, shape, call).bounds(sign, isStart)
    }
    var result = [Int](repeating: 0, count: shape.rowCount)
    for row in 0..<shape.rowCount {
      let value = offsets.scalar(at: row, as: type)
      guard case .integer(let count) = value, count >= 0 else {
        throw QueryError(
          .invalidParameter, "the offset of a window frame must be an integer of zero or more",
          at: call.position)
      }
      let distance = sign * Int(min(count, Int64(shape.rowCount)))
      let (low, high) = (shape.partitionStart[row], shape.partitionEnd[row])
      if unit == .rows {
        let place = row + distance + (isStart ? 0 : 1)
        result[row] = max(low, min(high, place))
      } else {
        result[row] = groupBound(row, shape.peerGroup[row] + distance, isStart, shape)
      }
    }
    return result
  }

  /// Where a group of peers of the row's partition begins or ends.
  private static func groupBound(_ row: Int, _ group: Int, _ isStart: Bool, _ shape: WindowPartitions) -> Int
  {
    let (low, high) = (shape.partitionStart[row], shape.partitionEnd[row])
    if group < 0 { return low }
    var (first, last) = (low, high)
    // The first row whose group is not before `group` (or, for the end, is behind it).
    while first < last {
      let middle = (first + last) / 2
      if shape.peerGroup[middle] < group + (isStart ? 0 : 1) { first = middle + 1 } else { last = middle }
    }
    return first
  }
}

/// Bounds of RANGE frames: rows whose order key is within a distance of the row's own.
private struct RangeBounds {
  let key: LogicalPlan.SortKey
  let values: Vector
  let offsets: Vector
  let offsetType: LogicalType
  let shape: WindowPartitions
  let call: LogicalPlan.WindowCall

  init(
    _ key: LogicalPlan.SortKey, _ values: Vector, _ offsets: Vector, _ offsetType: LogicalType,
    _ shape: WindowPartitions, _ call: LogicalPlan.WindowCall
  ) throws(QueryError) {
    (self.key, self.values, self.offsets, self.offsetType) = (key, values, offsets, offsetType)
    (self.shape, self.call) = (shape, call)
    switch key.expression.type {
    case .varchar, .binary, .boolean, .list, .struct, .map, .uuid, .fixed, .interval, .null:
      throw QueryError(
        .windowing,
        "RANGE with an offset needs a number, date or time to order by, not \(key.expression.type)",
        at: call.position)
    default: break
    }
  }

  func bounds(_ sign: Int, _ isStart: Bool) throws(QueryError) -> [Int] {
    var result = [Int](repeating: 0, count: shape.rowCount)
    let type = key.expression.type
    // Times and dates as microseconds, or nanoseconds where that is their unit.
    for row in 0..<shape.rowCount {
      if values.isNull(at: row) {
        result[row] = isStart ? shape.peerStart[row] : shape.peerEnd[row]
        continue
      }
      let target = try shifted(
        values.scalar(at: row, as: type), offsets.scalar(at: row, as: offsetType), sign)
      result[row] = place(row, target, isStart)
    }
    return result
  }

  /// The first row of the partition at or behind the target (for an end: behind it).
  private func place(_ row: Int, _ target: ScalarValue, _ isStart: Bool) -> Int {
    var (first, last) = (shape.partitionStart[row], shape.partitionEnd[row])
    let type = key.expression.type
    while first < last {
      let middle = (first + last) / 2
      let value = values.scalar(at: middle, as: type)
      let isBefore: Bool
      if value.isNull {
        isBefore = key.nullsFirst
      } else {
        let order = compare(value, target) * (key.isDescending ? -1 : 1)
        isBefore = isStart ? order < 0 : order <= 0
      }
      if isBefore { first = middle + 1 } else { last = middle }
    }
    return first
  }

  /// Dates are compared with targets in microseconds.
  private func compare(_ value: ScalarValue, _ target: ScalarValue) -> Int {
    if case .decimal(let micros) = target, case .integer(let days) = value {
      let scaled = key.expression.type == .date ? Int128(days) * 86_400_000_000 : Int128(days)
      return scaled < micros ? -1 : scaled == micros ? 0 : 1
    }
    return ScalarOrdering.compare(value, target)
  }

  private func shifted(
    _ value: ScalarValue, _ offset: ScalarValue, _ sign: Int
  ) throws(QueryError) -> ScalarValue {
    let direction = key.isDescending ? -sign : sign
    switch (value, offset) {
    case (.double(let number), .double(let distance)): return .double(number + Double(direction) * distance)
    case (.double(let number), .integer(let distance)):
      return .double(number + Double(direction) * Double(distance))
    case (.real(let number), .double(let distance)):
      return .real(number + Float(direction) * Float(distance))
    case (.real(let number), .real(let distance)): return .real(number + Float(direction) * distance)
    case (.decimal(let number), .decimal(let distance)):
      let (sum, overflow) = number.addingReportingOverflow(Int128(direction) * distance)
      return .decimal(overflow ? (direction < 0 ? .min : .max) : sum)
    case (.integer(let number), .integer(let distance)):
      guard distance >= 0 else { break }
      let scale: Int128 = key.expression.type == .date ? 86_400_000_000 : 1
      return .decimal((Int128(number) + Int128(direction) * Int128(distance)) * scale)
    case (.integer(let number), .interval(let interval)):
      return .decimal(shifted(number, interval, direction))
    default: break
    }
    throw QueryError(
      .invalidParameter, "the offset of a RANGE frame must be of zero or more and fit its ORDER BY key",
      at: call.position)
  }

  /// A date or time plus or minus an interval: months by the calendar, then days and microseconds.
  private func shifted(_ number: Int64, _ interval: Interval, _ direction: Int) -> Int128 {
    let type = key.expression.type
    let isNanos = type == .timestampNanos || type == .timestampTZNanos
    let dayLength: Int128 = isNanos ? 86_400_000_000_000 : 86_400_000_000
    var total = type == .date ? Int128(number) * dayLength : Int128(number)
    let months = Int(interval.months) * direction
    if months != 0 {
      var days = total / dayLength
      var rest = total % dayLength
      if rest < 0 { (days, rest) = (days - 1, rest + dayLength) }
      let moved = CivilDate(days: Int(truncatingIfNeeded: days)).adding(months: months).days
      total = Int128(moved) * dayLength + rest
    }
    total += Int128(direction) * Int128(interval.days) * dayLength
    total += Int128(direction) * Int128(interval.micros) * (isNanos ? 1000 : 1)
    return total
  }
}
