import Columnar
import Testing

@testable import FileFormats

@Suite("Parquet: page index") struct ParquetPageIndexTests {
  /// Reads a part of a file that the footer names.
  private func reader(
    _ file: any RandomAccessFile, _ place: ColumnChunkMetadata.Location?
  ) throws -> ThriftReader {
    let place = try #require(place)
    let bytes = try file.read(at: place.offset, count: place.byteCount)
    return ThriftReader(bytes, range: 0..<place.byteCount, fileOffset: place.offset)
  }

  @Test func boundsOfEachPageAreThoseOfItsRows() throws {
    var options = ParquetWriteOptions()
    (options.pageRowCount, options.rowGroupRowCount) = (1000, 4000)
    let system = InMemoryFileSystem()
    let file = try system.create("t")
    let writer = try ParquetWriter(
      schema: [ParquetWriteField("n", .bigint), ParquetWriteField("t", .varchar)], options: options, to: file)
    var random = SplitMix(seed: 4)
    var numbers: [Int64?] = []
    for part in 0..<10 {
      var (n, t) = (VectorBuilder(.bigint), VectorBuilder(.varchar))
      for row in 0..<900 {
        let isNull = part == 3 || random.next(below: 5) == 0
        let value = Int64(part * 1000 + random.next(below: 1500)) * (row % 2 == 0 ? 1 : 1_000_003)
        numbers.append(isNull ? nil : value)
        if isNull { n.appendNull() } else { n.append(.integer(value)) }
        t.append(.text(String(repeating: "é", count: 40) + "\(10_000 + part * 1000 + row)"))
      }
      try writer.write(Batch(columns: [n.finish(), t.finish()], rowCount: 900))
    }
    _ = try writer.finish()
    try file.close()

    let written = try system.open("t")
    let metadata = try ParquetFooter.read(written)
    #expect(metadata.rowGroups.map(\.rowCount) == [4000, 4000, 1000])
    var groupStart = 0
    for group in metadata.rowGroups {
      var columns = try reader(written, group.columns[0].columnIndex)
      var offsets = try reader(written, group.columns[0].offsetIndex)
      let index = try ParquetColumnIndex.decode(from: &columns)
      let pages = try ParquetOffsetIndex.decode(from: &offsets).pages
      #expect(index.isNullPage.count == pages.count)
      for page in pages.indices {
        let end = page + 1 < pages.count ? pages[page + 1].firstRow : group.rowCount
        let rows = numbers[groupStart + pages[page].firstRow..<groupStart + end]
        let values = rows.compactMap { $0 }
        #expect(rows.count <= 1000)
        #expect(index.nullCounts?[page] == Int64(rows.count - values.count))
        #expect(index.isNullPage[page] == values.isEmpty)
        guard let least = values.min(), let greatest = values.max() else { continue }
        #expect(index.minValues[page] == least.plainBytes(width: 8))
        #expect(index.maxValues[page] == greatest.plainBytes(width: 8))
        // The page's header stands where the index says, and fits its length.
        let bytes = try written.read(at: pages[page].offset, count: pages[page].byteCount)
        var header = ThriftReader(bytes, range: 0..<pages[page].byteCount)
        let decoded = try ParquetPageHeader.decode(from: &header)
        #expect(header.position + decoded.compressedByteCount == pages[page].byteCount)
      }
      var texts = try reader(written, group.columns[1].columnIndex)
      let textIndex = try ParquetColumnIndex.decode(from: &texts)
      #expect(textIndex.boundaryOrder == .ascending)
      // 64 bytes are 32 of the characters; the last of the upper bound is raised.
      #expect(textIndex.minValues[0] == Array(String(repeating: "é", count: 32).utf8))
      #expect(textIndex.maxValues[0] == Array((String(repeating: "é", count: 31) + "ê").utf8))
      #expect(group.columns[1].statistics?.isMaxValueExact == false)
      groupStart += group.rowCount
    }
  }

  @Test func pagesOfNaNOnlyHaveNoIndexAndNoBounds() throws {
    let system = InMemoryFileSystem()
    let file = try system.create("t")
    let writer = try ParquetWriter(schema: [ParquetWriteField("d", .double)], to: file)
    try writer.write(Batch(columns: [.flat([Double.nan, .nan])], rowCount: 2))
    let summary = try writer.finish()
    try file.close()

    let chunk = try ParquetFooter.read(system.open("t")).rowGroups[0].columns[0]
    #expect(chunk.columnIndex == nil)
    #expect(chunk.statistics?.minValue == nil)
    #expect(summary.columns[0].nanCount == 2)
    #expect(summary.columns[0].minValue == nil)
  }

  @Test func aFileWithoutRowsHasNoRowGroups() throws {
    let system = InMemoryFileSystem()
    let file = try system.create("t")
    let summary = try ParquetWriter(schema: [ParquetWriteField("d", .double)], to: file).finish()
    try file.close()

    #expect(try ParquetFooter.read(system.open("t")).rowGroups.isEmpty)
    #expect(summary.splitOffsets.isEmpty)
    #expect(summary.columns[0].minValue == nil)
  }

  @Test func aNullInARequiredColumnIsRefused() throws {
    let file = try InMemoryFileSystem().create("t")
    let writer = try ParquetWriter(schema: [ParquetWriteField("d", .double, isRequired: true)], to: file)
    #expect(throws: FileFormatError.self) {
      try writer.write(Batch(columns: [.nulls(.double, count: 3)], rowCount: 3))
    }
  }
}
