public import Columnar

/// What a finished Parquet file holds: what Iceberg's manifests state about it.
public struct ParquetWriteSummary: Sendable {
  /// Rows.
  public var rowCount = 0
  /// Bytes of the file.
  public var byteCount = 0
  /// Where each row group begins.
  public var splitOffsets: [Int64] = []
  /// The leaves, in schema order.
  public var columns: [Column] = []

  /// What is known about one leaf.
  public struct Column: Sendable {
    /// The names from the root to the leaf.
    public var path: [String]
    /// The field id, if one was given.
    public var fieldID: Int?
    /// What the values are.
    public var type: LogicalType
    /// Whether it lies in a list or map, so that its counts are not those of rows.
    public var isRepeated: Bool
    /// Values, nulls included.
    public var valueCount = 0
    /// Nulls, those of parents included.
    public var nullCount = 0
    /// NaNs; `nil` unless the type is a floating-point one.
    public var nanCount: Int?
    /// The smallest value, NaN left out, whole; `nil` when there is none.
    public var minValue: ScalarValue?
    /// The largest value.
    public var maxValue: ScalarValue?
    /// Bytes of its pages in the file.
    public var compressedByteCount = 0
  }

  /// Makes the summary of an empty file.
  public init() {}
}
