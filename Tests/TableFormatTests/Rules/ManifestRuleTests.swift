import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Rules of `../shared/ICEBERG.md` §1.2 on what manifests hold.
@Suite("Rules: manifests") struct ManifestRuleTests {
  let folder = TemporaryFolder()
  private static let fields = [
    NestedField(id: 1, name: "id", type: .long), NestedField(id: 2, name: "k", type: .int),
  ]
  private static let byK = PartitionSpec(
    id: 0, fields: [PartitionField(id: 1000, sourceID: 2, name: "k", transform: .identity)])

  /// An Avro map may have string keys, or be records of key and value: the same counts and bounds come out.
  @Test(arguments: [false, true]) func rule13_mapsFromFieldIDsHaveEitherForm(asAvroMap: Bool) throws {
    func map(_ value: AvroSchema) -> AvroSchema {
      if asAvroMap { return AvroSchema(.map(value)) }
      return .array(.record("pair_\(value.kind)", [AvroField("key", .int), AvroField("value", value)]))
    }
    let file = AvroSchema.record(
      "r2",
      [
        AvroField("file_path", .string, fieldID: 100), AvroField("file_format", .string, fieldID: 101),
        AvroField("record_count", .long, fieldID: 103), AvroField("file_size_in_bytes", .long, fieldID: 104),
        .optional("value_counts", map(.long), fieldID: 109),
        .optional("lower_bounds", map(.bytes), fieldID: 125),
      ])
    let schema = AvroSchema.record(
      "manifest_entry", [AvroField("status", .int, fieldID: 0), AvroField("data_file", file, fieldID: 2)])
    var writer = AvroWriter(schema: schema)
    writer.encoder.writeLong(1)
    writer.encoder.writeString("/t/a.parquet")
    writer.encoder.writeString("PARQUET")
    writer.encoder.writeLong(9)
    writer.encoder.writeLong(99)
    func key(_ id: Int64) {
      if asAvroMap { writer.encoder.writeString(String(id)) } else { writer.encoder.writeLong(id) }
    }
    writer.encoder.writeBranch(1)
    writer.encoder.writeBlockCount(2)
    for (id, count) in [(Int64(1), Int64(9)), (2147483546, 7)] {
      key(id)
      writer.encoder.writeLong(count)
    }
    writer.encoder.writeBlockCount(0)
    writer.encoder.writeBranch(1)
    writer.encoder.writeBlockCount(1)
    key(2)
    writer.encoder.writeBytes([1, 0, 0, 0])
    writer.encoder.writeBlockCount(0)
    try writer.endObject()

    let table = MemoryTable.make(Self.fields)
    let manifest = ManifestFile(
      path: "/t/m.avro", byteCount: 0, specID: 0, content: .data, addedSnapshotID: 3)
    let read = try Manifest.read(try writer.finish(), of: manifest, metadata: table.metadata)

    #expect(read.count == 1)
    #expect(read.first?.file.valueCounts == [1: 9, 2147483546: 7])
    #expect(read.first?.file.lowerBounds == FieldBounds([2: [1, 0, 0, 0]]))
  }

  @Test(arguments: [1, 2, 3]) func rule18_theHeaderHasEachKey(formatVersion: Int) throws {
    let spec = PartitionSpec(
      id: 4, fields: [PartitionField(id: 1003, sourceID: 2, name: "k bucket", transform: .bucket(8))])
    let metadata = MemoryTable.make(Self.fields, spec: spec, formatVersion: formatVersion).metadata
    for content in [ManifestFile.Content.data, .deletes] where content == .data || formatVersion > 1 {
      let writer = try ManifestWriter(of: metadata, spec: spec, content: content, snapshotID: 3)
      let bytes = try writer.finish(location: "/t/m.avro", sequenceNumber: 1).bytes

      let header = try AvroReader(bytes, file: "m")

      let schema = try JSONParser.parse(try #require(header.text("schema")))
      let fields = schema.objectValue?["fields"]?.arrayValue
      #expect(schema.objectValue?["type"]?.stringValue == "struct" && fields?.count == 2)
      #expect(header.text("schema-id") == "0")
      // The array of fields, not the spec around it.
      let parts = try JSONParser.parse(try #require(header.text("partition-spec"))).arrayValue
      #expect(parts?.count == 1)
      #expect(parts?.first?.objectValue?["field-id"] == .integer(1003))
      #expect(parts?.first?.objectValue?["source-id"] == .integer(2))
      #expect(parts?.first?.objectValue?["transform"] == .string("bucket[8]"))
      #expect(parts?.first?.objectValue?["name"] == .string("k bucket"))
      #expect(header.text("partition-spec-id") == "4")
      #expect(header.text("format-version") == String(formatVersion))
      #expect(header.text("content") == (formatVersion == 1 ? nil : content == .data ? "data" : "deletes"))
    }
  }

  /// Two files of one path in one snapshot would count their rows twice.
  @Test func rule29_aPathIsNotAddedTwice() throws {
    let test = try TestTable(Self.fields, in: folder.path)
    let file = try test.file([[.integer(1), .null]])
    let twice = #expect(throws: TableFormatError.self) { try test.commit(AppendFiles([file, file])) }
    #expect(twice?.kind == .invalidArgument && twice?.message.contains("added twice") == true)
    try test.commit(AppendFiles([file]))

    // Taken out and added again by one commit, it is live once.
    try test.commit(OverwriteFiles(added: [file], removed: [file]))

    #expect(try test.rows() == [[.integer(1), .null]])
    #expect(try statuses(test).mapValues { $0.count { $0 != .deleted } } == [file.path: 1])
  }

  private func statuses(_ test: TestTable) throws -> [String: [ManifestEntry.Status]] {
    var found: [String: [ManifestEntry.Status]] = [:]
    let snapshot = try #require(test.table.currentSnapshot)
    for manifest in try test.table.manifests(of: snapshot) {
      for entry in try test.table.entries(of: manifest) {
        found[entry.file.path, default: []].append(entry.status)
      }
    }
    return found
  }

  /// A deletion is told by the snapshot that made it, and by no later one.
  @Test func rule31_deletedEntriesGoWithTheNextRewrite() throws {
    let test = try TestTable(
      Self.fields, properties: ["commit.manifest.min-count-to-merge": "2"], in: folder.path)
    let files = try (0..<4).map { try test.file([[.integer(Int64($0)), .null]]) }
    let paths = files.map(\.path)
    try test.commit(AppendFiles(Array(files.dropLast())))
    try test.commit(DeleteFiles([files[0]]))
    let deleting = try #require(test.table.currentSnapshot)
    #expect(try statuses(test) == [paths[0]: [.deleted], paths[1]: [.existing], paths[2]: [.existing]])
    for manifest in try test.table.manifests(of: deleting) {
      for entry in try test.table.entries(of: manifest) where entry.status == .deleted {
        #expect(entry.snapshotID == deleting.id)
      }
    }

    try test.commit(DeleteFiles([files[1]]))
    #expect(try statuses(test) == [paths[1]: [.deleted], paths[2]: [.existing]])

    // A merge of manifests, too, leaves out what an earlier snapshot deleted.
    try test.commit(AppendFiles([files[3]]))
    try test.commit(RewriteManifests())
    #expect(try statuses(test).keys.sorted() == [paths[2], paths[3]].sorted())
    try test.commit(DeleteFiles([files[2], files[3]]))
    try test.commit(AppendFiles([try test.file([[.integer(9), .null]])]))
    #expect(try statuses(test).values.flatMap { $0 } == [.added])
  }

  /// A transform of a later writer: its values keep their place in the tuple, and tell nothing of the column.
  @Test func rule76_anUnknownTransformReadsAndPrunesNothing() throws {
    let test = try TestTable(Self.fields, spec: Self.byK, in: folder.path)
    // The value 7 is the transform's, as the rows tell.
    let file = try test.file([[.integer(1), .integer(3)], [.integer(2), .null]], partition: [.integer(7)])
    let other = try test.file([[.integer(5), .integer(3)]], partition: [.integer(8)])
    try test.commit(AppendFiles([file, other]))
    let delete = try test.equalityDelete(
      [Self.fields[1]], rows: [[.integer(3)]], partition: [.integer(7)])
    try test.commit(RowDelta(addedDeletes: [delete]))
    var metadata = test.table.metadata
    metadata.partitionSpecs = metadata.partitionSpecs.map { spec in
      PartitionSpec(
        id: spec.id,
        fields: spec.fields.map {
          PartitionField(id: $0.id, sourceID: $0.sourceID, name: "z", transform: .unknown("zorder[3]"))
        })
    }
    let table = Table(
      identifier: test.table.identifier, metadata: metadata, metadataLocation: test.table.metadataLocation,
      fileSystem: test.table.fileSystem, paths: test.table.paths, catalog: nil)

    // The delete of the partition 7 reaches the rows of 7 and no others.
    #expect(Set(try TableRows.read(table)) == [[.integer(2), .null], [.integer(5), .integer(3)]])
    for (literal, kept) in [(Int64(3), 2), (7, 0)] {
      let predicate = Predicate.comparison(2, .equal, .init(.integer(literal), .integer))
      let plan = try ScanPlanner(table, snapshot: table.currentSnapshot).plan(predicate: predicate)
      #expect(plan.counters.filesPrunedByPartition == 0 && plan.counters.manifestsPruned == 0)
      // What goes, goes by the bounds of the column itself.
      #expect(plan.tasks.count == kept && plan.counters.filesPrunedByBounds == 2 - kept)
    }
    let partition = try NestedField.partition(of: metadata)
    let rows = try TableRows.read(table, fields: [test.table.schema.fields[0], partition])
    #expect(Set(rows) == [[.integer(2), .struct([.integer(7)])], [.integer(5), .struct([.integer(8)])]])
    #expect(throws: TableFormatError.self) { try WriteTarget(table) }
  }
}
