import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Rules of `../shared/ICEBERG.md` §1.1, §1.2 and §1.5 on what a table's metadata says, by whoever wrote it.
@Suite("Rules: table metadata") struct TableMetadataRuleTests {
  let folder = TemporaryFolder()
  private static let fields = [
    NestedField(id: 1, name: "id", type: .long), NestedField(id: 2, name: "k", type: .int),
  ]

  /// A table as it is after its metadata was changed.
  private func reopened(_ test: TestTable, _ change: (inout JSONObject) -> Void) throws -> Table {
    var object = try #require(try JSONParser.parse(test.table.metadata.jsonText()).objectValue)
    change(&object)
    let metadata = try TableMetadata(json: JSONWriter.write(.object(object)), file: "x.metadata.json")
    return Table(
      identifier: test.table.identifier, metadata: metadata, metadataLocation: test.table.metadataLocation,
      fileSystem: test.table.fileSystem, paths: test.table.paths, catalog: nil)
  }

  /// Identity partition value, then name mapping, then default, then null; a required column may be missing
  /// from the file when the partition has it.
  @Test func rule2_and_rule3_whereAMissingColumnComesFrom() throws {
    let fileSystem = InMemoryFileSystem()
    let before = MemoryTable.make([Self.fields[0]], fileSystem: fileSystem)
    let writer = DataFileWriter(try WriteTarget(before))
    try writer.write(try MemoryTable.batch(before, [[.integer(1)], [.integer(2)]]))
    var file = try #require(try writer.finish().first)
    (file.specID, file.partition) = (1, [.integer(7), .text("p"), .integer(3)])
    let fields =
      Self.fields.prefix(1) + [
        NestedField(id: 2, name: "k", type: .int, isRequired: true),
        NestedField(id: 3, name: "s", type: .string, initialDefault: .text("default")),
        NestedField(id: 4, name: "b", type: .int, initialDefault: .integer(9)),
        NestedField(id: 5, name: "n", type: .int),
      ]
    // A bucket is no value of its column.
    let spec = PartitionSpec(
      id: 1,
      fields: [
        PartitionField(id: 1000, sourceID: 2, name: "k", transform: .identity),
        PartitionField(id: 1001, sourceID: 3, name: "s", transform: .identity),
        PartitionField(id: 1002, sourceID: 4, name: "b", transform: .bucket(4)),
      ])
    let table = MemoryTable.make(Array(fields), spec: spec, formatVersion: 3, fileSystem: fileSystem)
    let rows = try TableRows.read(MemoryTable.plan([file], table), table)
    #expect(rows == [1, 2].map { [.integer($0), .integer(7), .text("p"), .integer(9), .null] })
  }

  @Test func rule17_namesThatDifferInCaseAreTwoColumns() throws {
    let fields = [
      NestedField(id: 1, name: "name", type: .long), NestedField(id: 2, name: "Name", type: .long),
      NestedField(id: 3, name: "other", type: .long),
    ]
    let test = try TestTable(fields, in: folder.path)
    try test.commit(AppendFiles([try test.file([[.integer(1), .integer(2), .integer(3)]])]))
    #expect(try test.rows() == [[.integer(1), .integer(2), .integer(3)]])
    #expect(try test.table.schema.field(named: "Name")?.id == 2)
    #expect(try test.table.schema.field(named: "name")?.id == 1)
    #expect(try test.table.schema.field(named: "OTHER")?.id == 3)
    #expect(throws: TableFormatError.self) { try test.table.schema.field(named: "NAME") }
  }

  /// After an upgrade the lists of version 1 stay as they were: content 0, sequence numbers 0.
  @Test func rule24_listsOfVersion1ReadAfterTheUpgrade() throws {
    let test = try TestTable(Self.fields, formatVersion: 1, in: folder.path)
    let first = try test.file([[.integer(1), .null], [.integer(2), .null]])
    try test.commit(AppendFiles([first]))
    let old = try #require(test.table.currentSnapshot)
    try test.commit(UpdateProperties(set: ["format-version": "2"]))
    #expect(try test.rows() == [[.integer(1), .null], [.integer(2), .null]])
    let manifests = try test.table.manifests(of: old)
    #expect(manifests.allSatisfy { $0.content == .data && $0.sequenceNumber == 0 })
    // Deletes of the new version reach the old files, at whatever sequence number.
    try test.commit(RowDelta(addedDeletes: try test.positionDeletes([(first, [0])])))
    #expect(try test.rows() == [[.integer(2), .null]])
    let equal = try test.equalityDelete([Self.fields[0]], rows: [[.integer(2)]])
    try test.commit(RowDelta(addedDeletes: [equal]))
    #expect(try test.rows().isEmpty)
    #expect(try test.rows(of: old).count == 2)
  }

  @Test func rule25_and_rule26_theDeprecatedFormsOfVersion1Read() throws {
    let spec = PartitionSpec(
      id: 0, fields: [PartitionField(id: 1000, sourceID: 2, name: "k", transform: .identity)])
    let test = try TestTable(Self.fields, spec: spec, formatVersion: 1, in: folder.path)
    try test.commit(AppendFiles(try test.files((0..<6).map { [.integer($0), .integer($0 % 2)] })))
    let snapshot = try #require(test.table.currentSnapshot)
    let manifests = try test.table.manifests(of: snapshot)
    let table = try reopened(test) { object in
      // One schema, one spec without field ids, the manifests in the snapshot.
      object["schema"] = object["schemas"]?.arrayValue?.first
      object["partition-spec"] = .array([
        ["name": "k", "transform": "identity", "source-id": .integer(2)]
      ])
      for name in [
        "schemas", "current-schema-id", "partition-specs", "default-spec-id", "last-partition-id",
        "sort-orders", "default-sort-order-id", "refs", "snapshot-log",
      ] { object[name] = nil }
      let inline: JSONObject = [
        "snapshot-id": .integer(snapshot.id.rawValue), "timestamp-ms": .integer(snapshot.timestampMillis),
        "manifests": .array(manifests.map { .string($0.path) }),
      ]
      object["snapshots"] = .array([.object(inline)])
    }
    #expect(table.currentSnapshot?.manifestList == nil)
    #expect(TestTable.sorted(try TableRows.read(table)) == (try test.rows()))
    let predicate = Predicate.comparison(2, .equal, .init(.integer(1), .integer))
    let plan = try ScanPlanner(table, snapshot: table.currentSnapshot).plan(predicate: predicate)
    #expect(plan.counters.filesPrunedByPartition == 1 && plan.tasks.count == 1)
  }

  /// What a version requires is written; what nothing can be read without is missed by name.
  @Test(arguments: [1, 2, 3]) func rule61_whatIsRequiredIsWritten(version: Int) throws {
    let test = try TestTable(Self.fields, formatVersion: version, in: folder.path)
    let object = try #require(try JSONParser.parse(test.table.metadata.jsonText()).objectValue)
    var required = ["format-version", "location", "last-updated-ms", "last-column-id"]
    if version == 1 { required += ["schema", "partition-spec"] }
    if version >= 2 {
      required += [
        "table-uuid", "last-sequence-number", "schemas", "current-schema-id", "partition-specs",
        "default-spec-id", "last-partition-id", "sort-orders", "default-sort-order-id",
      ]
    }
    if version >= 3 { required.append("next-row-id") }
    for name in required { #expect(object[name] != nil, "\(name)") }
    for name in ["format-version", "location"] {
      let error = #expect(throws: TableFormatError.self) { try reopened(test) { $0[name] = nil } }
      #expect(error?.kind == .damaged && error?.field == name)
    }
    #expect(throws: TableFormatError.self) {
      try reopened(test) {
        $0["schemas"] = nil
        $0["schema"] = nil
      }
    }
  }

  /// Counters that a writer forgot are never below what is in use: new ids and numbers must be new.
  @Test func rule61_countersAreNeverBelowWhatIsInUse() throws {
    let spec = PartitionSpec(
      id: 0, fields: [PartitionField(id: 1004, sourceID: 2, name: "k", transform: .identity)])
    let test = try TestTable(Self.fields, spec: spec, in: folder.path)
    for number in 0..<3 {
      try test.commit(AppendFiles(try test.files([[.integer(Int64(number)), .integer(1)]])))
    }
    let table = try reopened(test) { object in
      for name in ["last-sequence-number", "last-column-id", "last-partition-id"] { object[name] = nil }
    }
    #expect(table.metadata.lastSequenceNumber == 3 && table.metadata.lastColumnID == 2)
    #expect(table.metadata.lastPartitionID == test.table.metadata.lastPartitionID)
  }

  /// The log is cut where an entry went, that entry included: a time before it has no answer.
  @Test func rule63_expiryCutsTheLogBeforeGaps() throws {
    let test = try TestTable(Self.fields, in: folder.path)
    for number in 0..<5 {
      try test.commit(AppendFiles([try test.file([[.integer(Int64(number)), .null]])]))
    }
    let (ids, log) = try (
      test.table.metadata.snapshots.entries().map(\.id), test.table.metadata.snapshotLog.entries()
    )
    try test.commit(ExpireSnapshots(ids: [ids[2]]))
    #expect(try test.table.metadata.snapshots.entries().map(\.id) == [ids[0], ids[1], ids[3], ids[4]])
    #expect(try Array(test.table.metadata.snapshotLog.entries()) == Array(log[3...]))
    #expect(throws: TableFormatError.self) { try test.table.snapshot(atMillis: log[1].timestampMillis) }
    #expect(try test.table.snapshot(atMillis: log[3].timestampMillis).id == ids[3])
    // A branch's commits are not of main's history.
    try test.commit(SetReference("b", SnapshotReference(snapshotID: ids[4]), isNew: true))
    try test.commit(AppendFiles([try test.file([[.integer(9), .null]])], branch: "b"))
    #expect(try Array(test.table.metadata.snapshotLog.entries()) == Array(log[3...]))
    #expect(test.table.metadata.lastSequenceNumber == 6)
  }

  /// The metadata log has each former file with the time that file had.
  @Test func rule64_theMetadataLogHasThePreviousFileAndItsTime() throws {
    let test = try TestTable(
      Self.fields, properties: ["write.metadata.previous-versions-max": "3"], in: folder.path)
    var former: [TableMetadata.MetadataLogEntry] = []
    for number in 0..<5 {
      former.append(
        TableMetadata.MetadataLogEntry(
          timestampMillis: test.table.metadata.lastUpdatedMillis, metadataFile: test.table.metadataLocation))
      try test.commit(AppendFiles([try test.file([[.integer(Int64(number)), .null]])]))
      #expect(test.table.metadata.metadataLog == Array(former.suffix(3)))
    }
  }

  /// A total that the parent does not have is left out, not begun at 0.
  @Test func rule71_unknownTotalsAreLeftOut() throws {
    let test = try TestTable(Self.fields, in: folder.path)
    let files = try (0..<2).map { try test.file([[.integer(Int64($0)), .null]]) }
    try test.commit(AppendFiles([files[0]]))
    let first = try #require(test.table.currentSnapshot)
    var values = first.summary.values
    values["total-records"] = nil
    let parent = Snapshot(
      id: first.id, parentID: nil, sequenceNumber: 1, timestampMillis: first.timestampMillis,
      manifestList: first.manifestList, summary: SnapshotSummary(operation: .append, values: values))
    var summary = SummaryBuilder(operation: .overwrite, parent: parent)
    summary.count(addedData: [files[1]], addedDeletes: [])
    summary.count(removedData: [files[0]], removedDeletes: [])
    let built = try summary.build([:], of: test.table.metadata).values
    #expect(built["total-records"] == nil && built["total-data-files"] == "1")
    #expect(built["added-records"] == "1" && built["deleted-records"] == "1")
  }
}
