internal import Columnar

extension AggregateFunction {
  static let min = AggregateFunction(
    name: "min", summary: "The smallest value; NaN is greater than every number.", ignoresDistinct: true,
    resolve: { arguments, _ in resolveMinMax("min", arguments) },
    makeAccumulator: { makeMinMax($0, isMax: false) })

  static let max = AggregateFunction(
    name: "max", summary: "The greatest value; NaN is greater than every number.", ignoresDistinct: true,
    resolve: { arguments, _ in resolveMinMax("max", arguments) },
    makeAccumulator: { makeMinMax($0, isMax: true) })

  private static func resolveMinMax(_ name: String, _ arguments: [LogicalType]) -> AggregateSignature? {
    guard arguments.count == 1 else { return nil }
    return AggregateSignature(name, arguments, gives: arguments[0])
  }

  private static func makeMinMax(_ binding: Binding, isMax: Bool) -> Accumulator {
    switch binding.argumentTypes[0].physicalType {
    case .bit: BooleanAccumulator(isMax ? .or : .and)
    case .int32: MinMaxAccumulator<Int32>(isMax: isMax)
    case .int64: MinMaxAccumulator<Int64>(isMax: isMax)
    case .int128: MinMaxAccumulator<Int128>(isMax: isMax)
    case .float: MinMaxAccumulator<Float>(isMax: isMax)
    case .double: MinMaxAccumulator<Double>(isMax: isMax)
    case .string: StringMinMaxAccumulator(isMax: isMax)
    case .interval, .list, .struct: ScalarMinMaxAccumulator(binding.argumentTypes[0], isMax: isMax)
    }
  }
}

/// A value type with SQL's order: NaN equals itself and is greatest.
protocol OrderedValue: ColumnValue {
  static func isLess(_ left: Self, _ right: Self) -> Bool
  /// The greatest of values, of which there are some.
  static func greatest(_ values: Span<Self>) -> Self
  /// The smallest of values, of which there are some.
  static func least(_ values: Span<Self>) -> Self
  static var zero: Self { get }
}
extension OrderedValue where Self: FixedWidthInteger {
  @inline(__always) static func isLess(_ left: Self, _ right: Self) -> Bool { left < right }
  @inline(__always) static func greatest(_ values: Span<Self>) -> Self {
    var found = values[0]
    for row in values.indices { found = Swift.max(found, values[row]) }
    return found
  }
  @inline(__always) static func least(_ values: Span<Self>) -> Self {
    var found = values[0]
    for row in values.indices { found = Swift.min(found, values[row]) }
    return found
  }
}
extension Int32: OrderedValue {}
extension Int64: OrderedValue {}
extension Int128: OrderedValue {}
extension OrderedValue where Self: BinaryFloatingPoint {
  @inline(__always) static func isLess(_ left: Self, _ right: Self) -> Bool {
    left < right || (right.isNaN && !left.isNaN)
  }
  /// One value at a time, as they are if there is no NaN among them.
  @inline(__always) static func greatestWithNaN(_ values: Span<Self>) -> Self {
    var found = values[0]
    for row in values.indices { found = isLess(found, values[row]) ? values[row] : found }
    return found
  }
  @inline(__always) static func leastWithNaN(_ values: Span<Self>) -> Self {
    var found = values[0]
    for row in values.indices { found = isLess(values[row], found) ? values[row] : found }
    return found
  }
}
extension Float: OrderedValue {
  static func greatest(_ values: Span<Self>) -> Self { greatestWithNaN(values) }
  static func least(_ values: Span<Self>) -> Self { leastWithNaN(values) }
}
extension Double: OrderedValue {
  // Without NaN, numbers are ordered as integers are once the bits below the sign of negative ones are turned; such loops
  // are done several values at a time, which comparisons of numbers are not.

  static func greatest(_ values: Span<Self>) -> Self {
    var (found, magnitude): (Int64, Int64) = (.min, 0)
    for row in values.indices {
      let bits = Int64(bitPattern: values[row].bitPattern)
      found = Swift.max(found, bits ^ (bits &>> 63 & .max))
      magnitude = Swift.max(magnitude, bits & .max)
    }
    return Double.hasNaN(magnitude) ? greatestWithNaN(values) : Double(ordered: found)
  }

  static func least(_ values: Span<Self>) -> Self {
    var (found, magnitude): (Int64, Int64) = (.max, 0)
    for row in values.indices {
      let bits = Int64(bitPattern: values[row].bitPattern)
      found = Swift.min(found, bits ^ (bits &>> 63 & .max))
      magnitude = Swift.max(magnitude, bits & .max)
    }
    return Double.hasNaN(magnitude) ? leastWithNaN(values) : Double(ordered: found)
  }

  /// Whether the greatest bits below the sign are those of a NaN.
  private static func hasNaN(_ magnitude: Int64) -> Bool {
    magnitude > Int64(bitPattern: infinity.bitPattern)
  }

  private init(ordered key: Int64) { self.init(bitPattern: UInt64(bitPattern: key ^ (key &>> 63 & .max))) }
}

/// Keeps the smallest or greatest number of each group.
final class MinMaxAccumulator<Value: OrderedValue>: Accumulator {
  private var values: [Value] = []
  private var isSet: [Bool] = []
  private let isMax: Bool
  /// The dictionary seen last, and its best entry.
  private var dictionary: (base: Vector, best: Value)?

  init(isMax: Bool) { self.isMax = isMax }

  override var byteCount: Int { values.count * (MemoryLayout<Value>.stride + 1) }
  override var acceptsAnyEncoding: Bool { true }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func grow(to count: Int) {
    guard count > values.count else { return }
    values.append(contentsOf: repeatElement(Value.zero, count: count - values.count))
    isSet.append(contentsOf: repeatElement(false, count: count - isSet.count))
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let argument = arguments[0].flattened()
    let source = argument.values(as: Value.self)
    var takenValues = take(&values)
    defer { swap(&takenValues, &values) }
    var room = takenValues.mutableSpan
    var takenIsSet = take(&isSet)
    defer { swap(&takenIsSet, &isSet) }
    var flags = takenIsSet.mutableSpan
    if isMax {
      for row in source.indices {
        let (group, value) = (Int(groups[row]), source[row])
        if !flags[group] || Value.isLess(room[group], value) {
          room[group] = value
          flags[group] = true
        }
      }
    } else {
      for row in source.indices {
        let (group, value) = (Int(groups[row]), source[row])
        if !flags[group] || Value.isLess(value, room[group]) {
          room[group] = value
          flags[group] = true
        }
      }
    }
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func update(_ arguments: [Vector], rowCount: Int, mask: Bitmap?, group: Int) {
    if isSet[group], let known = bestEntry(arguments[0]), !isBetter(known, than: values[group]) { return }
    let argument = arguments[0].flattened()
    let source = argument.values(as: Value.self)
    if rowCount == 0 { return }
    guard let mask else { return offer(extreme(source, 0..<rowCount), group) }
    var best: Value? = isSet[group] ? values[group] : nil
    let words = mask.words
    for word in words.indices {
      var bits = words[word]
      let rows = word &* 64..<min(word &* 64 &+ 64, rowCount)
      if rows.count < 64 { bits &= Kernels.lastWordMask(rowCount) }
      // Where no row would be better, it does not matter which of them count.
      if bits.nonzeroBitCount >= 32, let best, !isBetter(extreme(source, rows), than: best) { continue }
      while bits != 0 {
        let value = source[rows.lowerBound &+ bits.trailingZeroBitCount]
        if best.map({ isBetter(value, than: $0) }) ?? true { best = value }
        bits &= bits &- 1
      }
    }
    if let best { offer(best, group) }
  }

  /// The best entry of a vector's dictionary, which no row of it is better than.
  private func bestEntry(_ vector: Vector) -> Value? {
    guard vector.encoding == .dictionary, let base = vector.base, base.encoding == .flat, base.count > 0,
      base.validity == nil
    else { return nil }
    if let dictionary, dictionary.base.storageIdentity == base.storageIdentity,
      dictionary.base.firstRow == base.firstRow, dictionary.base.count == base.count
    {
      return dictionary.best
    }
    let entries = base.values(as: Value.self)
    let best = isMax ? Value.greatest(entries) : Value.least(entries)
    dictionary = (base, best)
    return best
  }

  @inline(__always) private func isBetter(_ value: Value, than other: Value) -> Bool {
    isMax ? Value.isLess(other, value) : Value.isLess(value, other)
  }

  /// The best of rows, of which there is one at least.
  @inline(__always) private func extreme(_ source: Span<Value>, _ rows: Range<Int>) -> Value {
    let part = source.extracting(rows)
    return isMax ? Value.greatest(part) : Value.least(part)
  }

  private func offer(_ value: Value, _ group: Int) {
    if !isSet[group] || isBetter(value, than: values[group]) {
      values[group] = value
      isSet[group] = true
    }
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? Self else { return }
    let (source, isSource) = (other.values, other.isSet)
    var takenValues = take(&values)
    defer { swap(&takenValues, &values) }
    var room = takenValues.mutableSpan
    var takenIsSet = take(&isSet)
    defer { swap(&takenIsSet, &isSet) }
    var flags = takenIsSet.mutableSpan
    for index in groups.from.indices {
      let (from, into) = (Int(groups.from[index]), Int(groups.into[index]))
      if isSource[from], !flags[into] || isBetter(source[from], than: room[into]) {
        room[into] = source[from]
        flags[into] = true
      }
    }
  }

  @specialized(where Value == Int32)
  @specialized(where Value == Int64)
  @specialized(where Value == Int128)
  @specialized(where Value == Float)
  @specialized(where Value == Double)
  override func results(_ range: Range<Int>) -> Vector {
    let validity = Bitmap(Array(isSet[range]))
    return .flat(Array(values[range]), validity: validity.isAllSet ? nil : validity)
  }
}

/// Keeps the smallest or greatest text of each group, in the order of bytes.
final class StringMinMaxAccumulator: Accumulator {
  private var values: [StringView] = []
  private var isSet: [Bool] = []
  private let isMax: Bool
  private let arena = StringArena()

  init(isMax: Bool) { self.isMax = isMax }

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { values.count * 17 + arena.byteCount }

  override func grow(to count: Int) {
    guard count > values.count else { return }
    values.append(contentsOf: repeatElement(StringView(), count: count - values.count))
    isSet.append(contentsOf: repeatElement(false, count: count - isSet.count))
  }

  @inline(__always) private func offer(_ value: StringView, _ group: Int) {
    if !isSet[group] || (isMax ? values[group] < value : value < values[group]) {
      values[group] = arena.copy(value)
      isSet[group] = true
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    let argument = arguments[0]
    if argument.encoding == .dictionary, let base = argument.base, base.encoding == .flat, base.count > 0 {
      let (entries, codes) = (base.strings, argument.codes)
      for row in codes.indices where groups[row] != 0 { offer(entries[Int(codes[row])], Int(groups[row])) }
      return
    }
    let flat = argument.flattened()
    let source = flat.strings
    for row in source.indices where groups[row] != 0 { offer(source[row], Int(groups[row])) }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? StringMinMaxAccumulator else { return }
    for (group, target) in groups where other.isSet[group] { offer(other.values[group], target) }
  }

  override func results(_ range: Range<Int>) -> Vector {
    let validity = Bitmap(Array(isSet[range]))
    return Kernels.strings(values[range], validity: validity.isAllSet ? nil : validity, pages: arena.pages)
  }
}

extension Kernels {
  /// Returns a vector of views that point into `pages`.
  static func strings(_ views: ArraySlice<StringView>, validity: Bitmap?, pages: [Buffer]) -> Vector {
    var buffer = WritableBuffer(byteCount: views.count * 16)
    var room = buffer.elements(as: StringView.self, count: views.count)
    for (row, view) in views.enumerated() { room[row] = view }
    return .flat(
      buffer.freeze(), of: StringView.self, count: views.count, validity: validity, pages: pages)
  }
}

/// Keeps the smallest or greatest value of types that are seldom compared.
final class ScalarMinMaxAccumulator: Accumulator {
  private var values: [ScalarValue] = []
  private let type: LogicalType
  private let isMax: Bool

  init(_ type: LogicalType, isMax: Bool) { (self.type, self.isMax) = (type, isMax) }

  override var acceptsAnyEncoding: Bool { true }
  override var byteCount: Int { values.count * 64 }

  override func grow(to count: Int) {
    if count > values.count {
      values.append(contentsOf: repeatElement(.null, count: count - values.count))
    }
  }

  private func offer(_ value: ScalarValue, _ group: Int) {
    let current = values[group]
    if current.isNull
      || (isMax ? ScalarOrdering.isLess(current, value) : ScalarOrdering.isLess(value, current))
    {
      values[group] = value
    }
  }

  override func update(_ arguments: [Vector], groups: [UInt32]) {
    for row in groups.indices where groups[row] != 0 {
      offer(arguments[0].scalar(at: row, as: type), Int(groups[row]))
    }
  }

  override func merge(_ other: Accumulator, groups: GroupMapping) {
    guard let other = other as? ScalarMinMaxAccumulator else { return }
    for (group, target) in groups where !other.values[group].isNull {
      offer(other.values[group], target)
    }
  }

  override func results(_ range: Range<Int>) -> Vector { Kernels.vector(values[range], type) }
}

extension Kernels {
  /// Returns a flat vector of a few values.
  static func vector(_ values: some Sequence<ScalarValue>, _ type: LogicalType) -> Vector {
    var builder = VectorBuilder(type)
    for value in values { builder.append(value) }
    return builder.finish()
  }
}
