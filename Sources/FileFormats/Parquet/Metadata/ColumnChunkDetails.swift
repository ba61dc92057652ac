internal import Columnar

/// What of a column chunk's metadata only scans of that column ask for.
struct ColumnChunkDetails: Hashable, Sendable {
  var encodings: [ParquetEncoding] = []
  var pageEncodings: [ColumnChunkMetadata.PageEncodingCount] = []
  var statistics: ParquetStatistics?

  /// Whether all data pages are dictionary-encoded, by the counts of pages or by the list of encodings.
  var hasOnlyCodes: Bool {
    guard pageEncodings.isEmpty else {
      let dataPages = pageEncodings.filter { $0.pageKind == 0 || $0.pageKind == 3 }
      return !dataPages.isEmpty
        && dataPages.allSatisfy {
          $0.count == 0 || $0.encoding == .rleDictionary || $0.encoding == .plainDictionary
        }
    }
    // In the old naming the dictionary itself is not listed as plain.
    return encodings.contains(.plainDictionary)
      && encodings.allSatisfy { $0 == .plainDictionary || $0 == .rle || $0 == .bitPacked }
  }
}

/// The same, as the footer's bytes.
///
/// The bytes were passed over once, so they are sound as thrift. A field that holds another type than it should
/// counts as absent: then nothing is pruned by it, which is slow and right.
struct StoredColumnChunkDetails: Hashable, Sendable {
  private let reader: ThriftReader

  /// Remembers the `ColumnMetaData` that began at `start` and ends where the reader stands.
  init(_ reader: ThriftReader, from start: Int) { self.reader = reader.part(start..<reader.position) }

  var decoded: ColumnChunkDetails {
    var (reader, details) = (reader, ColumnChunkDetails())
    try? Self.read(&reader, into: &details)
    return details
  }

  private static func read(
    _ reader: inout ThriftReader, into details: inout ColumnChunkDetails
  ) throws(FileFormatError) {
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 2: details.encodings = try reader.int32s(field).map { ParquetEncoding(rawValue: $0) }
      case 12: details.statistics = try ParquetStatistics.decode(field, from: &reader)
      case 13:
        let count = try reader.list(field, of: .structure)
        details.pageEncodings.reserveCapacity(count)
        for _ in 0..<count {
          details.pageEncodings.append(try ColumnChunkMetadata.PageEncodingCount.decode(from: &reader))
        }
      default: try reader.skip(field)
      }
    }
  }

  static func == (left: Self, right: Self) -> Bool { left.decoded == right.decoded }
  func hash(into hasher: inout Hasher) { decoded.hash(into: &hasher) }
}

extension ColumnChunkMetadata.PageEncodingCount {
  static func decode(from reader: inout ThriftReader) throws(FileFormatError) -> Self {
    var pages = Self(pageKind: 0, encoding: .plain, count: 0)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: pages.pageKind = Int(try reader.int32(field))
      case 2: pages.encoding = ParquetEncoding(rawValue: try reader.int32(field))
      case 3: pages.count = try reader.count32(field)
      default: try reader.skip(field)
      }
    }
    return pages
  }

  func encode(to writer: inout ThriftWriter) {
    writer.beginStructure()
    writer.int32(1, pageKind)
    writer.int32(2, Int(encoding.rawValue))
    writer.int32(3, count)
    writer.endStructure()
  }
}
