import Columnar
import FileFormats
import Testing

@testable import TableFormat

@Suite("Reading files of older schemas") struct SchemaEvolutionTests {
  /// Writes rows under one schema and reads them under another.
  private static func read(
    _ old: [NestedField], _ rows: [[ScalarValue]], as new: [NestedField]
  ) throws -> [[ScalarValue]] {
    let fileSystem = InMemoryFileSystem()
    let before = MemoryTable.make(old, formatVersion: 3, fileSystem: fileSystem)
    let writer = DataFileWriter(try WriteTarget(before))
    try writer.write(try MemoryTable.batch(before, rows))
    let files = try writer.finish()
    let after = MemoryTable.make(new, formatVersion: 3, fileSystem: fileSystem)
    return try TableRows.read(MemoryTable.plan(files, after), after)
  }

  @Test(arguments: [
    (IcebergType.int, IcebergType.long, ScalarValue.integer(-7), ScalarValue.integer(-7)),
    (.float, .double, .real(1.5), .double(1.5)),
    (.decimal(precision: 9, scale: 2), .decimal(precision: 18, scale: 2), .decimal(-7), .decimal(-7)),
    (.decimal(precision: 18, scale: 2), .decimal(precision: 38, scale: 2), .decimal(-7), .decimal(-7)),
    (.date, .timestamp, .integer(-1), .integer(-86_400_000_000)),
    (.date, .timestampNanos, .integer(2), .integer(172_800_000_000_000)),
    (.timestampNanos, .timestamp, .integer(-1), .integer(-1)),
  ])
  func rule8_promotedColumnsWiden(
    old: IcebergType, new: IcebergType, stored: ScalarValue, seen: ScalarValue
  ) throws {
    let rows = try Self.read(
      [NestedField(id: 1, name: "a", type: old)], [[stored], [.null], [stored]],
      as: [NestedField(id: 1, name: "b", type: new)])
    #expect(rows == [[seen], [.null], [seen]])
  }

  @Test func incompatibleTypesAreNamed() {
    let error = #expect(throws: TableFormatError.self) {
      try Self.read(
        [NestedField(id: 1, name: "a", type: .string)], [[.text("x")]],
        as: [NestedField(id: 1, name: "a", type: .long)])
    }
    #expect(error?.kind == .damaged && error?.field == "a")
  }

  @Test func columnsMoveByIDAndTakeDefaults() throws {
    let rows = try Self.read(
      [NestedField(id: 1, name: "a", type: .long), NestedField(id: 2, name: "b", type: .string)],
      [[.integer(1), .text("x")], [.null, .null]],
      as: [
        NestedField(id: 3, name: "a", type: .string),
        NestedField(id: 4, name: "c", type: .long, initialDefault: .integer(9)),
        NestedField(id: 2, name: "a2", type: .string), NestedField(id: 1, name: "b", type: .long),
      ])
    #expect(rows == [[.null, .integer(9), .text("x"), .integer(1)], [.null, .integer(9), .null, .null]])
  }

  @Test func requiredColumnsWithoutDefaultAreMissed() {
    #expect(throws: TableFormatError.self) {
      try Self.read(
        [NestedField(id: 1, name: "a", type: .long)], [[.integer(1)]],
        as: [NestedField(id: 2, name: "b", type: .long, isRequired: true)])
    }
  }

  /// A null list stays null though its element's struct evolved, where another reader makes it empty.
  @Test func nestedTypesEvolve() throws {
    func field(_ members: [NestedField], of value: IcebergType) -> [NestedField] {
      [
        NestedField(
          id: 1, name: "l", type: .list(element: NestedField(id: 2, name: "element", type: .struct(members)))),
        NestedField(
          id: 10, name: "m",
          type: .map(
            key: NestedField(id: 11, name: "key", type: .string, isRequired: true),
            value: NestedField(id: 12, name: "value", type: value))),
        NestedField(
          id: 20, name: "s", type: .struct([NestedField(id: 21, name: "inner", type: .struct(members))])),
      ]
    }
    let (x, y) = (NestedField(id: 3, name: "x", type: .int), NestedField(id: 4, name: "y", type: .string))
    let rows: [[ScalarValue]] = [
      [
        .list([.struct([.integer(1), .text("a")]), .null]),
        .map(keys: [.text("k")], values: [.integer(5)]), .struct([.struct([.integer(2), .text("b")])]),
      ],
      [.null, .null, .null], [.list([]), .map(keys: [], values: []), .struct([.null])],
    ]
    let added = NestedField(id: 5, name: "z", type: .long, initialDefault: .integer(7))
    let wide = NestedField(id: 3, name: "w", type: .long)
    let result = try Self.read(field([x, y], of: .int), rows, as: field([added, wide], of: .long))
    #expect(
      result == [
        [
          .list([.struct([.integer(7), .integer(1)]), .null]),
          .map(keys: [.text("k")], values: [.integer(5)]),
          .struct([.struct([.integer(7), .integer(2)])]),
        ],
        [.null, .null, .null], [.list([]), .map(keys: [], values: []), .struct([.null])],
      ])
  }

  /// Rule 83.
  @Test func rowIDsAreInheritedFromTheFile() throws {
    let fields = [NestedField(id: 1, name: "a", type: .long)]
    let table = MemoryTable.make(fields, formatVersion: 3)
    let writer = DataFileWriter(try WriteTarget(table))
    try writer.write(try MemoryTable.batch(table, (0..<3).map { [.integer($0)] }))
    var file = try #require(try writer.finish().first)
    let lineage = [NestedField.rowID, .lastUpdatedSequenceNumber]
    #expect(
      try TableRows.read(MemoryTable.plan([file], table), table, fields: lineage).first == [.null, .null])
    file.firstRowID = 40
    let rows = try TableRows.read(MemoryTable.plan([file], table), table, fields: lineage)
    #expect(rows == (40..<43).map { [.integer($0), .integer(1)] })
  }

  @Test func filesOfOtherFormatsAreRefusedByName() throws {
    let table = MemoryTable.make([NestedField(id: 1, name: "a", type: .long)])
    let file = DataFile(path: "/t/x.orc", format: .orc, recordCount: 1, fileSizeInBytes: 1)
    let error = #expect(throws: TableFormatError.self) {
      try TableRows.read(MemoryTable.plan([file], table), table)
    }
    #expect(error?.kind == .unsupported && error?.message.contains("ORC") == true)
  }
}
