internal import Columnar

/// Computes window functions over sorted rows.
enum WindowCalls {
  /// Throws if there is no such function, or it cannot do what is asked.
  static func check(_ call: LogicalPlan.WindowCall) throws(QueryError) {
    if rankings.contains(call.function) || valueFunctions.contains(call.function) { return }
    guard AggregateRegistry.function(call.function) != nil else {
      throw .internalError("there is no window function \(call.function)", at: call.position)
    }
  }

  private static let rankings: Set<String> = [
    "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile",
  ]
  private static let valueFunctions: Set<String> = [
    "lag", "lead", "first_value", "last_value", "nth_value",
  ]

  static func isRanking(_ function: String) -> Bool { rankings.contains(function) }
  static func isShift(_ function: String) -> Bool { function == "lag" || function == "lead" }
  static func isValue(_ function: String) -> Bool { valueFunctions.contains(function) }

  /// Returns the places of a block's rows in their partitions; `parts` are the argument's values of NTILE.
  static func rank(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, parts: Vector?
  ) throws(QueryError) -> Vector {
    let count = shape.rowCount
    if call.function == "percent_rank" || call.function == "cume_dist" {
      let isRank = call.function == "percent_rank"
      return .flat(
        (0..<count).map { row in
          let (start, end) = (shape.partitionStart[row], shape.partitionEnd[row])
          if isRank {
            return end - start <= 1 ? 0 : Double(shape.peerStart[row] - start) / Double(end - start - 1)
          }
          return Double(shape.peerEnd[row] - start) / Double(end - start)
        })
    }
    var values = [Int64](repeating: 0, count: count)
    for row in 0..<count {
      let start = shape.partitionStart[row]
      switch call.function {
      case "row_number": values[row] = Int64(shape.first + row - start + 1)
      case "rank": values[row] = Int64(shape.peerStart[row] - start + 1)
      case "dense_rank": values[row] = Int64(shape.peerGroup[row] + 1)
      default:
        guard case .integer(let parts)? = parts?.scalar(at: row, as: .bigint), parts > 0 else {
          throw QueryError(.invalidParameter, "ntile needs a number above zero", at: call.position)
        }
        // The first `rest` parts have one row more than the others.
        let rows = Int64(shape.partitionEnd[row] - start)
        let (place, size, rest) = (
          Int64(shape.first + row - start), rows / parts, rows % parts
        )
        values[row] =
          place < rest * (size + 1)
          ? place / (size + 1) + 1 : rest + (place - rest * (size + 1)) / max(1, size) + 1
      }
    }
    return .flat(values)
  }

  /// Returns the values of other rows, so many before or behind a block's rows.
  static func shifted(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, _ probe: WindowProbe, _ block: Int
  ) throws(QueryError) -> Vector {
    let (count, all) = (shape.rowCount, Int64(probe.input.rowCount))
    let value = call.arguments[0]
    let sign = call.function == "lag" ? -1 : 1
    let offsets = call.arguments.count > 1 ? try probe.input.values(call.arguments[1], block) : nil
    var rows = [Int](repeating: 0, count: count)
    var isThere = [Bool](repeating: false, count: count)
    var isOutside = [Bool](repeating: false, count: count)
    var fixed = 1
    var isFixed = offsets == nil
    if call.arguments.count > 1, case .literal(.integer(let given), _) = call.arguments[1] {
      fixed = Int(max(-all, min(all, given)))
      isFixed = true
    }
    let values = probe.vectors(value)
    for row in 0..<count {
      var distance = fixed
      if !isFixed, let offsets {
        guard case .integer(let given) = offsets.scalar(at: row, as: .bigint) else { continue }
        distance = Int(max(-all, min(all, given)))
      }
      let (start, end) = (shape.partitionStart[row], shape.partitionEnd[row])
      var target = shape.first + row + sign * distance
      if call.ignoresNulls {
        target = shape.first + row
        var left = abs(distance)
        let step = distance < 0 ? -sign : sign
        while left > 0 {
          target += step
          guard target >= start && target < end else { break }
          if try !values.isNull(target) { left -= 1 }
        }
      }
      if target >= start && target < end {
        rows[row] = target
        isThere[row] = true
      } else {
        isOutside[row] = true
      }
    }
    let type = call.column.type
    let shifted = try probe.input.taking(value, rows, isThere: isThere, type)
    guard call.arguments.count > 2, isOutside.contains(true) else { return shifted }
    // The defaults lie behind the values: one more look-up brings both together.
    let both = Kernels.concatenated(
      [shifted, try probe.input.values(call.arguments[2], block)], of: type)
    let places = (0..<UInt32(count)).map { isOutside[Int($0)] ? UInt32(count) + $0 : $0 }
    return both.taking(places.span)
  }

  /// Returns the value of one row of the frame of each of a block's rows.
  static func picked(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, _ frames: WindowFrames, _ probe: WindowProbe,
    _ block: Int
  ) throws(QueryError) -> Vector {
    let count = shape.rowCount
    let value = call.arguments[0]
    let isLast = call.function == "last_value"
    let numbers = call.function == "nth_value" ? try probe.input.values(call.arguments[1], block) : nil
    var rows = [Int](repeating: 0, count: count)
    var isThere = [Bool](repeating: false, count: count)
    let values = call.ignoresNulls ? probe.vectors(value) : nil
    for row in 0..<count {
      var wanted = 1
      if let numbers {
        let number = numbers.scalar(at: row, as: .bigint)
        if number.isNull { continue }
        guard case .integer(let place) = number, place > 0 else {
          throw QueryError(.invalidParameter, "nth_value needs a number above zero", at: call.position)
        }
        wanted = Int(min(place, Int64(probe.input.rowCount) + 1))
      }
      let parts =
        frames.hasExclusion
        ? frames.ranges(row) : [frames.starts[row]..<max(frames.starts[row], frames.ends[row])]
      if let found = try find(
        wanted, isLast ? parts.reversed() : parts, isLast, values)
      {
        rows[row] = found
        isThere[row] = true
      }
    }
    return try probe.input.taking(value, rows, isThere: isThere, call.column.type)
  }

  /// The `wanted`-th row of the parts, from their end if `isLast`; where `values` are given, nulls are passed over.
  private static func find(
    _ wanted: Int, _ parts: [Range<Int>], _ isLast: Bool, _ values: WindowBlocks<Vector>?
  ) throws(QueryError) -> Int? {
    var left = wanted
    for part in parts {
      guard let values else {
        if left <= part.count { return isLast ? part.upperBound - left : part.lowerBound + left - 1 }
        left -= part.count
        continue
      }
      for step in 0..<part.count {
        let row = isLast ? part.upperBound - 1 - step : part.lowerBound + step
        if try values.isNull(row) { continue }
        left -= 1
        if left == 0 { return row }
      }
    }
    return nil
  }
}

/// Computes one call over the blocks of an input, one after the other.
final class WindowEvaluator {
  private let call: LogicalPlan.WindowCall
  private let window: LogicalPlan.Window
  private let probe: WindowProbe
  private let aggregate: WindowAggregate?

  init(
    _ call: LogicalPlan.WindowCall, _ window: LogicalPlan.Window, _ input: any WindowInput,
    _ worker: WorkerContext
  ) throws(QueryError) {
    (self.call, self.window) = (call, window)
    probe = WindowProbe(input)
    let isAggregate = !WindowCalls.isRanking(call.function) && !WindowCalls.isValue(call.function)
    aggregate = isAggregate ? try WindowAggregate(call, input, worker) : nil
  }

  /// Returns the call's result for each row of a block.
  func results(_ block: Int) throws(QueryError) -> Vector {
    let shape = try probe.input.shape(block)
    if WindowCalls.isRanking(call.function) {
      let parts = try call.arguments.first.map { (expression) throws(QueryError) in
        try probe.input.values(expression, block)
      }
      return try WindowCalls.rank(call, shape, parts: parts)
    }
    if WindowCalls.isShift(call.function) {
      return try WindowCalls.shifted(call, shape, probe, block)
    }
    let frames = try WindowFrames(call, window, shape, probe, block)
    guard let aggregate else { return try WindowCalls.picked(call, shape, frames, probe, block) }
    return try aggregate.results(block, shape, frames)
  }
}
