internal import Columnar
internal import FileFormats

/// What the statistics of a Parquet file say, as values.
enum ParquetBounds {
  /// Returns what is known of a column chunk, in the type that the file's column has.
  ///
  /// Bounds of INT96 say nothing, and deprecated ones only something where signed order is the type's own
  /// (rule 58).
  static func bounds(_ metadata: ParquetFileMetadata, _ column: ParquetColumn, rowGroup: Int) -> ColumnBounds?
  {
    guard let leaf = column.leaf, column.repetitionLevel == 0 else { return nil }
    let index = column.leafIndices.lowerBound
    let group = metadata.rowGroups[rowGroup]
    guard let statistics = group.columns[index].statistics else {
      return ColumnBounds(column.type, valueCount: group.rowCount)
    }
    var (low, high) = (statistics.minValue, statistics.maxValue)
    if !metadata.hasUsableOrder(leaf: index) { (low, high) = (nil, nil) }
    if low == nil && high == nil && isSigned(leaf) {
      (low, high) = (statistics.legacyMin, statistics.legacyMax)
    }
    return ColumnBounds(
      column.type, lower: low.flatMap { value($0, leaf) }, upper: high.flatMap { value($0, leaf) },
      nullCount: statistics.nullCount, valueCount: group.rowCount)
  }

  /// Whether the order of the deprecated bounds is that of the type.
  private static func isSigned(_ leaf: ParquetLeaf) -> Bool {
    switch leaf.physicalType {
    case .boolean, .float, .double: return true
    case .int32, .int64:
      if case .integer(_, isSigned: false)? = leaf.annotation { return false }
      return true
    case .int96, .byteArray, .fixedLengthByteArray: return false
    }
  }

  /// Returns a value in the plain encoding, as the engine sees the column's values; `nil` if that says nothing.
  static func value(_ bytes: [UInt8], _ leaf: ParquetLeaf) -> ScalarValue? {
    switch leaf.physicalType {
    case .boolean: return bytes.count == 1 ? .boolean(bytes[0] != 0) : nil
    case .int32:
      guard bytes.count == 4 else { return nil }
      let bits = UInt32(truncatingIfNeeded: little(bytes))
      switch (leaf.annotation, leaf.logicalType) {
      case (.integer(_, isSigned: false)?, _): return .integer(Int64(bits))
      case (_, .decimal): return .decimal(Int128(Int32(bitPattern: bits)))
      case (.time(.millis, _)?, _): return .integer(Int64(Int32(bitPattern: bits)) * 1000)
      default: return .integer(Int64(Int32(bitPattern: bits)))
      }
    case .int64:
      guard bytes.count == 8 else { return nil }
      let bits = little(bytes)
      let number = Int64(bitPattern: bits)
      switch (leaf.annotation, leaf.logicalType) {
      case (.integer(_, isSigned: false)?, _): return .decimal(Int128(bits))
      case (_, .decimal): return .decimal(Int128(number))
      case (.time(.nanos, _)?, _): return .integer(TimeUnits.floorDivide(number, 1000))
      case (.timestamp(.millis, _)?, _):
        let (micros, overflow) = number.multipliedReportingOverflow(by: 1000)
        return overflow ? nil : .integer(micros)
      default: return .integer(number)
      }
    case .int96: return nil
    case .float:
      return bytes.count == 4 ? .real(Float(bitPattern: UInt32(truncatingIfNeeded: little(bytes)))) : nil
    case .double: return bytes.count == 8 ? .double(Double(bitPattern: little(bytes))) : nil
    case .byteArray, .fixedLengthByteArray:
      switch leaf.logicalType {
      case .decimal: return (1...16).contains(bytes.count) ? .decimal(SingleValue.decimal(bytes)) : nil
      case .varchar, .binary, .fixed, .uuid: return .bytes(bytes)
      default: return nil
      }
    }
  }

  private static func little(_ bytes: [UInt8]) -> UInt64 {
    var value: UInt64 = 0
    for byte in bytes.reversed() { value = value &<< 8 | UInt64(byte) }
    return value
  }
}
