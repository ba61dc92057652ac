import Columnar
import Testing

@testable import FileFormats

@Suite("Parquet reader: parts that share what they decode") struct OpenRowGroupTests {
  /// Parts of all files we have equal the whole, in order and out of it, with wanted rows and without.
  @Test(arguments: ParquetReaderTests.checkedIn + ParquetReaderTests.matrix)
  func partsEqualTheWhole(_ file: ExpectedFile) throws {
    try ColumnText.forEachColumn(of: file) { reader, column, group, whole in
      for partRowCount in [97, 1024, 5000] where whole.count > partRowCount {
        var parts = stride(from: 0, to: whole.count, by: partRowCount).map {
          $0..<min($0 + partRowCount, whole.count)
        }
        if partRowCount == 1024 { parts.reverse() }
        // Many small parts of a long file show nothing that few do not.
        if parts.count > 40 { parts = Array(parts.prefix(20) + parts.suffix(20)) }
        let open = OpenRowGroup()
        for (number, rows) in parts.enumerated() {
          var bits: [Bool]?
          if number % 3 == 1 { bits = rows.map { $0 % 50 == 7 } }
          let vector = try reader.read(
            column: column, rowGroup: group, rows: rows, wanted: bits.map { Bitmap($0) }, sharing: open)
          let part = ColumnText.rows(vector, column)
          #expect(part.count == rows.count)
          for row in rows where bits?[row - rows.lowerBound] ?? true {
            #expect(part[row - rows.lowerBound] == whole[row], "\(column.name) row \(row)")
          }
        }
      }
    }
  }

  @Test(arguments: [false, true]) func partsReadTheDictionaryAndEachPageOnce(_ hasIndex: Bool) throws {
    let (file, rowCount) = (try CountingFile.ofRepeatedNumbers(), CountingFile.repeatedRowCount)
    var metadata = try ParquetReader(file).metadata
    if !hasIndex { metadata.rowGroups[0].columns[0].offsetIndex = nil }
    let reader = ParquetReader(file, metadata: metadata)
    let column = try #require(reader.column(named: "number"))
    let chunkByteCount = metadata.rowGroups[0].columns[0].compressedByteCount
    let before = file.readBytes
    let open = OpenRowGroup()
    var dictionaries: Set<ObjectIdentifier> = []
    var places: [Vector] = []
    for start in stride(from: 0, to: rowCount, by: 7_000) {
      let part = try reader.read(
        column: column, rowGroup: 0, rows: start..<min(start + 7_000, rowCount), sharing: open)
      dictionaries.insert(try #require(part.base).storageIdentity)
      places.append(part)
    }
    #expect(dictionaries.count == 1)
    let whole = try reader.read(column: column, rowGroup: 0)
    #expect(
      places.flatMap { part in (0..<part.count).map { part.scalar(at: $0, as: .bigint) } }
        == (0..<rowCount).map { whole.scalar(at: $0, as: .bigint) })
    // Headers are read twice: to find the pages, and with their pages.
    let readByteCount = file.readBytes - before - chunkByteCount
    #expect(readByteCount < chunkByteCount + 12 * 512 + 1024)
  }
}
