internal import Columnar

/// An aggregate over the frame of each row.
///
/// A frame that is the whole partition is computed once for it. Counts and sums of integers come from running
/// totals, by subtraction; sums of floating-point numbers, least and greatest values from the running value
/// where frames begin with the partition, else from a segment tree (Leis, Kundhikanjana, Kemper and Neumann,
/// 2015). Other aggregates go over each frame.
struct WindowAggregate {
  private let call: LogicalPlan.WindowCall
  private let shape: WindowPartitions
  private let frames: WindowFrames
  private let arguments: [Vector]
  private let function: AggregateFunction
  private let worker: WorkerContext
  /// The rows that count: those that meet the filter and have no null where nulls are passed over.
  private let counted: Bitmap?

  init(
    _ call: LogicalPlan.WindowCall, _ shape: WindowPartitions, _ frames: WindowFrames, _ arguments: [Vector],
    _ filter: Vector?, _ worker: WorkerContext
  ) throws(QueryError) {
    guard let function = AggregateRegistry.function(call.function) else {
      throw .internalError("there is no aggregate \(call.function)", at: call.position)
    }
    (self.call, self.shape, self.frames) = (call, shape, frames)
    (self.function, self.worker) = (function, worker)
    // Accumulators take flat vectors, unless they say otherwise; a literal comes as a constant one.
    self.arguments = arguments.map { $0.flattened() }
    var counted: Bitmap?
    if let filter {
      let flat = filter.flattened()
      counted = Bitmap.intersection(flat.bits, flat.validity)
    }
    switch function.nulls {
    case .keeps: break
    case .skipsFirst: counted = Bitmap.intersection(counted, arguments.first?.rowValidity)
    case .skipsAny:
      for argument in arguments.prefix(call.arguments.count) {
        counted = Bitmap.intersection(counted, argument.rowValidity)
      }
    }
    self.counted = counted
  }

  func result() throws(QueryError) -> Vector {
    if shape.rowCount == 0 { return VectorBuilder(call.column.type).finish() }
    if frames.isWholePartition { return try wholePartitions() }
    if !call.isDistinct || function.ignoresDistinct {
      switch function.name {
      case "count", "count_star": return .flat(counts())
      case "sum", "avg": if let result = try sums() { return result }
      case "min": if let result = extremes(isMax: false) { return result }
      case "max": if let result = extremes(isMax: true) { return result }
      default: break
      }
    }
    return try frameByFrame()
  }

  /// The types of the arguments and of the keys of ORDER BY.
  private var argumentTypes: [LogicalType] {
    call.arguments.map(\.type) + call.orderBy.map(\.expression.type)
  }

  private func makeAccumulator() -> Accumulator {
    function.makeAccumulator(
      .init(
        argumentTypes: call.arguments.map(\.type),
        orderBy: call.orderBy.map { .init(isDescending: $0.isDescending, nullsFirst: $0.nullsFirst) },
        orderTypes: call.orderBy.map(\.expression.type), resultType: call.column.type,
        literals: call.arguments.map { if case .literal(let value, _) = $0 { value } else { nil } },
        position: call.position))
  }

  /// One group for each partition.
  private func wholePartitions() throws(QueryError) -> Vector {
    var groups = [UInt32](repeating: 0, count: shape.rowCount)
    var group: UInt32 = 0
    for row in groups.indices {
      if shape.partitionStart[row] == row { group += 1 }
      groups[row] = group
    }
    let ofRows = groups
    if let counted { Kernels.clearUnselected(&groups, counted) }
    let accumulator = makeAccumulator()
    accumulator.grow(to: Int(group) + 1)
    if call.isDistinct && !function.ignoresDistinct {
      let distinct = DistinctValues(
        argumentTypes, keepsNulls: function.nulls != .skipsAny, isAlone: false)
      distinct.insert(arguments, groups: groups, endGroup: Int(group) + 1)
      try distinct.forEachChunk { (groups, values, _) throws(QueryError) in
        try accumulator.update(values, groups: groups)
      }
    } else {
      try accumulator.update(arguments, groups: groups)
    }
    let results = try accumulator.results(1..<Int(group) + 1)
    let rows = ofRows.map { $0 - 1 }
    return results.taking(rows.span)
  }

  /// How many counted rows are before each row, and in all.
  private func runningCounts() -> [Int64] {
    var running = [Int64](repeating: 0, count: shape.rowCount + 1)
    for row in 0..<shape.rowCount { running[row + 1] = running[row] + ((counted?[row] ?? true) ? 1 : 0) }
    return running
  }

  private func counts() -> [Int64] {
    let running = runningCounts()
    return (0..<shape.rowCount).map { row in
      if frames.hasExclusion {
        return frames.ranges(row).reduce(0) { $0 + running[$1.upperBound] - running[$1.lowerBound] }
      }
      let (start, end) = (frames.starts[row], frames.ends[row])
      return start < end ? running[end] - running[start] : 0
    }
  }

  private func sums() throws(QueryError) -> Vector? {
    let argument = arguments[0]
    let counts = counts()
    let isAverage = function.name == "avg"
    switch argument.type {
    case .int32, .int64, .int128:
      var values = [Int128](repeating: 0, count: shape.rowCount)
      for row in values.indices where counted?[row] ?? true {
        switch argument.type {
        case .int32: values[row] = Int128(argument.int32s[row])
        case .int64: values[row] = Int128(argument.int64s[row])
        default: values[row] = argument.int128s[row]
        }
      }
      return try integerSums(values, counts, isAverage)
    case .float, .double:
      var values = [Double](repeating: 0, count: shape.rowCount)
      for row in values.indices where counted?[row] ?? true {
        values[row] = argument.type == .float ? Double(argument.floats[row]) : argument.doubles[row]
      }
      let totals = folded(values, start: 0) { $0 + $1 }
      let validity = Bitmap(counts.map { $0 > 0 })
      let results = isAverage ? zip(totals, counts).map { $0 / Double(max(1, $1)) } : totals
      return .flat(results, validity: validity.isAllSet ? nil : validity)
    default: return nil
    }
  }

  private func integerSums(
    _ values: [Int128], _ counts: [Int64], _ isAverage: Bool
  ) throws(QueryError) -> Vector {
    var running = [Int128](repeating: 0, count: values.count + 1)
    for row in values.indices { running[row + 1] = running[row] &+ values[row] }
    let totals = values.indices.map { row -> Int128 in
      if frames.hasExclusion {
        return frames.ranges(row).reduce(0) { $0 &+ running[$1.upperBound] &- running[$1.lowerBound] }
      }
      let (start, end) = (frames.starts[row], frames.ends[row])
      return start < end ? running[end] &- running[start] : 0
    }
    let validity = Bitmap(counts.map { $0 > 0 })
    let nulls = validity.isAllSet ? nil : validity
    if isAverage {
      var divisor = 1.0
      if case .decimal(_, let scale) = call.arguments[0].type { for _ in 0..<scale { divisor *= 10 } }
      return .flat(zip(totals, counts).map { Double($0) / divisor / Double(max(1, $1)) }, validity: nulls)
    }
    if call.column.type.physicalType == .int128 { return .flat(totals, validity: nulls) }
    var results = [Int64](repeating: 0, count: totals.count)
    for row in totals.indices {
      guard let total = Int64(exactly: totals[row]) else {
        throw QueryError(
          .numericOutOfRange, "the sum \(totals[row]) does not fit BIGINT",
          hint: "sum(x::DECIMAL(38,0)) has room for it", at: call.position)
      }
      results[row] = total
    }
    return .flat(results, validity: nulls)
  }

  private func extremes(isMax: Bool) -> Vector? {
    let argument = arguments[0]
    switch argument.type {
    case .int32: return extremes(argument.int32s.copiedElements(), isMax)
    case .int64: return extremes(argument.int64s.copiedElements(), isMax)
    case .int128: return extremes(argument.int128s.copiedElements(), isMax)
    case .float: return extremes(argument.floats.copiedElements(), isMax)
    case .double: return extremes(argument.doubles.copiedElements(), isMax)
    case .string:
      // The row of the extreme, so that the text itself stays where it is.
      let views = argument.strings.copiedElements()
      let rows = folded(optionalRows(), start: Int32(-1)) { left, right in
        if left < 0 || right < 0 { return max(left, right) }
        let isLess = views[Int(right)] < views[Int(left)]
        return isLess == isMax ? left : right
      }
      return Kernels.taking(
        argument, rows.map { UInt32(max(0, $0)) }, isThere: rows.map { $0 >= 0 }, call.column.type)
    default: return nil
    }
  }

  private func optionalRows() -> [Int32] {
    (0..<Int32(shape.rowCount)).map { (counted?[Int($0)] ?? true) ? $0 : -1 }
  }

  private func extremes<Value: OrderedValue>(_ values: [Value], _ isMax: Bool) -> Vector {
    let rows = folded(optionalRows(), start: Int32(-1)) { left, right in
      if left < 0 || right < 0 { return max(left, right) }
      let isLess = Value.isLess(values[Int(right)], values[Int(left)])
      return isLess == isMax ? left : right
    }
    let validity = Bitmap(rows.map { $0 >= 0 })
    return .flat(
      rows.map { $0 >= 0 ? values[Int($0)] : .zero }, validity: validity.isAllSet ? nil : validity)
  }

  /// Combines the values of each row's frame; `combine` is associative and `start` changes nothing.
  private func folded<Value>(
    _ values: [Value], start: Value, _ combine: (Value, Value) -> Value
  ) -> [Value] {
    if frames.isRunning {
      var results = values
      var (total, next) = (start, 0)
      for row in values.indices {
        if shape.partitionStart[row] == row { (total, next) = (start, row) }
        while next < frames.ends[row] {
          total = combine(total, values[next])
          next += 1
        }
        // An end before what was taken already can only be with `n PRECEDING`, and there ends ascend too.
        results[row] = frames.ends[row] > frames.starts[row] ? total : start
      }
      return results
    }
    let tree = SegmentTree(values, start: start, combine)
    return values.indices.map { row in
      if frames.hasExclusion {
        return frames.ranges(row).reduce(start) { combine($0, tree.fold($1, combine)) }
      }
      let (first, end) = (frames.starts[row], frames.ends[row])
      return first < end ? tree.fold(first..<end, combine) : start
    }
  }

  private func frameByFrame() throws(QueryError) -> Vector {
    var parts: [Vector] = []
    let words = counted
    for row in 0..<shape.rowCount {
      if row & 255 == 0 { try worker.query.checkCancelled() }
      var rows: [UInt32] = []
      for range in frames.ranges(row) {
        for other in range where words?[other] ?? true { rows.append(UInt32(other)) }
      }
      let accumulator = makeAccumulator()
      accumulator.grow(to: 2)
      let taken = arguments.map { $0.taking(rows.span) }
      let groups = [UInt32](repeating: 1, count: rows.count)
      if call.isDistinct && !function.ignoresDistinct {
        let distinct = DistinctValues(
          argumentTypes, keepsNulls: function.nulls != .skipsAny, isAlone: false)
        distinct.insert(taken, groups: groups, endGroup: 2)
        try distinct.forEachChunk { (groups, values, _) throws(QueryError) in
          try accumulator.update(values, groups: groups)
        }
      } else if !rows.isEmpty {
        try accumulator.update(taken, groups: groups)
      }
      parts.append(try accumulator.results(1..<2))
    }
    return Kernels.concatenated(parts, of: call.column.type)
  }
}

/// Combined values of ranges of rows, in O(log *n*) each.
struct SegmentTree<Value> {
  private let nodes: [Value]
  private let count: Int
  private let start: Value

  init(_ values: [Value], start: Value, _ combine: (Value, Value) -> Value) {
    count = values.count
    self.start = start
    var nodes = [Value](repeating: start, count: 2 * values.count)
    for row in values.indices { nodes[count + row] = values[row] }
    for node in stride(from: values.count - 1, to: 0, by: -1) {
      nodes[node] = combine(nodes[2 * node], nodes[2 * node + 1])
    }
    self.nodes = nodes
  }

  /// Combines the values of the rows from left to right.
  func fold(_ range: Range<Int>, _ combine: (Value, Value) -> Value) -> Value {
    var (low, high) = (range.lowerBound + count, range.upperBound + count)
    var (left, right) = (start, start)
    while low < high {
      if low & 1 == 1 {
        left = combine(left, nodes[low])
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        right = combine(nodes[high], right)
      }
      low /= 2
      high /= 2
    }
    return combine(left, right)
  }
}
