internal import Columnar

/// How the values of a leaf as stored become those of the engine.
enum LeafConversion: Sendable {
  case none
  /// Always null.
  case null
  /// `INT32` decimals and unsigned integers that need 64 bits.
  case widened
  case unsigned32
  case unsigned64
  /// Times and timestamps of milliseconds to microseconds.
  case int32Times(Int64)
  case int64Times(Int64)
  /// Times of nanoseconds to microseconds.
  case dividedBy1000
  /// Big-endian two's complement in byte strings.
  case decimal64
  case decimal128
  case float16
  /// Nanoseconds of the day in 8 bytes, then the Julian day in 4.
  case int96
  /// Months, days and milliseconds, 4 bytes each.
  case interval

  init(_ leaf: ParquetLeaf) {
    let type = leaf.logicalType
    self =
      switch (leaf.physicalType, type, leaf.annotation) {
      case (_, .null, _): .null
      case (.int32, .bigint, _): .unsigned32
      case (.int32, .decimal, _): .widened
      case (.int32, .time, _): .int32Times(1000)
      case (.int64, .decimal, .integer): .unsigned64
      case (.int64, .time, .time(.nanos, _)): .dividedBy1000
      case (.int64, _, .timestamp(.millis, _)), (.int64, _, .time(.millis, _)): .int64Times(1000)
      case (.int96, _, _): .int96
      case (.byteArray, .decimal(let precision, _), _),
        (.fixedLengthByteArray, .decimal(let precision, _), _):
        precision <= 18 ? .decimal64 : .decimal128
      case (.fixedLengthByteArray, .real, _): .float16
      case (.fixedLengthByteArray, .interval, _): .interval
      default: .none
      }
  }

  /// Returns the values as the engine's.
  ///
  /// - Parameter vector: A flat vector of stored values.
  /// - Returns: A flat vector of as many rows and the same validity.
  /// - Throws: ``FileFormatError`` if a value does not fit.
  func convert(_ vector: Vector) throws(FileFormatError) -> Vector {
    switch self {
    case .none: return vector
    case .null: return Vector.nulls(.null, count: vector.count).flattened()
    case .widened: return try mapped(vector, Int32.self) { (value) in Int64(value) }
    case .unsigned32:
      return try mapped(vector, Int32.self) { (value) in Int64(UInt32(bitPattern: value)) }
    case .unsigned64:
      return try mapped(vector, Int64.self) { (value) in Int128(UInt64(bitPattern: value)) }
    case .int32Times(let factor): return try mapped(vector, Int32.self) { (value) in Int64(value) &* factor }
    case .int64Times(let factor):
      return try mapped(vector, Int64.self) { (value) throws(FileFormatError) in
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw .unsupported("time \(value) in milliseconds is out of range") }
        return product
      }
    case .dividedBy1000: return try mapped(vector, Int64.self) { (value) in value / 1000 }
    case .decimal64:
      return try mapped(vector, StringView.self) { (view) throws(FileFormatError) in
        let value = try LeafConversion.decimal(view)
        guard let narrow = Int64(exactly: value) else {
          throw .damagedEncoding("a decimal of at most 18 digits is \(value)")
        }
        return narrow
      }
    case .decimal128:
      return try mapped(vector, StringView.self) { (view) throws(FileFormatError) in
        try LeafConversion.decimal(view)
      }
    case .float16:
      return try mapped(vector, StringView.self) { (view) in
        guard view.byteCount == 2 else { return Float(0) }
        return LeafConversion.float(half: UInt16(view[0]) | UInt16(view[1]) &<< 8)
      }
    case .int96:
      return try mapped(vector, StringView.self) { (view) in
        let (low, middle, high) = LeafConversion.words(view)
        let nanos = Int64(bitPattern: UInt64(middle) &<< 32 | UInt64(low))
        // Julian day 2,440,588 is 1970-01-01.
        return (Int64(Int32(bitPattern: high)) &- 2_440_588) &* 86_400_000_000 &+ nanos / 1000
      }
    case .interval:
      return try mapped(vector, StringView.self) { (view) in
        let (months, days, millis) = LeafConversion.words(view)
        return Interval(
          months: Int32(truncatingIfNeeded: months), days: Int32(truncatingIfNeeded: days),
          micros: Int64(millis) &* 1000)
      }
    }
  }

  private func mapped<From: ColumnValue, To: ColumnValue>(
    _ vector: Vector, _ from: From.Type, _ body: (From) throws(FileFormatError) -> To
  ) throws(FileFormatError) -> Vector {
    let values = vector.values(as: From.self)
    var buffer = WritableBuffer(byteCount: vector.count * MemoryLayout<To>.stride)
    var room = buffer.elements(as: To.self, count: vector.count)
    for row in values.indices { room[row] = try body(values[row]) }
    return .flat(buffer.freeze(), of: To.self, count: vector.count, validity: vector.validity)
  }

  /// The number in big-endian two's complement; 0 for no bytes, which rows without a value have.
  static func decimal(_ view: StringView) throws(FileFormatError) -> Int128 {
    try view.withBytes { (bytes) throws(FileFormatError) in
      guard bytes.count > 0 else { return 0 }
      let sign: UInt8 = bytes[0] >= 0x80 ? 0xFF : 0
      let surplus = max(0, bytes.count - 16)
      for index in 0..<surplus where bytes[index] != sign {
        throw .damagedEncoding("a decimal of \(bytes.count) bytes does not fit 128 bits")
      }
      if surplus > 0, bytes[surplus] & 0x80 != sign & 0x80 {
        throw .damagedEncoding("a decimal of \(bytes.count) bytes does not fit 128 bits")
      }
      var value: UInt128 = sign == 0 ? 0 : .max
      for index in surplus..<bytes.count { value = value &<< 8 | UInt128(bytes[index]) }
      return Int128(bitPattern: value)
    }
  }

  /// The value of 16-bit IEEE 754 bits.
  static func float(half bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let (exponent, fraction) = (Int(bits >> 10 & 0x1F), Float(bits & 0x3FF))
    switch exponent {
    case 0: return sign * fraction / 16_777_216
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }

  private static func words(_ view: StringView) -> (UInt32, UInt32, UInt32) {
    guard view.byteCount == 12 else { return (0, 0, 0) }
    return view.withBytes { bytes in (bytes.half(at: 0), bytes.half(at: 4), bytes.half(at: 8)) }
  }
}
