internal import Columnar
internal import FileFormats

/// How the vector of a file's column becomes one of the table's field: type promotions (rule 8), and fields
/// of structs that were added, dropped or moved since the file was written.
indirect enum ColumnConversion: Sendable {
  /// The vector is right as it is.
  case none
  /// 32-bit integers become 64-bit ones.
  case widenInteger
  case widenFloat
  case widenDecimal
  /// Integers become another unit: multiplied.
  case multiply(Int64)
  /// 32-bit days become ticks.
  case daysToTicks(Int64)
  /// Integers become another unit: divided, towards minus infinity.
  case divide(Int64)
  /// Every value is null.
  case nulls(LogicalType)
  case list(ColumnConversion)
  /// The parts of a map's entries.
  case map(key: ColumnConversion, value: ColumnConversion)
  case `struct`([Member])
  /// The parts of a variant become text.
  case variant(VariantColumn)

  /// Where a field of a struct comes from.
  enum Member: Sendable {
    /// The field of that number of the file's struct.
    case field(Int, ColumnConversion)
    /// One value for all rows.
    case constant(Vector)
  }

  /// Whether the vector is right as it is.
  var isNone: Bool {
    if case .none = self { return true }
    return false
  }

  /// Finds the conversion.
  ///
  /// - Parameters:
  ///   - column: The file's column.
  ///   - field: The table's field.
  ///   - file: The file, for errors.
  /// - Throws: ``TableFormatError`` of kind `damaged` if the file's type cannot become the field's.
  init(_ column: FileColumn, to field: NestedField, file: String) throws(TableFormatError) {
    switch (column.column.shape, field.type) {
    case (_, .variant):
      let parts = try TableFormatError.wrapping(file) { () throws(FileFormatError) in
        try VariantColumn(column.column)
      }
      self = .variant(parts)
    case (.struct, .struct(let fields)):
      self = try ColumnConversion.members(column, fields, file)
    case (.list, .list(let element)):
      let inner = try ColumnConversion(column.children[0], to: element, file: file)
      self = inner.isNone ? .none : .list(inner)
    case (.map, .map(let key, let value)):
      let keys = try ColumnConversion(column.children[0], to: key, file: file)
      let values = try ColumnConversion(column.children[1], to: value, file: file)
      self = keys.isNone && values.isNone ? .none : .map(key: keys, value: values)
    case (.leaf, _) where !field.type.isNested:
      let wanted = try field.type.logicalType
      guard let conversion = ColumnConversion.leaf(column.column.type, wanted) else {
        throw ColumnConversion.mismatch(column, field, file)
      }
      self = conversion
    default: throw ColumnConversion.mismatch(column, field, file)
    }
  }

  private static func mismatch(_ column: FileColumn, _ field: NestedField, _ file: String) -> TableFormatError
  {
    TableFormatError(
      .damaged, "the data file holds \(column.column.type) for a field of type \(field.type)", file: file,
      field: field.name)
  }

  private static func members(
    _ column: FileColumn, _ fields: [NestedField], _ file: String
  ) throws(TableFormatError) -> ColumnConversion {
    var members: [Member] = []
    var isSame = fields.count == column.children.count
    for (index, field) in fields.enumerated() {
      if let place = column.children.firstIndex(where: { $0.id == field.id }) {
        let conversion = try ColumnConversion(column.children[place], to: field, file: file)
        isSame = isSame && place == index && conversion.isNone
        members.append(.field(place, conversion))
      } else {
        isSame = false
        let type = try field.type.logicalType
        members.append(.constant(VectorBuilder.single(field.initialDefault ?? .null, type)))
      }
    }
    return isSame ? .none : .struct(members)
  }

  /// Returns how values of type `stored` become `wanted`; `nil` if they cannot.
  static func leaf(_ stored: LogicalType, _ wanted: LogicalType) -> ColumnConversion? {
    if stored == wanted { return ColumnConversion.none }
    switch (stored, wanted) {
    case (.tinyint, .integer), (.smallint, .integer): return ColumnConversion.none
    case (.tinyint, .bigint), (.smallint, .bigint), (.integer, .bigint): return .widenInteger
    case (.real, .double): return .widenFloat
    case (.decimal(let low, let storedScale), .decimal(let high, let scale))
    where storedScale == scale && low <= high:
      return low <= 18 && high > 18 ? .widenDecimal : ColumnConversion.none
    case (.binary, .varchar), (.varchar, .binary), (.fixed, .binary), (.fixed(16), .uuid):
      return ColumnConversion.none
    case (.timestamp, .timestampTZ), (.timestampTZ, .timestamp), (.timestampNanos, .timestampTZNanos),
      (.timestampTZNanos, .timestampNanos):
      // Times are counted alike; the file's flag may be wrong in migrated tables (rule 11).
      return ColumnConversion.none
    case (.timestamp, .timestampNanos), (.timestamp, .timestampTZNanos), (.timestampTZ, .timestampNanos),
      (.timestampTZ, .timestampTZNanos):
      return .multiply(1000)
    case (.timestampNanos, .timestamp), (.timestampNanos, .timestampTZ), (.timestampTZNanos, .timestamp),
      (.timestampTZNanos, .timestampTZ):
      return .divide(1000)
    case (.date, .timestamp): return .daysToTicks(86_400_000_000)
    case (.date, .timestampNanos): return .daysToTicks(86_400_000_000_000)
    case (.null, _): return .nulls(wanted)
    default: return nil
    }
  }

  /// Converts rows.
  ///
  /// - Parameter vector: Rows of the file's column.
  /// - Returns: As many rows of the field.
  /// - Throws: If a variant is damaged.
  func callAsFunction(_ vector: Vector) throws(FileFormatError) -> Vector {
    if isNone { return vector }
    if case .nulls(let type) = self { return .nulls(type, count: vector.count) }
    switch vector.encoding {
    case .constant:
      guard let base = vector.base else { return vector }
      return .constant(try self(base), count: vector.count)
    case .dictionary:
      guard let base = vector.base else { return vector }
      let codes = vector.codes
      var buffer = WritableBuffer(byteCount: codes.count * 4)
      var room = buffer.elements(as: UInt32.self, count: codes.count)
      for row in codes.indices { room[row] = codes[row] }
      return .dictionary(buffer.freeze(), count: vector.count, of: try self(base), validity: vector.validity)
    case .flat: break
    }
    switch self {
    case .none, .nulls: return vector
    case .widenInteger:
      return ColumnConversion.mapping(vector, vector.int32s, to: Int64.self) { Int64($0) }
    case .widenFloat: return ColumnConversion.mapping(vector, vector.floats, to: Double.self) { Double($0) }
    case .widenDecimal: return ColumnConversion.mapping(vector, vector.int64s, to: Int128.self) { Int128($0) }
    case .multiply(let factor):
      return ColumnConversion.mapping(vector, vector.int64s, to: Int64.self) { $0 &* factor }
    case .divide(let divisor):
      return ColumnConversion.mapping(vector, vector.int64s, to: Int64.self) {
        TimeUnits.floorDivide($0, divisor)
      }
    case .daysToTicks(let factor):
      return ColumnConversion.mapping(vector, vector.int32s, to: Int64.self) { Int64($0) &* factor }
    case .list(let inner):
      return .list(
        ColumnConversion.offsets(vector), count: vector.count, of: try inner(vector.elements),
        validity: vector.validity)
    case .map(let key, let value):
      let entries = vector.elements
      let parts = entries.fields
      let converted = Vector.struct(
        [try key(parts[0]), try value(parts[1])], count: entries.count, validity: entries.validity)
      return .list(
        ColumnConversion.offsets(vector), count: vector.count, of: converted, validity: vector.validity)
    case .struct(let members):
      let fields = vector.fields
      var converted: [Vector] = []
      for member in members {
        switch member {
        case .field(let place, let conversion): converted.append(try conversion(fields[place]))
        case .constant(let value): converted.append(.constant(value, count: vector.count))
        }
      }
      return .struct(converted, count: vector.count, validity: vector.validity)
    case .variant(let parts): return try parts.texts(of: vector)
    }
  }

  /// Returns a converted bound; `nil` if it cannot be told.
  func callAsFunction(_ value: ScalarValue) -> ScalarValue? {
    switch (self, value) {
    case (.none, _), (.widenInteger, .integer), (.widenDecimal, .decimal): return value
    case (.widenFloat, .real(let number)): return .double(Double(number))
    case (.multiply(let factor), .integer(let number)), (.daysToTicks(let factor), .integer(let number)):
      let (product, overflow) = number.multipliedReportingOverflow(by: factor)
      return overflow ? nil : .integer(product)
    case (.divide(let divisor), .integer(let number)): return .integer(TimeUnits.floorDivide(number, divisor))
    default: return nil
    }
  }

  private static func mapping<From: ColumnValue, To: ColumnValue>(
    _ vector: Vector, _ values: Span<From>, to _: To.Type, _ convert: (From) -> To
  ) -> Vector {
    var buffer = WritableBuffer(byteCount: values.count * MemoryLayout<To>.stride)
    var room = buffer.elements(as: To.self, count: values.count)
    for row in values.indices { room[row] = convert(values[row]) }
    return .flat(buffer.freeze(), of: To.self, count: values.count, validity: vector.validity)
  }

  private static func offsets(_ vector: Vector) -> Buffer {
    let offsets = vector.offsets
    var buffer = WritableBuffer(byteCount: offsets.count * 4)
    var room = buffer.elements(as: UInt32.self, count: offsets.count)
    for index in offsets.indices { room[index] = offsets[index] }
    return buffer.freeze()
  }
}
