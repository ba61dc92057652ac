import Columnar
import FileFormats
import Testing

@testable import TableFormat

@Suite("Manifests: Avro") struct ManifestTests {
  private func metadata(formatVersion: Int) throws -> TableMetadata {
    let schema = try Schema(columns: [
      .init("id", .bigint), .init("a b", .double), .init("m", .decimal(precision: 20, scale: 3)),
    ])
    return try CreateTable(
      TableIdentifier(namespace: "n", name: "t"), schema: schema,
      partitionSpec: PartitionSpec(fields: [
        PartitionField(id: 0, sourceID: 2, name: "a b", transform: .identity),
        PartitionField(id: 0, sourceID: 3, name: "m", transform: .identity),
      ]), formatVersion: formatVersion
    ).metadata(location: "/w/t")
  }

  private func entry(
    _ path: String, _ partition: [ScalarValue], status: ManifestEntry.Status = .added
  ) -> ManifestEntry {
    var file = DataFile(path: path, partition: partition, recordCount: 7, fileSizeInBytes: 99)
    (file.columnSizes, file.valueCounts, file.nanValueCounts) = ([1: 5, 2: 6], [1: 7, 2: 7], [2: 1])
    file.lowerBounds = FieldBounds([1: [1, 0, 0, 0, 0, 0, 0, 0], 3: [5]])
    (file.splitOffsets, file.sortOrderID, file.keyMetadata) = ([4, 50], 0, [1])
    return ManifestEntry(
      status: status, snapshotID: 3, sequenceNumber: status == .added ? nil : 4,
      fileSequenceNumber: status == .added ? nil : 4,
      file: file)
  }

  private func write(
    _ entries: [ManifestEntry], _ metadata: TableMetadata, content: ManifestFile.Content = .data
  ) throws -> (bytes: [UInt8], manifest: ManifestFile) {
    var writer = try ManifestWriter(
      of: metadata, spec: metadata.partitionSpec, content: content, snapshotID: 3)
    for entry in entries { try writer.append(entry) }
    return try writer.finish(location: "/w/t/metadata/m.avro", sequenceNumber: 9)
  }

  @Test(arguments: [1, 2, 3]) func entriesKeepEverything(formatVersion: Int) throws {
    let metadata = try metadata(formatVersion: formatVersion)
    let entries = [
      entry("/a", [.double(1.5), .decimal(-12_345_678_901_234_567)]),
      entry("/b", [.null, .null], status: .existing),
      entry("/c", [.double(-0.0), .decimal(3)], status: .deleted),
    ]

    let (bytes, manifest) = try write(entries, metadata)
    let read = try Manifest.read(bytes, of: manifest, metadata: metadata)

    #expect(read.map(\.file) == entries.map(\.file))
    #expect(read.map(\.status) == entries.map(\.status))
    #expect(read.map(\.sequenceNumber) == (formatVersion == 1 ? [0, 0, 0] : [9, 4, 4]))
    #expect((manifest.addedFilesCount, manifest.existingRowsCount, manifest.deletedFilesCount) == (1, 7, 1))
    #expect(manifest.minSequenceNumber == (formatVersion == 1 ? 0 : 4))
    let list = try ManifestList.write([manifest], formatVersion: formatVersion, snapshot: (3, nil, 9))
    #expect(try ManifestList.read(list, file: "l") == [manifest])
  }

  @Test func summariesLeaveNullAndNaNOut() throws {
    let metadata = try metadata(formatVersion: 2)
    let (_, manifest) = try write(
      [
        entry("/a", [.double(.nan), .null]), entry("/b", [.double(-0.0), .null]),
        entry("/c", [.double(0.0), .null]),
      ], metadata)

    let summaries = try #require(manifest.partitions)
    #expect(summaries[0].containsNaN == true && !summaries[0].containsNull)
    #expect(
      summaries[0].lowerBound == [0, 0, 0, 0, 0, 0, 0, 0x80]
        && summaries[0].upperBound == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(summaries[1] == PartitionFieldSummary(containsNull: true, containsNaN: false))
  }

  @Test func equalityDeletesAndVectorsKeepTheirFields() throws {
    let metadata = try metadata(formatVersion: 3)
    var equality = entry("/e", [.null, .null])
    (equality.file.content, equality.file.equalityIDs) = (.equalityDeletes, [1, 2])
    var vector = entry("/v.puffin", [.null, .null])
    (vector.file.content, vector.file.format) = (.positionDeletes, .puffin)
    (vector.file.referencedDataFile, vector.file.contentOffset, vector.file.contentSizeInBytes) = (
      "/a", 4, 40
    )

    let (bytes, manifest) = try write([equality, vector], metadata, content: .deletes)
    let read = try Manifest.read(bytes, of: manifest, metadata: metadata)

    #expect(read.map(\.file) == [equality.file, vector.file])
    #expect(manifest.content == .deletes && read[1].file.isDeletionVector)
  }

  @Test func rowIDsAreInheritedByFilesWithoutTheirOwn() throws {
    let metadata = try metadata(formatVersion: 3)
    var own = entry("/b", [.null, .null], status: .existing)
    own.file.firstRowID = 500
    var (bytes, manifest) = try write(
      [
        entry("/a", [.null, .null]), own, entry("/gone", [.null, .null], status: .deleted),
        entry("/c", [.null, .null]),
      ],
      metadata)
    manifest.firstRowID = 100

    let ids = try Manifest.read(bytes, of: manifest, metadata: metadata).map(\.file.firstRowID)

    #expect(ids == [100, 500, nil, 107])
    bytes = []
    #expect(throws: TableFormatError.self) { try Manifest.read(bytes, of: manifest, metadata: metadata) }
  }

  @Test func aFlippedByteNeverDoesWorseThanAnError() throws {
    let metadata = try metadata(formatVersion: 2)
    let (bytes, manifest) = try write([entry("/a", [.double(1), .decimal(2)])], metadata)
    let list = try ManifestList.write([manifest], formatVersion: 2, snapshot: (3, nil, 9))
    for place in stride(from: 0, to: bytes.count, by: 5) {
      var damaged = bytes
      damaged[place] ^= 0x55
      _ = try? Manifest.read(damaged, of: manifest, metadata: metadata)
      _ = try? Manifest.read(Array(bytes[..<place]), of: manifest, metadata: metadata)
    }
    for place in stride(from: 0, to: list.count, by: 3) {
      var damaged = list
      damaged[place] ^= 0x55
      _ = try? ManifestList.read(damaged, file: "l")
    }
  }

  @Test func aValueOfTheWrongTypeIsRefused() throws {
    let metadata = try metadata(formatVersion: 2)
    #expect(throws: TableFormatError.self) { try write([entry("/a", [.text("x"), .null])], metadata) }
    #expect(throws: TableFormatError.self) { try write([entry("/a", [.null])], metadata) }
  }
}
