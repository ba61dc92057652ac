import FileFormats
import Testing

@testable import TableFormat

@Suite("Catalog: register and refresh") struct RegistrationTests {
  let folder = TemporaryFolder()

  @Test func aFolderIsRegisteredAndFollowed() throws {
    let source = try SQLiteCatalog(path: folder.path + "/source/catalog.db")
    var table = try SampleTable.create(in: source)
    table = try Transaction(table, AppendFiles([SampleTable.file("a", in: table)])).commit()
    let catalog = try SQLiteCatalog(path: folder.path + "/other/catalog.db")
    let name = TableIdentifier(namespace: "mine", name: "events")

    let registered = try catalog.register(name, at: folder.path + "/source/analytics/events")
    #expect(registered.metadata == table.metadata)
    #expect(registered.metadataLocation.hasPrefix("file:///"))
    #expect(try catalog.refresh(name).previous == nil)
    #expect(throws: TableFormatError.self) {
      try catalog.register(name, at: folder.path + "/source/analytics/events")
    }

    table = try Transaction(table, AppendFiles([SampleTable.file("b", in: table)])).commit()
    let refreshed = try catalog.refresh(name)
    #expect(refreshed.previous == registered.metadataLocation)
    #expect(refreshed.table.metadata == table.metadata)
    #expect(try SampleTable.livePaths(of: catalog.loadTable(name)) == ["a.parquet", "b.parquet"])
  }

  @Test func anotherTablesMetadataIsRefused() throws {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    let table = try SampleTable.create(in: catalog)
    var other = table.metadata
    other.uuid = "00000000-0000-0000-0000-000000000009"
    other.lastUpdatedMillis += 10
    let path = folder.path + "/analytics/events/metadata/00007-x.metadata.json"
    let text = try other.jsonText()
    try LocalFileSystem().writeNew(path, text.span)

    let error = #expect(throws: TableFormatError.self) { try catalog.refresh(table.identifier) }

    #expect(error?.message.contains("UUID") == true)
    #expect(try catalog.metadataLocation(of: table.identifier) == table.metadataLocation)
  }
}
