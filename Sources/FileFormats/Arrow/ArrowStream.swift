public import Columnar

/// Batches in Arrow's streaming format (Arrow columnar format, "IPC Streaming Format", metadata version 5).
///
/// ```text
/// FF FF FF FF | i32 bytes of metadata | metadata: a FlatBuffers message, padded to 8 | body: buffers, each padded to 8
/// ```
/// A stream is a message of the schema, one for each record batch, and `FF FF FF FF 00 00 00 00`.
public enum ArrowStream {
  /// The end of a stream.
  public static let end: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]

  /// Returns the message that begins a stream.
  ///
  /// - Parameter columns: The columns.
  /// - Returns: The bytes.
  public static func schema(_ columns: [(name: String, type: LogicalType)]) -> [UInt8] {
    let fields = columns.map { field($0.name, $0.type, isNullable: true) }
    // Endianness 0 is little.
    return message(headerType: 1, .table([.short(0), .tables(fields)]), body: [])
  }

  /// Returns the messages of rows: one, or several where texts are too long for one.
  ///
  /// - Parameters:
  ///   - batch: Rows without selection.
  ///   - types: The types of the columns.
  /// - Returns: The bytes.
  public static func rows(_ batch: Batch, types: [LogicalType]) -> [UInt8] {
    var body = ArrowBody()
    for (column, type) in zip(batch.columns, types) { body.append(column.flattened(), type) }
    if body.isTooLong, batch.rowCount > 1 {
      let half = batch.rowCount / 2
      let ranges = [0..<half, half..<batch.rowCount]
      return ranges.flatMap { range in
        let rows = range.map { UInt32($0) }
        let columns = batch.columns.map { $0.taking(rows.span) }
        return self.rows(Batch(columns: columns, rowCount: rows.count), types: types)
      }
    }
    let header = FlatBuffer.table([.long(Int64(batch.rowCount)), .pairs(body.nodes), .pairs(body.buffers)])
    return message(headerType: 3, header, body: body.bytes)
  }

  private static func message(headerType: UInt8, _ header: FlatBuffer, body: [UInt8]) -> [UInt8] {
    let metadata = FlatBuffer.table([.short(4), .byte(headerType), header, .long(Int64(body.count))]).bytes
    var bytes: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
    FlatBuffer.append(Int32(metadata.count), to: &bytes)
    return bytes + metadata + body
  }

  private static func field(_ name: String, _ type: LogicalType, isNullable: Bool) -> FlatBuffer {
    let (code, details) = describe(type)
    let children: [FlatBuffer] =
      switch type {
      case .list(let element): [field("item", element, isNullable: true)]
      case .struct(let fields): fields.map { field($0.name, $0.type, isNullable: true) }
      case .map(let key, let value): [entries(key, value)]
      default: []
      }
    return .table([
      .string(name), .bool(isNullable), .byte(code), .table(details), nil, .tables(children),
    ])
  }

  /// The struct of key and value that a map is a list of.
  private static func entries(_ key: LogicalType, _ value: LogicalType) -> FlatBuffer {
    .table([
      .string("entries"), .bool(false), .byte(13), .table([]), nil,
      .tables([field("key", key, isNullable: false), field("value", value, isNullable: true)]),
    ])
  }

  /// The number of a type in Arrow's union, and the fields of its table.
  private static func describe(_ type: LogicalType) -> (UInt8, [FlatBuffer?]) {
    func integer(_ bits: Int32) -> (UInt8, [FlatBuffer?]) { (2, [.int(bits), .bool(true)]) }
    switch type {
    case .null: return (1, [])
    case .boolean: return (6, [])
    case .tinyint: return integer(8)
    case .smallint: return integer(16)
    case .integer: return integer(32)
    case .bigint: return integer(64)
    case .decimal(let precision, let scale):
      return (7, [.int(Int32(precision)), .int(Int32(scale)), .int(128)])
    case .real: return (3, [.short(1)])
    case .double: return (3, [.short(2)])
    case .varchar: return (5, [])
    case .binary: return (4, [])
    case .fixed(let length): return (15, [.int(Int32(length))])
    case .uuid: return (15, [.int(16)])
    case .date: return (8, [.short(0)])
    case .time: return (9, [.short(2), .int(64)])
    case .timestamp: return (10, [.short(2)])
    case .timestampTZ: return (10, [.short(2), .string("UTC")])
    case .timestampNanos: return (10, [.short(3)])
    case .timestampTZNanos: return (10, [.short(3), .string("UTC")])
    case .interval: return (11, [.short(2)])
    case .list: return (12, [])
    case .struct: return (13, [])
    case .map: return (17, [.bool(false)])
    }
  }
}

/// The buffers of a record batch, column after column, children behind their parents.
private struct ArrowBody {
  var bytes: [UInt8] = []
  /// Rows and nulls of each column.
  var nodes: [(Int64, Int64)] = []
  /// Where each buffer begins, and how long it is.
  var buffers: [(Int64, Int64)] = []
  /// Whether a column's texts are longer than offsets of 32 bits can say.
  var isTooLong = false

  /// Appends a flat column.
  mutating func append(_ vector: Vector, _ type: LogicalType) {
    let count = vector.count
    if type == .null {
      nodes.append((Int64(count), Int64(count)))
      return
    }
    let isNull = (0..<count).map { vector.isNull(at: $0) }
    let nullCount = isNull.reduce(0) { $1 ? $0 + 1 : $0 }
    nodes.append((Int64(count), Int64(nullCount)))
    buffer { bytes in
      if nullCount > 0 { ArrowBody.append(bits: isNull.map { !$0 }, to: &bytes) }
    }
    switch type {
    case .boolean:
      let bits = vector.bits
      buffer { bytes in ArrowBody.append(bits: (0..<count).map { bits[$0] }, to: &bytes) }
    case .tinyint: fixed(count) { FlatBuffer.append(Int8(truncatingIfNeeded: vector.int32s[$0]), to: &$1) }
    case .smallint: fixed(count) { FlatBuffer.append(Int16(truncatingIfNeeded: vector.int32s[$0]), to: &$1) }
    case .integer, .date: fixed(count) { FlatBuffer.append(vector.int32s[$0], to: &$1) }
    case .bigint, .time, .timestamp, .timestampTZ, .timestampNanos, .timestampTZNanos:
      fixed(count) { FlatBuffer.append(vector.int64s[$0], to: &$1) }
    case .decimal where vector.type == .int64:
      fixed(count) { FlatBuffer.append(Int128(vector.int64s[$0]), to: &$1) }
    case .decimal: fixed(count) { FlatBuffer.append(vector.int128s[$0], to: &$1) }
    case .real: fixed(count) { FlatBuffer.append(vector.floats[$0].bitPattern, to: &$1) }
    case .double: fixed(count) { FlatBuffer.append(vector.doubles[$0].bitPattern, to: &$1) }
    case .interval:
      fixed(count) { row, bytes in
        let value = vector.intervals[row]
        FlatBuffer.append(value.months, to: &bytes)
        FlatBuffer.append(value.days, to: &bytes)
        FlatBuffer.append(value.micros &* 1000, to: &bytes)
      }
    case .fixed, .uuid:
      let width = if case .fixed(let length) = type { length } else { 16 }
      fixed(count) { row, bytes in
        bytes += isNull[row] ? [UInt8](repeating: 0, count: width) : vector.strings[row].bytes
      }
    case .varchar, .binary: append(texts: vector, isNull)
    case .struct(let fields):
      for (child, field) in zip(vector.fields, fields) { append(child.flattened(), field.type) }
    case .list(let element): append(elementsOf: vector, element)
    case .map(let key, let value):
      append(elementsOf: vector, .struct([.init("key", key), .init("value", value)]))
    case .null: break
    }
  }

  private mutating func append(texts vector: Vector, _ isNull: [Bool]) {
    var offsets: [Int32] = [0]
    var texts: [UInt8] = []
    for row in isNull.indices {
      if !isNull[row] { texts += vector.strings[row].bytes }
      guard let end = Int32(exactly: texts.count) else {
        isTooLong = true
        return
      }
      offsets.append(end)
    }
    buffer { bytes in for offset in offsets { FlatBuffer.append(offset, to: &bytes) } }
    buffer { bytes in bytes += texts }
  }

  /// Appends offsets that begin with 0, and the elements that they cover.
  private mutating func append(elementsOf vector: Vector, _ type: LogicalType) {
    let first = vector.offsets[0]
    let last = vector.offsets[vector.count]
    fixed(vector.count + 1) {
      FlatBuffer.append(Int32(truncatingIfNeeded: vector.offsets[$0] &- first), to: &$1)
    }
    let rows = (first..<last).map { $0 }
    append(vector.elements.taking(rows.span).flattened(), type)
  }

  private mutating func fixed(_ count: Int, _ append: (Int, inout [UInt8]) -> Void) {
    buffer { bytes in for row in 0..<count { append(row, &bytes) } }
  }

  /// Appends a buffer, padded.
  private mutating func buffer(_ body: (inout [UInt8]) -> Void) {
    let start = bytes.count
    body(&bytes)
    buffers.append((Int64(start), Int64(bytes.count - start)))
    FlatBuffer.pad(&bytes, to: 8)
  }

  private static func append(bits: [Bool], to bytes: inout [UInt8]) {
    for start in stride(from: 0, to: bits.count, by: 8) {
      var byte: UInt8 = 0
      for place in start..<min(start + 8, bits.count) where bits[place] { byte |= 1 &<< UInt8(place - start) }
      bytes.append(byte)
    }
  }
}
