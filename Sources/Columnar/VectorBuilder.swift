/// Builds a flat vector row by row: for literals, text input and results of few rows.
///
/// Loops over whole columns write into a ``WritableBuffer`` instead.
public struct VectorBuilder {
  /// What the values mean.
  public let type: LogicalType
  /// Rows so far.
  public private(set) var count = 0
  private var valid: [Bool] = []
  private var hasNulls = false
  private var column: Column
  private var arena = StringArena()

  private indirect enum Column {
    case bit([Bool])
    case int32([Int32])
    case int64([Int64])
    case int128([Int128])
    case float([Float])
    case double([Double])
    case string([StringView])
    case interval([Interval])
    case list([UInt32], VectorBuilder)
    case `struct`([VectorBuilder])
  }

  /// Makes a builder without rows.
  public init(_ type: LogicalType) {
    self.type = type
    column =
      switch type.physicalType {
      case .bit: .bit([])
      case .int32: .int32([])
      case .int64: .int64([])
      case .int128: .int128([])
      case .float: .float([])
      case .double: .double([])
      case .string: .string([])
      case .interval: .interval([])
      case .list: .list([0], VectorBuilder(type.childTypes[0]))
      case .struct: .struct(type.childTypes.map { VectorBuilder($0) })
      }
  }

  /// Returns a vector of one row.
  public static func single(_ value: ScalarValue, _ type: LogicalType) -> Vector {
    var builder = VectorBuilder(type)
    builder.append(value)
    return builder.finish()
  }

  /// Appends a null row.
  public mutating func appendNull() { append(.null) }

  /// Appends text or bytes.
  public mutating func append(bytes: Span<UInt8>) {
    guard case .string(var views) = column else { preconditionFailure("bytes for a \(type)") }
    column = .bit([])
    views.append(arena.copy(bytes))
    column = .string(views)
    note(isValid: true)
  }

  /// Appends a value of the builder's type.
  ///
  /// - Precondition: The value's case fits the type, integers within its width.
  public mutating func append(_ value: ScalarValue) {
    // Taken out while it is changed, so that the array inside is not copied.
    var taken = Column.bit([])
    swap(&taken, &column)
    let isValid = VectorBuilder.append(value, to: &taken, arena: arena)
    swap(&taken, &column)
    note(isValid: isValid)
  }

  private mutating func note(isValid: Bool) {
    if !isValid && !hasNulls {
      hasNulls = true
      valid = [Bool](repeating: true, count: count)
    }
    if hasNulls { valid.append(isValid) }
    count += 1
  }

  private static func append(_ value: ScalarValue, to column: inout Column, arena: StringArena) -> Bool {
    switch (consume column, value) {
    case (.bit(var values), .boolean(let value)):
      values.append(value)
      column = .bit(values)
    case (.int32(var values), .integer(let value)):
      values.append(Int32(truncatingIfNeeded: value))
      column = .int32(values)
    case (.int64(var values), .integer(let value)):
      values.append(value)
      column = .int64(values)
    case (.int64(var values), .decimal(let value)):
      values.append(Int64(truncatingIfNeeded: value))
      column = .int64(values)
    case (.int128(var values), .decimal(let value)):
      values.append(value)
      column = .int128(values)
    case (.float(var values), .real(let value)):
      values.append(value)
      column = .float(values)
    case (.double(var values), .double(let value)):
      values.append(value)
      column = .double(values)
    case (.string(var values), .bytes(let value)):
      values.append(arena.copy(value.span))
      column = .string(values)
    case (.interval(var values), .interval(let value)):
      values.append(value)
      column = .interval(values)
    case (.list(var ends, var elements), .list(let values)):
      for value in values { elements.append(value) }
      ends.append(UInt32(elements.count))
      column = .list(ends, elements)
    case (.list(var ends, var elements), .map(let keys, let values)):
      for index in keys.indices { elements.append(.struct([keys[index], values[index]])) }
      ends.append(UInt32(elements.count))
      column = .list(ends, elements)
    case (.struct(var fields), .struct(let values)):
      precondition(fields.count == values.count)
      for index in fields.indices { fields[index].append(values[index]) }
      column = .struct(fields)
    case (let other, .null):
      column = appendingPlaceholder(to: other)
      return false
    case (let other, let value):
      preconditionFailure("\(value) does not fit \(other)")
    }
    return true
  }

  private static func appendingPlaceholder(to column: consuming Column) -> Column {
    switch consume column {
    case .bit(var values):
      values.append(false)
      return .bit(values)
    case .int32(var values):
      values.append(0)
      return .int32(values)
    case .int64(var values):
      values.append(0)
      return .int64(values)
    case .int128(var values):
      values.append(0)
      return .int128(values)
    case .float(var values):
      values.append(0)
      return .float(values)
    case .double(var values):
      values.append(0)
      return .double(values)
    case .string(var values):
      values.append(StringView())
      return .string(values)
    case .interval(var values):
      values.append(Interval())
      return .interval(values)
    case .list(var ends, let elements):
      ends.append(UInt32(elements.count))
      return .list(ends, elements)
    case .struct(var fields):
      for index in fields.indices { fields[index].append(.null) }
      return .struct(fields)
    }
  }

  /// Returns the rows as a vector.
  public consuming func finish() -> Vector {
    let validity = hasNulls ? Bitmap(valid) : nil
    switch column {
    case .bit(let values): return .bits(Bitmap(values), validity: validity)
    case .int32(let values): return .flat(values, validity: validity)
    case .int64(let values): return .flat(values, validity: validity)
    case .int128(let values): return .flat(values, validity: validity)
    case .float(let values): return .flat(values, validity: validity)
    case .double(let values): return .flat(values, validity: validity)
    case .interval(let values): return .flat(values, validity: validity)
    case .string(let views):
      var buffer = WritableBuffer(byteCount: views.count * 16)
      var room = buffer.elements(as: StringView.self, count: views.count)
      for row in views.indices { room[row] = views[row] }
      return .flat(
        buffer.freeze(), of: StringView.self, count: views.count, validity: validity, pages: arena.pages)
    case .list(let ends, let elements):
      var buffer = WritableBuffer(byteCount: ends.count * 4)
      var room = buffer.elements(as: UInt32.self, count: ends.count)
      for row in ends.indices { room[row] = ends[row] }
      return .list(buffer.freeze(), count: count, of: elements.finish(), validity: validity)
    case .struct(let fields):
      return .struct(fields.map { $0.finish() }, count: count, validity: validity)
    }
  }
}
