internal import Columnar

extension AggregateFunction {
  static let sum = AggregateFunction(
    name: "sum",
    summary: "The sum: BIGINT of integers (an error if it does not fit), DECIMAL(38,s), or DOUBLE.",
    resolve: { arguments, _ in
      guard arguments.count == 1 else { return nil }
      switch arguments[0] {
      case .tinyint, .smallint, .integer, .bigint:
        return AggregateSignature("sum", arguments, gives: .bigint)
      case .null: return AggregateSignature("sum", [.bigint], gives: .bigint)
      case .boolean: return AggregateSignature("sum", [.integer], gives: .bigint)
      case .decimal(_, let scale):
        return AggregateSignature("sum", arguments, gives: .decimal(precision: 38, scale: scale))
      case .real, .double: return AggregateSignature("sum", arguments, gives: .double)
      default: return nil
      }
    },
    makeAccumulator: { makeSum($0, isAverage: false) })

  static let avg = AggregateFunction(
    name: "avg", aliases: ["mean"], summary: "The mean, as DOUBLE.",
    resolve: { arguments, _ in
      guard arguments.count == 1 else { return nil }
      switch arguments[0] {
      case .null: return AggregateSignature("avg", [.double], gives: .double)
      case .boolean: return AggregateSignature("avg", [.integer], gives: .double)
      case let type where type.isNumeric: return AggregateSignature("avg", arguments, gives: .double)
      default: return nil
      }
    },
    makeAccumulator: { makeSum($0, isAverage: true) })

  private static func makeSum(_ binding: Binding, isAverage: Bool) -> Accumulator {
    let type = binding.argumentTypes[0]
    var scale = 0
    if case .decimal(_, let digits) = type { scale = digits }
    let result: SumResult =
      isAverage
      ? .average(scale: scale) : binding.resultType == .bigint ? .bigint(binding.position) : .decimal(scale)
    switch type.physicalType {
    case .int32: return IntegerSumAccumulator<Int32, Int64>(result)
    case .int64: return IntegerSumAccumulator<Int64, Int128>(result)
    case .int128: return IntegerSumAccumulator<Int128, Int128>(result)
    case .float: return FloatSumAccumulator<Float>(isAverage: isAverage)
    default: return FloatSumAccumulator<Double>(isAverage: isAverage)
    }
  }
}

/// What becomes of a total of integers.
enum SumResult: Sendable {
  case bigint(SourceRange?)
  case decimal(Int)
  case average(scale: Int)
}

/// Sums integers in a type wider than theirs.
final class IntegerSumAccumulator<
  Value: ColumnValue & FixedWidthInteger & SignedInteger,
  Total: BitwiseCopyable & FixedWidthInteger & SignedInteger & Sendable
>: Accumulator {
  private struct State {
    var total: Total = 0
    var count: Int64 = 0
  }
  private var states: [State] = []
  private let result: SumResult
  private var hasOverflowed = false

  init(_ result: SumResult) { self.result = result }

  override var byteCount: Int { states.count * MemoryLayout<State>.stride }

  @specialized(where Value == Int32, Total == Int64)
  @specialized(where Value == Int64, Total == Int128)
  @specialized(where Value == Int128, Total == Int128)
  override func grow(to count: Int) {
    if count > states.count {
      states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }
  }

  override var acceptsAnyEncoding: Bool { true }

  @specialized(where Value == Int32, Total == Int64)
  @specialized(where Value == Int64, Total == Int128)
  @specialized(where Value == Int128, Total == Int128)
  override func update(_ arguments: [Vector], groups: [UInt32]) throws(QueryError) {
    let argument = arguments[0]
    if argument.encoding == .dictionary, let base = argument.base, base.encoding == .flat, base.count > 0 {
      let values = base.values(as: Value.self)
      let codes = argument.codes
      var takenStates = take(&states)
      defer { swap(&takenStates, &states) }
      var room = takenStates.mutableSpan
      for row in codes.indices {
        let group = Int(groups[row])
        room[group].count &+= 1
        room[group].total &+= Total(truncatingIfNeeded: values[Int(codes[row])])
      }
      return
    }
    let flat = argument.flattened()
    let values = flat.values(as: Value.self)
    var takenStates = take(&states)
    defer { swap(&takenStates, &states) }
    var room = takenStates.mutableSpan
    if Total.bitWidth == Value.bitWidth {
      for row in values.indices {
        let group = Int(groups[row])
        let (total, overflow) = room[group].total.addingReportingOverflow(
          Total(truncatingIfNeeded: values[row]))
        room[group].count &+= 1
        room[group].total = total
        if overflow && group != 0 { hasOverflowed = true }
      }
      return
    }
    for row in values.indices {
      let group = Int(groups[row])
      room[group].count &+= 1
      room[group].total &+= Total(truncatingIfNeeded: values[row])
    }
  }

  @specialized(where Value == Int32, Total == Int64)
  @specialized(where Value == Int64, Total == Int128)
  @specialized(where Value == Int128, Total == Int128)
  override func update(
    _ arguments: [Vector], rowCount: Int, mask: Bitmap?, group: Int
  ) throws(QueryError) {
    let argument = arguments[0]
    if Total.bitWidth == Value.bitWidth {
      var groups = [UInt32](repeating: UInt32(truncatingIfNeeded: group), count: rowCount)
      if let mask { Kernels.clearUnselected(&groups, mask) }
      try update(arguments, groups: groups)
      return
    }
    var total: Total = 0
    if argument.encoding == .dictionary, let base = argument.base, base.encoding == .flat, base.count > 0 {
      let values = base.values(as: Value.self)
      let codes = argument.codes
      total = Kernels.total(of: mask, count: rowCount) { row in
        Total(truncatingIfNeeded: values[Int(codes[row])])
      }
    } else {
      let flat = argument.flattened()
      let values = flat.values(as: Value.self)
      total = Kernels.sum(values, mask, as: Total.self)
    }
    states[group].total &+= total
    states[group].count += Int64(mask?.setCount ?? rowCount)
  }

  @specialized(where Value == Int32, Total == Int64)
  @specialized(where Value == Int64, Total == Int128)
  @specialized(where Value == Int128, Total == Int128)
  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? Self else { return }
    var takenStates = take(&states)
    defer { swap(&takenStates, &states) }
    let source = other.states
    var room = takenStates.mutableSpan
    for index in groups.from.indices {
      let (from, into) = (Int(groups.from[index]), Int(groups.into[index]))
      let (total, overflow) = room[into].total.addingReportingOverflow(source[from].total)
      if overflow && into != 0 { hasOverflowed = true }
      room[into].total = total
      room[into].count &+= source[from].count
    }
    if other.hasOverflowed { hasOverflowed = true }
  }

  @specialized(where Value == Int32, Total == Int64)
  @specialized(where Value == Int64, Total == Int128)
  @specialized(where Value == Int128, Total == Int128)
  override func results(_ range: Range<Int>) throws(QueryError) -> Vector {
    if hasOverflowed {
      throw QueryError(.numericOutOfRange, "a sum does not fit 38 digits", hint: "sum(x::DOUBLE)")
    }
    var isValid = [Bool](repeating: true, count: range.count)
    var hasNulls = false
    for (row, group) in range.enumerated() where states[group].count == 0 {
      isValid[row] = false
      hasNulls = true
    }
    let validity = hasNulls ? Bitmap(isValid) : nil
    switch result {
    case .bigint(let position):
      var values = [Int64](repeating: 0, count: range.count)
      for (row, group) in range.enumerated() {
        guard let value = Int64(exactly: states[group].total) else {
          throw QueryError(
            .numericOutOfRange, "the sum \(states[group].total) does not fit BIGINT",
            hint: "sum(x::DECIMAL(38,0)) has room for it", at: position)
        }
        values[row] = value
      }
      return .flat(values, validity: validity)
    case .decimal:
      var values = [Int128](repeating: 0, count: range.count)
      let limit = Kernels.powerOfTen38
      for (row, group) in range.enumerated() {
        let total = Int128(truncatingIfNeeded: states[group].total)
        if total >= limit || total <= 0 - limit {
          throw QueryError(.numericOutOfRange, "a sum does not fit 38 digits", hint: "sum(x::DOUBLE)")
        }
        values[row] = total
      }
      return .flat(values, validity: validity)
    case .average(let scale):
      var divisor = 1.0
      for _ in 0..<scale { divisor *= 10 }
      var values = [Double](repeating: 0, count: range.count)
      for (row, group) in range.enumerated() where states[group].count > 0 {
        values[row] = Double(states[group].total) / divisor / Double(states[group].count)
      }
      return .flat(values, validity: validity)
    }
  }
}

/// Sums floating-point numbers in 64 bits.
final class FloatSumAccumulator<Value: ColumnValue & BinaryFloatingPoint>: Accumulator {
  private struct State {
    var total = 0.0
    var count: Int64 = 0
  }
  private var states: [State] = []
  private let isAverage: Bool

  init(isAverage: Bool) { self.isAverage = isAverage }

  override var byteCount: Int { states.count * MemoryLayout<State>.stride }

  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func grow(to count: Int) {
    if count > states.count {
      states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }
  }

  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let argument = arguments[0]
    let values = argument.values(as: Value.self)
    var takenStates = take(&states)
    defer { swap(&takenStates, &states) }
    var room = takenStates.mutableSpan
    for row in values.indices {
      let group = Int(groups[row])
      room[group].count &+= 1
      room[group].total += Double(values[row])
    }
  }

  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func update(_ arguments: [Vector], rowCount: Int, mask: Bitmap?, group: Int) {
    let argument = arguments[0]
    let values = argument.values(as: Value.self)
    states[group].total += Kernels.sum(values, mask)
    states[group].count += Int64(mask?.setCount ?? rowCount)
  }

  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? Self else { return }
    var takenStates = take(&states)
    defer { swap(&takenStates, &states) }
    let source = other.states
    var room = takenStates.mutableSpan
    for index in groups.from.indices {
      let (from, into) = (Int(groups.from[index]), Int(groups.into[index]))
      room[into].total += source[from].total
      room[into].count &+= source[from].count
    }
  }

  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func results(_ range: Range<Int>) -> Vector {
    var isValid = [Bool](repeating: true, count: range.count)
    var values = [Double](repeating: 0, count: range.count)
    for (row, group) in range.enumerated() {
      let state = states[group]
      isValid[row] = state.count > 0
      values[row] = isAverage ? state.total / Double(max(1, state.count)) : state.total
    }
    let validity = Bitmap(isValid)
    return .flat(values, validity: validity.isAllSet ? nil : validity)
  }
}
