import FileFormats
import Testing

@testable import TableFormat

@Suite("Encoded history") struct EncodedHistoryTests {
  private typealias Log = EncodedHistory<TableMetadata.SnapshotLogEntry>

  private func entry(_ number: Int64) -> TableMetadata.SnapshotLogEntry {
    .init(timestampMillis: 1_700_000_000_000 + number, snapshotID: SnapshotID(number))
  }

  /// Some entries that were read, with white space between them, and others that were added.
  private func log(read: Int64, added: Int64) throws -> Log {
    let entries = (0..<read).map { String(decoding: entry($0).json, as: UTF8.self) }
    let text = Array(("[ " + entries.joined(separator: " ,\n ") + " ]").utf8)
    var log = Log(decode: TableMetadata.SnapshotLogEntry.entry)
    var scanner = JSONScanner()
    log.append(try TableMetadata.SnapshotLogEntry.places(text.span, &scanner), of: text)
    for number in read..<read + added { log.append(entry(number).json, id: SnapshotID(number)) }
    return log
  }

  private func text(_ log: Log) -> String { String(decoding: log.parts.flatMap { $0.text }, as: UTF8.self) }

  @Test(arguments: [(0, 0), (1, 0), (0, 1), (3, 0), (0, 3), (2, 5), (5, 4000)])
  func whatWasReadAndWhatWasAddedAreOneList(read: Int64, added: Int64) throws {
    let log = try log(read: read, added: added)
    let expected = (0..<read + added).map { entry($0) }

    #expect(Array(log) == expected && log.count == expected.count)
    #expect(log.ids == expected.map(\.snapshotID))
    let written = try #require(try JSONParser.parse("[" + text(log) + "]").arrayValue)
    #expect(written.compactMap { $0["snapshot-id"]?.integerValue } == expected.map(\.snapshotID.rawValue))
    #expect(try log == self.log(read: 0, added: read + added))
  }

  @Test(arguments: [1, 3000]) func whatWasReadIsWrittenAsItWas(copies: Int) throws {
    let object = #"{ "snapshot-id":5 ,"unknown":[1], "timestamp-ms":1700000000000}"#
    let text = Array(("[" + [String](repeating: object, count: copies).joined(separator: ",") + "]").utf8)
    var log = Log(decode: TableMetadata.SnapshotLogEntry.entry)
    var scanner = JSONScanner()
    log.append(try TableMetadata.SnapshotLogEntry.places(text.span, &scanner), of: text)

    #expect("[" + self.text(log) + "]" == String(decoding: text, as: UTF8.self))
    #expect(log.count == copies)
  }

  /// A history that goes from file to file, each with one entry more, as appends of new processes make it.
  @Test func compressedSegmentsGoFromFileToFile() throws {
    var log = Log(decode: TableMetadata.SnapshotLogEntry.entry)
    var copied = 0
    for number in 0..<2000 as Range<Int64> {
      log.append(entry(number).json, id: SnapshotID(number))
      guard number % 7 == 0 else { continue }
      var writer = SegmentedGzip.Writer()
      let known = copied
      for part in [EncodedText(text: [0x5B])] + log.parts + [EncodedText(text: [0x5D])] {
        writer.append(part.text.span, packed: try part.packed.bytes(of: part.text))
      }
      let file = writer.finish()
      let read = SegmentedGzip.read(file, limit: 1 << 20)
      let contents = try #require(read)
      let text = contents.text
      #expect(try CompressionCodec.gzip.decompress(file.span, size: text.count) == text)
      log = Log(decode: TableMetadata.SnapshotLogEntry.entry)
      var scanner = JSONScanner()
      log.append(
        try TableMetadata.SnapshotLogEntry.places(text.span, &scanner), of: text, packed: contents.segments)
      copied = log.parts.count { $0.packed.isKnown }
      #expect(copied >= known && log.parts.count <= copied + 1 && log.parts.count <= 2 + text.count / 12_000)
    }
    #expect(copied >= 4 && Array(log) == (0..<2000).map { entry($0) })
  }

  @Test func whatIsRemovedIsGoneAndTheRestStays() throws {
    var log = try log(read: 4, added: 3000)
    log.keep { $0 % 1000 == 1 }

    #expect(Array(log) == [1, 1001, 2001, 3001].map { entry($0) })
    #expect(log.lastIndex(of: 2001) == 2 && log.lastIndex(of: 2) == nil)
    log.append(entry(9).json, id: 9)
    #expect(log.last == entry(9) && log.count == 5)
  }

  @Test func aChangeIsNotSeenByTheOtherHolder() throws {
    let old = try log(read: 2, added: 2)
    var new = old
    new.append(entry(7).json, id: 7)

    #expect(old.count == 4 && new.count == 5 && old.last == entry(3) && !old.hasSameIDs(as: new))
    #expect(text(old) + "," + String(decoding: entry(7).json, as: UTF8.self) == text(new))
  }
}
