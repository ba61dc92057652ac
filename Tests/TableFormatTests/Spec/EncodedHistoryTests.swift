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

  private func text(_ log: Log) -> String { String(decoding: log.parts.flatMap { $0 }, as: UTF8.self) }

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

  @Test func whatWasReadIsWrittenAsItWas() throws {
    let log = try log(read: 3, added: 0)

    #expect(text(log).hasPrefix(#"{"timestamp-ms":1700000000000,"snapshot-id":0} ,"#))
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
