import FileFormats
import Testing

@testable import TableFormat

@Suite("Metadata files of long histories") struct LongHistoryTests {
  private let files = InMemoryFileSystem()
  private let location = "/t/metadata/1.gz.metadata.json"

  private func snapshot(_ number: Int64) -> Snapshot {
    Snapshot(
      id: SnapshotID(number), parentID: number == 1 ? nil : SnapshotID(number - 1), sequenceNumber: number,
      timestampMillis: number, manifestList: "/t/metadata/snap-\(number).avro", manifests: [],
      summary: SnapshotSummary(operation: .append, values: ["total-records": "\(number * 10)"]), schemaID: 0)
  }

  /// A table of that many appends.
  private func metadata(snapshots count: Int64) -> TableMetadata {
    var metadata = TableMetadata(
      formatVersion: 2, uuid: "u", location: "/t", lastUpdatedMillis: 1, lastColumnID: 1,
      schemas: [Schema(fields: [NestedField(id: 1, name: "a", type: .int, isRequired: false)])],
      currentSchemaID: 0, partitionSpecs: [.unpartitioned], defaultSpecID: 0, lastPartitionID: 999)
    metadata.properties["write.metadata.compression-codec"] = "gzip"
    for number in 1...count { metadata.add(snapshot(number), to: SnapshotReference.main) }
    return metadata
  }

  private func written(_ metadata: TableMetadata) throws -> TableMetadata {
    let location = try MetadataFile.write(metadata, version: 1, fileSystem: files, paths: PathMapper())
    return try MetadataFile.read(location, fileSystem: files, paths: PathMapper())
  }

  @Test func olderSnapshotsAreReadWhenTheyAreAskedFor() throws {
    let made = metadata(snapshots: 500)
    let read = try written(made)

    #expect(read.snapshots.count == 500 && read.snapshotLog.count == 500)
    #expect(read.currentSnapshot == snapshot(500) && read.snapshots.known(id: 1) == nil)
    #expect(try read.ancestry(of: 500, since: 490)?.map(\.id.rawValue) == (491...500).reversed())
    #expect(read.snapshots.known(id: 1) == nil, "the newest ancestors take a part of the history")
    #expect(try read.ancestry(of: 500, since: 3)?.count == 497)
    #expect(try read.snapshot(id: 1) == snapshot(1) && read.snapshots.known(id: 1) == snapshot(1))
    #expect(try read == made && Array(read.snapshots.entries()) == (1...500).map { snapshot($0) })
    #expect(try read.jsonText() == made.jsonText())
  }

  @Test func aHistoryThatWasNotReadIsWrittenAsItWas() throws {
    var (made, read) = (metadata(snapshots: 500), try written(metadata(snapshots: 500)))
    for number in 501...900 as ClosedRange<Int64> {
      made.add(snapshot(number), to: SnapshotReference.main)
      read.add(snapshot(number), to: SnapshotReference.main)
      if number % 100 == 7 { read = try written(read) }
    }
    #expect(read.snapshots.known(id: 1) == nil)
    let location = try MetadataFile.write(read, version: 2, fileSystem: files, paths: PathMapper())
    let bytes = try files.readAll(try PathMapper().path(of: location))
    let text = try Deflate.decompress(bytes.span, .gzip)
    #expect(try text.starts(with: made.jsonText().dropLast()), "the index comes last")
    #expect(try TableMetadata(json: text, file: nil) == made)
    #expect(try TableMetadata(json: text, file: nil).jsonText() == made.jsonText())
    read.properties["write.metadata.compression-codec"] = nil
    made.properties["write.metadata.compression-codec"] = nil
    #expect(try written(read) == made)
  }

  @Test func theCurrentSnapshotMayBeAnOldOne() throws {
    var made = metadata(snapshots: 500)
    made.references["old"] = SnapshotReference(snapshotID: 3, kind: .tag)
    made.setReference(SnapshotReference.main, to: 7, atMillis: 1000)
    let read = try written(made)

    #expect(try read.currentSnapshot == snapshot(7) && read.snapshot(reference: "old") == snapshot(3))
    #expect(read.snapshotLog.count == 501 && read.snapshotLog.last?.snapshotID == 7)
  }

  /// The parts of a file, with other texts in some of them.
  private func file(
    of metadata: TableMetadata, _ change: (inout [SegmentedGzip.Part]) throws -> Void
  ) throws -> TableMetadata {
    let (made, end) = metadata.jsonParts
    var parts = try made.map { try $0.packed() }
    try change(&parts)
    let file = try SegmentedGzip.file(parts, end: end)
    try files.writeNew(location, file.span)
    return try MetadataFile.read(location, fileSystem: files, paths: PathMapper())
  }

  @Test(arguments: [
    "", "{}", "]", ",[1]", ",\"\\", "{\"snapshot-id\":1,\"timestamp-ms\":1,\"manifest-list\":\"x\"}",
  ])
  func anOlderPartThatIsDamagedStopsWhatNeedsIt(text: String) throws {
    let read = try file(of: metadata(snapshots: 500)) { parts in
      let old = try #require(parts.firstIndex { $0.label == 1 })
      parts[old].segment = try SegmentedGzip.pack(Array(text.utf8).span)
    }

    #expect(read.currentSnapshot == snapshot(500))
    var changed = read
    changed.properties["write.metadata.compression-codec"] = nil
    let failures: [() throws -> Void] = [
      { _ = try read.snapshot(id: 1) }, { _ = try read.snapshots.entries() }, { _ = try read.jsonText() },
      { _ = try read.ancestry(of: 500) }, { _ = try written(changed) },
    ]
    for fails in failures {
      let error = #expect(throws: TableFormatError.self) { try fails() }
      #expect(error?.kind == .damaged && error?.file == location)
    }
    #expect(read != metadata(snapshots: 500))
  }

  /// An index that leaves out other things than the beginning of an array is not believed.
  @Test func anIndexOfAnotherFormIsNotUsed() throws {
    let made = metadata(snapshots: 500)
    let changes: [(inout [SegmentedGzip.Part]) throws -> Void] = [
      { parts in for index in parts.indices { parts[index].label = 0 } },
      { parts in for index in parts.indices { parts[index].label = 1 } },
      { parts in parts[0].label = 7 },
      { parts in
        for index in parts.indices where parts[index].label > 0 {
          parts[index].label = 3 - parts[index].label
        }
      },
    ]
    for change in changes {
      let read = try file(of: made, change)
      #expect(read.snapshots.known(id: 1) == snapshot(1) && read == made)
      try files.remove(location)
    }
  }
}
