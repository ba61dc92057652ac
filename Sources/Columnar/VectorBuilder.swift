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

  private enum Column {
    case bit([Bool])
    case int32([Int32])
    case int64([Int64])
    case int128([Int128])
    case float([Float])
    case double([Double])
    case string([StringView])
    case interval([Interval])
    /// Ends, and one builder of the elements: in an array, so that it grows in place.
    case list([UInt32], [VectorBuilder])
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
      case .list: .list([0], [VectorBuilder(type.childTypes[0])])
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
    if case .null = value {
      appendPlaceholder(to: &column)
      return false
    }
    // Each case takes the array out of the column before it grows it: while both hold it, growing copies it.
    switch column {
    case .bit(var values):
      column = .interval([])
      guard case .boolean(let value) = value else { preconditionFailure("\(value) is no truth value") }
      values.append(value)
      column = .bit(values)
    case .int32(var values):
      column = .bit([])
      guard case .integer(let value) = value else { preconditionFailure("\(value) is no integer") }
      values.append(Int32(truncatingIfNeeded: value))
      column = .int32(values)
    case .int64(var values):
      column = .bit([])
      switch value {
      case .integer(let value): values.append(value)
      case .decimal(let value): values.append(Int64(truncatingIfNeeded: value))
      default: preconditionFailure("\(value) is no integer")
      }
      column = .int64(values)
    case .int128(var values):
      column = .bit([])
      guard case .decimal(let value) = value else { preconditionFailure("\(value) is no decimal") }
      values.append(value)
      column = .int128(values)
    case .float(var values):
      column = .bit([])
      guard case .real(let value) = value else { preconditionFailure("\(value) is no REAL") }
      values.append(value)
      column = .float(values)
    case .double(var values):
      column = .bit([])
      guard case .double(let value) = value else { preconditionFailure("\(value) is no DOUBLE") }
      values.append(value)
      column = .double(values)
    case .string(var values):
      column = .bit([])
      guard case .bytes(let value) = value else { preconditionFailure("\(value) is no text") }
      values.append(arena.copy(value.span))
      column = .string(values)
    case .interval(var values):
      column = .bit([])
      guard case .interval(let value) = value else { preconditionFailure("\(value) is no interval") }
      values.append(value)
      column = .interval(values)
    case .list(var ends, var elements):
      column = .bit([])
      switch value {
      case .list(let values): for value in values { elements[0].append(value) }
      case .map(let keys, let values):
        for index in keys.indices { elements[0].append(.struct([keys[index], values[index]])) }
      default: preconditionFailure("\(value) is no list")
      }
      ends.append(UInt32(elements[0].count))
      column = .list(ends, elements)
    case .struct(var fields):
      column = .bit([])
      guard case .struct(let values) = value, fields.count == values.count else {
        preconditionFailure("\(value) is no struct of \(fields.count) fields")
      }
      for index in fields.indices { fields[index].append(values[index]) }
      column = .struct(fields)
    }
    return true
  }

  private static func appendPlaceholder(to column: inout Column) {
    switch column {
    case .bit(var values):
      column = .interval([])
      values.append(false)
      column = .bit(values)
    case .int32(var values):
      column = .bit([])
      values.append(0)
      column = .int32(values)
    case .int64(var values):
      column = .bit([])
      values.append(0)
      column = .int64(values)
    case .int128(var values):
      column = .bit([])
      values.append(0)
      column = .int128(values)
    case .float(var values):
      column = .bit([])
      values.append(0)
      column = .float(values)
    case .double(var values):
      column = .bit([])
      values.append(0)
      column = .double(values)
    case .string(var values):
      column = .bit([])
      values.append(StringView())
      column = .string(values)
    case .interval(var values):
      column = .bit([])
      values.append(Interval())
      column = .interval(values)
    case .list(var ends, let elements):
      column = .bit([])
      ends.append(UInt32(elements[0].count))
      column = .list(ends, elements)
    case .struct(var fields):
      column = .bit([])
      for index in fields.indices { fields[index].append(.null) }
      column = .struct(fields)
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
      return .list(buffer.freeze(), count: count, of: elements[0].finish(), validity: validity)
    case .struct(let fields):
      return .struct(fields.map { $0.finish() }, count: count, validity: validity)
    }
  }
}
