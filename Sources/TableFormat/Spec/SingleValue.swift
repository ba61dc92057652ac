public import Columnar

/// The binary form of one value, as bounds and partition summaries hold it
/// (Iceberg spec, "Binary single-value serialization").
///
/// Fixed-width values are little-endian; decimals and uuids are big-endian, decimals with as few bytes as
/// their sign allows. For example 1 as `int` is `01 00 00 00`, 14.20 as `decimal(4,2)` is `05 8C`.
public enum SingleValue {
  /// Reads a value.
  ///
  /// Values written before a promotion are told by their length (rule 9): an `int` under a `long` column, a
  /// `float` under a `double` one, days under a timestamp.
  ///
  /// - Parameters:
  ///   - bytes: The binary form.
  ///   - type: The field's type now.
  /// - Returns: The value.
  /// - Throws: ``TableFormatError`` of kind `damaged` when the length fits no width of the type.
  public static func decode(
    _ bytes: some RandomAccessCollection<UInt8>, as type: IcebergType
  ) throws(TableFormatError) -> ScalarValue {
    let count = bytes.count
    func little() -> UInt64 {
      var value: UInt64 = 0
      for byte in bytes.reversed() { value = value &<< 8 | UInt64(byte) }
      return value
    }
    switch type {
    case .boolean where count == 1: return .boolean(little() != 0)
    case .int where count == 4, .date where count == 4:
      return .integer(Int64(Int32(truncatingIfNeeded: little())))
    case .long where count == 4: return .integer(Int64(Int32(truncatingIfNeeded: little())))
    case .int where count == 8, .long where count == 8, .time where count == 8, .timestamp where count == 8,
      .timestamptz where count == 8, .timestampNanos where count == 8, .timestamptzNanos where count == 8,
      .date where count == 8:
      return .integer(Int64(bitPattern: little()))
    case .timestamp where count == 4:
      return .integer(Int64(Int32(truncatingIfNeeded: little())) &* 86_400_000_000)
    case .timestampNanos where count == 4:
      let (nanos, overflow) = Int64(Int32(truncatingIfNeeded: little()))
        .multipliedReportingOverflow(by: 86_400_000_000_000)
      if !overflow { return .integer(nanos) }
    case .float where count == 4: return .real(Float(bitPattern: UInt32(truncatingIfNeeded: little())))
    case .double where count == 4:
      return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: little()))))
    case .double where count == 8: return .double(Double(bitPattern: little()))
    case .decimal where (1...16).contains(count): return .decimal(Self.decimal(bytes))
    case .string, .binary: return .bytes(Array(bytes))
    case .fixed(let length) where count == length: return .bytes(Array(bytes))
    case .uuid where count == 16: return .bytes(Array(bytes))
    default: break
    }
    throw TableFormatError(.damaged, "\(count) bytes cannot be a value of the type \(type)")
  }

  /// Writes a value.
  ///
  /// - Parameters:
  ///   - value: A value of the field's type.
  ///   - type: The field's type.
  /// - Returns: The binary form; `nil` for null and for values that do not fit the type.
  public static func encode(_ value: ScalarValue, as type: IcebergType) -> [UInt8]? {
    switch (type, value) {
    case (.boolean, .boolean(let flag)): return [flag ? 1 : 0]
    case (.int, .integer(let number)), (.date, .integer(let number)):
      return Int32(exactly: number).map { Self.little(UInt32(bitPattern: $0)) }
    case (.long, .integer(let number)), (.time, .integer(let number)), (.timestamp, .integer(let number)),
      (.timestamptz, .integer(let number)), (.timestampNanos, .integer(let number)),
      (.timestamptzNanos, .integer(let number)):
      return Self.little(UInt64(bitPattern: number))
    case (.float, .real(let number)): return Self.little(number.bitPattern)
    case (.double, .double(let number)): return Self.little(number.bitPattern)
    case (.double, .real(let number)): return Self.little(Double(number).bitPattern)
    case (.decimal, .decimal(let unscaled)): return Self.bigEndian(unscaled)
    case (.decimal, .integer(let unscaled)): return Self.bigEndian(Int128(unscaled))
    case (.string, .bytes(let bytes)), (.binary, .bytes(let bytes)): return bytes
    case (.fixed(let length), .bytes(let bytes)): return bytes.count == length ? bytes : nil
    case (.uuid, .bytes(let bytes)): return bytes.count == 16 ? bytes : nil
    default: return nil
    }
  }

  /// Reads a two's-complement big-endian number of at most 16 bytes.
  package static func decimal(_ bytes: some RandomAccessCollection<UInt8>) -> Int128 {
    guard let first = bytes.first else { return 0 }
    var value: Int128 = first & 0x80 != 0 ? -1 : 0
    for byte in bytes { value = value &<< 8 | Int128(byte) }
    return value
  }

  /// The two's-complement big-endian form in as few bytes as the sign allows.
  package static func bigEndian(_ value: Int128) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while true {
      let byte = UInt8(truncatingIfNeeded: rest)
      bytes.append(byte)
      rest &>>= 8
      if (rest == 0 && byte & 0x80 == 0) || (rest == -1 && byte & 0x80 != 0) { break }
    }
    return bytes.reversed()
  }

  private static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    var (bytes, rest): ([UInt8], Value) = ([], value)
    for _ in 0..<(Value.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest &>>= 8
    }
    return bytes
  }
}
