/// A FlatBuffers value, as far as Arrow's metadata needs them, and its bytes.
///
/// Written from the front: a table's vtable, the table, then what it refers to, so that every offset points
/// ahead, as the format wants. (FlatBuffers, "Internals".)
///
/// ```text
/// vtable  u16 bytes of the vtable | u16 bytes of the table | u16 place of field 0 in the table, 0 if absent | …
/// table   i32 distance back to the vtable | fields, each at its own alignment
/// ```
indirect enum FlatBuffer {
  case bool(Bool)
  case byte(UInt8)
  case short(Int16)
  case int(Int32)
  case long(Int64)
  case string(String)
  /// Fields by id; `nil` is absent.
  case table([FlatBuffer?])
  case tables([FlatBuffer])
  /// Structs of two 64-bit integers.
  case pairs([(Int64, Int64)])

  /// The bytes of a buffer whose root is the table.
  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4)
    let root = append(to: &bytes)
    FlatBuffer.store(UInt32(root), at: 0, in: &bytes)
    FlatBuffer.pad(&bytes, to: 8)
    return bytes
  }

  /// How many bytes a field takes within its table; offsets for what lies elsewhere.
  private var inlineSize: Int {
    switch self {
    case .bool, .byte: 1
    case .short: 2
    case .int, .string, .table, .tables, .pairs: 4
    case .long: 8
    }
  }

  /// Appends a value that lies for itself; returns where it begins.
  private func append(to bytes: inout [UInt8]) -> Int {
    switch self {
    case .table(let fields): return FlatBuffer.append(table: fields, to: &bytes)
    case .string(let text):
      FlatBuffer.pad(&bytes, to: 4)
      let start = bytes.count
      FlatBuffer.append(UInt32(text.utf8.count), to: &bytes)
      bytes += text.utf8
      bytes.append(0)
      return start
    case .tables(let tables):
      FlatBuffer.pad(&bytes, to: 4)
      let start = bytes.count
      FlatBuffer.append(UInt32(tables.count), to: &bytes)
      bytes += [UInt8](repeating: 0, count: 4 * tables.count)
      for (index, table) in tables.enumerated() {
        let place = start + 4 + 4 * index
        FlatBuffer.store(UInt32(table.append(to: &bytes) - place), at: place, in: &bytes)
      }
      return start
    case .pairs(let pairs):
      // The elements behind the count are aligned to 8.
      FlatBuffer.pad(&bytes, to: 8)
      bytes += [0, 0, 0, 0]
      let start = bytes.count
      FlatBuffer.append(UInt32(pairs.count), to: &bytes)
      for pair in pairs {
        FlatBuffer.append(pair.0, to: &bytes)
        FlatBuffer.append(pair.1, to: &bytes)
      }
      return start
    case .bool, .byte, .short, .int, .long: return bytes.count
    }
  }

  private static func append(table fields: [FlatBuffer?], to bytes: inout [UInt8]) -> Int {
    var places: [Int] = []
    var size = 4
    for field in fields {
      guard let field else {
        places.append(0)
        continue
      }
      let alignment = field.inlineSize
      size = (size + alignment - 1) / alignment * alignment
      places.append(size)
      size += alignment
    }
    let vtableSize = 4 + 2 * fields.count
    pad(&bytes, to: 2)
    while (bytes.count + vtableSize) % 8 != 0 { bytes.append(0) }
    let vtable = bytes.count
    append(UInt16(vtableSize), to: &bytes)
    append(UInt16(size), to: &bytes)
    for place in places { append(UInt16(place), to: &bytes) }
    let start = bytes.count
    bytes += [UInt8](repeating: 0, count: size)
    store(UInt32(start - vtable), at: start, in: &bytes)
    for (field, place) in zip(fields, places) {
      guard let field else { continue }
      let position = start + place
      switch field {
      case .bool(let value): bytes[position] = value ? 1 : 0
      case .byte(let value): bytes[position] = value
      case .short(let value): store(value, at: position, in: &bytes)
      case .int(let value): store(value, at: position, in: &bytes)
      case .long(let value): store(value, at: position, in: &bytes)
      case .string, .table, .tables, .pairs:
        store(UInt32(field.append(to: &bytes) - position), at: position, in: &bytes)
      }
    }
    return start
  }

  /// Appends an integer, little-endian.
  static func append<Value: FixedWidthInteger>(_ value: Value, to bytes: inout [UInt8]) {
    for place in 0..<(Value.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: value &>> Value(8 * place)))
    }
  }

  /// Appends zeros up to a multiple of `alignment`.
  static func pad(_ bytes: inout [UInt8], to alignment: Int) {
    while bytes.count % alignment != 0 { bytes.append(0) }
  }

  private static func store<Value: FixedWidthInteger>(
    _ value: Value, at position: Int, in bytes: inout [UInt8]
  ) {
    for place in 0..<(Value.bitWidth / 8) {
      bytes[position + place] = UInt8(truncatingIfNeeded: value &>> Value(8 * place))
    }
  }
}
