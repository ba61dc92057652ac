package import Columnar

/// What a partition value, or a range of them, says of the source column.
///
/// This is the inverse image of a transform: `day = 19000` holds the microseconds of that day. A predicate
/// evaluated against it comes out as it would by the specification's inclusive projection (what might
/// match) and strict projection (what always does), for every transform alike.
package enum PartitionBounds {
  /// Returns the values of the source column that are mapped into `lower ... upper`.
  ///
  /// - Parameters:
  ///   - transform: The partition field's transform.
  ///   - type: The type of the source column.
  ///   - lower: The least partition value, or `nil` if unknown.
  ///   - upper: The greatest.
  /// - Returns: Bounds without counts.
  package static func source(
    _ transform: Transform, _ type: LogicalType, lower: ScalarValue?, upper: ScalarValue?
  ) -> ColumnBounds {
    switch transform {
    case .identity: return ColumnBounds(type, lower: lower, upper: upper)
    case .void, .unknown, .bucket: return ColumnBounds(type)
    case .truncate(let width):
      // The least integers floor below their type, and writers wrap around: such a value lies at the top.
      if case .integer(let value)? = upper, let greatest = greatest(type),
        value > greatest - Int64(clamping: width) + 1
      {
        return ColumnBounds(type)
      }
      var bounds = ColumnBounds(type, lower: lower, upper: upper.flatMap { lastTruncated($0, type, width) })
      if let lower, lower == upper, case .bytes(let prefix) = lower { bounds.prefix = prefix }
      return bounds
    case .year, .month, .day, .hour:
      guard let unit = transform.timeUnit(type) else { return ColumnBounds(type) }
      var (first, last): (ScalarValue?, ScalarValue?)
      if case .integer(let value)? = lower {
        // Old writers rounded times before 1970 towards zero instead of down: then a value up to 0 also
        // holds the unit before it.
        let begin = value <= 0 && type != .date ? value.subtractingReportingOverflow(1).partialValue : value
        first = begin > value ? nil : unit.firstTick(of: begin).map { .integer($0) }
      }
      if case .integer(let value)? = upper, value < .max {
        last = unit.firstTick(of: value + 1).map { .integer($0 - 1) }
      }
      return ColumnBounds(type, lower: first, upper: last)
    }
  }

  /// The greatest value of an integer type.
  private static func greatest(_ type: LogicalType) -> Int64? {
    switch type {
    case .tinyint, .smallint, .integer: Int64(Int32.max)
    case .bigint: Int64.max
    default: nil
    }
  }

  private static func lastTruncated(_ value: ScalarValue, _ type: LogicalType, _ width: Int) -> ScalarValue? {
    switch value {
    case .integer(let value):
      let (last, overflow) = value.addingReportingOverflow(Int64(width) - 1)
      return overflow ? nil : .integer(last)
    case .decimal(let value):
      let (last, overflow) = value.addingReportingOverflow(Int128(width) - 1)
      return overflow ? nil : .decimal(last)
    case .bytes(let bytes):
      // Shorter than the width: it was not cut.
      let length = type == .varchar ? bytes.count { $0 & 0xC0 != 0x80 } : bytes.count
      if length < width { return value }
      return successor(of: bytes).map { .bytes($0) }
    default: return nil
    }
  }

  /// Returns the least byte string above all those that begin with `bytes`; `nil` if there is none.
  package static func successor(of bytes: [UInt8]) -> [UInt8]? {
    var result = bytes
    while let last = result.popLast() {
      if last < 255 {
        result.append(last + 1)
        return result
      }
    }
    return nil
  }
}
