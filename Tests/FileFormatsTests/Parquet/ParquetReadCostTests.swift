import Columnar
import Synchronization
import Testing

@testable import FileFormats

/// Counts what is read of a file.
final class CountingFile: RandomAccessFile {
  let file: any RandomAccessFile
  private let counts = Mutex((calls: 0, bytes: 0))
  var path: String { file.path }
  var byteCount: Int { file.byteCount }
  var readBytes: Int { counts.withLock { $0.bytes } }
  var readCalls: Int { counts.withLock { $0.calls } }

  init(_ file: any RandomAccessFile) { self.file = file }

  func read(at offset: Int, into room: inout MutableSpan<UInt8>) throws(FileFormatError) {
    let count = room.count
    counts.withLock { $0 = ($0.calls + 1, $0.bytes + count) }
    try file.read(at: offset, into: &room)
  }

  static let repeatedRowCount = 200_000

  /// A file of one column of numbers that occur several times each.
  static func ofRepeatedNumbers() throws -> CountingFile {
    let values = (0..<repeatedRowCount).map { Int64($0 * 7919 % 5003) &* 1_000_003_000_007 }
    let files = InMemoryFileSystem()
    let file = try files.create("a.parquet")
    let writer = try ParquetWriter(schema: [ParquetWriteField("number", .bigint)], to: file)
    try writer.write(Batch(columns: [.flat(values)], rowCount: repeatedRowCount))
    _ = try writer.finish()
    try file.close()
    return CountingFile(try files.open("a.parquet"))
  }
}

@Suite("Parquet reader: what is read") struct ParquetReadCostTests {
  private static let rowCount = 200_000

  private func makeFile() throws -> CountingFile {
    var state: UInt64 = 1
    let values = (0..<Self.rowCount).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(bitPattern: state)
    }
    let files = InMemoryFileSystem()
    let file = try files.create("a.parquet")
    let writer = try ParquetWriter(schema: [ParquetWriteField("number", .bigint)], to: file)
    try writer.write(Batch(columns: [.flat(values)], rowCount: Self.rowCount))
    _ = try writer.finish()
    try file.close()
    return CountingFile(try files.open("a.parquet"))
  }

  @Test func aWholeColumnTakesOneRead() throws {
    let file = try makeFile()
    let reader = try ParquetReader(file)
    let before = file.readCalls
    let column = try #require(reader.column(named: "number"))
    _ = try reader.read(column: column, rowGroup: 0)
    #expect(file.readCalls == before + 1)
  }

  @Test func pagesWithoutWantedRowsAreNotRead() throws {
    let file = try makeFile()
    let reader = try ParquetReader(file)
    let column = try #require(reader.column(named: "number"))
    let whole = try reader.read(column: column, rowGroup: 0)
    let before = file.readBytes
    var bits = [Bool](repeating: false, count: Self.rowCount)
    for row in [0, 150_001] { bits[row] = true }

    let some = try reader.read(
      column: column, rowGroup: 0, rows: 0..<Self.rowCount, wanted: Bitmap(bits))

    #expect(file.readBytes - before < Self.rowCount * 8 / 4)
    for row in [0, 150_001] { #expect(some.int64s[row] == whole.int64s[row]) }
  }
}
