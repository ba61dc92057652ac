import FileFormats
import Testing

@testable import TableFormat

@Suite("Encoded history") struct EncodedHistoryTests {
  private typealias Log = EncodedHistory<TableMetadata.SnapshotLogEntry>
  private static let codec = TableMetadata.SnapshotLogEntry.codec

  private func entry(_ number: Int64) -> TableMetadata.SnapshotLogEntry {
    .init(timestampMillis: 1_700_000_000_000 + number, snapshotID: SnapshotID(number))
  }

  /// Some entries that were read, with white space between them, and others that were added.
  private func log(read: Int64, added: Int64) throws -> Log {
    let entries = (0..<read).map { String(decoding: entry($0).json, as: UTF8.self) }
    let text = Array(("[ " + entries.joined(separator: " ,\n ") + " ]").utf8)
    var log = Log(Self.codec)
    var scanner = JSONScanner()
    log.append(try Self.codec.places(text.span, &scanner, nil), of: text)
    for number in read..<read + added { log.append(entry(number).json, id: SnapshotID(number)) }
    return log
  }

  private func text(_ log: Log) throws -> String {
    String(decoding: try log.parts.flatMap { try $0.text() }, as: UTF8.self)
  }

  @Test(arguments: [(0, 0), (1, 0), (0, 1), (3, 0), (0, 3), (2, 5), (5, 4000)])
  func whatWasReadAndWhatWasAddedAreOneList(read: Int64, added: Int64) throws {
    let log = try log(read: read, added: added)
    let expected = (0..<read + added).map { entry($0) }

    #expect(try Array(log.entries()) == expected && log.count == expected.count)
    #expect(try log.entries().ids == expected.map(\.snapshotID))
    let written = try #require(try JSONParser.parse("[" + (try text(log)) + "]").arrayValue)
    #expect(written.compactMap { $0["snapshot-id"]?.integerValue } == expected.map(\.snapshotID.rawValue))
    #expect(try log == self.log(read: 0, added: read + added))
  }

  @Test(arguments: [1, 3000]) func whatWasReadIsWrittenAsItWas(copies: Int) throws {
    let object = #"{ "snapshot-id":5 ,"unknown":[1], "timestamp-ms":1700000000000}"#
    let text = Array(("[" + [String](repeating: object, count: copies).joined(separator: ",") + "]").utf8)
    var log = Log(Self.codec)
    var scanner = JSONScanner()
    log.append(try Self.codec.places(text.span, &scanner, nil), of: text)

    #expect(try "[" + self.text(log) + "]" == String(decoding: text, as: UTF8.self))
    #expect(log.count == copies)
  }

  /// A history that goes from file to file, each with some entries more, as appends of new processes make it.
  @Test func compressedRunsGoFromFileToFile() throws {
    var log = Log(Self.codec)
    for number in 0..<2000 as Range<Int64> {
      log.append(entry(number).json, id: SnapshotID(number))
      guard number % 7 == 0 else { continue }
      let file = try SegmentedGzip.file(log.parts.map { try $0.packed() }, end: [0x7D])
      let read = SegmentedGzip.read(file, limit: 1 << 20)
      let parts = try #require(read).parts
      #expect(parts.reduce(0) { $0 + Int($1.itemCount) } == Int(number) + 1)
      log = Log(Self.codec)
      log.append(parts.dropLast().map { UnreadRun($0, file: nil) })
      var text = try parts[parts.count - 1].segment.text()
      if parts.count > 1 { text.removeFirst() }
      text = Array("[".utf8) + text + Array("]".utf8)
      var scanner = JSONScanner()
      log.append(try Self.codec.places(text.span, &scanner, nil), of: text)
      #expect(log.last == entry(number) && log.known(id: SnapshotID(number)) == entry(number))
    }
    let copy = log
    #expect(log.parts.count == 5 && log.known(id: 3) == nil && log.hasSameIDs(as: copy))
    #expect(try log.entry(id: 1) == entry(1) && log.known(id: 3) == entry(3) && log.entry(id: 5000) == nil)
    #expect(try Array(copy.entries()) == (0..<2000).map { entry($0) })
    #expect(try JSONParser.parse("[" + (try text(log)) + "]").arrayValue?.count == 2000)
  }

  @Test(arguments: [
    "{\"timestamp-ms\":1,\"snapshot-id\":2}", "[]", ",", "", ",{\"timestamp-ms\":1,\"snapshot-id\":2}] ",
    ",{\"timestamp-ms\":1,\"snapshot-id\":2},", ",{\"timestamp-ms\":1}",
    ",{\"timestamp-ms\":1,\"snapshot-id\":2} ",
  ]) func aCompressedRunThatIsNoPartOfAHistoryIsRefused(text: String) throws {
    var log = Log(Self.codec)
    let segment = try SegmentedGzip.pack(Array(text.utf8).span)
    log.append([UnreadRun(.init(segment, label: 2, itemCount: 2), file: "m.json")])

    #expect(log.count == 2 && log.last == nil)
    for _ in 0..<2 {
      let error = #expect(throws: TableFormatError.self) { try log.entries() }
      #expect(error?.kind == .damaged && error?.file == "m.json")
      #expect(throws: TableFormatError.self) { try log.entry(id: 2) }
    }
  }

  @Test func whatIsRemovedIsGoneAndTheRestStays() throws {
    var log = try log(read: 4, added: 3000)
    try log.keep { $0 % 1000 == 1 }

    #expect(try Array(log.entries()) == [1, 1001, 2001, 3001].map { entry($0) })
    #expect(log.known(id: 2001) == entry(2001) && log.known(id: 2) == nil)
    log.append(entry(9).json, id: 9)
    #expect(log.last == entry(9) && log.count == 5)
  }

  @Test func aChangeIsNotSeenByTheOtherHolder() throws {
    let old = try log(read: 2, added: 2)
    var new = old
    new.append(entry(7).json, id: 7)

    #expect(old.count == 4 && new.count == 5 && old.last == entry(3) && !old.hasSameIDs(as: new))
    #expect(try text(old) + "," + String(decoding: entry(7).json, as: UTF8.self) == text(new))
  }
}
