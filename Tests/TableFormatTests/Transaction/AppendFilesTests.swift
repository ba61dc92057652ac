import FileFormats
import Testing

@testable import TableFormat

@Suite("Transaction: append") struct AppendFilesTests {
  let folder = TemporaryFolder()

  @Test func anAppendedFileIsThereAfterReopening() throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    var table = try SampleTable.create(in: catalog)

    table = try Transaction(table, AppendFiles([SampleTable.file("a", in: table)])).commit()
    table = try Transaction(table, AppendFiles([SampleTable.file("b", in: table)])).commit()

    let again = try SQLiteCatalog(path: folder.path + "/catalog.db").loadTable(SampleTable.identifier)
    #expect(again.metadata == table.metadata)
    #expect(try SampleTable.livePaths(of: again) == ["a.parquet", "b.parquet"])
    #expect(again.currentSnapshot?.summary.count("total-records") == 20)
    #expect(again.currentSnapshot?.sequenceNumber == 2)
    #expect(again.metadata.snapshotLog.count == 2)
    #expect(again.metadata.metadataLog.count == 2)
  }

  @Test func twoHandlesOnTheSameStateBothSucceed() throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    let table = try SampleTable.create(in: catalog)
    let other = try SQLiteCatalog(path: folder.path + "/catalog.db").loadTable(SampleTable.identifier)

    try Transaction(table, AppendFiles([SampleTable.file("a", in: table)])).commit()
    let last = try Transaction(other, AppendFiles([SampleTable.file("b", in: table)])).commit()

    #expect(try SampleTable.livePaths(of: last) == ["a.parquet", "b.parquet"])
    let files = try LocalFileSystem().list(folder.path + "/analytics/events/metadata", recursively: false)
    // 3 metadata files, 2 lists, 2 manifests.
    #expect(files.count == 7)
  }

  @Test func manyAppendsKeepFewManifestsAndFewMetadataFiles() throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    var table = try SampleTable.create(in: catalog, properties: ["commit.manifest.min-count-to-merge": "5"])

    for number in 0..<40 {
      let file = SampleTable.file("f\(number)", day: 20_000 + Int64(number % 3), in: table)
      table = try Transaction(table, AppendFiles([file])).commit()
    }

    let snapshot = try #require(table.currentSnapshot)
    let manifests = try table.manifests(of: snapshot)
    #expect(manifests.count <= 5)
    #expect(try SampleTable.livePaths(of: table).count == 40)
    #expect(Set(try manifests.flatMap { try table.entries(of: $0) }.map(\.sequenceNumber)).count == 40)
    #expect(snapshot.summary.count("total-data-files") == 40)
    let files = try LocalFileSystem().list(folder.path + "/analytics/events/metadata", recursively: false)
    #expect(files.filter { $0.path.hasSuffix(".metadata.json") }.count == 11)
  }
}
