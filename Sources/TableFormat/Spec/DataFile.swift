public import Columnar

/// A file of rows, or of deletes, as manifests describe it (Iceberg spec, "Data File Fields").
public struct DataFile: Hashable, Sendable {
  /// What a file holds.
  public enum Content: Int, Sendable {
    case data = 0
    case positionDeletes = 1
    case equalityDeletes = 2
  }

  /// How a file is encoded.
  public enum Format: Hashable, Sendable {
    case parquet
    case avro
    case orc
    /// A Puffin file that holds deletion vectors.
    case puffin
    case other(String)

    /// Reads the name that manifests use, in any case.
    public init(_ text: String) {
      switch text.uppercased() {
      case "PARQUET": self = .parquet
      case "AVRO": self = .avro
      case "ORC": self = .orc
      case "PUFFIN": self = .puffin
      default: self = .other(text)
      }
    }

    /// The name that manifests use.
    public var name: String {
      switch self {
      case .parquet: "PARQUET"
      case .avro: "AVRO"
      case .orc: "ORC"
      case .puffin: "PUFFIN"
      case .other(let text): text
      }
    }
  }

  /// What the file holds.
  public var content: Content
  /// Where it is, as the table spells it.
  public var path: String
  /// How it is encoded.
  public var format: Format
  /// The partition spec that `partition` belongs to.
  public var specID: Int
  /// The partition tuple, one value for each field of the spec.
  public var partition: [ScalarValue]
  /// Rows, deleted ones included.
  public var recordCount: Int64
  /// Bytes.
  public var fileSizeInBytes: Int64
  /// Bytes of each column.
  public var columnSizes = FieldCounts()
  /// Values of each column, nulls and NaNs included.
  public var valueCounts = FieldCounts()
  /// Nulls of each column.
  public var nullValueCounts = FieldCounts()
  /// NaNs of each floating-point column.
  public var nanValueCounts = FieldCounts()
  /// At most the least value of each column.
  public var lowerBounds = FieldBounds()
  /// At least the greatest value of each column.
  public var upperBounds = FieldBounds()
  /// Kept as it is; encrypted files are not read.
  public var keyMetadata: [UInt8]?
  /// Where row groups begin, ascending.
  public var splitOffsets: [Int64]?
  /// The columns an equality delete file compares.
  public var equalityIDs: [FieldID]?
  /// The sort order of the rows.
  public var sortOrderID: Int?
  /// The row id of the first row; `nil` inherits or is unknown (v3).
  public var firstRowID: Int64?
  /// The one data file that the deletes concern.
  public var referencedDataFile: String?
  /// Where a deletion vector begins in its Puffin file.
  public var contentOffset: Int64?
  /// The length of a deletion vector.
  public var contentSizeInBytes: Int64?

  /// Makes a file's description; metrics and the rest are set afterwards.
  public init(
    content: Content = .data, path: String, format: Format = .parquet, specID: Int = 0,
    partition: [ScalarValue] = [], recordCount: Int64, fileSizeInBytes: Int64
  ) {
    (self.content, self.path, self.format) = (content, path, format)
    (self.specID, self.partition) = (specID, partition)
    (self.recordCount, self.fileSizeInBytes) = (recordCount, fileSizeInBytes)
  }

  /// Whether the entry is a deletion vector in a Puffin file.
  public var isDeletionVector: Bool { content == .positionDeletes && format == .puffin }
}
