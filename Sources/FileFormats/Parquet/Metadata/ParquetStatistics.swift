/// What is known about the values of a column chunk or page (parquet.thrift, `Statistics`).
public struct ParquetStatistics: Hashable, Sendable {
  /// A lower bound in the plain encoding, without length; in the order the column's type defines.
  public var minValue: [UInt8]?
  /// An upper bound.
  public var maxValue: [UInt8]?
  /// Whether ``minValue`` occurs; `nil` when the file does not say.
  public var isMinValueExact: Bool?
  /// Whether ``maxValue`` occurs; `nil` when the file does not say.
  public var isMaxValueExact: Bool?
  /// Null values; of nested columns also those whose parents are null or empty.
  public var nullCount: Int?
  /// Distinct values.
  public var distinctCount: Int?

  /// Makes statistics that know nothing.
  public init() {}

  static func decode(
    _ field: ThriftField, from reader: inout ThriftReader
  ) throws(FileFormatError) -> ParquetStatistics {
    var statistics = ParquetStatistics()
    var fields = try reader.structure(field)
    while let field = try reader.next(&fields) {
      switch field.id {
      // 1 and 2 are the deprecated bounds, in signed order whatever the type: nothing may rely on them.
      case 3: statistics.nullCount = try reader.count64(field)
      case 4: statistics.distinctCount = try reader.count64(field)
      case 5: statistics.maxValue = try reader.binary(field)
      case 6: statistics.minValue = try reader.binary(field)
      case 7: statistics.isMaxValueExact = try reader.bool(field)
      case 8: statistics.isMinValueExact = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
    return statistics
  }

  func encode(_ id: Int, to writer: inout ThriftWriter) {
    writer.beginStructure(id)
    if let nullCount { writer.int64(3, nullCount) }
    if let distinctCount { writer.int64(4, distinctCount) }
    if let maxValue { writer.binary(5, maxValue) }
    if let minValue { writer.binary(6, minValue) }
    if let isMaxValueExact { writer.bool(7, isMaxValueExact) }
    if let isMinValueExact { writer.bool(8, isMinValueExact) }
    writer.endStructure()
  }
}

/// How large the values of a column chunk are once decoded (parquet.thrift, `SizeStatistics`).
///
/// Written for others; our reader has no use for them and passes them over.
public struct ParquetSizeStatistics: Hashable, Sendable {
  /// Bytes of all byte-array values, without lengths.
  public var unencodedByteArrayBytes: Int?
  /// How often each repetition level occurs.
  public var repetitionLevelHistogram: [Int64]?
  /// How often each definition level occurs.
  public var definitionLevelHistogram: [Int64]?

  /// Makes statistics that know nothing.
  public init() {}

  func encode(_ id: Int, to writer: inout ThriftWriter) {
    writer.beginStructure(id)
    if let unencodedByteArrayBytes { writer.int64(1, unencodedByteArrayBytes) }
    if let repetitionLevelHistogram { writer.int64s(2, repetitionLevelHistogram) }
    if let definitionLevelHistogram { writer.int64s(3, definitionLevelHistogram) }
    writer.endStructure()
  }
}
