import Columnar
import FileFormats
import Testing

@testable import TableFormat

@Suite("Writing data files") struct PartitionedWriterTests {
  private static let fields: [NestedField] = [
    NestedField(id: 1, name: "id", type: .long, isRequired: true),
    NestedField(id: 2, name: "name", type: .string),
    NestedField(id: 3, name: "price", type: .double), NestedField(id: 4, name: "at", type: .timestamp),
    NestedField(id: 5, name: "cost", type: .decimal(precision: 9, scale: 2)),
    NestedField(id: 6, name: "big", type: .decimal(precision: 30, scale: 3)),
    NestedField(id: 7, name: "on", type: .boolean), NestedField(id: 8, name: "day", type: .date),
    NestedField(id: 9, name: "key", type: .uuid), NestedField(id: 10, name: "raw", type: .fixed(4)),
    NestedField(
      id: 11, name: "tags", type: .list(element: NestedField(id: 12, name: "element", type: .string))),
    NestedField(
      id: 13, name: "place",
      type: .struct([
        NestedField(id: 14, name: "x", type: .float), NestedField(id: 15, name: "y", type: .int),
      ])),
  ]

  private static func row(_ random: inout SplitMix, _ number: Int) -> [ScalarValue] {
    var row: [ScalarValue] = [.integer(Int64(number))]
    let types: [LogicalType] = [
      .varchar, .double, .timestamp, .decimal(precision: 9, scale: 2), .decimal(precision: 30, scale: 3),
      .boolean, .date, .uuid, .fixed(length: 4),
    ]
    for type in types { row.append(random.below(8) == 0 ? .null : random.value(of: type)) }
    row.append(random.below(5) == 0 ? .null : .list((0..<random.below(3)).map { .text("t\($0)") }))
    row.append(random.below(5) == 0 ? .null : .struct([random.value(of: .real), .integer(Int64(number))]))
    return row
  }

  /// Rows that hold NaN compare by their text.
  private static func text(_ rows: [[ScalarValue]]) -> [String] { rows.map { "\($0)" }.sorted() }

  private static let specs: [PartitionSpec] = [
    .unpartitioned,
    PartitionSpec(fields: [PartitionField(id: 1000, sourceID: 7, name: "on", transform: .identity)]),
    PartitionSpec(fields: [
      PartitionField(id: 1000, sourceID: 4, name: "at_month", transform: .month),
      PartitionField(id: 1001, sourceID: 2, name: "name_bucket", transform: .bucket(3)),
    ]),
    PartitionSpec(fields: [
      PartitionField(id: 1000, sourceID: 15, name: "y", transform: .truncate(100)),
      PartitionField(id: 1001, sourceID: 3, name: "price", transform: .identity),
    ]),
  ]

  @Test(arguments: 0..<4, [4, 32])
  func rowsReadBackFromTheirPartitions(spec index: Int, openLimit: Int) throws {
    let spec = Self.specs[index]
    let table = MemoryTable.make(Self.fields, spec: spec)
    var random = SplitMix(seed: UInt64(index))
    let rows = (0..<1500).map { Self.row(&random, $0) }
    let writer = try PartitionedWriter(try WriteTarget(table), openLimit: openLimit)

    for start in stride(from: 0, to: rows.count, by: 500) {
      try writer.write(try MemoryTable.batch(table, Array(rows[start..<start + 500])))
    }
    let files = try writer.finish()

    #expect(files.reduce(0) { $0 + $1.recordCount } == 1500)
    #expect(Set(files.map(\.path)).count == files.count)
    // A partition's -0 and 0 are one.
    func normalised(_ rows: [[ScalarValue]]) -> [String] {
      Self.text(rows.map { row in row.map { $0 == .double(0) ? .double(0) : $0 } })
    }
    #expect(normalised(try TableRows.read(MemoryTable.plan(files, table), table)) == normalised(rows))
    let evaluator = PartitionEvaluator(spec, schema: table.schema)
    let metrics = MetricsEvaluator(Set(table.schema.allFieldIDs), schema: table.schema)
    for file in files {
      var wrong = 0
      for row in try TableRows.read(MemoryTable.plan([file], table), table) {
        for (place, field) in table.schema.fields.enumerated() where !field.type.isNested {
          let literal = Predicate.Literal(row[place], try field.type.logicalType)
          let leaf = row[place].isNull ? Predicate.isNull(field.id) : .comparison(field.id, .equal, literal)
          if !evaluator.outcomes(of: leaf, in: file.partition).mightMatch { wrong += 1 }
          if !metrics.outcomes(of: leaf, in: file).mightMatch { wrong += 1 }
        }
      }
      #expect(wrong == 0)
    }
  }

  @Test func filesRollAtTheirTargetSize() throws {
    let table = MemoryTable.make([NestedField(id: 1, name: "text", type: .string)])
    let writer = DataFileWriter(try WriteTarget(table, targetFileBytes: 50_000))
    var random = SplitMix(seed: 1)
    for _ in 0..<20 {
      let rows = (0..<500).map { _ in [ScalarValue.text(String(random.next(), radix: 36))] }
      try writer.write(try MemoryTable.batch(table, rows))
    }
    let files = try writer.finish()
    #expect(files.count > 1)
    #expect(files.reduce(0) { $0 + $1.recordCount } == 10_000)
    for file in files {
      #expect(try table.fileSystem.status(file.path)?.byteCount == Int(file.fileSizeInBytes))
    }
  }

  @Test func anAbortLeavesNothing() throws {
    let table = MemoryTable.make(Self.fields, spec: Self.specs[1])
    let target = try WriteTarget(table, targetFileBytes: 10_000)
    let writer = try PartitionedWriter(target)
    var random = SplitMix(seed: 2)
    for start in 0..<4 {
      try writer.write(try MemoryTable.batch(table, (0..<400).map { Self.row(&random, start * 400 + $0) }))
    }
    #expect(target.fileCount >= 3)
    writer.abort()
    target.abort()
    #expect(try table.fileSystem.list("/t", recursively: true).allSatisfy(\.isDirectory))
  }

  @Test func metricsFollowTheTablesSettings() throws {
    let fields = [
      NestedField(id: 1, name: "a", type: .string), NestedField(id: 2, name: "b", type: .string),
      NestedField(id: 3, name: "c", type: .string), NestedField(id: 4, name: "d", type: .double),
      NestedField(id: 5, name: "e", type: .string),
    ]
    let table = MemoryTable.make(
      fields,
      properties: [
        "write.metadata.metrics.column.a": "full", "write.metadata.metrics.column.b": "counts",
        "write.metadata.metrics.column.c": "none", "write.metadata.metrics.column.e": "truncate(3)",
      ])
    let long = "abcdefghijklmnopqrstuvwxyz"
    let writer = DataFileWriter(try WriteTarget(table))
    try writer.write(
      try MemoryTable.batch(
        table,
        [
          [.text(long), .text(long), .text(long), .double(.nan), .text("ab\u{10FFFF}d")],
          [.null, .null, .null, .double(0), .text("abc")],
        ]))
    let file = try #require(try writer.finish().first)

    #expect(file.lowerBounds[1] == Array(long.utf8) && file.upperBounds[1] == Array(long.utf8))
    #expect(file.lowerBounds[2] == nil && file.valueCounts[2] == 2 && file.nullValueCounts[2] == 1)
    #expect(file.lowerBounds[3] == nil && file.valueCounts[3] == nil)
    #expect(file.nanValueCounts[4] == 1 && file.valueCounts[4] == 2)
    #expect(file.lowerBounds[4] == SingleValue.encode(.double(-0.0), as: .double))
    #expect(file.upperBounds[4] == SingleValue.encode(.double(0.0), as: .double))
    #expect(file.lowerBounds[5] == Array("abc".utf8) && file.upperBounds[5] == Array("ac".utf8))
  }

  /// Rule 49.
  @Test func truncatedUpperBoundsAreIncremented() {
    func upper(_ text: String, _ width: Int) -> String? {
      BoundTruncation.upper(Array(text.utf8), width: width, isText: true)
        .map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(upper("abc", 3) == "abc")
    #expect(upper("abcd", 3) == "abd")
    #expect(upper("a\u{D7FF}x", 2) == "a\u{E000}")
    #expect(upper("a\u{10FFFF}x", 2) == "b")
    #expect(upper("\u{10FFFF}\u{10FFFF}x", 2) == nil)
    #expect(BoundTruncation.upper([1, 255, 3], width: 2, isText: false) == [2])
    #expect(BoundTruncation.upper([255, 255, 3], width: 2, isText: false) == nil)
  }

  @Test(arguments: [
    (ScalarValue.integer(574), Transform.month, "2017-11"), (.integer(-1), .month, "1969-12"),
    (.integer(47), .year, "2017"), (.integer(17_486), .day, "2017-11-16"),
    (.integer(419_686), .hour, "2017-11-16-22"), (.integer(3), .bucket(4), "3"), (.null, .day, "null"),
    (.text("a b/c=ä"), .identity, "a b/c=ä"),
  ])
  func partitionsAreNamedForPeople(value: ScalarValue, transform: Transform, text: String) {
    #expect(PartitionPath.text(value, transform, .varchar) == text)
  }

  @Test func foldersAreEncoded() {
    #expect(PartitionPath.encoded("a b/c=ä") == "a+b%2Fc%3D%C3%A4")
  }

  @Test func unknownTransformsAreNeverWritten() {
    let spec = PartitionSpec(
      fields: [PartitionField(id: 1000, sourceID: 1, name: "z", transform: .unknown("zorder"))])
    let table = MemoryTable.make(Self.fields, spec: spec)
    #expect(throws: TableFormatError.self) { try WriteTarget(table) }
  }

  @Test func positionDeletesHideRows() throws {
    let table = MemoryTable.make(Self.fields)
    var random = SplitMix(seed: 5)
    let rows = (0..<3000).map { Self.row(&random, $0) }
    let target = try WriteTarget(table)
    let writer = DataFileWriter(target)
    try writer.write(try MemoryTable.batch(table, rows))
    let file = try #require(try writer.finish().first)
    let deletes = try PositionDeleteWriter(target)
    deletes.delete([5, 2999, 0, 5], in: file)
    deletes.delete([7], in: file)
    let deleteFile = try #require(try deletes.finish().first)

    #expect(deleteFile.recordCount == 4 && deleteFile.referencedDataFile == file.path)
    #expect(deleteFile.lowerBounds[.deleteFilePath] == Array(file.path.utf8))
    let plan = MemoryTable.plan([file], table, deletes: FileDeletes(positionDeletes: [deleteFile]))
    let left = rows.indices.filter { ![0, 5, 7, 2999].contains($0) }.map { rows[$0] }
    #expect(Self.text(try TableRows.read(plan, table)) == Self.text(left))
  }

  @Test func deletionVectorsHideRows() throws {
    let table = MemoryTable.make(Self.fields, formatVersion: 3)
    var random = SplitMix(seed: 6)
    let target = try WriteTarget(table)
    var files: [DataFile] = []
    let deletes = try DeletionVectorWriter(target)
    for number in 0..<3 {
      let writer = DataFileWriter(target)
      try writer.write(try MemoryTable.batch(table, (0..<100).map { Self.row(&random, number * 1000 + $0) }))
      files += try writer.finish()
      deletes.delete([Int64(number), 99], in: files[number])
    }
    let vectors = try deletes.finish()
    #expect(Set(vectors.map(\.path)).count == 1 && vectors.allSatisfy(\.isDeletionVector))
    for (number, file) in files.enumerated() {
      let plan = MemoryTable.plan([file], table, deletes: FileDeletes(deletionVector: vectors[number]))
      let ids = try TableRows.read(plan, table).map { $0[0] }
      #expect(plan.exactRowCount == 98)
      #expect(ids == (0..<99).filter { $0 != number }.map { .integer(Int64(number * 1000 + $0)) })
    }
    #expect(throws: TableFormatError.self) { try PositionDeleteWriter(target) }
  }
}
