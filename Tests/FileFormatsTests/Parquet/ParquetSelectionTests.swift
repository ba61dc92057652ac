import Columnar
import Testing

@testable import FileFormats

@Suite("Parquet reader: parts of row groups") struct ParquetSelectionTests {
  /// Ranges around page ends, with and without wanted rows.
  @Test(arguments: ParquetReaderTests.checkedIn + ParquetReaderTests.matrix)
  func partsEqualTheWhole(_ file: ExpectedFile) throws {
    try ColumnText.forEachColumn(of: file) { reader, column, group, whole in
      let count = whole.count
      for rows in [0..<count / 3, count / 3..<count, count / 2..<count / 2 + min(1, count - count / 2)] {
        let part = ColumnText.rows(try reader.read(column: column, rowGroup: group, rows: rows), column)
        #expect(part == Array(whole[rows]), "\(column.name) \(rows)")
      }
      guard count > 10 else { return }
      let rows = 5..<count - 2
      var bits = [Bool](repeating: false, count: rows.count)
      for row in stride(from: 7, to: rows.count, by: 777) { bits[row] = true }
      let vector = try reader.read(column: column, rowGroup: group, rows: rows, wanted: Bitmap(bits))
      #expect(vector.count == rows.count)
      let part = ColumnText.rows(vector, column)
      for row in bits.indices where bits[row] {
        #expect(part[row] == whole[rows.lowerBound + row], "\(column.name) row \(row)")
      }
    }
  }

  @Test(arguments: ParquetReaderTests.checkedIn + ParquetReaderTests.matrix)
  func boundsHoldForAllValues(_ file: ExpectedFile) throws {
    let reader = try ParquetReader(try LocalFileSystem().open(file.path))
    for column in reader.metadata.schema.columns where column.leaf != nil {
      for group in reader.metadata.rowGroups.indices {
        let vector = try reader.read(column: column, rowGroup: group)
        let bounds = reader.bounds(column: column, rowGroup: group)
        check(bounds, vector, 0..<vector.count, column)
        for page in try reader.pageIndex(column: column, rowGroup: group) ?? [] {
          check(page.bounds, vector, page.rows, column)
          if page.isNull == true { #expect(page.rows.allSatisfy { vector.isNull(at: $0) }) }
        }
        if let dictionary = try reader.dictionary(column: column, rowGroup: group) {
          #expect(vector.encoding == .dictionary && dictionary.count == vector.base?.count)
        }
      }
    }
  }

  @Test(
    .enabled(if: !ParquetDamageTests.bad.isEmpty),
    arguments: ["data_index_bloom_encoding_stats.parquet", "data_index_bloom_encoding_with_length.parquet"])
  func bloomFilterKnowsItsValues(_ name: String) throws {
    let path = ParquetFolders.testing + "/data/" + name
    let reader = try ParquetReader(try LocalFileSystem().open(path))
    let column = try #require(reader.metadata.schema.columns.first)
    let leaf = try #require(column.leaf)
    let filter = try #require(try reader.bloomFilter(column: column, rowGroup: 0))
    let vector = try reader.read(column: column, rowGroup: 0)
    for row in 0..<vector.count {
      let hash = try #require(BloomFilter.hash(of: vector.scalar(at: row, as: column.type), in: leaf))
      #expect(filter.mightContain(hash: hash))
    }
    let misses = (0..<200).count { number in
      BloomFilter.hash(of: .text("not there \(number)"), in: leaf).map { !filter.mightContain(hash: $0) }
        ?? false
    }
    #expect(misses > 150)
  }

  private func check(_ bounds: ColumnBounds, _ vector: Vector, _ rows: Range<Int>, _ column: ParquetColumn) {
    let values = rows.map { vector.scalar(at: $0, as: column.type) }
    if let nullCount = bounds.nullCount { #expect(values.count(where: \.isNull) == nullCount) }
    for value in values where !value.isNull {
      if let min = bounds.min { #expect(!isLess(value, min), "\(column.name) \(value) below \(min)") }
      if let max = bounds.max { #expect(!isLess(max, value), "\(column.name) \(value) above \(max)") }
    }
  }

  private func isLess(_ left: ScalarValue, _ right: ScalarValue) -> Bool {
    switch (left, right) {
    case (.boolean(let a), .boolean(let b)): !a && b
    case (.integer(let a), .integer(let b)): a < b
    case (.decimal(let a), .decimal(let b)): a < b
    case (.real(let a), .real(let b)): a < b
    case (.double(let a), .double(let b)): a < b
    case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b)
    default: true
    }
  }
}
