import Columnar
import FileFormats
import Testing

@testable import TableFormat

@Suite("Transaction: staged and replaced tables, manifests, cherry-picks") struct ReplaceTableTests {
  let folder = TemporaryFolder()
  private var catalogPath: String { folder.path + "/catalog.db" }

  @Test func aStagedTableAppearsWithItsFirstCommit() throws {
    let catalog = try SQLiteCatalog(path: catalogPath)
    try catalog.createNamespace(Namespace("analytics"))
    let creation = CreateTable(SampleTable.identifier, schema: try Schema(columns: [.init("id", .bigint)]))
    let staged = try catalog.stageTable(creation)
    let second = try catalog.stageTable(creation)
    #expect(try catalog.tables(in: Namespace("analytics")).isEmpty)
    var file = SampleTable.file("a", in: staged)
    file.partition = []

    let table = try Transaction(staged, AppendFiles([file])).commit()

    #expect(try catalog.loadTable(SampleTable.identifier).metadata == table.metadata)
    #expect(table.metadata.metadataLog.isEmpty && MetadataFile.version(of: table.metadataLocation) == 0)
    let before = try LocalFileSystem().list(folder.path + "/analytics", recursively: true).count
    let error = #expect(throws: TableFormatError.self) {
      try Transaction(second, AppendFiles([file])).commit()
    }
    #expect(error?.kind == .alreadyExists)
    #expect(try LocalFileSystem().list(folder.path + "/analytics", recursively: true).count == before)
  }

  @Test func aReplacedTableBeginsAnewAndKeepsItsHistory() throws {
    var table = try SampleTable.create(in: SQLiteCatalog(path: catalogPath))
    table = try Transaction(table, AppendFiles([SampleTable.file("a", in: table)])).commit()
    let old = try #require(table.currentSnapshot)
    let schema = try Schema(columns: [.init("n", .struct([.init("x", .double)])), .init("day", .date)])
    let replace = ReplaceTable(
      CreateTable(
        SampleTable.identifier, schema: schema,
        partitionSpec: PartitionSpec(fields: [
          PartitionField(id: 0, sourceID: 2, name: "day_month", transform: .month)
        ])))
    let preview = try replace.preview(of: table)
    #expect(
      preview.schema.fields.map(\.id) == [4, 6] && preview.metadata.partitionSpec.fields[0].sourceID == 6)
    var file = SampleTable.file("b", day: 600, in: preview)
    (file.lowerBounds, file.upperBounds) = (FieldBounds(), FieldBounds())

    var transaction = Transaction(table, replace)
    transaction.add(AppendFiles([file]))
    let new = try transaction.commit()

    #expect(new.schema == preview.schema && new.metadata.uuid == table.metadata.uuid)
    #expect(try SampleTable.livePaths(of: new) == ["b.parquet"])
    #expect(new.currentSnapshot?.parentID == nil && new.metadata.snapshots.count == 2)
    let back = try Transaction(new, SetReference.rollback(to: old.id)).commit()
    #expect(try SampleTable.livePaths(of: back) == ["a.parquet"])
  }

  @Test func rewrittenManifestsHoldTheSameFilesByPartition() throws {
    var table = try SampleTable.create(in: SQLiteCatalog(path: catalogPath), formatVersion: 3)
    for number in 0..<6 {
      table = try Transaction(
        table, AppendFiles([SampleTable.file("\(number)", day: 20_000 + Int64(number % 2), in: table)])
      ).commit()
    }
    func entries(_ table: Table) throws -> [ManifestEntry] {
      try table.manifests(of: #require(table.currentSnapshot)).flatMap { try table.entries(of: $0) }
    }
    let before = try entries(table)

    table = try Transaction(table, RewriteManifests()).commit()

    let after = try entries(table)
    #expect(try table.manifests(of: #require(table.currentSnapshot)).count == 1)
    #expect(
      Set(after.map(\.file.path)) == Set(before.map(\.file.path))
        && after.allSatisfy { $0.status == .existing })
    #expect(after.map { $0.file.path.dropLast(8).last } == ["0", "2", "4", "1", "3", "5"])
    #expect(Set(after.map(\.file.firstRowID)) == Set(before.map(\.file.firstRowID)))
    #expect(Set(after.map(\.sequenceNumber)) == Set(before.map(\.sequenceNumber)))
    #expect(table.currentSnapshot?.summary.operation == .replace)
    #expect(table.currentSnapshot?.summary.count("total-records") == 60)
  }

  @Test func aStagedSnapshotIsPublishedOnce() throws {
    var table = try SampleTable.create(in: SQLiteCatalog(path: catalogPath))
    table = try Transaction(table, AppendFiles([SampleTable.file("a", in: table)])).commit()
    table = try Transaction(
      table, AppendFiles([SampleTable.file("w", in: table)], properties: ["wap.id": "load-1"], isStaged: true)
    ).commit()
    let staged = try #require(try table.metadata.snapshots.entries().last)
    #expect(try SampleTable.livePaths(of: table) == ["a.parquet"])
    table = try Transaction(table, AppendFiles([SampleTable.file("b", in: table)])).commit()

    table = try Transaction(table, CherryPickSnapshot(staged.id)).commit()

    #expect(try SampleTable.livePaths(of: table) == ["a.parquet", "b.parquet", "w.parquet"])
    #expect(table.currentSnapshot?.summary["published-wap-id"] == "load-1")
    #expect(throws: TableFormatError.self) { try Transaction(table, CherryPickSnapshot(staged.id)).commit() }
  }
}
