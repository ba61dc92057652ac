/// A cursor over Avro's binary encoding (Avro 1.12 specification, "Binary Encoding").
///
/// What is read is decided by who reads: the calls must follow the writer's schema. Every length is
/// checked against the bytes that are left.
public struct AvroDecoder: Sendable {
  /// The encoded bytes.
  public let bytes: [UInt8]
  /// The next byte.
  public private(set) var position: Int
  /// Where the bytes end.
  public let end: Int
  /// The file they come from, for messages.
  public let file: String?
  /// Where in it the block with the bytes begins.
  public let fileOffset: Int

  /// Makes a cursor at the front of `bytes`, or of a part of them.
  public init(_ bytes: [UInt8], range: Range<Int>? = nil, file: String? = nil, fileOffset: Int = 0) {
    let range = range ?? 0..<bytes.count
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    (self.bytes, position, end) = (bytes, range.lowerBound, range.upperBound)
    (self.file, self.fileOffset) = (file, fileOffset)
  }

  /// Whether all bytes are read.
  public var isAtEnd: Bool { position == end }

  /// Returns an error that names the block in its file.
  public func error(_ message: String) -> FileFormatError {
    .damaged("\(message) (byte \(position) of the Avro block)", file: file, offset: fileOffset)
  }

  /// Reads a zig-zag number of at most 64 bits.
  public mutating func readLong() throws(FileFormatError) -> Int64 {
    if position < end, bytes[position] < 0x80 {
      // One byte, as most lengths, branches and counts.
      let byte = Int64(bytes[position])
      position &+= 1
      return byte &>> 1 ^ (0 &- (byte & 1))
    }
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position &+= 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 {
        // Surplus bits of the tenth byte fall away, as in Java; writers of ids above 2^63 exist.
        return Int64(bitPattern: value &>> 1) ^ (0 &- Int64(bitPattern: value & 1))
      }
      shift &+= 7
      if shift > 63 { break }
    }
    throw error(position >= end ? "an Avro number is cut off" : "an Avro number has more than 64 bits")
  }

  /// Reads a zig-zag number of at most 32 bits.
  public mutating func readInt() throws(FileFormatError) -> Int32 {
    let value = try readLong()
    guard let int = Int32(exactly: value) else { throw error("\(value) is no 32-bit number") }
    return int
  }

  /// Reads a truth value.
  public mutating func readBoolean() throws(FileFormatError) -> Bool {
    guard position < end, bytes[position] <= 1 else { throw error("an Avro boolean is neither 0 nor 1") }
    position += 1
    return bytes[position - 1] == 1
  }

  /// Reads a 32-bit floating-point number.
  public mutating func readFloat() throws(FileFormatError) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: try readLittleEndian(4)))
  }

  /// Reads a 64-bit floating-point number.
  public mutating func readDouble() throws(FileFormatError) -> Double {
    Double(bitPattern: try readLittleEndian(8))
  }

  private mutating func readLittleEndian(_ count: Int) throws(FileFormatError) -> UInt64 {
    guard end - position >= count else { throw error("an Avro number is cut off") }
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[position + index]) &<< UInt64(8 * index) }
    position += count
    return value
  }

  /// Passes a byte string or text; returns where in ``bytes`` it lies.
  public mutating func readRange() throws(FileFormatError) -> Range<Int> {
    let count = try readLong()
    guard count >= 0, count <= Int64(end - position) else {
      throw error("\(count) bytes are announced, \(end - position) are left")
    }
    let range = position..<position + Int(count)
    position = range.upperBound
    return range
  }

  /// Reads a byte string.
  public mutating func readBytes() throws(FileFormatError) -> [UInt8] {
    let range = try readRange()
    return Array(bytes[range])
  }

  /// Reads a text; damaged UTF-8 is an error.
  public mutating func readString() throws(FileFormatError) -> String {
    let range = try readRange()
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw error("an Avro string is damaged UTF-8")
    }
    return text
  }

  /// Passes `byteCount` bytes without a length; returns where in ``bytes`` they lie.
  public mutating func readFixedRange(byteCount: Int) throws(FileFormatError) -> Range<Int> {
    guard byteCount >= 0, byteCount <= end - position else {
      throw error("\(byteCount) bytes are needed, \(end - position) are left")
    }
    let range = position..<position + byteCount
    position = range.upperBound
    return range
  }

  /// Reads `byteCount` bytes without a length.
  public mutating func readFixed(byteCount: Int) throws(FileFormatError) -> [UInt8] {
    let range = try readFixedRange(byteCount: byteCount)
    return Array(bytes[range])
  }

  /// Reads the number of a union's branch, which is below `branchCount`.
  public mutating func readBranch(of branchCount: Int) throws(FileFormatError) -> Int {
    let branch = try readLong()
    guard branch >= 0, branch < Int64(branchCount) else {
      throw error("branch \(branch) of a union with \(branchCount)")
    }
    return Int(branch)
  }

  /// Begins the next block of an array or a map.
  ///
  /// ```swift
  /// while case let count = try decoder.readBlockCount(), count > 0 { for _ in 0..<count { … } }
  /// ```
  /// - Returns: The items that follow, 0 at the end.
  /// - Throws: If more are announced than bytes are left.
  public mutating func readBlockCount() throws(FileFormatError) -> Int {
    var count = try readLong()
    if count < 0 {
      // The block's length follows, for those who want to pass over it.
      let size = try readLong()
      guard size >= 0, size <= Int64(end - position) else {
        throw error("an Avro block of \(size) bytes, \(end - position) are left")
      }
      count = 0 &- count
    }
    // An item of no bytes (null) exists, but nobody writes arrays of it; without this line a count alone
    // would keep us busy for ever.
    guard count >= 0, count <= Int64(end - position) else {
      throw error("\(count) items are announced, \(end - position) bytes are left")
    }
    return Int(count)
  }

  /// Passes an array of records of two fields, or a map: what most of a manifest is.
  ///
  /// - Parameters:
  ///   - keysAreTexts: Whether keys are texts, as those of a map; otherwise they are numbers.
  ///   - valuesAreTexts: Whether values are texts or byte strings; otherwise they are numbers.
  /// - Throws: If more is announced than bytes are left.
  public mutating func skipPairs(keysAreTexts: Bool, valuesAreTexts: Bool) throws(FileFormatError) {
    while true {
      let count = try readLong()
      if count == 0 { return }
      if count < 0 {
        _ = try readRange()
        continue
      }
      guard count <= Int64(end - position) else {
        throw error("\(count) items are announced, \(end - position) bytes are left")
      }
      for _ in 0..<count {
        if keysAreTexts { _ = try readRange() } else { try skipLong() }
        if valuesAreTexts { _ = try readRange() } else { try skipLong() }
      }
    }
  }

  /// Passes a number.
  @inline(__always) private mutating func skipLong() throws(FileFormatError) {
    let limit = min(end, position &+ 10)
    var at = position
    while at < limit {
      let byte = bytes[at]
      at &+= 1
      if byte < 0x80 {
        position = at
        return
      }
    }
    throw error(at >= end ? "an Avro number is cut off" : "an Avro number has more than 64 bits")
  }

  /// Passes a value of a type.
  public mutating func skip(_ schema: AvroSchema) throws(FileFormatError) {
    switch schema.kind {
    case .null: break
    case .boolean: _ = try readBoolean()
    case .int, .long, .enumeration: _ = try readLong()
    case .float: _ = try readFixedRange(byteCount: 4)
    case .double: _ = try readFixedRange(byteCount: 8)
    case .bytes, .string: _ = try readRange()
    case .fixed(let byteCount): _ = try readFixedRange(byteCount: byteCount)
    case .union(let branches): try skip(branches[try readBranch(of: branches.count)])
    case .record(let fields):
      // By index: an element taken out would be copied with all its texts.
      for index in fields.indices { try skip(fields[index].schema) }
    case .array(let items): try skipBlocks(items, hasKeys: false)
    case .map(let values): try skipBlocks(values, hasKeys: true)
    }
  }

  private mutating func skipBlocks(_ items: AvroSchema, hasKeys: Bool) throws(FileFormatError) {
    while true {
      let count = try readLong()
      if count == 0 { return }
      if count < 0 {
        let size = try readLong()
        guard size >= 0, size <= Int64(end - position) else {
          throw error("an Avro block of \(size) bytes, \(end - position) are left")
        }
        position += Int(size)
        continue
      }
      guard count <= Int64(end - position) else {
        throw error("\(count) items are announced, \(end - position) bytes are left")
      }
      for _ in 0..<count {
        if hasKeys { _ = try readRange() }
        try skip(items)
      }
    }
  }
}
