public import Columnar

/// A column of a Parquet file, or a field, element, key or value within one, as a reader sees it.
///
/// The groups that Parquet puts around the elements of lists and maps are folded in. With *d* the
/// ``definitionLevel`` and *r* the ``repetitionLevel`` of a column:
/// - its value is not null where the definition level is *d* or more;
/// - of a list or map, there is an element where the definition level is *d* + 1 or more, and an entry
///   with repetition level *r* + 1 continues the list of the row before.
///
/// This holds for the 3-level form of lists, for the older 2-level forms, and for bare repeated fields,
/// which are required lists of required elements (LogicalTypes.md, "Nested Types").
public struct ParquetColumn: Hashable, Sendable {
  /// The name; of elements and entries the one in the file.
  public let name: String
  /// The field id, by which Iceberg finds columns; `nil` when the file has none.
  public let fieldID: Int?
  /// What its values are to the engine.
  public let type: LogicalType
  /// Whether no value is null where the parent is not.
  public let isRequired: Bool
  /// The definition level from which on a value is not null.
  public let definitionLevel: Int
  /// The number of repeated nodes from the root to here.
  public let repetitionLevel: Int
  /// The leaves below, by their number in the file; of a leaf its own number.
  public let leafIndices: Range<Int>
  /// What it consists of.
  public let shape: Shape

  /// What a column consists of.
  public indirect enum Shape: Hashable, Sendable {
    case leaf(ParquetLeaf)
    case `struct`([ParquetColumn])
    case list(element: ParquetColumn)
    case map(key: ParquetColumn, value: ParquetColumn)
  }

  /// The leaf's storage; `nil` unless the column is a leaf.
  public var leaf: ParquetLeaf? {
    if case .leaf(let leaf) = shape { return leaf }
    return nil
  }

  /// The columns directly below: fields, the element, or key and value.
  public var children: [ParquetColumn] {
    switch shape {
    case .leaf: []
    case .struct(let fields): fields
    case .list(let element): [element]
    case .map(let key, let value): [key, value]
    }
  }
}

/// How the values of a leaf are stored.
public struct ParquetLeaf: Hashable, Sendable {
  /// The names from the root to the leaf, groups of lists and maps included.
  public let path: [String]
  /// How values are stored.
  public let physicalType: ParquetPhysicalType
  /// Bytes of a fixed-length value, 0 for other types.
  public let typeLength: Int
  /// What values mean; `nil` for plain physical values.
  public let annotation: ParquetAnnotation?

  /// What the values are to the engine: unsigned integers widen, what we do not know is what it is physically.
  public var logicalType: LogicalType {
    switch (physicalType, annotation) {
    case (.boolean, _): return .boolean
    case (.int32, .integer(8, isSigned: true)): return .tinyint
    case (.int32, .integer(8, isSigned: false)), (.int32, .integer(16, isSigned: true)): return .smallint
    case (.int32, .integer(32, isSigned: false)): return .bigint
    case (.int32, .date): return .date
    case (.int32, .time(.millis, _)): return .time
    case (.int32, .unknown), (.int64, .unknown), (.byteArray, .unknown): return .null
    case (.int64, .integer(64, isSigned: false)): return .decimal(precision: 20, scale: 0)
    case (.int64, .time(.micros, _)), (.int64, .time(.nanos, _)): return .time
    case (.int64, .timestamp(.nanos, let isUTC)): return isUTC ? .timestampTZNanos : .timestampNanos
    case (.int64, .timestamp(_, let isUTC)): return isUTC ? .timestampTZ : .timestamp
    case (.int96, _): return .timestamp
    case (.int32, .decimal(let precision, let scale)) where isDecimal(precision, scale, limit: 9),
      (.int64, .decimal(let precision, let scale)) where isDecimal(precision, scale, limit: 18),
      (.byteArray, .decimal(let precision, let scale)) where isDecimal(precision, scale, limit: 38),
      (.fixedLengthByteArray, .decimal(let precision, let scale))
    where isDecimal(precision, scale, limit: 38):
      return .decimal(precision: precision, scale: scale)
    case (.int32, _): return .integer
    case (.int64, _): return .bigint
    case (.float, _): return .real
    case (.double, _): return .double
    case (.byteArray, .string), (.byteArray, .enum), (.byteArray, .json): return .varchar
    case (.byteArray, _): return .binary
    case (.fixedLengthByteArray, .uuid) where typeLength == 16: return .uuid
    case (.fixedLengthByteArray, .float16) where typeLength == 2: return .real
    case (.fixedLengthByteArray, .interval) where typeLength == 12: return .interval
    case (.fixedLengthByteArray, _): return .fixed(length: typeLength)
    }
  }

  /// Whether the values are read as the decimal their annotation states, rather than as plain bytes.
  private func isDecimal(_ precision: Int, _ scale: Int, limit: Int) -> Bool {
    precision >= 1 && precision <= limit && scale >= 0 && scale <= precision
  }
}
