import Columnar
import FileFormats
import Testing

@testable import TableFormat

@Suite("Transaction: schema, partitioning, order, properties") struct UpdateSchemaTests {
  let folder = TemporaryFolder()

  private func start(formatVersion: Int = 2) throws -> Table {
    let catalog = try SQLiteCatalog(path: folder.path + "/catalog.db")
    return try SampleTable.create(in: catalog, formatVersion: formatVersion)
  }

  private func names(_ table: Table) -> [String] { table.schema.fields.map(\.name) }

  @Test func columnsAreAddedWithNewIDsAndMoved() throws {
    let tag = NestedField(id: 0, name: "element", type: .string)
    let point = IcebergType.struct([
      NestedField(id: 0, name: "x", type: .double),
      NestedField(id: 0, name: "tags", type: .list(element: tag)),
    ])
    let table = try Transaction(
      start(),
      UpdateSchema([
        .add(name: "place", point, position: .first),
        .add(name: "z", .float, parent: "place", position: .before("x")),
        .move("kind", .after("id")),
      ])
    ).commit()

    #expect(names(table) == ["place", "id", "kind", "day"])
    #expect(table.schema.field(id: 4)?.name == "place")
    #expect(try table.schema.field(named: "place.z")?.id == 8)
    #expect(try table.schema.field(named: "PLACE.tags.element")?.id == 7)
    guard case .struct(let members)? = table.schema.field(id: 4)?.type else { return #expect(Bool(false)) }
    #expect(members.map(\.name) == ["z", "x", "tags"])
    #expect(table.metadata.lastColumnID == 8)
  }

  @Test func droppedColumnsNeverGiveTheirIDAwayAndComeBackWithIt() throws {
    var table = try Transaction(start(), UpdateSchema([.drop("kind")])).commit()
    table = try Transaction(table, UpdateSchema([.add(name: "kind", .long)])).commit()
    #expect(try table.schema.field(named: "kind")?.id == 4)
    table = try Transaction(table, UpdateSchema([.rename("kind", to: "number"), .restore("kind")])).commit()

    #expect(try table.schema.field(named: "kind")?.id == 3)
    #expect(try table.schema.field(named: "number")?.id == 4)
    table = try Transaction(table, UpdateSchema([.drop("number"), .drop("kind"), .restore("kind")])).commit()
    #expect(table.metadata.currentSchemaID == 0)
    #expect(table.metadata.schemas.count == 4)
  }

  @Test func whatWouldBreakReadersIsRefused() throws {
    let table = try start()
    let refused: [UpdateSchema.Change] = [
      .drop("day"), .setType("kind", .bigint), .setType("id", .integer), .setRequired("kind", true),
      .add(name: "kind", .long), .add(name: "n", .long, isRequired: true), .drop("nothing"),
      .add(name: "n", .timestampNanos), .add(name: "n", .long, defaultValue: .integer(1)),
      .setIdentifiers(["kind"]), .add(name: "n", .other("geometry")),
    ]
    for change in refused {
      #expect(throws: TableFormatError.self, "\(change)") {
        try Transaction(table, UpdateSchema([change])).commit()
      }
    }
    #expect(try table.refreshed().metadata == table.metadata)
  }

  @Test func version3TakesDefaultsAndNanoseconds() throws {
    let table = try Transaction(
      start(formatVersion: 3),
      UpdateSchema([
        .add(name: "n", .long, isRequired: true, defaultValue: .integer(7)),
        .add(name: "t", .timestampNanos),
        .add(name: "d", .date, defaultValue: .integer(-1)),
        .add(name: "m", .decimal(precision: 9, scale: 2), defaultValue: .decimal(-5)),
        .setDefault("d", .integer(20_000)),
      ])
    ).commit()

    let again = try SQLiteCatalog(path: folder.path + "/catalog.db").loadTable(SampleTable.identifier)
    #expect(again.metadata == table.metadata)
    #expect(try again.schema.field(named: "n")?.initialDefault == .integer(7))
    #expect(try again.schema.field(named: "d")?.initialDefault == .integer(-1))
    #expect(try again.schema.field(named: "d")?.writeDefault == .integer(20_000))
    #expect(try again.schema.field(named: "m")?.initialDefault == .decimal(-5))
  }

  @Test func partitioningEvolvesAndOldFieldsKeepTheirIDs() throws {
    var table = try start()
    table = try Transaction(table, AppendFiles([SampleTable.file("a", in: table)])).commit()
    table = try Transaction(
      table, UpdatePartitionSpec([.remove(name: "day"), .add(column: "id", .bucket(4))])
    ).commit()
    #expect(table.metadata.defaultSpecID == 1)
    #expect(table.metadata.partitionSpec.fields.map(\.name) == ["id_bucket_4"])
    #expect(table.metadata.lastPartitionID == 1001)
    var file = SampleTable.file("b", in: table)
    file.partition = [.integer(3)]
    table = try Transaction(table, AppendFiles([file])).commit()
    #expect(try SampleTable.livePaths(of: table) == ["a.parquet", "b.parquet"])

    table = try Transaction(
      table,
      UpdatePartitionSpec([.removeTransform(column: "id", .bucket(4)), .add(column: "day", .identity)])
    ).commit()
    #expect(table.metadata.defaultSpecID == 0)
    #expect(throws: TableFormatError.self) {
      try Transaction(table, UpdatePartitionSpec([.add(column: "kind", .day)])).commit()
    }
  }

  @Test func anEqualSortOrderIsUsedAgain() throws {
    var table = try Transaction(start(), SetSortOrder([SortField(sourceID: 1)])).commit()
    table = try Transaction(table, SetSortOrder([])).commit()
    #expect(table.metadata.sortOrder.isUnsorted)
    table = try Transaction(table, SetSortOrder([SortField(sourceID: 1)])).commit()
    #expect(table.metadata.defaultSortOrderID == 1 && table.metadata.sortOrders.count == 2)
  }

  @Test func propertiesChangeAndTheVersionGoesUpOnly() throws {
    var table = try Transaction(start(), UpdateProperties(set: ["a": "1", "format-version": "3"])).commit()
    #expect(table.metadata.properties["a"] == "1" && table.metadata.properties["format-version"] == nil)
    #expect(table.metadata.formatVersion == 3 && table.metadata.nextRowID == 0)
    table = try Transaction(table, UpdateProperties(remove: ["a"])).commit()
    #expect(table.metadata.properties["a"] == nil)
    #expect(throws: TableFormatError.self) {
      try Transaction(table, UpdateProperties(set: ["format-version": "2"])).commit()
    }
  }
}
