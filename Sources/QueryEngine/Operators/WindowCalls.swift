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

  /// Returns the call's result for each row.
  ///
  /// `arguments` and `filter` hold the values of all rows, flat, in order.
  static func compute(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, _ frames: WindowFrames, _ arguments: [Vector],
    _ filter: Vector?, _ worker: WorkerContext
  ) throws(QueryError) -> Vector {
    switch call.function {
    case "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile":
      return try rank(call, shape, arguments)
    case "lag", "lead": return try shifted(call, shape, arguments)
    case "first_value", "last_value", "nth_value": return try picked(call, shape, frames, arguments)
    default:
      return try WindowAggregate(call, shape, frames, arguments, filter, worker).result()
    }
  }

  private static func rank(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, _ arguments: [Vector]
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
      case "row_number": values[row] = Int64(row - start + 1)
      case "rank": values[row] = Int64(shape.peerStart[row] - start + 1)
      case "dense_rank": values[row] = Int64(shape.peerGroup[row] + 1)
      default:
        guard case .integer(let parts) = arguments[0].scalar(at: row, as: .bigint), parts > 0 else {
          throw QueryError(.invalidParameter, "ntile needs a number above zero", at: call.position)
        }
        // The first `rest` parts have one row more than the others.
        let rows = Int64(shape.partitionEnd[row] - start)
        let (place, size, rest) = (Int64(row - start), rows / parts, rows % parts)
        values[row] =
          place < rest * (size + 1)
          ? place / (size + 1) + 1 : rest + (place - rest * (size + 1)) / max(1, size) + 1
      }
    }
    return .flat(values)
  }

  private static func shifted(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, _ arguments: [Vector]
  ) throws(QueryError) -> Vector {
    let count = shape.rowCount
    let value = arguments[0]
    let sign = call.function == "lag" ? -1 : 1
    let offsets = arguments.count > 1 ? arguments[1] : nil
    var rows = [UInt32](repeating: 0, count: count)
    var isThere = [Bool](repeating: false, count: count)
    var isOutside = [Bool](repeating: false, count: count)
    let validity = value.rowValidity
    var fixed = 1
    var isFixed = offsets == nil
    if call.arguments.count > 1, case .literal(.integer(let given), _) = call.arguments[1] {
      fixed = Int(max(-Int64(count), min(Int64(count), given)))
      isFixed = true
    }
    for row in 0..<count {
      var distance = fixed
      if !isFixed, let offsets {
        guard case .integer(let given) = offsets.scalar(at: row, as: .bigint) else { continue }
        distance = Int(max(-Int64(count), min(Int64(count), given)))
      }
      var target = row + sign * distance
      if call.ignoresNulls {
        target = row
        var left = abs(distance)
        let step = distance < 0 ? -sign : sign
        while left > 0 {
          target += step
          guard target >= shape.partitionStart[row] && target < shape.partitionEnd[row] else { break }
          if validity?[target] ?? true { left -= 1 }
        }
      }
      if target >= shape.partitionStart[row] && target < shape.partitionEnd[row] {
        rows[row] = UInt32(target)
        isThere[row] = true
      } else {
        isOutside[row] = true
      }
    }
    let type = call.column.type
    guard arguments.count > 2 else { return Kernels.taking(value, rows, isThere: isThere, type) }
    // The defaults lie behind the values: one more look-up brings both together.
    let both = Kernels.concatenated([value, arguments[2]], of: type)
    for row in 0..<count where isOutside[row] {
      rows[row] = UInt32(count + row)
      isThere[row] = true
    }
    return Kernels.taking(both, rows, isThere: isThere, type)
  }

  private static func picked(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, _ frames: WindowFrames, _ arguments: [Vector]
  ) throws(QueryError) -> Vector {
    let count = shape.rowCount
    let validity = call.ignoresNulls ? arguments[0].rowValidity : nil
    var rows = [UInt32](repeating: 0, count: count)
    var isThere = [Bool](repeating: false, count: count)
    for row in 0..<count {
      var wanted = 1
      if call.function == "nth_value" {
        let number = arguments[1].scalar(at: row, as: .bigint)
        if number.isNull { continue }
        guard case .integer(let place) = number, place > 0 else {
          throw QueryError(.invalidParameter, "nth_value needs a number above zero", at: call.position)
        }
        wanted = Int(min(place, Int64(count) + 1))
      }
      let isLast = call.function == "last_value"
      let parts =
        frames.hasExclusion
        ? frames.ranges(row) : [frames.starts[row]..<max(frames.starts[row], frames.ends[row])]
      if let found = find(wanted, isLast ? parts.reversed() : parts, isLast, validity) {
        rows[row] = UInt32(found)
        isThere[row] = true
      }
    }
    return Kernels.taking(arguments[0], rows, isThere: isThere, call.column.type)
  }

  /// The `wanted`-th row of the parts, from their end if `isLast`, null rows passed over if there is a validity.
  private static func find(
    _ wanted: Int, _ parts: [Range<Int>], _ isLast: Bool, _ validity: Bitmap?
  ) -> Int? {
    var left = wanted
    for part in parts {
      guard let validity else {
        if left <= part.count { return isLast ? part.upperBound - left : part.lowerBound + left - 1 }
        left -= part.count
        continue
      }
      for step in 0..<part.count {
        let row = isLast ? part.upperBound - 1 - step : part.lowerBound + step
        guard validity[row] else { continue }
        left -= 1
        if left == 0 { return row }
      }
    }
    return nil
  }
}
