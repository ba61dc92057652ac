import Columnar
import Testing

@testable import FileFormats

@Suite("Parquet: footer") struct ParquetFooterTests {
  static let files = ParquetFixtures.files(in: "data")

  @Test(arguments: files) func readsOrNamesWhatItDoesNotSupport(name: String) throws {
    let path = ParquetFixtures.path("data", name)
    do throws(FileFormatError) {
      let metadata = try ParquetFooter.read(LocalFileSystem().open(path))

      #expect(metadata.schema.leaves.count > 0)
      // Written again and read again, nothing is lost.
      var writer = ThriftWriter()
      metadata.encode(to: &writer)
      let bytes = writer.bytes
      var buffer = WritableBuffer(byteCount: bytes.count)
      var room = buffer.elements(as: UInt8.self, count: bytes.count)
      for index in bytes.indices { room[index] = bytes[index] }
      var reader = ThriftReader(buffer.freeze(), range: 0..<bytes.count)
      let again = try ParquetFileMetadata.decode(from: &reader)
      // Of a logical type that we do not know nothing can be written.
      if !name.hasPrefix("unknown-logical") { #expect(again.schema.leaves == metadata.schema.leaves) }
      #expect(again.rowGroups == metadata.rowGroups)
      #expect(again.keyValues == metadata.keyValues)
    } catch {
      #expect(error.kind == .unsupported, "\(error)")
    }
  }

  @Test func everyPrefixOfAFooterThrows() throws {
    let bytes = try LocalFileSystem().readAll(ParquetFixtures.path("data", "nested_maps.snappy.parquet"))
    let footer = bytes.count - 8 - Int(bytes[bytes.count - 8]) - Int(bytes[bytes.count - 7]) << 8
    for cut in stride(from: 0, to: bytes.count - 8 - footer, by: 7) {
      var buffer = WritableBuffer(byteCount: cut)
      var room = buffer.elements(as: UInt8.self, count: cut)
      for index in 0..<cut { room[index] = bytes[footer + index] }
      var reader = ThriftReader(buffer.freeze(), range: 0..<cut)
      #expect(throws: FileFormatError.self) { try ParquetFileMetadata.decode(from: &reader) }
    }
  }
}

/// The files of the Parquet project's own collection, where it is at hand.
enum ParquetFixtures {
  static func path(_ parts: String...) -> String {
    let source = FilePath.parent(of: "\(#filePath)")
    let root = (0..<3).reduce(source) { path, _ in FilePath.parent(of: path) }
    return ([FilePath.parent(of: root) + "/shared/fixtures/parquet-testing"] + parts).joined(separator: "/")
  }

  static func files(in folder: String) -> [String] {
    let entries = (try? LocalFileSystem().list(path(folder), recursively: false)) ?? []
    return entries.filter { $0.path.hasSuffix(".parquet") }.map {
      String($0.path.split(separator: "/").last ?? "")
    }
  }
}

@Suite("Parquet: damaged footers") struct ParquetDamagedFooterTests {
  /// Whatever bytes stand there, the reader throws or answers; it does not trap or hang.
  @Test(arguments: [
    "nested_maps.snappy.parquet", "data_index_bloom_encoding_stats.parquet", "alltypes_plain.parquet",
  ])
  func anyChangedByteIsReadOrRefused(name: String) throws {
    guard !ParquetFixtures.files(in: "data").isEmpty else { return }
    let bytes = try LocalFileSystem().readAll(ParquetFixtures.path("data", name))
    let footer = bytes.count - 8 - Int(bytes[bytes.count - 8]) - Int(bytes[bytes.count - 7]) << 8
    let system = InMemoryFileSystem()
    var random = SplitMix(seed: 11)
    var refused = 0
    for round in 0..<1500 {
      var damaged = bytes
      for _ in 0...random.next(below: 3) {
        damaged[footer + random.next(below: bytes.count - footer)] = UInt8(truncatingIfNeeded: random.next())
      }
      try system.writeNew("\(round)", damaged.span)
      do { _ = try ParquetFooter.read(system.open("\(round)")) } catch { refused += 1 }
      try system.remove("\(round)")
    }
    #expect(refused > 500)
  }

  @Test func aDeepStructIsRefused() {
    var bytes = [UInt8](repeating: 0x1C, count: 10_000)
    bytes.append(0)
    var buffer = WritableBuffer(byteCount: bytes.count)
    var room = buffer.elements(as: UInt8.self, count: bytes.count)
    for index in bytes.indices { room[index] = bytes[index] }
    var reader = ThriftReader(buffer.freeze(), range: 0..<bytes.count)
    #expect(throws: FileFormatError.self) { try ParquetFileMetadata.decode(from: &reader) }
  }
}
