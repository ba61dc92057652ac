internal import Columnar

/// Which rows each row's frame has (SQL:2016 part 2, 7.15).
struct WindowFrames {
  /// The frame of each row of a block before exclusion; empty where the start is not below the end.
  let starts: [Int]
  let ends: [Int]
  private let exclusion: LogicalPlan.WindowFrame.Exclusion
  private let shape: WindowPartitions
  /// Every frame is its row's whole partition.
  let isWholePartition: Bool
  /// Every frame begins with the partition, and none excludes rows.
  let isRunning: Bool

  var hasExclusion: Bool { exclusion != .noOthers }

  /// Finds the frames of a block's rows; `probe` looks at rows of other blocks.
  init(
    _ call: LogicalPlan.WindowCall, _ window: LogicalPlan.Window, _ shape: WindowPartitions,
    _ probe: WindowProbe, _ block: Int
  ) throws(QueryError) {
    let frame = call.frame
    self.shape = shape
    exclusion = frame.exclusion
    isWholePartition = frame.isWholePartition(window)
    isRunning = frame.start == .unboundedPreceding && frame.exclusion == .noOthers
    let bounds = Bounds(call: call, window: window, shape: shape, probe: probe, block: block)
    starts = try bounds.rows(frame.start, isStart: true)
    ends = try bounds.rows(frame.end, isStart: false)
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
    case .currentRow: return without(shape.first + row, shape.first + row + 1, keeping: nil)
    case .group: return without(shape.peerStart[row], shape.peerEnd[row], keeping: nil)
    case .ties: return without(shape.peerStart[row], shape.peerEnd[row], keeping: shape.first + row)
    }
  }

  /// Where the frames of a block's rows begin or end.
  private struct Bounds {
    let call: LogicalPlan.WindowCall
    let window: LogicalPlan.Window
    let shape: WindowPartitions
    let probe: WindowProbe
    let block: Int

    func rows(_ bound: LogicalPlan.WindowFrame.Bound, isStart: Bool) throws(QueryError) -> [Int] {
      switch bound {
      case .unboundedPreceding: return shape.partitionStart
      case .unboundedFollowing: return shape.partitionEnd
      case .currentRow:
        if call.frame.unit == .rows {
          return (0..<shape.rowCount).map { shape.first + (isStart ? $0 : $0 + 1) }
        }
        return isStart ? shape.peerStart : shape.peerEnd
      case .preceding(let offset): return try self.offset(offset, sign: -1, isStart)
      case .following(let offset): return try self.offset(offset, sign: 1, isStart)
      }
    }

    private func offset(
      _ expression: BoundExpression, sign: Int, _ isStart: Bool
    ) throws(QueryError) -> [Int] {
      let (offsets, type) = (try probe.input.values(expression, block), expression.type)
      if call.frame.unit == .range {
        guard window.orderBy.count == 1 else {
          throw QueryError(
            .windowing, "RANGE with an offset needs exactly one ORDER BY key", at: call.position)
        }
        let bounds = try RangeBounds(window.orderBy[0], probe, block, offsets, type, shape, call)
        return try bounds.bounds(sign, isStart)
      }
      var result = [Int](repeating: 0, count: shape.rowCount)
      var hint = 0
      for row in 0..<shape.rowCount {
        let value = offsets.scalar(at: row, as: type)
        guard case .integer(let count) = value, count >= 0 else {
          throw QueryError(
            .invalidParameter, "the offset of a window frame must be an integer of zero or more",
            at: call.position)
        }
        let distance = sign * Int(min(count, Int64(probe.input.rowCount)))
        let (low, high) = (shape.partitionStart[row], shape.partitionEnd[row])
        if call.frame.unit == .rows {
          let place = shape.first + row + distance + (isStart ? 0 : 1)
          result[row] = max(low, min(high, place))
          continue
        }
        // The first row whose group is not before the wanted one or, for the end, is behind it.
        let group = shape.peerGroup[row] + distance + (isStart ? 0 : 1)
        hint = try probe.firstRow(of: low..<high, from: hint) { (other) throws(QueryError) in
          try probe.peerGroup(other) >= group
        }
        result[row] = hint
      }
      return result
    }
  }
}

extension LogicalPlan.WindowFrame {
  /// Whether every frame is its row's whole partition.
  func isWholePartition(_ window: LogicalPlan.Window) -> Bool {
    start == .unboundedPreceding && exclusion == .noOthers
      && (end == .unboundedFollowing || (window.orderBy.isEmpty && end == .currentRow && unit != .rows))
  }
}

/// Looks at rows of any block.
final class WindowProbe {
  let input: any WindowInput
  private let shapes: WindowBlocks<WindowPartitions>
  private var values: [BoundExpression: WindowBlocks<Vector>] = [:]

  init(_ input: any WindowInput) {
    self.input = input
    shapes = WindowBlocks(input) { (block) throws(QueryError) in try input.shape(block) }
  }

  /// How many groups of peers come before a row's own in its partition.
  func peerGroup(_ row: Int) throws(QueryError) -> Int {
    let (shape, place) = try shapes.place(of: row)
    return shape.peerGroup[place]
  }

  /// The values of an expression, by block.
  func vectors(_ expression: BoundExpression) -> WindowBlocks<Vector> {
    if let known = values[expression] { return known }
    let made = WindowBlocks(input) { [input] (block) throws(QueryError) in
      try input.values(expression, block)
    }
    values[expression] = made
    return made
  }

  /// Finds the first row of a range for which a condition is met that, once met, is met by all further rows.
  ///
  /// The search goes out from `hint`, in steps that double, as bounds of frames move little from row to row.
  func firstRow(
    of range: Range<Int>, from hint: Int, where isMet: (Int) throws(QueryError) -> Bool
  ) throws(QueryError) -> Int {
    var (first, last) = (range.lowerBound, range.upperBound)
    let start = max(first, min(last, hint))
    var step = 1
    if start > first, try isMet(start - 1) {
      last = start - 1
      while last - step > first {
        guard try isMet(last - step) else {
          first = last - step + 1
          break
        }
        last -= step
        step *= 2
      }
    } else {
      first = start
      while first + step < last {
        if try isMet(first + step - 1) {
          last = first + step - 1
          break
        }
        first += step
        step *= 2
      }
    }
    while first < last {
      let middle = first + (last - first) / 2
      if try isMet(middle) { last = middle } else { first = middle + 1 }
    }
    return first
  }
}

/// Bounds of RANGE frames: rows whose order key is within a distance of the row's own.
private struct RangeBounds {
  let key: LogicalPlan.SortKey
  let probe: WindowProbe
  let values: Vector
  let offsets: Vector
  let offsetType: LogicalType
  let shape: WindowPartitions
  let call: LogicalPlan.WindowCall

  init(
    _ key: LogicalPlan.SortKey, _ probe: WindowProbe, _ block: Int, _ offsets: Vector,
    _ offsetType: LogicalType, _ shape: WindowPartitions, _ call: LogicalPlan.WindowCall
  ) throws(QueryError) {
    (self.key, self.probe, self.offsets, self.offsetType) = (key, probe, offsets, offsetType)
    (self.shape, self.call) = (shape, call)
    values = try probe.input.values(key.expression, block)
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
    var hint = 0
    let keys = probe.vectors(key.expression)
    // Times and dates as microseconds, or nanoseconds where that is their unit.
    for row in 0..<shape.rowCount {
      if values.isNull(at: row) {
        result[row] = isStart ? shape.peerStart[row] : shape.peerEnd[row]
        continue
      }
      let target = try shifted(
        values.scalar(at: row, as: type), offsets.scalar(at: row, as: offsetType), sign)
      // The first row of the partition at or behind the target; for an end, behind it.
      hint = try probe.firstRow(of: shape.partitionStart[row]..<shape.partitionEnd[row], from: hint) {
        (other) throws(QueryError) in
        let (vector, place) = try keys.place(of: other)
        let value = vector.scalar(at: place, as: type)
        if value.isNull { return !key.nullsFirst }
        let order = compare(value, target) * (key.isDescending ? -1 : 1)
        return isStart ? order >= 0 : order > 0
      }
      result[row] = hint
    }
    return result
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
