public import Columnar

extension Transform {
  /// Returns the partition value of a column value (Iceberg specification, "Partition transforms").
  ///
  /// - Parameters:
  ///   - value: A value of `type`, or null.
  ///   - type: The type of the source column.
  /// - Returns: A value of the transform's result type; null for null, for `void`, and for a transform
  ///   that is unknown or does not take the type.
  public func apply(_ value: ScalarValue, _ type: LogicalType) -> ScalarValue {
    switch self {
    case .identity: return value
    case .void, .unknown: return .null
    case .bucket(let count):
      guard count > 0, let hash = Transform.bucketHash(value, type) else { return .null }
      return .integer(Int64(hash & 0x7FFF_FFFF) % Int64(count))
    case .truncate(let width): return Transform.truncate(value, type, width: width)
    case .year, .month, .day, .hour:
      guard case .integer(let ticks) = value, let unit = timeUnit(type) else { return .null }
      return .integer(unit.value(ofTicks: ticks))
    }
  }

  /// The type of the transform's values, as the engine sees it.
  func resultType(of source: LogicalType) -> LogicalType {
    switch self {
    case .identity, .truncate, .void, .unknown: source
    case .bucket, .year, .month, .hour: .integer
    case .day: .date
    }
  }

  /// Returns the hash that `bucket` takes a value by; `nil` for null and for types without one.
  static func bucketHash(_ value: ScalarValue, _ type: LogicalType) -> UInt32? {
    switch (type, value) {
    case (.timestampNanos, .integer(let nanos)), (.timestampTZNanos, .integer(let nanos)):
      return BucketHash.hash(TimeUnits.floorDivide(nanos, 1000))
    case (_, .integer(let value)): return BucketHash.hash(value)
    case (_, .decimal(let unscaled)): return BucketHash.hash(unscaled)
    case (_, .bytes(let bytes)): return BucketHash.hash(bytes.span)
    default: return nil
    }
  }

  private static func truncate(_ value: ScalarValue, _ type: LogicalType, width: Int) -> ScalarValue {
    guard width > 0 else { return .null }
    switch value {
    case .integer(let value): return .integer(truncate(value, Int64(width)))
    case .decimal(let unscaled): return .decimal(truncate(unscaled, Int128(width)))
    case .bytes(let bytes):
      let count = truncatedCount(bytes.span, width: width, isText: type == .varchar)
      return .bytes(Array(bytes[..<count]))
    default: return .null
    }
  }

  /// Rounds down to a multiple of `width`, towards minus infinity (rule 56).
  @inline(__always) static func truncate<Value: FixedWidthInteger>(_ value: Value, _ width: Value) -> Value {
    let remainder = value % width
    return value &- (remainder < 0 ? remainder &+ width : remainder)
  }

  /// Returns how many bytes the first `width` code points, or bytes if it is no text, take.
  static func truncatedCount(_ bytes: Span<UInt8>, width: Int, isText: Bool) -> Int {
    guard isText else { return min(width, bytes.count) }
    if bytes.count <= width { return bytes.count }
    var codePoints = 0
    for index in bytes.indices where bytes[index] & 0xC0 != 0x80 {
      if codePoints == width { return index }
      codePoints &+= 1
    }
    return bytes.count
  }

  /// Returns how `year`, `month`, `day` or `hour` counts values of `type`; `nil` if it does not take them.
  func timeUnit(_ type: LogicalType) -> TimeUnit? {
    guard let ticksPerDay = TimeUnits.ticksPerDay(type) else { return nil }
    switch self {
    case .year: return .months(12, ticksPerDay: ticksPerDay)
    case .month: return .months(1, ticksPerDay: ticksPerDay)
    case .day: return .ticks(ticksPerDay)
    case .hour: return ticksPerDay == 1 ? nil : .ticks(ticksPerDay / 24)
    default: return nil
    }
  }

  /// How a time transform counts.
  enum TimeUnit {
    /// Units of so many ticks.
    case ticks(Int64)
    /// Units of so many months.
    case months(Int64, ticksPerDay: Int64)

    func value(ofTicks ticks: Int64) -> Int64 {
      switch self {
      case .ticks(let unit): return TimeUnits.floorDivide(ticks, unit)
      case .months(let count, let ticksPerDay):
        let month = TimeUnits.month(ofDay: TimeUnits.floorDivide(ticks, ticksPerDay))
        return TimeUnits.floorDivide(month, count)
      }
    }

    /// Returns the first tick of a unit; `nil` where that does not fit.
    func firstTick(of value: Int64) -> Int64? {
      switch self {
      case .ticks(let unit):
        let (ticks, overflow) = value.multipliedReportingOverflow(by: unit)
        return overflow ? nil : ticks
      case .months(let count, let ticksPerDay):
        // Beyond this no day number fits 32 bits.
        guard abs(value) < 100_000_000 else { return nil }
        let day = TimeUnits.firstDay(ofMonth: value * count)
        let (ticks, overflow) = day.multipliedReportingOverflow(by: ticksPerDay)
        return overflow ? nil : ticks
      }
    }
  }
}
