import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Columns of the type variant read as JSON, however their writer has shredded them.
@Suite("Reading variants") struct VariantTests {
  private static let folder =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Fixtures/variant/"
  private static let fields = [
    NestedField(id: 1, name: "i", type: .int), NestedField(id: 2, name: "v", type: .variant),
  ]

  private static func table(_ fields: [NestedField], mapping: String) -> Table {
    MemoryTable.make(
      fields, formatVersion: 3, properties: ["schema.name-mapping.default": mapping],
      fileSystem: LocalFileSystem())
  }

  private static let mapping = #"[{"field-id": 1, "names": ["i"]}, {"field-id": 2, "names": ["v"]}]"#

  private static func expected() throws -> [ScalarValue] {
    let json = try JSONParser.parse(try LocalFileSystem().readAll(folder + "values.json"))
    return (json.arrayValue ?? []).map { value in value.stringValue.map { .text($0) } ?? .null }
  }

  private static func plan(_ name: String, _ table: Table) -> ScanPlan {
    var file = DataFile(path: folder + name + ".parquet", recordCount: 10, fileSizeInBytes: 1)
    // Bounds of variants are no bounds of their text.
    file.lowerBounds = FieldBounds([2: Array("zzz".utf8)])
    file.nullValueCounts = [2: 1]
    return MemoryTable.plan([file], table)
  }

  @Test(arguments: ["by-analysis", "object", "bigint", "list"])
  func shreddedVariantsArePutTogetherAgain(name: String) throws {
    let table = Self.table(Self.fields, mapping: Self.mapping)
    let rows = try TableRows.read(Self.plan(name, table), table)
    #expect(rows.map { $0[1] } == (try Self.expected()))
    let predicate = Predicate.comparison(2, .equal, .init(.text("42"), .varchar))
    let task = try #require(Self.plan(name, table).tasks.first)
    #expect(MetricsEvaluator([2], schema: table.schema).outcomes(of: predicate, in: task.file).mightMatch)
    let reader = try DataFileReader(
      task, table: table, fields: Self.fields, deletes: try DeleteLoader(table))
    #expect(try reader.verdict(rowGroup: 0, predicate: predicate).isRead)
  }

  /// Where a column ends: damage is an error, and nothing worse.
  @Test func aGroupThatIsNoVariantIsNamed() throws {
    let fileSystem = InMemoryFileSystem()
    let pair = NestedField(
      id: 2, name: "v",
      type: .struct([
        NestedField(id: 3, name: "metadata", type: .binary), NestedField(id: 4, name: "value", type: .binary),
      ]))
    let before = MemoryTable.make([pair], formatVersion: 3, fileSystem: fileSystem)
    func read(_ metadata: [UInt8], _ value: [UInt8]) throws -> [[ScalarValue]] {
      let writer = DataFileWriter(try WriteTarget(before))
      try writer.write(
        try MemoryTable.batch(before, [[.struct([.bytes(metadata), .bytes(value)])], [.null]]))
      let files = try writer.finish()
      let after = MemoryTable.make([Self.fields[1]], formatVersion: 3, fileSystem: fileSystem)
      return try TableRows.read(MemoryTable.plan(files, after), after)
    }
    let empty: [UInt8] = [1, 0, 0]
    #expect(try read(empty, [0x0C, 7]) == [[.text("7")], [.null]])
    #expect(throws: TableFormatError.self) { try read([2, 0, 0], [0x0C, 7]) }
    #expect(throws: TableFormatError.self) { try read(empty, [0x0C]) }
    let error = #expect(throws: TableFormatError.self) {
      try WriteTarget(Self.table(Self.fields, mapping: "[]"))
    }
    #expect(error?.kind == .unsupported && error?.message.contains("variant") == true)
  }
}
