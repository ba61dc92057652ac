import Columnar
import FileFormats
import Glibc
import Testing

@testable import TableFormat

/// Makes a table for `Tests/Interop/table_format.py`, which opens it with pyiceberg.
@Suite("Interop: tables for pyiceberg") struct InteropTableTests {
  static var folder: String? { unsafe getenv("WEQUERY_INTEROP_DIR").map { unsafe String(cString: $0) } }

  @Test(.enabled(if: InteropTableTests.folder != nil)) func aTableOfEveryPartitionType() throws {
    let folder = try #require(Self.folder)
    let catalog = try SQLiteCatalog(path: folder + "/catalog.db")
    let table = try SampleTable.create(in: catalog, properties: ["commit.manifest.min-count-to-merge": "4"])
    var newest = table
    for number in 0..<9 {
      newest = try Transaction(
        newest, AppendFiles([SampleTable.file("f\(number)", day: 20_000 + Int64(number), in: table)])
      ).commit()
    }

    let columns: [Schema.Column] = [
      .init("b", .boolean), .init("i", .integer), .init("l", .bigint), .init("f", .real), .init("d", .double),
      .init("dec", .decimal(precision: 12, scale: 2)), .init("day", .date), .init("t", .time),
      .init("ts", .timestamp), .init("tz", .timestampTZ), .init("s", .varchar), .init("u", .uuid),
      .init("x", .fixed(length: 3)), .init("y", .binary),
    ]
    let schema = try Schema(columns: columns)
    let fields = schema.fields.map {
      PartitionField(id: 0, sourceID: $0.id, name: $0.name, transform: .identity)
    }
    let wide = try catalog.createTable(
      CreateTable(
        TableIdentifier(namespace: "analytics", name: "types"), schema: schema,
        partitionSpec: PartitionSpec(fields: fields)))
    var file = DataFile(
      path: wide.dataLocation + "/a.parquet",
      partition: [
        .boolean(true), .integer(-5), .integer(1 << 40), .real(1.5), .double(-2.5), .decimal(-1234),
        .integer(-3),
        .integer(86_399_999_999), .integer(-1), .integer(1_700_000_000_000_000), .text("ä b/c"),
        .bytes([UInt8](0..<16)), .bytes([1, 2, 3]), .bytes([255]),
      ], recordCount: 1, fileSizeInBytes: 100)
    file.equalityIDs = nil
    var nulls = file
    nulls.path = wide.dataLocation + "/b.parquet"
    nulls.partition = [ScalarValue](repeating: .null, count: columns.count)
    try Transaction(wide, AppendFiles([file, nulls])).commit()
  }

  @Test(.enabled(if: InteropTableTests.folder != nil)) func tablesOfPyicebergReadAsItSaysAndTakeOurChanges()
    throws
  {
    let folder = try #require(Self.folder)
    let catalog = try SQLiteCatalog(path: folder + "/catalog.db")
    #expect(catalog.name == "s3_tables")
    let expected = try JSONParser.parse(LocalFileSystem().readAll(folder + "/expected.json"))

    for name in ["v1", "v2"] {
      let table = try catalog.loadTable(TableIdentifier(namespace: "analytics", name: name))
      let snapshot = try #require(table.currentSnapshot)
      var files: [String: Int64] = [:]
      for manifest in try table.manifests(of: snapshot) {
        for entry in try table.entries(of: manifest) where entry.isLive {
          files[entry.file.path] = entry.file.recordCount
          #expect(entry.snapshotID != nil && entry.sequenceNumber != nil)
          #expect(entry.file.valueCounts[1] == entry.file.recordCount)
          if let bound = entry.file.lowerBounds[1] {
            guard case .integer = try SingleValue.decode(bound, as: .long) else {
              return #expect(Bool(false))
            }
          }
        }
      }
      let wanted = try #require(expected[name]?["files"]?.objectValue)
      #expect(files == Dictionary(uniqueKeysWithValues: wanted.map { ($0.key, $0.value.integerValue ?? -1) }))
      #expect(
        try table.metadata.snapshots.entries().map { JSONValue.integer($0.id.rawValue) }
          == expected[name]?["snapshots"]?.arrayValue)
      #expect(try TableMetadata(json: table.metadata.jsonText(), file: nil) == table.metadata)

      let tuple: [ScalarValue] = [.integer(-1), .integer(2), .text("k")]
      var file = DataFile(
        path: table.dataLocation + "/nothing.parquet", specID: table.metadata.defaultSpecID, partition: tuple,
        recordCount: 1, fileSizeInBytes: 1)
      file.splitOffsets = [4]
      var newest = try Transaction(table, AppendFiles([file])).commit()
      #expect(newest.currentSnapshot?.summary.count("total-records") == 30)
      newest = try Transaction(newest, DeleteFiles([file])).commit()
      #expect(newest.currentSnapshot?.summary.count("total-data-files") == Int64(files.count))
      var transaction = Transaction(newest, UpdateSchema([.add(name: "note", .string, doc: "ours")]))
      transaction.add(UpdateProperties(set: ["changed-by": "wequery"]))
      transaction.add(
        SetReference("ours", SnapshotReference(snapshotID: snapshot.id, kind: .tag), isNew: true))
      try transaction.commit()
    }
    _ = try catalog.createTable(
      CreateTable(
        TableIdentifier(namespace: "analytics", name: "third"),
        schema: Schema(columns: [.init("a", .bigint)]),
        formatVersion: 3))
  }

  /// Where `table_format.py` wants appends while other processes append too.
  static var raceFolder: String? { unsafe getenv("WEQUERY_RACE_DIR").map { unsafe String(cString: $0) } }

  @Test(.enabled(if: InteropTableTests.raceFolder != nil)) func appendsAmongOtherProcesses() throws {
    let folder = try #require(Self.raceFolder)
    for number in 0..<15 {
      let catalog = try SQLiteCatalog(path: folder + "/catalog.db")
      let table = try catalog.loadTable(TableIdentifier(namespace: "analytics", name: "race"))
      let file = DataFile(
        path: table.dataLocation + "/w\(getpid())-\(number).parquet", recordCount: 1, fileSizeInBytes: 1)
      try Transaction(table, AppendFiles([file])).commit()
    }
  }
}
