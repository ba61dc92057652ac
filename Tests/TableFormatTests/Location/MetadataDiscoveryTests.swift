import FileFormats
import Testing

@testable import TableFormat

/// Which metadata file is the newest, where no catalog says it (rules 65 and 66).
@Suite("Location: metadata discovery") struct MetadataDiscoveryTests {
  private let files = InMemoryFileSystem()

  /// Writes metadata that was last updated at a time.
  private func write(_ name: String, at millis: Int64, compressed: Bool = false) throws {
    var metadata = MemoryTable.make([NestedField(id: 1, name: "id", type: .long)]).metadata
    metadata.lastUpdatedMillis = millis
    let text = try metadata.jsonText()
    let bytes = compressed ? try CompressionCodec.gzip.compress(text.span) : text
    try files.writeNew("/t/metadata/" + name, bytes.span)
  }

  private func hint(_ text: String) throws {
    try files.writeAtomically("/t/metadata/version-hint.text", Array(text.utf8).span)
  }

  private func newest() throws -> String {
    let location = try MetadataDiscovery.find(at: "/t", fileSystem: files, paths: PathMapper()).location
    return location.split(separator: "/").last.map(String.init) ?? ""
  }

  @Test func theHighestNumberWins() throws {
    try write("00009-b.metadata.json", at: 5)
    try write("00010-a.metadata.json", at: 9)
    #expect(try newest() == "00010-a.metadata.json")
    try write("00011-c.gz.metadata.json", at: 10, compressed: true)
    try write("00012-c.metadata.json.gz", at: 11, compressed: true)
    #expect(try newest() == "00012-c.metadata.json.gz")
    #expect(try Table.open(at: "/t", fileSystem: files).metadata.lastUpdatedMillis == 11)
  }

  @Test func ofTwoWithOneNumberTheLaterUpdatedWins() throws {
    try write("00003-z.metadata.json", at: 5)
    try write("00003-a.metadata.json", at: 7)
    #expect(try newest() == "00003-a.metadata.json")
  }

  @Test(arguments: ["2", "2\n", "1", "7", "", "v1", "\u{FF}"]) func aStaleHintIsNotTheTruth(
    text: String
  ) throws {
    try write("v1.metadata.json", at: 1)
    try write("v2.metadata.json", at: 2)
    try hint(text)
    #expect(try newest() == "v2.metadata.json")
  }

  @Test func aHintFindsANameWithANumberOfItsOwn() throws {
    try write("00001-a.metadata.json", at: 9)
    try write("00002-b.metadata.json", at: 3)
    try hint("00001-a")
    #expect(try newest() == "00001-a.metadata.json")
  }

  @Test func anUnfinishedFileDoesNotHideTheOthers() throws {
    try write("00003-z.metadata.json", at: 5)
    try files.writeNew("/t/metadata/00003-y.metadata.json", Array("{\"format".utf8).span)
    #expect(try newest() == "00003-z.metadata.json")
  }

  @Test func aFileNamedDirectlyIsTaken() throws {
    try write("00003-z.metadata.json", at: 5)
    try write("final.metadata.json", at: 1, compressed: true)
    let table = try Table.open(at: "file:///t/metadata/final.metadata.json", fileSystem: files)
    #expect(table.metadata.lastUpdatedMillis == 1 && table.identifier.name == "t")
    #expect(try newest() == "00003-z.metadata.json")
  }

  @Test func aFolderWithoutMetadataIsNamed() throws {
    try files.createDirectory("/empty")
    for place in ["/empty", "/nowhere"] {
      let error = #expect(throws: TableFormatError.self) { try Table.open(at: place, fileSystem: files) }
      #expect(error?.kind == .notFound && error?.message.contains(place) == true)
    }
  }
}
