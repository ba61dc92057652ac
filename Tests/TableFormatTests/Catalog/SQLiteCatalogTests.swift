import FileFormats
import Testing

@testable import TableFormat

@Suite("Catalog: SQLite") struct SQLiteCatalogTests {
  let folder = TemporaryFolder()
  private var path: String { folder.path + "/catalog.db" }

  @Test func aMissingFileReadsAsEmptyAndIsNotMade() throws {
    let catalog = try SQLiteCatalog(path: path)
    #expect(try catalog.namespaces().isEmpty && catalog.catalogNames().isEmpty)
    #expect(try LocalFileSystem().status(path) == nil)
    #expect(throws: TableFormatError.self) { try catalog.loadTable(SampleTable.identifier) }
  }

  @Test func aFileThatIsNotSQLiteIsNamed() throws {
    let text = [UInt8](repeating: UInt8(ascii: "x"), count: 2000)
    try LocalFileSystem().writeNew(path, text.span)
    let error = #expect(throws: TableFormatError.self) { try SQLiteCatalog(path: path) }
    #expect(error?.kind == .damaged)
    #expect(error?.message.contains("is not an SQLite file") == true)
  }

  @Test func theOneNameOfTheFileIsTaken() throws {
    let first = try SQLiteCatalog(path: path, name: "jdbc")
    _ = try SampleTable.create(in: first)

    #expect(try SQLiteCatalog(path: path).name == "jdbc")
    let other = try SQLiteCatalog(path: path, name: "mine")
    #expect(try other.tables(in: SampleTable.identifier.namespace).isEmpty)
    let error = #expect(throws: TableFormatError.self) { try other.loadTable(SampleTable.identifier) }
    #expect(error?.hint?.contains("\"jdbc\"") == true)
  }

  @Test func aFileOfTheFirstSchemaIsUsedAsItIs() throws {
    let made = try SQLiteCatalog(path: path)
    let table = try SampleTable.create(in: made)
    let connection = try SQLiteConnection(path: path, creating: false)
    try connection.execute("ALTER TABLE iceberg_tables DROP COLUMN iceberg_type")

    let catalog = try SQLiteCatalog(path: path)
    #expect(try catalog.tables(in: SampleTable.identifier.namespace) == [SampleTable.identifier])
    let loaded = try catalog.loadTable(SampleTable.identifier)
    try Transaction(loaded, AppendFiles([SampleTable.file("a", in: table)])).commit()
    try catalog.renameTable(
      SampleTable.identifier, to: TableIdentifier(namespace: "analytics", name: "other"))
    let columns = try connection.query("SELECT name FROM pragma_table_info('iceberg_tables')")
    #expect(columns.count == 5)
  }

  @Test func viewsOfOthersAreSeenAndNotTouched() throws {
    let catalog = try SQLiteCatalog(path: path)
    _ = try SampleTable.create(in: catalog)
    let connection = try SQLiteConnection(path: path, creating: false)
    try connection.execute(
      "INSERT INTO iceberg_tables VALUES ('s3_tables', 'analytics', 'v', 'file:///v.json', NULL, 'VIEW')")
    let view = TableIdentifier(namespace: "analytics", name: "v")

    #expect(try catalog.tables(in: view.namespace) == [SampleTable.identifier])
    #expect(try catalog.views(in: view.namespace) == [view])
    #expect(throws: TableFormatError.self) { try catalog.loadTable(view) }
    #expect(throws: TableFormatError.self) { try catalog.dropTable(view) }
    #expect(throws: TableFormatError.self) { try catalog.renameTable(SampleTable.identifier, to: view) }
  }

  @Test func namespacesHaveLevelsAndProperties() throws {
    let catalog = try SQLiteCatalog(path: path)
    try catalog.createNamespace(Namespace("a.b"), properties: ["location": "file:///x/ab"])
    try catalog.createNamespace(Namespace("c"))
    #expect(try catalog.namespaces().map(\.description) == ["a", "a.b", "c"])
    #expect(try catalog.properties(of: Namespace("a.b")) == ["location": "file:///x/ab"])
    #expect(try catalog.properties(of: Namespace("c")).isEmpty)
    #expect(try catalog.defaultLocation(of: TableIdentifier(namespace: "a.b", name: "t")) == "file:///x/ab/t")
    #expect(
      try catalog.defaultLocation(of: TableIdentifier(namespace: "c", name: "t"))
        == "file://\(folder.path)/c/t")

    #expect(throws: TableFormatError.self) { try catalog.createNamespace(Namespace("c")) }
    #expect(throws: TableFormatError.self) { try catalog.dropNamespace(Namespace("a")) }
    try catalog.updateNamespace(Namespace("a.b"), set: [:], remove: ["location"])
    #expect(try catalog.hasNamespace(Namespace("a.b")))
    try catalog.dropNamespace(Namespace("a.b"))
    #expect(try catalog.namespaces().map(\.description) == ["c"])
  }

  @Test func tablesAreRenamedDroppedAndRegistered() throws {
    let catalog = try SQLiteCatalog(path: path)
    let table = try SampleTable.create(in: catalog)
    let other = TableIdentifier(namespace: "analytics", name: "other")
    #expect(throws: TableFormatError.self) { try SampleTable.create(in: catalog) }
    try catalog.renameTable(SampleTable.identifier, to: other)
    #expect(try catalog.tables(in: other.namespace) == [other])
    try catalog.dropTable(other)
    #expect(try catalog.tables(in: other.namespace).isEmpty)

    let again = try catalog.registerTable(SampleTable.identifier, metadataLocation: table.metadataLocation)
    #expect(again.metadata.uuid == table.metadata.uuid)
  }

  @Test func theWriteLockOfAnotherIsWaitedFor() throws {
    _ = try SampleTable.create(in: SQLiteCatalog(path: path))
    let (holder, waiter) = (
      try SQLiteConnection(path: path, creating: false),
      try SQLiteConnection(path: path, creating: false, busyMillis: 50)
    )
    let error = #expect(throws: TableFormatError.self) {
      try holder.transaction { (transaction) throws(TableFormatError) in
        try transaction.execute("UPDATE iceberg_tables SET table_name = table_name")
        try waiter.execute("UPDATE iceberg_tables SET table_name = table_name")
      }
    }
    #expect(error?.kind == .conflict && error?.isRetryable == true)
  }
}
