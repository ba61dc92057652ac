internal import Columnar
internal import FileFormats

extension FuzzTarget {
  static let parquet = [
    FuzzTarget("parquet-footer") { bytes in
      complaint { () throws(FileFormatError) in
        _ = try ParquetFooter.read(InMemoryFile(path: "fuzz.parquet", bytes: bytes))
      }
    },
    FuzzTarget("parquet") { bytes in
      complaint { () throws(FileFormatError) in
        try readEverything(ParquetReader(InMemoryFile(path: "fuzz.parquet", bytes: bytes)))
      }
    },
    FuzzTarget("thrift") { bytes in
      guard let first = bytes.first else { return nil }
      return complaint { () throws(FileFormatError) in
        let count = bytes.count - 1
        let buffer = try InMemoryFile(bytes: bytes).read(at: 1, count: count)
        var reader = ThriftReader(buffer, range: 0..<count, fileOffset: 1)
        switch first % 6 {
        case 0: _ = try ParquetFileMetadata.decode(from: &reader)
        case 1: _ = try ParquetPageHeader.decode(from: &reader)
        case 2: _ = try ParquetColumnIndex.decode(from: &reader)
        case 3: _ = try ParquetOffsetIndex.decode(from: &reader)
        case 4: _ = try BloomFilterHeader.decode(from: &reader)
        default:
          var fields = try reader.beginStructure()
          while let field = try reader.next(&fields) { try reader.skip(field) }
        }
      }
    },
    FuzzTarget("variant") { bytes in
      guard let first = bytes.first else { return nil }
      let end = min(1 + Int(first), bytes.count)
      return complaint { () throws(FileFormatError) in
        let text = try VariantColumn.text(metadata: Array(bytes[1..<end]), value: Array(bytes[end...]))
        _ = try JSONParser.parse(text)
      }
    },
  ]

  /// Rows of one read: a few bytes can rightly stand for billions of nulls, which no reader asks for at once.
  private static let window = 8192

  /// Reads the first and the last rows of every column of every row group, and all that helps to skip some.
  private static func readEverything(_ reader: ParquetReader) throws(FileFormatError) {
    var failure: FileFormatError?
    func attempt(_ body: () throws(FileFormatError) -> Void) {
      do throws(FileFormatError) {
        try body()
      } catch {
        if failure == nil || error.kind == .internal { failure = error }
      }
    }
    for column in reader.metadata.schema.columns.prefix(64) {
      for group in reader.metadata.rowGroups.indices.prefix(16) {
        let rowCount = reader.metadata.rowGroups[group].rowCount
        let ranges = [0..<min(window, rowCount), max(0, rowCount - window)..<rowCount]
        for rows in ranges.prefix(rowCount > window ? 2 : 1) {
          attempt { () throws(FileFormatError) in
            touch(try reader.read(column: column, rowGroup: group, rows: rows), column.type)
          }
          attempt { () throws(FileFormatError) in
            let sparse = Bitmap(rows.map { $0 % 97 == 0 })
            _ = try reader.read(column: column, rowGroup: group, rows: rows, wanted: sparse)
          }
        }
        let open = OpenRowGroup()
        let middle = min(window, rowCount) / 2
        for rows in [0..<middle, middle..<min(window, rowCount)] {
          attempt { () throws(FileFormatError) in
            let part = try reader.read(column: column, rowGroup: group, rows: rows, sharing: open)
            touch(part, column.type)
          }
        }
        guard column.leaf != nil else { continue }
        _ = reader.bounds(column: column, rowGroup: group)
        attempt { () throws(FileFormatError) in _ = try reader.pageIndex(column: column, rowGroup: group) }
        attempt { () throws(FileFormatError) in
          _ = try reader.bloomFilter(column: column, rowGroup: group)?.mightContain(hash: 42)
        }
        attempt { () throws(FileFormatError) in
          if let entries = try reader.dictionary(column: column, rowGroup: group) {
            touch(entries, column.type)
          }
        }
      }
    }
    if let failure { throw failure }
  }

  /// Looks at each value: a view that points astray shows here.
  private static func touch(_ vector: Vector, _ type: LogicalType) {
    for row in 0..<min(vector.count, window) { _ = vector.scalar(at: row, as: type) }
  }

  /// Returns a complaint if an error says that we have a bug.
  static func complaint(_ body: () throws(FileFormatError) -> Void) -> String? {
    do throws(FileFormatError) {
      try body()
      return nil
    } catch {
      return error.kind == .internal ? "an internal error: \(error)" : nil
    }
  }
}
