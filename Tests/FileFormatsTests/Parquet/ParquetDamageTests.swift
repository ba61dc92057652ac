import Columnar
import Testing

@testable import FileFormats

/// Reads every column of every row group.
private func readAll(_ file: any RandomAccessFile) throws(FileFormatError) {
  let reader = try ParquetReader(file)
  for column in reader.metadata.schema.columns {
    for group in reader.metadata.rowGroups.indices {
      let vector = try reader.read(column: column, rowGroup: group)
      // Touches each value: a view that points astray shows here.
      _ = ColumnText.lines(vector, column.type)
      _ = try reader.pageIndex(column: column, rowGroup: group)
      let (open, middle) = (OpenRowGroup(), vector.count / 2)
      for rows in [0..<middle, middle..<vector.count] {
        _ = ColumnText.lines(
          try reader.read(column: column, rowGroup: group, rows: rows, sharing: open), column.type)
      }
    }
  }
}

@Suite("Parquet reader: damaged files") struct ParquetDamageTests {
  /// All but a page of codes of width 0, which can only mean entry 0, and which pyarrow reads as we do.
  static let bad = ParquetFolders.names(in: ParquetFolders.testing + "/bad_data").filter {
    !$0.hasSuffix("ARROW-GH-43605.parquet")
  }

  @Test(.enabled(if: !bad.isEmpty), arguments: bad) func badDataThrows(_ path: String) throws {
    let file = try LocalFileSystem().open(path)
    #expect(throws: FileFormatError.self) { try readAll(file) }
  }

  /// What `data` holds that pyarrow's table of expectations leaves out, or reads though it is damaged.
  @Test(
    .enabled(if: !bad.isEmpty),
    arguments: ["datapage_v1-corrupt-checksum.parquet", "rle-dict-uncompressed-corrupt-checksum.parquet"])
  func corruptChecksumThrows(_ name: String) throws {
    let file = try LocalFileSystem().open(ParquetFolders.testing + "/data/" + name)
    let error = #expect(throws: FileFormatError.self) { try readAll(file) }
    #expect(error?.message.contains("checksum") == true && error?.file != nil && error?.offset != nil)
  }

  @Test(.enabled(if: !bad.isEmpty)) func everyFileIsReadOrRefused() throws {
    for path in ParquetFolders.names(in: ParquetFolders.testing + "/data") where !path.contains("corrupt") {
      let file = try LocalFileSystem().open(path)
      do throws(FileFormatError) {
        try readAll(file)
      } catch {
        #expect(error.kind == .unsupported, "\(error)")
      }
    }
  }

  /// Bytes turned over at random: an error or wrong values, never a trap or a hang.
  @Test(arguments: ParquetReaderTests.checkedIn) func turnedBytesNeverTrap(_ file: ExpectedFile) throws {
    let original = try LocalFileSystem().readAll(file.path)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(truncatingIfNeeded: (state >> 33)) % limit
    }
    for _ in 0..<20 {
      var bytes = original
      for _ in 0..<1 + random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
      let memory = InMemoryFileSystem()
      let writable = try memory.create("a.parquet")
      try writable.write(bytes.span)
      try writable.close()
      let damaged = try memory.open("a.parquet")
      do throws(FileFormatError) { try readAll(damaged) } catch {}
    }
  }
}
