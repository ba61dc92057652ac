internal import Columnar

/// What a leaf column's values are in the file.
struct LeafShape: Sendable {
  let type: ParquetPhysicalType
  /// Bytes of a value of fixed length.
  let typeLength: Int
  /// The level at which the value is there.
  let maxDefinition: Int
  /// Repeated fields on the path.
  let maxRepetition: Int
  /// How values become those of the engine.
  let conversion: LeafConversion

  init(_ column: ParquetColumn, _ leaf: ParquetLeaf) {
    (type, typeLength) = (leaf.physicalType, leaf.typeLength)
    (maxDefinition, maxRepetition) = (column.definitionLevel, column.repetitionLevel)
    conversion = LeafConversion(leaf)
  }

  /// The length of one value; `nil` for strings that bring their own.
  var valueWidth: Int? {
    switch type {
    case .boolean, .byteArray: nil
    case .int32, .float: 4
    case .int64, .double: 8
    case .int96: 12
    case .fixedLengthByteArray: typeLength
    }
  }

  /// Throws unless `byteCount` bytes can hold `count` plain values: before memory is taken for them.
  func check(_ count: Int, plainIn byteCount: Int) throws(FileFormatError) {
    let width = max(valueWidth ?? 4, 1)
    guard count >= 0 && count <= byteCount / width else {
      throw .damagedEncoding("\(byteCount) bytes for \(count) values")
    }
  }
}

/// A value as a page holds it: numbers of 32 and 64 bits, and byte strings of all kinds.
protocol StoredValue: ColumnValue {
  /// What a row holds that has none.
  static var safe: Self { get }
  /// Decodes values `skipped ..< skipped + count` of a page that is not dictionary-encoded.
  ///
  /// - Parameters:
  ///   - section: The page's values.
  ///   - shape: What they are.
  ///   - skipped: How many to leave out.
  ///   - count: How many to decode.
  ///   - values: Receives them from `first` on.
  ///   - first: See `values`.
  ///   - pages: Receives the buffers that views point into.
  /// - Throws: ``FileFormatError`` if the page is damaged or its encoding unknown.
  static func decode(
    _ section: ValueSection, _ shape: LeafShape, skipping skipped: Int, count: Int,
    into values: inout MutableSpan<Self>, at first: Int, keeping pages: inout [Buffer]
  ) throws(FileFormatError)

  // The loops below are requirements, with one body for all types, because a witness is compiled for its
  // type; a generic function that `FixedLeafValues` calls is not (measured: 3 to 10 times the time).

  /// Spreads values as ``NullExpansion`` does.
  static func expandNulls(
    _ values: inout MutableSpan<Self>, at first: Int, count: Int, validCount: Int, validity: Span<UInt64>,
    from firstBit: Int
  )
  /// Writes ``safe`` to each row of `rows`.
  static func clearRows(_ values: inout MutableSpan<Self>, rows: Range<Int>)
  /// Writes the entries that `codes` name from `first` on.
  static func gatherEntries(
    _ entries: Span<Self>, _ codes: Span<UInt32>, count: Int, into values: inout MutableSpan<Self>,
    at first: Int
  )
}

extension StoredValue {
  static func expandNulls(
    _ values: inout MutableSpan<Self>, at first: Int, count: Int, validCount: Int, validity: Span<UInt64>,
    from firstBit: Int
  ) {
    NullExpansion.spread(
      &values, at: first, count: count, validCount: validCount, validity: validity, from: firstBit)
  }

  static func clearRows(_ values: inout MutableSpan<Self>, rows: Range<Int>) {
    values.fill(rows.lowerBound, count: rows.count, with: safe)
  }

  static func gatherEntries(
    _ entries: Span<Self>, _ codes: Span<UInt32>, count: Int, into values: inout MutableSpan<Self>,
    at first: Int
  ) {
    for index in 0..<count { values[first &+ index] = entries[Int(codes[index])] }
  }
}

/// A number of 32 or 64 bits.
protocol StoredNumber: StoredValue {
  /// Decodes differences; `false` where the type has none.
  static func decodeDeltas(
    _ section: ValueSection, skipping skipped: Int, count: Int, into values: inout MutableSpan<Self>,
    at first: Int
  ) throws(FileFormatError) -> Bool
}

extension StoredNumber {
  static func decode(
    _ section: ValueSection, _ shape: LeafShape, skipping skipped: Int, count: Int,
    into values: inout MutableSpan<Self>, at first: Int, keeping pages: inout [Buffer]
  ) throws(FileFormatError) {
    let bytes = section.buffer.bytes
    let range = section.range
    switch section.encoding {
    case .plain:
      let start = range.lowerBound + skipped * MemoryLayout<Self>.stride
      guard start <= range.upperBound else { throw .damagedEncoding("the values are cut short") }
      try PlainDecoder.fixedWidth(
        bytes, at: start, end: range.upperBound, count: count, into: &values, at: first)
    case .byteStreamSplit:
      try ByteStreamSplitDecoder.fixedWidth(
        bytes, at: range.lowerBound, end: range.upperBound, skipping: skipped, count: count, into: &values,
        at: first)
    case .deltaBinaryPacked:
      guard try decodeDeltas(section, skipping: skipped, count: count, into: &values, at: first) else {
        fallthrough
      }
    default:
      throw .unsupported("encoding \(section.encoding) of \(shape.type)")
    }
  }

  static func decodeDeltas(
    _ section: ValueSection, skipping skipped: Int, count: Int, into values: inout MutableSpan<Self>,
    at first: Int
  ) throws(FileFormatError) -> Bool { false }
}

extension StoredNumber where Self: FixedWidthInteger {
  static var safe: Self { 0 }

  static func decodeDeltas(
    _ section: ValueSection, skipping skipped: Int, count: Int, into values: inout MutableSpan<Self>,
    at first: Int
  ) throws(FileFormatError) -> Bool {
    guard count > 0 else { return true }
    let bytes = section.buffer.bytes
    var decoder = try DeltaBinaryPackedDecoder(
      bytes, position: section.range.lowerBound, end: section.range.upperBound)
    if skipped > 0 {
      guard skipped <= section.valueCount else { throw .damagedEncoding("the values are cut short") }
      var passed = [Self](repeating: 0, count: skipped)
      var room = passed.mutableSpan
      try decoder.decode(bytes, count: skipped, into: &room, at: 0)
    }
    try decoder.decode(bytes, count: count, into: &values, at: first)
    return true
  }
}

extension Int32: StoredNumber {}
extension Int64: StoredNumber {}
extension Float: StoredNumber { static var safe: Float { 0 } }
extension Double: StoredNumber { static var safe: Double { 0 } }

extension StringView: StoredValue {
  static var safe: StringView { StringView() }

  static func decode(
    _ section: ValueSection, _ shape: LeafShape, skipping skipped: Int, count: Int,
    into values: inout MutableSpan<StringView>, at first: Int, keeping pages: inout [Buffer]
  ) throws(FileFormatError) {
    let bytes = section.buffer.bytes
    let range = section.range
    if let width = shape.valueWidth {
      switch section.encoding {
      case .plain:
        guard skipped * width <= range.count else { throw .damagedEncoding("the values are cut short") }
        try PlainDecoder.fixedStrings(
          bytes, at: range.lowerBound + skipped * width, end: range.upperBound, width: width, count: count,
          into: &values, at: first)
        if width > 12 { pages.keep(section.buffer) }
        return
      case .byteStreamSplit:
        pages.append(
          try ByteStreamSplitDecoder.fixedStrings(
            bytes, at: range.lowerBound, end: range.upperBound, width: width, skipping: skipped,
            count: count, into: &values, at: first))
        return
      default: break
      }
    }
    switch section.encoding {
    case .plain:
      var position = range.lowerBound
      try PlainDecoder.skipStrings(bytes, at: &position, end: range.upperBound, count: skipped)
      let hasLong = try PlainDecoder.strings(
        bytes, at: &position, end: range.upperBound, count: count, into: &values, at: first)
      if hasLong { pages.keep(section.buffer) }
    case .deltaLengthByteArray:
      guard count > 0 else { return }
      var decoder = try DeltaLengthByteArrayDecoder(
        bytes, position: range.lowerBound, end: range.upperBound, count: section.valueCount)
      try decoder.skip(count: skipped)
      try decoder.decode(bytes, count: count, into: &values, at: first)
      pages.keep(section.buffer)
    case .deltaByteArray:
      guard count > 0 else { return }
      let decoder = try DeltaByteArrayDecoder(
        bytes, position: range.lowerBound, end: range.upperBound, count: section.valueCount)
      pages.append(
        try decoder.decode(bytes, skipping: skipped, count: count, into: &values, at: first))
    default:
      throw .unsupported("encoding \(section.encoding) of \(shape.type)")
    }
    if let width = shape.valueWidth {
      for row in first..<first + count where values[row].byteCount != width {
        throw .damagedEncoding("a value of \(values[row].byteCount) bytes where all have \(width)")
      }
    }
  }
}

extension [Buffer] {
  /// Appends a buffer, but for uncompressed pages, which share the one of their chunk.
  fileprivate mutating func keep(_ buffer: Buffer) {
    if last !== buffer { append(buffer) }
  }
}
