package import Columnar

/// Reads Thrift's compact protocol from a part of a buffer.
///
/// A struct is read as
/// ```
/// var fields = try reader.beginStructure()
/// while let field = try reader.next(&fields) {
///   switch field.id {
///   case 1: version = try reader.int32(field)
///   default: try reader.skip(field)
///   }
/// }
/// ```
/// Bytes are not trusted: every read is checked against the end, a list may not state more elements than
/// bytes remain, and nesting is bounded.
package struct ThriftReader {
  /// Structs, lists and maps within one another that are still read.
  package static let depthLimit = 32

  private let buffer: Buffer
  private let end: Int
  private let fileOffset: Int
  private var depth = 0
  /// The byte of the buffer that is read next.
  package private(set) var position: Int

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - buffer: Holds the bytes.
  ///   - range: The part of it that may be read; beyond the buffer's end it is cut.
  ///   - fileOffset: Where in the file byte 0 of the buffer lies, for errors.
  package init(_ buffer: Buffer, range: Range<Int>, fileOffset: Int = 0) {
    self.buffer = buffer
    position = max(0, min(range.lowerBound, buffer.byteCount))
    end = max(position, min(range.upperBound, buffer.byteCount))
    self.fileOffset = fileOffset
  }

  /// A reader of a part of the same bytes.
  package func part(_ range: Range<Int>) -> ThriftReader {
    ThriftReader(buffer, range: range, fileOffset: fileOffset)
  }

  /// Bytes that are left.
  package var remaining: Int { end - position }

  /// Returns an error at the current place.
  package func damaged(_ message: String) -> FileFormatError {
    .damaged(message, offset: fileOffset + position)
  }

  // MARK: Structs

  /// How far the reading of one struct has come.
  package struct Fields {
    fileprivate var last = 0
  }

  /// Begins a struct.
  package mutating func beginStructure() throws(FileFormatError) -> Fields {
    depth += 1
    guard depth <= Self.depthLimit else { throw damaged("thrift nests deeper than \(Self.depthLimit)") }
    return Fields()
  }

  /// Returns the next field's header, `nil` at the end of the struct, which it leaves.
  package mutating func next(_ fields: inout Fields) throws(FileFormatError) -> ThriftField? {
    let head = try byte()
    if head == 0 {
      depth -= 1
      return nil
    }
    guard let type = ThriftType(rawValue: head & 15) else { throw damaged("thrift has no type \(head & 15)") }
    if head >> 4 != 0 {
      fields.last += Int(head >> 4)
    } else {
      let id = try zigZag()
      guard let id = Int16(exactly: id) else { throw damaged("thrift field number \(id)") }
      fields.last = Int(id)
    }
    return ThriftField(id: fields.last, type: type)
  }

  /// Begins the struct that a field holds.
  package mutating func structure(_ field: ThriftField) throws(FileFormatError) -> Fields {
    try expect(field, .structure)
    return try beginStructure()
  }

  private func expect(_ field: ThriftField, _ type: ThriftType) throws(FileFormatError) {
    guard field.type == type else {
      throw damaged("thrift field \(field.id) is \(field.type), not \(type)")
    }
  }

  // MARK: Values of fields

  /// Returns a boolean field's value.
  package mutating func bool(_ field: ThriftField) throws(FileFormatError) -> Bool {
    switch field.type {
    case .true: return true
    case .false: return false
    default: throw damaged("thrift field \(field.id) is \(field.type), not a boolean")
    }
  }

  /// Returns an 8-bit field's value.
  package mutating func int8(_ field: ThriftField) throws(FileFormatError) -> Int8 {
    try expect(field, .byte)
    return Int8(bitPattern: try byte())
  }

  /// Returns a 16-bit field's value.
  package mutating func int16(_ field: ThriftField) throws(FileFormatError) -> Int16 {
    try expect(field, .int16)
    return try exactly(Int16.self)
  }

  /// Returns a 32-bit field's value.
  package mutating func int32(_ field: ThriftField) throws(FileFormatError) -> Int32 {
    try expect(field, .int32)
    return try exactly(Int32.self)
  }

  /// Returns a 64-bit field's value.
  package mutating func int64(_ field: ThriftField) throws(FileFormatError) -> Int64 {
    try expect(field, .int64)
    return try zigZag()
  }

  /// Returns a 32-bit field's value that must not be negative: a size, a count or an index.
  package mutating func count32(_ field: ThriftField) throws(FileFormatError) -> Int {
    let value = try int32(field)
    guard value >= 0 else { throw damaged("thrift field \(field.id) is \(value), where a size must be") }
    return Int(value)
  }

  /// Returns a 64-bit field's value that must not be negative: a size, a count or an offset.
  package mutating func count64(_ field: ThriftField) throws(FileFormatError) -> Int {
    let value = try int64(field)
    guard value >= 0 else { throw damaged("thrift field \(field.id) is \(value), where a size must be") }
    return Int(value)
  }

  /// Returns a binary field's bytes.
  package mutating func binary(_ field: ThriftField) throws(FileFormatError) -> [UInt8] {
    try expect(field, .binary)
    return try binary()
  }

  /// Returns a text field, with damaged UTF-8 repaired.
  package mutating func text(_ field: ThriftField) throws(FileFormatError) -> String {
    String(decoding: try binary(field), as: UTF8.self)
  }

  // MARK: Lists

  /// Begins a list of `element`s and returns how many there are, at most as many as bytes remain.
  package mutating func list(_ field: ThriftField, of element: ThriftType) throws(FileFormatError) -> Int {
    guard field.type == .list || field.type == .set else {
      throw damaged("thrift field \(field.id) is \(field.type), not a list")
    }
    let header = try listHeader()
    // An empty list may state any element type.
    guard header.type == element || header.count == 0 else {
      throw damaged("thrift field \(field.id) is a list of \(header.type), not of \(element)")
    }
    return header.count
  }

  /// Returns a list of booleans, which lie in one byte each.
  package mutating func bools(_ field: ThriftField) throws(FileFormatError) -> [Bool] {
    guard field.type == .list else { throw damaged("thrift field \(field.id) is \(field.type), not a list") }
    let header = try listHeader()
    // Writers state booleans as either type.
    guard header.type == .true || header.type == .false || header.count == 0 else {
      throw damaged("thrift field \(field.id) is a list of \(header.type), not of booleans")
    }
    var values: [Bool] = []
    values.reserveCapacity(header.count)
    for _ in 0..<header.count { values.append(try byte() == 1) }
    return values
  }

  /// Returns a list of 64-bit integers.
  package mutating func int64s(_ field: ThriftField) throws(FileFormatError) -> [Int64] {
    let count = try list(field, of: .int64)
    var values: [Int64] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try zigZag()) }
    return values
  }

  /// Returns a list of 32-bit integers.
  package mutating func int32s(_ field: ThriftField) throws(FileFormatError) -> [Int32] {
    let count = try list(field, of: .int32)
    var values: [Int32] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try exactly(Int32.self)) }
    return values
  }

  /// Returns a list of byte strings.
  package mutating func binaries(_ field: ThriftField) throws(FileFormatError) -> [[UInt8]] {
    let count = try list(field, of: .binary)
    var values: [[UInt8]] = []
    values.reserveCapacity(min(count, 1024))
    for _ in 0..<count { values.append(try binary()) }
    return values
  }

  private mutating func listHeader() throws(FileFormatError) -> (type: ThriftType, count: Int) {
    let head = try byte()
    guard let type = ThriftType(rawValue: head & 15) else { throw damaged("thrift has no type \(head & 15)") }
    let count = head >> 4 == 15 ? try size() : Int(head >> 4)
    // Each element takes a byte or more.
    guard count <= remaining else {
      throw damaged("a thrift list of \(count) elements where \(remaining) bytes remain")
    }
    return (type, count)
  }

  // MARK: Skipping

  /// Skips a field's value.
  package mutating func skip(_ field: ThriftField) throws(FileFormatError) {
    if field.type == .true || field.type == .false { return }
    let next = ThriftSkipping(end: end).pass(buffer.bytes, field.type, at: position, depth: depth)
    guard let next else { throw damaged("a thrift value is damaged or does not end") }
    position = next
  }

  // MARK: Bytes

  @inline(__always)
  private mutating func byte() throws(FileFormatError) -> UInt8 {
    guard position < end else { throw damaged("thrift ends within a value") }
    let byte = buffer.bytes[position]
    position += 1
    return byte
  }

  @inline(__always)
  private mutating func unsigned() throws(FileFormatError) -> UInt64 {
    // Most integers of a footer have one byte.
    let first = try byte()
    return first < 0x80 ? UInt64(first) : try unsigned(after: first)
  }

  private mutating func unsigned(after first: UInt8) throws(FileFormatError) -> UInt64 {
    var value = UInt64(first & 0x7F)
    var shift: UInt64 = 7
    while true {
      let next = try byte()
      value |= UInt64(next & 0x7F) &<< shift
      if next < 0x80 { return value }
      shift += 7
      guard shift < 64 else { throw damaged("a thrift integer is longer than 10 bytes") }
    }
  }

  private mutating func zigZag() throws(FileFormatError) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1)
  }

  private mutating func exactly<Value: FixedWidthInteger>(
    _ type: Value.Type
  ) throws(FileFormatError) -> Value {
    let value = try zigZag()
    guard let exact = Value(exactly: value) else { throw damaged("\(value) does not fit \(type)") }
    return exact
  }

  private mutating func size() throws(FileFormatError) -> Int {
    let value = try unsigned()
    guard value <= UInt64(remaining) else {
      throw damaged("a thrift size of \(value) where \(remaining) bytes remain")
    }
    return Int(value)
  }

  private mutating func binary() throws(FileFormatError) -> [UInt8] {
    let count = try size()
    let value = buffer.bytes.extracting(position..<position + count).copied()
    position += count
    return value
  }
}
