internal import Columnar

/// A number as Parquet stores it.
protocol ParquetNumber: ColumnValue {
  /// What a search for the least value starts from.
  static var highest: Self { get }
  /// What a search for the greatest value starts from.
  static var lowest: Self { get }
  /// Whether values may be NaN.
  static var isFloatingPoint: Bool { get }

  /// Whether a loop over the dictionary must take this for the other.
  func hasSameBits(as other: Self) -> Bool
  /// A hash for the dictionary.
  var dictionaryHash: UInt64 { get }
  /// The hash for bloom filters.
  func bloomHash(width: Int) -> UInt64
  /// Whether the value is NaN.
  var isNaN: Bool { get }
  /// Whether it orders before another; never with NaN.
  func isLess(than other: Self) -> Bool
  /// The value as a lower bound: -0.0 for zero.
  var asMin: Self { get }
  /// The value as an upper bound: +0.0 for zero.
  var asMax: Self { get }
  /// Writes the plain encoding of `width` bytes.
  func storePlain(in bytes: inout MutableSpan<UInt8>, at offset: Int, width: Int)
  /// The value outside of columns.
  func scalar(as type: LogicalType) -> ScalarValue

  /// Appends the values as differences; `false`, and nothing appended, when the type has no such encoding.
  static func appendDeltas(_ values: Span<Self>, to bytes: inout [UInt8]) -> Bool
}

extension ParquetNumber {
  static var isFloatingPoint: Bool { false }
  var isNaN: Bool { false }
  var asMin: Self { self }
  var asMax: Self { self }
  static func appendDeltas(_ values: Span<Self>, to bytes: inout [UInt8]) -> Bool { false }

  /// Returns the plain encoding.
  func plainBytes(width: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: width)
    var room = bytes.mutableSpan
    storePlain(in: &room, at: 0, width: width)
    return bytes
  }
}

/// Multiplies by the golden ratio; the upper bits are the good ones.
@inline(__always) private func spread(_ bits: UInt64) -> UInt64 {
  let product = (bits ^ bits &>> 32) &* 0x9E37_79B9_7F4A_7C15
  return product ^ product &>> 29
}

extension Int32: ParquetNumber {
  static var highest: Int32 { .max }
  static var lowest: Int32 { .min }
  func hasSameBits(as other: Int32) -> Bool { self == other }
  var dictionaryHash: UInt64 { spread(UInt64(UInt32(bitPattern: self))) }
  func bloomHash(width: Int) -> UInt64 { XxHash64.hash(UInt32(bitPattern: self)) }
  func isLess(than other: Int32) -> Bool { self < other }
  func storePlain(in bytes: inout MutableSpan<UInt8>, at offset: Int, width: Int) {
    bytes.store(littleEndian, at: offset)
  }
  func scalar(as type: LogicalType) -> ScalarValue {
    if case .decimal = type { return .decimal(Int128(self)) }
    return .integer(Int64(self))
  }
  static func appendDeltas(_ values: Span<Int32>, to bytes: inout [UInt8]) -> Bool {
    DeltaBinaryPackedEncoder.append(values, to: &bytes)
    return true
  }
}

extension Int64: ParquetNumber {
  static var highest: Int64 { .max }
  static var lowest: Int64 { .min }
  func hasSameBits(as other: Int64) -> Bool { self == other }
  var dictionaryHash: UInt64 { spread(UInt64(bitPattern: self)) }
  func bloomHash(width: Int) -> UInt64 { XxHash64.hash(UInt64(bitPattern: self)) }
  func isLess(than other: Int64) -> Bool { self < other }
  func storePlain(in bytes: inout MutableSpan<UInt8>, at offset: Int, width: Int) {
    bytes.store(littleEndian, at: offset)
  }
  func scalar(as type: LogicalType) -> ScalarValue {
    if case .decimal = type { return .decimal(Int128(self)) }
    return .integer(self)
  }
  static func appendDeltas(_ values: Span<Int64>, to bytes: inout [UInt8]) -> Bool {
    DeltaBinaryPackedEncoder.append(values, to: &bytes)
    return true
  }
}

/// Decimals of more than 18 digits: big-endian, in as few bytes as the precision needs.
extension Int128: ParquetNumber {
  static var highest: Int128 { .max }
  static var lowest: Int128 { .min }
  func hasSameBits(as other: Int128) -> Bool { self == other }
  var dictionaryHash: UInt64 {
    spread(
      UInt64(truncatingIfNeeded: self) ^ UInt64(truncatingIfNeeded: self &>> 64) &* 0xC2B2_AE3D_27D4_EB4F)
  }
  func bloomHash(width: Int) -> UInt64 {
    let bytes = plainBytes(width: width)
    return XxHash64.hash(bytes.span)
  }
  func isLess(than other: Int128) -> Bool { self < other }
  func storePlain(in bytes: inout MutableSpan<UInt8>, at offset: Int, width: Int) {
    var rest = self
    var index = offset &+ width
    while index > offset {
      index &-= 1
      bytes[index] = UInt8(truncatingIfNeeded: rest)
      rest = rest &>> 8
    }
  }
  func scalar(as type: LogicalType) -> ScalarValue { .decimal(self) }
}

extension Float: ParquetNumber {
  static var highest: Float { .infinity }
  static var lowest: Float { -.infinity }
  static var isFloatingPoint: Bool { true }
  func hasSameBits(as other: Float) -> Bool { bitPattern == other.bitPattern }
  var dictionaryHash: UInt64 { spread(UInt64(bitPattern)) }
  func bloomHash(width: Int) -> UInt64 { XxHash64.hash(bitPattern) }
  func isLess(than other: Float) -> Bool { self < other }
  var asMin: Float { self == 0 ? -0.0 : self }
  var asMax: Float { self == 0 ? 0.0 : self }
  func storePlain(in bytes: inout MutableSpan<UInt8>, at offset: Int, width: Int) {
    bytes.store(bitPattern.littleEndian, at: offset)
  }
  func scalar(as type: LogicalType) -> ScalarValue { .real(self) }
}

extension Double: ParquetNumber {
  static var highest: Double { .infinity }
  static var lowest: Double { -.infinity }
  static var isFloatingPoint: Bool { true }
  func hasSameBits(as other: Double) -> Bool { bitPattern == other.bitPattern }
  var dictionaryHash: UInt64 { spread(bitPattern) }
  func bloomHash(width: Int) -> UInt64 { XxHash64.hash(bitPattern) }
  func isLess(than other: Double) -> Bool { self < other }
  var asMin: Double { self == 0 ? -0.0 : self }
  var asMax: Double { self == 0 ? 0.0 : self }
  func storePlain(in bytes: inout MutableSpan<UInt8>, at offset: Int, width: Int) {
    bytes.store(bitPattern.littleEndian, at: offset)
  }
  func scalar(as type: LogicalType) -> ScalarValue { .double(self) }
}
