import Columnar
import FileFormats
import Testing

@testable import TableFormat

@Suite("Metadata: JSON") struct TableMetadataJSONTests {
  private func read(_ text: String) throws -> TableMetadata {
    try TableMetadata(json: Array(text.utf8), file: "t/metadata/x.json")
  }

  /// What a version 1 writer left out: ids, lists of schemas and specs, sort orders, references (rules 24 to 27).
  private static let oldest = """
    {"format-version":1,"location":"file:///w/t/","last-updated-ms":5,"last-column-id":2,
     "schema":{"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":"long"},
       {"id":2,"name":"b","required":false,"type":"decimal(9,2)"}]},
     "partition-spec":[{"name":"a","transform":"identity","source-id":1},
       {"name":"b_bucket","transform":"bucket[4]","source-id":2}],
     "current-snapshot-id":7,
     "snapshots":[{"snapshot-id":7,"timestamp-ms":4,"manifests":["m0.avro"]}]}
    """

  @Test func theOldestFormReads() throws {
    let metadata = try read(Self.oldest)

    #expect(metadata.location == "file:///w/t" && metadata.lastSequenceNumber == 0)
    #expect(metadata.partitionSpec.fields.map(\.id) == [1000, 1001] && metadata.lastPartitionID == 1001)
    #expect(metadata.sortOrder.isUnsorted && metadata.references["main"]?.snapshotID == 7)
    #expect(metadata.currentSnapshot?.manifests == ["m0.avro"])
    #expect(metadata.schema.field(id: 2)?.type == .decimal(precision: 9, scale: 2))
    #expect(try TableMetadata(json: metadata.jsonText(), file: nil) == metadata)
  }

  @Test(arguments: [
    ("\"current-snapshot-id\":7", "\"current-snapshot-id\":-1"),
    ("\"current-snapshot-id\":7", "\"current-snapshot-id\":null"),
    ("\"current-snapshot-id\":7,", ""),
  ]) func noCurrentSnapshotIsSaidInThreeWays(old: String, new: String) throws {
    #expect(try read(Self.oldest.replacing(old, with: new)).currentSnapshotID == nil)
  }

  @Test(arguments: [
    ("\"format-version\":1", "\"format-version\":4", "format-version"),
    ("\"format-version\":1,", "", "format-version"),
    ("\"current-snapshot-id\":7", "\"current-snapshot-id\":8", "current-snapshot-id"),
    ("\"location\":\"file:///w/t/\"", "\"location\":3", "location"),
    ("\"id\":2", "\"id\":1", "schema.fields"),
    ("\"type\":\"long\"", "\"typ\":\"long\"", "schema.fields[0].type"),
    ("\"source-id\":1", "\"source-id\":\"1\"", "partition-spec[0].source-id"),
    ("\"timestamp-ms\":4", "\"timestamp-ms\":4.5", "snapshots.timestamp-ms"),
  ]) func damageIsNamedByFileAndField(old: String, new: String, field: String) throws {
    let error = #expect(throws: TableFormatError.self) { try read(Self.oldest.replacing(old, with: new)) }
    #expect(error?.field == field)
    #expect(error?.file == "t/metadata/x.json")
  }

  @Test func everyPrefixOfAFileIsAnErrorAndNothingElse() throws {
    let text = Array(Self.oldest.utf8)
    for length in 0..<text.count - 1 {
      #expect(throws: TableFormatError.self) { try TableMetadata(json: Array(text[..<length]), file: nil) }
    }
  }

  @Test func whatWeDoNotKnowIsKept() throws {
    let text = Self.oldest.replacing(
      "\"current-snapshot-id\"", with: "\"new-thing\":{\"a\":[1,2.50]},\"current-snapshot-id\""
    )
    .replacing("\"transform\":\"identity\"", with: "\"transform\":\"zorder[3]\"")
    let again = try TableMetadata(json: read(text).jsonText(), file: nil)

    #expect(again.partitionSpec.fields[0].transform == .unknown("zorder[3]"))
    #expect(try String(decoding: again.jsonText(), as: UTF8.self).contains("\"new-thing\":{\"a\":[1,2.50]}"))
  }

  @Test func snapshotsAreWrittenAsTheyWereRead() throws {
    let entry = #"{ "snapshot-id" : 7, "timestamp-ms":4,"manifests":["m0.avro"], "new-thing":[ 1.50 ] }"#
    let text = Self.oldest.replacing(
      #"{"snapshot-id":7,"timestamp-ms":4,"manifests":["m0.avro"]}"#, with: entry)

    #expect(String(decoding: try read(text).jsonText(), as: UTF8.self).contains(entry))
  }

  @Test(arguments: [
    ("[{\"snapshot-id\":7", "[3,{\"snapshot-id\":7"), ("m0.avro\"]}]", "m0.avro\"]},]"),
    ("m0.avro\"]}]", "m0.avro\"]}{}]"), ("\"timestamp-ms\":4", "\"timestamp-ms\":4,\"summary\":{\"a\":}"),
    ("m0.avro\"]}]", "m0.avro\"]}],\"snapshot-log\":[{\"snapshot-id\":7}]"),
    ("m0.avro\"]}]", "m0.avro\"]}],\"snapshot-log\":[7]"),
  ]) func damagedHistoryIsNamedByItsPlace(old: String, new: String) throws {
    let error = #expect(throws: TableFormatError.self) { try read(Self.oldest.replacing(old, with: new)) }
    #expect(error?.kind == .damaged && error?.offset != nil)
  }

  @Test func gzipIsToldByItsFirstBytes() throws {
    let files = InMemoryFileSystem()
    let plain = try read(Self.oldest)
    let text = try plain.jsonText()
    let zipped = try CompressionCodec.gzip.compress(text.span)
    try files.writeNew("/w/t/metadata/00001-a.metadata.json", zipped.span)

    let table = try Table.open(at: "/w/t", fileSystem: files)

    #expect(table.metadata == plain && table.identifier.name == "t")
  }

  @Test func compressedMetadataHasTheNameThatReadersExpect() throws {
    let files = InMemoryFileSystem()
    var metadata = try read(Self.oldest)
    metadata.properties["write.metadata.compression-codec"] = "gzip"
    let location = try MetadataFile.write(metadata, version: 12, fileSystem: files, paths: PathMapper())

    #expect(location.hasPrefix("file:///w/t/metadata/00012-") && location.hasSuffix(".gz.metadata.json"))
    #expect(try MetadataFile.read(location, fileSystem: files, paths: PathMapper()) == metadata)
    #expect(MetadataFile.version(of: location) == 12)
    #expect(MetadataFile.version(of: "/w/metadata/v7.metadata.json") == 7)
  }

  @Test func codecsThatNobodyReadsAreRefused() throws {
    let files = InMemoryFileSystem()
    var metadata = try read(Self.oldest)
    for codec in ["zstd", ""] {
      metadata.properties["write.metadata.compression-codec"] = codec
      let error = #expect(throws: TableFormatError.self) {
        try MetadataFile.write(metadata, version: 1, fileSystem: files, paths: PathMapper())
      }
      #expect(error?.kind == .unsupported && error?.hint != nil)
    }
    metadata.properties["write.metadata.compression-codec"] = "GZIP"
    let location = try MetadataFile.write(metadata, version: 1, fileSystem: files, paths: PathMapper())
    #expect(location.hasSuffix(".gz.metadata.json"))
  }

  /// Snapshots that look like the one before are passed faster, and must be checked as well.
  @Test(arguments: [nil, "none", "gzip"]) func longHistoriesAreReadAsTheyWere(codec: String?) throws {
    let files = InMemoryFileSystem()
    var metadata = try read(Self.oldest)
    metadata.properties["write.metadata.compression-codec"] = codec
    for number in 100..<800 as Range<Int64> {
      let snapshot = Snapshot(
        id: SnapshotID(number &* 11_529_215_046_068_469), parentID: nil, sequenceNumber: 0,
        timestampMillis: number,
        manifestList: "file:///w/t/metadata/snap-\(number).avro", manifests: [],
        summary: SnapshotSummary(
          operation: .append, values: ["total-records": "\(number)", "note": "é\"\(number % 7)"]))
      metadata.snapshots.append(snapshot.json(formatVersion: 2), id: snapshot.id)
    }
    let location = try MetadataFile.write(metadata, version: 1, fileSystem: files, paths: PathMapper())
    let again = try MetadataFile.read(location, fileSystem: files, paths: PathMapper())

    #expect(location.hasSuffix(".gz.metadata.json") == (codec == "gzip"))
    #expect(try again == metadata && Array(again.snapshots.entries()) == Array(metadata.snapshots.entries()))
    let text = try String(decoding: metadata.jsonText(), as: UTF8.self)
    for damage in ["\"snapshot-id\":+", "\"snapshot-idx\":"] {
      var damaged = text
      damaged.replaceSubrange(
        try #require(text.ranges(of: "\"snapshot-id\":").dropLast(9).last), with: damage)
      #expect(throws: TableFormatError.self) { try read(damaged) }
    }
  }

  @Test(arguments: [
    (IcebergType.boolean, ScalarValue.boolean(true)), (.int, .integer(-5)), (.long, .integer(.min)),
    (.float, .real(1.5)), (.double, .double(-2.25)), (.decimal(precision: 9, scale: 2), .decimal(-1420)),
    (.decimal(precision: 38, scale: 0), .decimal(-170_141_183_460_469_231_731_687_303_715_884)),
    (.date, .integer(-1)), (.time, .integer(81_068_123_456)), (.timestamp, .integer(-1)),
    (.timestamptz, .integer(1_510_871_468_123_456)), (.timestampNanos, .integer(1_510_871_468_123_456_001)),
    (.timestamptzNanos, .integer(-1)), (.string, .text("ä\"")), (.fixed(2), .bytes([0, 255])),
    (.binary, .bytes([1, 2, 255])), (.uuid, .bytes([UInt8](0..<16))),
  ]) func valuesKeepInBothSerialisations(type: IcebergType, value: ScalarValue) throws {
    #expect(SingleValue.decode(json: SingleValue.json(value, as: type), as: type) == value)
    let bytes = try #require(SingleValue.encode(value, as: type))
    #expect(try SingleValue.decode(bytes, as: type) == value)
  }

  @Test func boundsFromBeforeAPromotionKeepTheirWidth() throws {
    #expect(try SingleValue.decode([0xFF, 0xFF, 0xFF, 0xFF], as: .long) == .integer(-1))
    #expect(try SingleValue.decode([0, 0, 0x80, 0x3F], as: .double) == .double(1))
    #expect(try SingleValue.decode([0x05, 0x8C], as: .decimal(precision: 4, scale: 2)) == .decimal(1420))
    #expect(try SingleValue.decode([1, 0, 0, 0], as: .timestamp) == .integer(86_400_000_000))
    #expect(SingleValue.bigEndian(-128) == [0x80] && SingleValue.bigEndian(128) == [0, 0x80])
    #expect(throws: TableFormatError.self) { try SingleValue.decode([1, 2, 3], as: .long) }
    #expect(throws: TableFormatError.self) { try SingleValue.decode([UInt8](), as: .boolean) }
  }

  @Test func datesAgreeWithTheCalendar() {
    #expect(CivilText.date(0) == "1970-01-01" && CivilText.date(-1) == "1969-12-31")
    #expect(CivilText.date(19_782) == "2024-02-29" && CivilText.days("2024-02-29") == 19_782)
    #expect(CivilText.instant("2017-11-16T14:31:08-08:00", perSecond: 1_000_000) == 1_510_871_468_000_000)
    for days in stride(from: Int64(-800_000), to: 800_000, by: 997) {
      #expect(CivilText.days(CivilText.date(days)) == days)
    }
  }
}
