/// How a leaf's values are stored (parquet.thrift, `Type`).
public enum ParquetPhysicalType: Int32, Hashable, Sendable {
  case boolean = 0
  case int32 = 1
  case int64 = 2
  /// Deprecated 12-byte timestamps: nanoseconds of the day, then the Julian day.
  case int96 = 3
  case float = 4
  case double = 5
  case byteArray = 6
  case fixedLengthByteArray = 7
}

/// How often a node of the schema occurs in its parent (parquet.thrift, `FieldRepetitionType`).
public enum ParquetRepetition: Int32, Hashable, Sendable {
  case required = 0
  case optional = 1
  case repeated = 2
}

/// How the values of a page are laid out (parquet.thrift, `Encoding`); numbers we do not know are kept.
public struct ParquetEncoding: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number in the file.
  public let rawValue: Int32
  /// Makes an encoding of any number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Values one after the other.
  public static let plain = ParquetEncoding(rawValue: 0)
  /// The old name of ``rleDictionary`` in data pages and of ``plain`` in dictionary pages.
  public static let plainDictionary = ParquetEncoding(rawValue: 2)
  /// Runs and bit-packed groups: levels and booleans.
  public static let rle = ParquetEncoding(rawValue: 3)
  /// Deprecated bit-packed levels.
  public static let bitPacked = ParquetEncoding(rawValue: 4)
  /// Differences in blocks of 128.
  public static let deltaBinaryPacked = ParquetEncoding(rawValue: 5)
  /// Lengths as differences, then the bytes.
  public static let deltaLengthByteArray = ParquetEncoding(rawValue: 6)
  /// Shared prefixes with the value before.
  public static let deltaByteArray = ParquetEncoding(rawValue: 7)
  /// Codes of a dictionary page as runs and bit-packed groups.
  public static let rleDictionary = ParquetEncoding(rawValue: 8)
  /// Byte *k* of all values, for each *k*.
  public static let byteStreamSplit = ParquetEncoding(rawValue: 9)

  /// The specification's name.
  public var description: String {
    switch self {
    case .plain: "PLAIN"
    case .plainDictionary: "PLAIN_DICTIONARY"
    case .rle: "RLE"
    case .bitPacked: "BIT_PACKED"
    case .deltaBinaryPacked: "DELTA_BINARY_PACKED"
    case .deltaLengthByteArray: "DELTA_LENGTH_BYTE_ARRAY"
    case .deltaByteArray: "DELTA_BYTE_ARRAY"
    case .rleDictionary: "RLE_DICTIONARY"
    case .byteStreamSplit: "BYTE_STREAM_SPLIT"
    default: "encoding \(rawValue)"
    }
  }
}

/// How pages are compressed (parquet.thrift, `CompressionCodec`); numbers we do not know are kept.
public struct ParquetCodec: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number in the file.
  public let rawValue: Int32
  /// Makes a codec of any number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Makes the codec of that name in Parquet.
  public init(_ codec: CompressionCodec) {
    switch codec {
    case .uncompressed: rawValue = 0
    case .snappy: rawValue = 1
    case .gzip: rawValue = 2
    case .lz4Hadoop: rawValue = 5
    case .zstd: rawValue = 6
    case .lz4Raw: rawValue = 7
    }
  }

  /// Returns the codec to decompress with.
  ///
  /// - Returns: The codec.
  /// - Throws: `.unsupported` by name for LZO, Brotli and numbers we do not know.
  public func compression() throws(FileFormatError) -> CompressionCodec {
    switch rawValue {
    case 0: return .uncompressed
    case 1: return .snappy
    case 2: return .gzip
    case 5: return .lz4Hadoop
    case 6: return .zstd
    case 7: return .lz4Raw
    default: throw .unsupported("Parquet pages compressed with \(description) are not supported")
    }
  }

  /// The specification's name.
  public var description: String {
    switch rawValue {
    case 0: "UNCOMPRESSED"
    case 1: "SNAPPY"
    case 2: "GZIP"
    case 3: "LZO"
    case 4: "BROTLI"
    case 5: "LZ4"
    case 6: "ZSTD"
    case 7: "LZ4_RAW"
    default: "codec \(rawValue)"
    }
  }
}
