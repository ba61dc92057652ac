internal import Columnar

/// Turns values of the variant type into JSON text (Parquet format, "Variant Binary Encoding").
///
/// What JSON has no form for becomes text: times, UUIDs and `nan` as SQL shows them, bytes as base64. Decimals keep
/// their digits. The bytes are not trusted: every read is checked, each byte of a value is used once, and the text is
/// limited by the length of what it comes from.
struct VariantValue {
  /// Values within one another that are still read.
  private static let depthLimit = 200

  /// A field of an object: the number of its name, and its value's bytes.
  private struct Member {
    var id: Int
    var place: Range<Int>
  }

  private let metadata: VariantMetadata
  private let bytes: [UInt8]
  /// Bytes of the value that may still be used: parts that lie over one another would make endless text of few bytes.
  private var unused: Int
  private let textLimit: Int

  /// Takes a value and the names that it refers to.
  init(_ bytes: [UInt8], _ metadata: VariantMetadata) {
    (self.bytes, self.metadata, unused) = (bytes, metadata, bytes.count)
    textLimit = (1 << 20) + 64 * (bytes.count + metadata.byteCount)
  }

  /// Appends the JSON of the value.
  ///
  /// - Parameter text: Where to append.
  /// - Throws: If the bytes are damaged.
  mutating func append(to text: inout [UInt8]) throws(FileFormatError) {
    try append(0..<bytes.count, depth: 0, to: &text)
  }

  /// The fields of an object with their JSON; `nil` for another value.
  mutating func objectFields() throws(FileFormatError) -> [VariantField]? {
    guard let first = bytes.first, first & 3 == 2 else { return nil }
    try use(1)
    var result: [VariantField] = []
    for field in try fields(0..<bytes.count) {
      var text: [UInt8] = []
      try append(field.place, depth: 1, to: &text)
      result.append(VariantField(name: try metadata.name(field.id), text: text))
    }
    return result
  }

  private func damaged(_ what: String) -> FileFormatError { .damaged("a variant value is damaged: \(what)") }

  private mutating func use(_ count: Int) throws(FileFormatError) {
    unused -= count
    guard unused >= 0 else { throw damaged("its parts lie over one another") }
  }

  private mutating func append(
    _ place: Range<Int>, depth: Int, to text: inout [UInt8]
  ) throws(FileFormatError) {
    guard !place.isEmpty else { throw damaged("it ends early") }
    guard depth <= Self.depthLimit else {
      throw .unsupported("a variant value nested deeper than \(Self.depthLimit) is not read")
    }
    guard text.count <= textLimit else { throw damaged("its text is longer than its bytes allow") }
    try use(1)
    let header = Int(bytes[place.lowerBound] &>> 2)
    switch bytes[place.lowerBound] & 3 {
    case 0: try appendPrimitive(header, place.dropFirst(), to: &text)
    case 1: try appendString(try take(header, of: place.dropFirst()), to: &text)
    case 2:
      text.append(UInt8(ascii: "{"))
      for (index, field) in try fields(place).enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        let name = try metadata.name(field.id)
        JSONWriter.appendQuoted(name.span, to: &text)
        text.append(UInt8(ascii: ":"))
        try append(field.place, depth: depth + 1, to: &text)
      }
      text.append(UInt8(ascii: "}"))
    default:
      text.append(UInt8(ascii: "["))
      for (index, element) in try elements(place).enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        try append(element, depth: depth + 1, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    }
  }

  /// Reads an unsigned little-endian number and moves on.
  private func number(_ byteCount: Int, _ position: inout Int, _ end: Int) throws(FileFormatError) -> Int {
    guard byteCount <= end - position else { throw damaged("it ends early") }
    var value = 0
    for index in 0..<byteCount { value |= Int(bytes[position + index]) &<< (8 &* index) }
    position += byteCount
    return value
  }

  /// The fields of an object, in its order, which is that of their names.
  private mutating func fields(
    _ place: Range<Int>
  ) throws(FileFormatError) -> [Member] {
    let header = bytes[place.lowerBound] &>> 2
    let (offsetSize, idSize) = (Int(header & 3) + 1, Int((header &>> 2) & 3) + 1)
    var position = place.lowerBound + 1
    let count = try number(header & 16 != 0 ? 4 : 1, &position, place.upperBound)
    guard count <= (place.upperBound - position) / (idSize + offsetSize) else {
      throw damaged("it ends within its fields")
    }
    try use(count * (idSize + offsetSize))
    var ids: [Int] = []
    for _ in 0..<count { ids.append(try number(idSize, &position, place.upperBound)) }
    let offsets = try offsets(count, offsetSize, &position, place.upperBound)
    // Fields are sorted by name, and their values may stand in any order: each ends where the next begins.
    let order = ids.indices.sorted { offsets[$0] < offsets[$1] }
    var result: [Member] = []
    for id in ids { result.append(Member(id: id, place: position..<position)) }
    for (rank, index) in order.enumerated() {
      let start = offsets[index]
      let end = offsets[rank + 1 < order.count ? order[rank + 1] : count]
      guard start < end, end <= offsets[count] else { throw damaged("a field has no value of its own") }
      result[index].place = position + start..<position + end
    }
    return result
  }

  private mutating func elements(_ place: Range<Int>) throws(FileFormatError) -> [Range<Int>] {
    let header = bytes[place.lowerBound] &>> 2
    let offsetSize = Int(header & 3) + 1
    var position = place.lowerBound + 1
    let count = try number(header & 4 != 0 ? 4 : 1, &position, place.upperBound)
    guard count <= (place.upperBound - position) / offsetSize else {
      throw damaged("it ends within its elements")
    }
    try use(count * offsetSize)
    let offsets = try offsets(count, offsetSize, &position, place.upperBound)
    var result: [Range<Int>] = []
    for index in 0..<count {
      guard offsets[index] < offsets[index + 1] else { throw damaged("an element has no value") }
      result.append(position + offsets[index]..<position + offsets[index + 1])
    }
    return result
  }

  /// Reads one offset more than there are values; all are within the values.
  private func offsets(
    _ count: Int, _ size: Int, _ position: inout Int, _ end: Int
  ) throws(FileFormatError) -> [Int] {
    var offsets: [Int] = []
    for _ in 0...count { offsets.append(try number(size, &position, end)) }
    guard offsets.allSatisfy({ $0 <= end - position }) else { throw damaged("a value lies outside of it") }
    return offsets
  }

  private mutating func take(
    _ count: Int, of place: Range<Int>
  ) throws(FileFormatError) -> Range<Int> {
    guard count <= place.count else { throw damaged("it ends early") }
    try use(count)
    return place.lowerBound..<place.lowerBound + count
  }

  private func appendString(_ place: Range<Int>, to text: inout [UInt8]) throws(FileFormatError) {
    let string = Array(bytes[place])
    guard UTF8Text.firstDamage(in: string.span) == nil else { throw damaged("a text is no UTF-8") }
    JSONWriter.appendQuoted(string.span, to: &text)
  }

  /// A signed little-endian number.
  private func integer(_ place: Range<Int>) -> Int128 {
    var value: Int128 = 0
    if let last = bytes[place].last, last & 0x80 != 0 { value = -1 }
    for byte in bytes[place].reversed() { value = value &<< 8 | Int128(byte) }
    return value
  }

  private mutating func appendPrimitive(
    _ kind: Int, _ place: Range<Int>, to text: inout [UInt8]
  ) throws(FileFormatError) {
    switch kind {
    case 0: VariantText.append(.null, as: .null, to: &text)
    case 1, 2: VariantText.append(.boolean(kind == 1), as: .boolean, to: &text)
    case 3...6:
      let value = integer(try take(1 &<< (kind &- 3), of: place))
      VariantText.append(.integer(Int64(truncatingIfNeeded: value)), as: .bigint, to: &text)
    case 7:
      let bits = UInt64(truncatingIfNeeded: integer(try take(8, of: place)))
      VariantText.append(.double(Double(bitPattern: bits)), as: .double, to: &text)
    case 8...10:
      let scale = Int(integer(try take(1, of: place))) & 0xFF
      guard scale <= 38 else { throw damaged("a decimal has the scale \(scale)") }
      let value = integer(try take(4 &<< (kind &- 8), of: place.dropFirst()))
      VariantText.append(.decimal(value), as: .decimal(precision: 38, scale: scale), to: &text)
    case 11: try appendInteger(4, place, .date, to: &text)
    case 12: try appendInteger(8, place, .timestampTZ, to: &text)
    case 13: try appendInteger(8, place, .timestamp, to: &text)
    case 14:
      let bits = UInt32(truncatingIfNeeded: integer(try take(4, of: place)))
      VariantText.append(.real(Float(bitPattern: bits)), as: .real, to: &text)
    case 15, 16:
      let count = integer(try take(4, of: place))
      guard count >= 0, count <= Int128(place.count - 4) else { throw damaged("it ends early") }
      let content = try take(Int(count), of: place.dropFirst(4))
      if kind == 16 { return try appendString(content, to: &text) }
      VariantText.append(.bytes(Array(bytes[content])), as: .binary, to: &text)
    case 17: try appendInteger(8, place, .time, to: &text)
    case 18: try appendInteger(8, place, .timestampTZNanos, to: &text)
    case 19: try appendInteger(8, place, .timestampNanos, to: &text)
    case 20: VariantText.append(.bytes(Array(bytes[try take(16, of: place)])), as: .uuid, to: &text)
    default: throw .unsupported("a variant value has the unknown type \(kind)")
    }
  }

  private mutating func appendInteger(
    _ byteCount: Int, _ place: Range<Int>, _ type: LogicalType, to text: inout [UInt8]
  ) throws(FileFormatError) {
    let value = Int64(truncatingIfNeeded: integer(try take(byteCount, of: place)))
    VariantText.append(.integer(value), as: type, to: &text)
  }
}

/// A field of an object as JSON.
struct VariantField {
  var name: [UInt8]
  var text: [UInt8]
}

/// The names that the objects of a variant value refer to by number.
struct VariantMetadata {
  private let bytes: [UInt8]
  private let offsetSize: Int
  private let count: Int
  private let firstByte: Int

  var byteCount: Int { bytes.count }

  /// Reads the header.
  ///
  /// - Parameter bytes: The metadata.
  /// - Throws: If they are damaged, or of a version that is not known.
  init(_ bytes: [UInt8]) throws(FileFormatError) {
    guard let header = bytes.first else { throw .damaged("a variant has no metadata") }
    guard header & 15 == 1 else {
      throw .unsupported("variants of the version \(header & 15) are not read, only 1")
    }
    self.bytes = bytes
    offsetSize = Int(header &>> 6) + 1
    guard let count = Self.number(bytes, at: 1, offsetSize) else {
      throw .damaged("a variant's metadata ends early")
    }
    self.count = count
    guard count < (bytes.count - 1 - offsetSize) / offsetSize else {
      throw .damaged("a variant's metadata ends within its names")
    }
    firstByte = 1 + (count + 2) * offsetSize
  }

  private static func number(_ bytes: [UInt8], at place: Int, _ size: Int) -> Int? {
    guard place + size <= bytes.count else { return nil }
    var value = 0
    for index in 0..<size { value |= Int(bytes[place + index]) &<< (8 &* index) }
    return value
  }

  /// The name of that number.
  func name(_ id: Int) throws(FileFormatError) -> [UInt8] {
    guard id < count, let start = Self.number(bytes, at: 1 + (id + 1) * offsetSize, offsetSize),
      let end = Self.number(bytes, at: 1 + (id + 2) * offsetSize, offsetSize), start <= end,
      end <= bytes.count - firstByte
    else { throw .damaged("a variant value refers to a name that its metadata lacks") }
    let name = Array(bytes[firstByte + start..<firstByte + end])
    guard UTF8Text.firstDamage(in: name.span) == nil else {
      throw .damaged("a name in a variant's metadata is no UTF-8")
    }
    return name
  }
}

/// The JSON of plain values within variants.
enum VariantText {
  /// Appends a value without children.
  static func append(_ value: ScalarValue, as type: LogicalType, to text: inout [UInt8]) {
    switch (value, type) {
    case (.null, _): text += Array("null".utf8)
    case (.boolean, _), (.decimal, _): ValueText.append(value, as: type, to: &text)
    case (.integer, .tinyint), (.integer, .smallint), (.integer, .integer), (.integer, .bigint):
      ValueText.append(value, as: type, to: &text)
    case (.real(let number), _) where number.isFinite: ValueText.append(value, as: type, to: &text)
    case (.double(let number), _) where number.isFinite: ValueText.append(value, as: type, to: &text)
    case (.bytes(let bytes), .varchar): JSONWriter.appendQuoted(bytes.span, to: &text)
    case (.bytes(let bytes), .binary), (.bytes(let bytes), .fixed):
      text.append(UInt8(ascii: "\""))
      appendBase64(bytes, to: &text)
      text.append(UInt8(ascii: "\""))
    default:
      var plain: [UInt8] = []
      ValueText.append(value, as: type, to: &plain)
      JSONWriter.appendQuoted(plain.span, to: &text)
    }
  }

  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func appendBase64(_ bytes: [UInt8], to text: inout [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for (index, byte) in part.enumerated() { bits |= UInt32(byte) &<< UInt32(16 &- 8 &* index) }
      for index in 0..<4 {
        let shift = UInt32(18 &- 6 &* index)
        text.append(
          index <= part.count ? digits[Int((bits &>> shift) & 63)] : UInt8(ascii: "="))
      }
    }
  }
}
