internal import Columnar

/// An aggregate over the frame of each row.
///
/// A frame that is the whole partition is computed once for it. Counts and sums of integers come from running
/// totals, by subtraction; sums of floating-point numbers, least and greatest values from the running value
/// where frames begin with the partition, else from a segment tree (Leis, Kundhikanjana, Kemper and Neumann,
/// 2015). Other aggregates go over each frame.
final class WindowAggregate {
  private let call: LogicalPlan.WindowCall
  private let input: any WindowInput
  private let function: AggregateFunction
  private let worker: WorkerContext
  private lazy var blocks = WindowBlocks(input) { [unowned self] (block) throws(QueryError) in
    try makeRows(block)
  }
  private lazy var counts = RunningTotals<Int64>(input) { [unowned self] (block) throws(QueryError) in
    let counted = try blocks.part(block).counted
    return (0..<input.rows(block).count).map { counted?[$0] ?? true ? 1 : 0 }
  }
  /// Sums or extremes by frame, once they have been begun.
  private var folding: ((WindowPartitions, WindowFrames) throws(QueryError) -> Vector)?
  /// The result of the partition that is in several blocks.
  private var ofPartition: (start: Int, result: Vector)?

  /// What a block's rows give the aggregate.
  private struct Rows {
    /// Flat, as accumulators take them unless they say otherwise; a literal comes as a constant vector.
    var arguments: [Vector]
    /// The rows that count: those that meet the filter and have no null where nulls are passed over.
    var counted: Bitmap?
  }

  init(
    _ call: LogicalPlan.WindowCall, _ input: any WindowInput, _ worker: WorkerContext
  ) throws(QueryError) {
    guard let function = AggregateRegistry.function(call.function) else {
      throw .internalError("there is no aggregate \(call.function)", at: call.position)
    }
    (self.call, self.input, self.function, self.worker) = (call, input, function, worker)
  }

  private func makeRows(_ block: Int) throws(QueryError) -> Rows {
    var arguments: [Vector] = []
    for expression in call.arguments + call.orderBy.map(\.expression) {
      arguments.append(try input.values(expression, block).flattened())
    }
    var counted: Bitmap?
    if let filter = call.filter {
      let flat = try input.values(filter, block).flattened()
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
    return Rows(arguments: arguments, counted: counted)
  }

  /// Returns the results of a block's rows; blocks come one after the other.
  func results(
    _ block: Int, _ shape: WindowPartitions, _ frames: WindowFrames
  ) throws(QueryError) -> Vector {
    if shape.rowCount == 0 { return VectorBuilder(call.column.type).finish() }
    if frames.isWholePartition { return try wholePartitions(block, shape) }
    if !isOfDistinct {
      if function.name == "count" || function.name == "count_star" {
        return .flat(try counts.sums(frames))
      }
      if folding == nil { folding = makeFolding() }
      if let folding { return try folding(shape, frames) }
    }
    return try frameByFrame(shape, frames)
  }

  private var isOfDistinct: Bool { call.isDistinct && !function.ignoresDistinct }

  /// Sums or extremes of frames; `nil` for other aggregates, and for values that these are not made of.
  private func makeFolding() -> ((WindowPartitions, WindowFrames) throws(QueryError) -> Vector)? {
    switch function.name {
    case "sum", "avg": makeSums()
    case "min": makeExtremes(isMax: false)
    case "max": makeExtremes(isMax: true)
    default: nil
    }
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

  /// One group for each partition that begins and ends in the block; another is gone through in all its blocks.
  private func wholePartitions(_ block: Int, _ shape: WindowPartitions) throws(QueryError) -> Vector {
    let rows = try blocks.part(block)
    let (first, end) = (shape.first, shape.first + shape.rowCount)
    var groups = [UInt32](repeating: 0, count: shape.rowCount)
    var group: UInt32 = 0
    var others: [(group: UInt32, partition: Range<Int>)] = []
    for row in groups.indices {
      let partition = shape.partitionStart[row]..<shape.partitionEnd[row]
      if row == 0 || partition.lowerBound == first + row {
        group += 1
        if partition.lowerBound < first || partition.upperBound > end { others.append((group, partition)) }
      }
      groups[row] = group
    }
    let places = groups.map { $0 - 1 }
    for other in others { for row in groups.indices where groups[row] == other.group { groups[row] = 0 } }
    if let counted = rows.counted { Kernels.clearUnselected(&groups, counted) }
    let accumulator = makeAccumulator()
    accumulator.grow(to: Int(group) + 1)
    try update(accumulator, rows.arguments, groups, endGroup: Int(group) + 1)
    let results = try accumulator.results(1..<Int(group) + 1)
    if others.isEmpty { return results.taking(places.span) }
    // Results of whole partitions stand behind the others.
    var parts = [results]
    var placeOfGroup = (0..<group).map { $0 }
    for other in others {
      placeOfGroup[Int(other.group) - 1] = group + UInt32(parts.count - 1)
      parts.append(try result(of: other.partition))
    }
    let final = places.map { placeOfGroup[Int($0)] }
    return Kernels.concatenated(parts, of: call.column.type).taking(final.span)
  }

  /// Adds rows to groups, distinct values once.
  private func update(
    _ accumulator: Accumulator, _ arguments: [Vector], _ groups: [UInt32], endGroup: Int
  ) throws(QueryError) {
    guard isOfDistinct else {
      return try accumulator.update(arguments, groups: groups)
    }
    let distinct = makeDistinct()
    distinct.insert(arguments, groups: groups, endGroup: endGroup)
    try feed(distinct, to: accumulator)
  }

  private func makeDistinct() -> DistinctValues {
    DistinctValues(argumentTypes, keepsNulls: function.nulls != .skipsAny, isAlone: false)
  }

  private func feed(_ distinct: DistinctValues, to accumulator: Accumulator) throws(QueryError) {
    try distinct.forEachChunk { (groups, values, _) throws(QueryError) in
      try accumulator.update(values, groups: groups)
    }
  }

  /// The result of a partition that is in several blocks.
  private func result(of partition: Range<Int>) throws(QueryError) -> Vector {
    if let ofPartition, ofPartition.start == partition.lowerBound { return ofPartition.result }
    let accumulator = makeAccumulator()
    accumulator.grow(to: 2)
    let distinct = isOfDistinct ? makeDistinct() : nil
    try input.forEachPart(of: partition) { (block, range) throws(QueryError) in
      try worker.query.checkCancelled()
      let rows = try blocks.part(block)
      var groups = (0..<input.rows(block).count).map { range.contains($0) ? UInt32(1) : 0 }
      if let counted = rows.counted { Kernels.clearUnselected(&groups, counted) }
      if let distinct {
        distinct.insert(rows.arguments, groups: groups, endGroup: 2)
      } else {
        try accumulator.update(rows.arguments, groups: groups)
      }
      try require(accumulator.byteCount + (distinct?.byteCount ?? 0))
    }
    if let distinct { try feed(distinct, to: accumulator) }
    let result = try accumulator.results(1..<2)
    ofPartition = (partition.lowerBound, result)
    return result
  }

  private func require(_ byteCount: Int) throws(QueryError) {
    try input.require(byteCount, for: "\(call.function) of one window frame")
  }

  private func makeSums() -> ((WindowPartitions, WindowFrames) throws(QueryError) -> Vector)? {
    let isAverage = function.name == "avg"
    switch call.arguments[0].type.physicalType {
    case .int32, .int64, .int128:
      let totals = RunningTotals<Int128>(input) { [unowned self] (block) throws(QueryError) in
        let rows = try blocks.part(block)
        let argument = rows.arguments[0]
        var values = [Int128](repeating: 0, count: argument.count)
        for row in values.indices where rows.counted?[row] ?? true {
          switch argument.type {
          case .int32: values[row] = Int128(argument.int32s[row])
          case .int64: values[row] = Int128(argument.int64s[row])
          default: values[row] = argument.int128s[row]
          }
        }
        return values
      }
      return { [unowned self] (_, frames) throws(QueryError) in
        try integerSums(try totals.sums(frames), try counts.sums(frames), isAverage)
      }
    case .float, .double:
      let fold = WindowFold(input, start: 0.0, combine: { $0 + $1 }) {
        [unowned self] (block) throws(QueryError) in
        let rows = try blocks.part(block)
        let argument = rows.arguments[0]
        var values = [Double](repeating: 0, count: argument.count)
        for row in values.indices where rows.counted?[row] ?? true {
          values[row] = argument.type == .float ? Double(argument.floats[row]) : argument.doubles[row]
        }
        return values
      }
      return { [unowned self] (shape, frames) throws(QueryError) in
        let totals = try fold.results(frames, shape)
        let counts = try counts.sums(frames)
        let validity = Bitmap(counts.map { $0 > 0 })
        let results = isAverage ? zip(totals, counts).map { $0 / Double(max(1, $1)) } : totals
        return .flat(results, validity: validity.isAllSet ? nil : validity)
      }
    default: return nil
    }
  }

  private func integerSums(
    _ totals: [Int128], _ counts: [Int64], _ isAverage: Bool
  ) throws(QueryError) -> Vector {
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

  private func makeExtremes(
    isMax: Bool
  ) -> ((WindowPartitions, WindowFrames) throws(QueryError) -> Vector)? {
    switch call.arguments[0].type.physicalType {
    case .int32: return extremes(isMax) { $0.int32s.copiedElements() }
    case .int64: return extremes(isMax) { $0.int64s.copiedElements() }
    case .int128: return extremes(isMax) { $0.int128s.copiedElements() }
    case .float: return extremes(isMax) { $0.floats.copiedElements() }
    case .double: return extremes(isMax) { $0.doubles.copiedElements() }
    case .string: return input.blockCount == 1 ? extremeTexts(isMax) : extremeValues(isMax)
    default: return nil
    }
  }

  /// A value, or none.
  private struct Extreme<Value> {
    var value: Value
    var isThere: Bool
  }

  private func extremes<Value: OrderedValue>(
    _ isMax: Bool, _ elements: @escaping (Vector) -> [Value]
  ) -> (WindowPartitions, WindowFrames) throws(QueryError) -> Vector {
    let none = Extreme(value: Value.zero, isThere: false)
    let fold = WindowFold(input, start: none) { left, right in
      if !left.isThere || !right.isThere { return left.isThere ? left : right }
      return Value.isLess(right.value, left.value) == isMax ? left : right
    } values: { [unowned self] (block) throws(QueryError) in
      let rows = try blocks.part(block)
      let values = elements(rows.arguments[0])
      return values.indices.map { Extreme(value: values[$0], isThere: rows.counted?[$0] ?? true) }
    }
    return { (shape, frames) throws(QueryError) in
      let results = try fold.results(frames, shape)
      let validity = Bitmap(results.map(\.isThere))
      return .flat(results.map(\.value), validity: validity.isAllSet ? nil : validity)
    }
  }

  /// The rows of the extremes of the only block, so that the texts themselves stay where they are.
  private func extremeTexts(
    _ isMax: Bool
  ) -> (WindowPartitions, WindowFrames) throws(QueryError) -> Vector {
    { [unowned self] (shape, frames) throws(QueryError) in
      let known = try blocks.part(0)
      let texts = known.arguments[0]
      let views = texts.strings.copiedElements()
      let fold = WindowFold(input, start: Int32(-1)) { left, right in
        if left < 0 || right < 0 { return max(left, right) }
        return (views[Int(right)] < views[Int(left)]) == isMax ? left : right
      } values: { (_) throws(QueryError) in
        (0..<Int32(views.count)).map { known.counted?[Int($0)] ?? true ? $0 : -1 }
      }
      let rows = try fold.results(frames, shape)
      return Kernels.taking(
        texts, rows.map { UInt32(max(0, $0)) }, isThere: rows.map { $0 >= 0 }, call.column.type)
    }
  }

  private func extremeValues(
    _ isMax: Bool
  ) -> (WindowPartitions, WindowFrames) throws(QueryError) -> Vector {
    let type = call.arguments[0].type
    let fold = WindowFold(input, start: ScalarValue.null) { left, right in
      if left.isNull || right.isNull { return left.isNull ? right : left }
      return ScalarOrdering.isLess(right, left) == isMax ? left : right
    } values: { [unowned self] (block) throws(QueryError) in
      let rows = try blocks.part(block)
      let argument = rows.arguments[0]
      return (0..<argument.count).map {
        rows.counted?[$0] ?? true ? argument.scalar(at: $0, as: type) : .null
      }
    }
    return { [type = call.column.type] (shape, frames) throws(QueryError) in
      var builder = VectorBuilder(type)
      for value in try fold.results(frames, shape) { builder.append(value) }
      return builder.finish()
    }
  }

  private func frameByFrame(_ shape: WindowPartitions, _ frames: WindowFrames) throws(QueryError) -> Vector {
    var parts: [Vector] = []
    for row in 0..<shape.rowCount {
      if row & 255 == 0 { try worker.query.checkCancelled() }
      var pieces = argumentTypes.map { _ in [Vector]() }
      var (rowCount, byteCount) = (0, 0)
      for range in frames.ranges(row) {
        try input.forEachPart(of: range) { (block, places) throws(QueryError) in
          let rows = try blocks.part(block)
          var taken: [UInt32] = []
          for place in places where rows.counted?[place] ?? true { taken.append(UInt32(place)) }
          rowCount += taken.count
          for (index, argument) in rows.arguments.enumerated() {
            let piece = argument.taking(taken.span)
            byteCount += Kernels.byteCount(piece)
            pieces[index].append(piece)
          }
          try require(2 * byteCount)
        }
      }
      let accumulator = makeAccumulator()
      accumulator.grow(to: 2)
      if rowCount > 0 {
        let arguments = argumentTypes.indices.map { Kernels.concatenated(pieces[$0], of: argumentTypes[$0]) }
        try update(accumulator, arguments, [UInt32](repeating: 1, count: rowCount), endGroup: 2)
      }
      parts.append(try accumulator.results(1..<2))
    }
    return Kernels.concatenated(parts, of: call.column.type)
  }
}
