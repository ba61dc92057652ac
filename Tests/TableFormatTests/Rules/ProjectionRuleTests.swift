import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Rules of `../shared/ICEBERG.md` §1.1 on where the values of a column come from.
@Suite("Rules: projection") struct ProjectionRuleTests {
  /// Reads one file without field ids under a schema and a name mapping.
  private func read(
    _ columns: [ParquetWriteField], _ values: [ScalarValue], as fields: [NestedField], mapping: String
  ) throws -> [[ScalarValue]] {
    let fileSystem = InMemoryFileSystem()
    let file = try fileSystem.create("/t/data/plain.parquet")
    let writer = try ParquetWriter(schema: columns, options: ParquetWriteOptions(), to: file)
    var vectors: [Vector] = []
    for (column, value) in zip(columns, values) {
      var builder = VectorBuilder(column.type)
      builder.append(value)
      vectors.append(builder.finish())
    }
    try writer.write(Batch(columns: vectors, rowCount: 1))
    let summary = try writer.finish()
    try file.close()
    let table = MemoryTable.make(
      fields, properties: ["schema.name-mapping.default": mapping], fileSystem: fileSystem)
    let data = DataFile(
      path: "/t/data/plain.parquet", recordCount: 1, fileSizeInBytes: Int64(summary.byteCount))
    return try TableRows.read(MemoryTable.plan([data], table), table)
  }

  /// `a.b` is the name of one column, and not the way to the field `b` of the column `a`.
  @Test func rule4_namesWithADotAreLiteral() throws {
    let inner = LogicalType.struct([.init("b", .bigint), .init("c.d", .bigint)])
    let rows = try read(
      [ParquetWriteField("a.b", .bigint), ParquetWriteField("a", inner)],
      [.integer(1), .struct([.integer(2), .integer(3)])],
      as: [
        NestedField(id: 1, name: "a.b", type: .long),
        NestedField(
          id: 2, name: "a",
          type: .struct([
            NestedField(id: 3, name: "b", type: .long), NestedField(id: 4, name: "c.d", type: .long),
          ])),
      ],
      mapping: """
        [{"field-id": 1, "names": ["a.b"]},
         {"field-id": 2, "names": ["a"],
          "fields": [{"field-id": 3, "names": ["b"]}, {"field-id": 4, "names": ["c.d"]}]}]
        """)
    #expect(rows == [[.integer(1), .struct([.integer(2), .integer(3)])]])
  }

  /// Several names mean one field, none and no id are legal, and mean that a column is passed over.
  @Test func rule4_namesMayBeSeveralOrNoneAndIDsMayLack() throws {
    let rows = try read(
      ["old", "skipped", "x"].map { ParquetWriteField($0, .bigint) },
      [.integer(1), .integer(2), .integer(3)],
      as: [
        NestedField(id: 1, name: "new", type: .long), NestedField(id: 2, name: "skipped", type: .long),
        NestedField(id: 3, name: "none", type: .long, initialDefault: .integer(9)),
        NestedField(id: 4, name: "x", type: .long),
      ],
      mapping: """
        [{"field-id": 1, "names": ["new", "old"]}, {"names": ["skipped"]},
         {"field-id": 3, "names": []}, {"field-id": 4, "names": ["X", "x"]}]
        """)
    #expect(rows == [[.integer(1), .null, .integer(9), .integer(3)]])
  }

  /// A file with ids of its own needs no mapping, and takes none.
  @Test func rule4_theMappingIsForFilesWithoutIDs() throws {
    let rows = try read(
      [ParquetWriteField("a", .bigint, fieldID: 1), ParquetWriteField("b", .bigint)],
      [.integer(1), .integer(2)],
      as: [NestedField(id: 1, name: "a", type: .long), NestedField(id: 2, name: "b", type: .long)],
      mapping: #"[{"field-id": 2, "names": ["a", "b"]}]"#)
    #expect(rows == [[.integer(1), .null]])
  }

  /// A partition field dropped in v1 stays as `void`; its values say nothing, whatever the writer left there.
  @Test(arguments: [ScalarValue.null, .integer(5)]) func rule27_voidSaysNothing(left: ScalarValue) throws {
    let fileSystem = InMemoryFileSystem()
    let fields = [NestedField(id: 1, name: "a", type: .long), NestedField(id: 2, name: "b", type: .long)]
    let spec = PartitionSpec(
      id: 1,
      fields: [
        PartitionField(id: 1000, sourceID: 1, name: "a", transform: .void),
        PartitionField(id: 1001, sourceID: 2, name: "b", transform: .identity),
      ])
    let table = MemoryTable.make(fields, spec: spec, formatVersion: 1, fileSystem: fileSystem)
    let writer = DataFileWriter(try WriteTarget(table), partition: [left, .integer(4)])
    try writer.write(try MemoryTable.batch(table, [[.integer(1), .integer(4)]]))
    let plan = MemoryTable.plan(try writer.finish(), table)

    #expect(try TableRows.read(plan, table) == [[.integer(1), .integer(4)]])
    let evaluator = PartitionEvaluator(spec, schema: table.schema)
    let predicate = Predicate.comparison(1, .equal, .init(.integer(1), .bigint))
    #expect(evaluator.outcomes(of: predicate, in: [left, .integer(4)]).mightMatch)
    // All fields void is as good as no field: deletes of such a spec reach every partition (rule 35).
    #expect(PartitionSpec(id: 2, fields: [spec.fields[0]]).isUnpartitioned)
  }

  /// A column of type `unknown` is in no file, and null in every row; once promoted it reads like any other.
  @Test func rule85_columnsOfTypeUnknownAreNotWritten() throws {
    let fileSystem = InMemoryFileSystem()
    let unknown = [
      NestedField(id: 1, name: "a", type: .long), NestedField(id: 2, name: "u", type: .unknown),
      NestedField(id: 3, name: "b", type: .string),
    ]
    let before = MemoryTable.make(unknown, formatVersion: 3, fileSystem: fileSystem)
    let writer = DataFileWriter(try WriteTarget(before))
    try writer.write(try MemoryTable.batch(before, [[.integer(1), .null, .text("x")]]))
    let files = try writer.finish()
    let bytes = try fileSystem.open(try PathMapper().path(of: files[0].path))
    #expect(try ParquetReader(bytes).metadata.schema.columns.map(\.name) == ["a", "b"])
    #expect(files[0].valueCounts[2] == nil && files[0].lowerBounds.range(of: 2) == nil)

    #expect(
      try TableRows.read(MemoryTable.plan(files, before), before) == [[.integer(1), .null, .text("x")]])
    var fields = unknown
    fields[1].type = .int
    let after = MemoryTable.make(fields, formatVersion: 3, fileSystem: fileSystem)
    #expect(try TableRows.read(MemoryTable.plan(files, after), after) == [[.integer(1), .null, .text("x")]])
    // In a predicate it is null.
    let plan = MemoryTable.plan(files, before)
    #expect(try TableRows.read(plan, before, fields: [unknown[1]]) == [[.null]])
  }
}
