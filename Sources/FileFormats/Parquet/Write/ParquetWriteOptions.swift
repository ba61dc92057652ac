/// How a Parquet file is laid out; the defaults are those of Iceberg's `write.parquet.*` properties.
public struct ParquetWriteOptions: Sendable {
  /// How pages are compressed.
  public var codec = CompressionCodec.zstd
  /// The codec's level; `nil` for its default.
  public var level: Int?
  /// Bytes of a row group in the file and in memory, about.
  public var rowGroupByteCount = 128 << 20
  /// Rows of a row group, at most.
  public var rowGroupRowCount = 1 << 20
  /// Bytes of a page before compression, about.
  public var pageByteCount = 1 << 20
  /// Rows of a page, at most.
  public var pageRowCount = 20_000
  /// Bytes of a dictionary, about; a column that needs more goes on without.
  public var dictionaryByteCount = 2 << 20
  /// Whether columns may have a dictionary at all.
  public var usesDictionaries = true
  /// Whether integers and lengths may be stored as differences, rather than plain.
  public var usesDeltaEncodings = true
  /// Whether floating-point numbers are stored byte by byte of all values.
  public var splitsFloatingPointBytes = false
  /// The version of data pages, 1 or 2.
  public var dataPageVersion = 1
  /// Whether pages carry a CRC-32.
  public var writesChecksums = true
  /// Bytes of a bound of a text or binary column in the file's statistics, at most.
  public var boundByteCount = 64
  /// The bloom filters to write, by the leaf's path joined with dots.
  public var bloomFilters: [String: BloomFilter] = [:]
  /// The order of the rows, by leaf, when they have one.
  public var sortingColumns: [RowGroupMetadata.SortingColumn] = []
  /// The file's key-value metadata.
  public var keyValues: [ParquetFileMetadata.KeyValue] = []
  /// The program that writes the file.
  public var createdBy = "wequery"

  /// A bloom filter to write.
  public struct BloomFilter: Hashable, Sendable {
    /// How often it may say that a value occurs which does not.
    public var falsePositiveProbability = 0.01
    /// Bytes, at most.
    public var byteLimit = 1 << 20

    /// Makes a bloom filter of the default size.
    public init() {}
  }

  /// Makes the default options.
  public init() {}
}
