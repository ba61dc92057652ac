import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Reads what `Tests/Interop/scan_tables.py make` wrote, and writes what `check` reads.
@Suite("Interop: scans and writes", .enabled(if: TableRows.isPrepared)) struct InteropScanTests {
  private static func folder() throws -> String { try #require(InteropTableTests.folder) }

  /// Values as the script writes them.
  private static func json(_ value: ScalarValue) -> JSONValue {
    switch value {
    case .null: .null
    case .boolean(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .real(let number): .double(Double(number))
    case .double(let number): .double(number)
    case .bytes(let bytes): .string(String(decoding: bytes, as: UTF8.self))
    case .list(let values), .struct(let values): .array(values.map(json))
    default: .string("\(value)")
    }
  }

  private static func text(_ rows: [[JSONValue]]) -> [String] {
    rows.map { row in
      row.map { value in
        // 9.0 and 9 are the same number.
        if case .number = value, let number = value.doubleValue { return "\(number)" }
        return JSONWriter.string(value)
      }
      .joined(separator: ",")
    }
    .sorted()
  }

  @Test func tablesOfPyicebergReadTheSame() throws {
    let bytes = try LocalFileSystem().readAll(try Self.folder() + "/py.json")
    let expected = try #require(try JSONParser.parse(bytes).objectValue)
    for table in expected {
      let location = try #require(table.value["metadata"]?.stringValue)
      let rows = try #require(table.value["rows"]?.arrayValue).map { $0.arrayValue ?? [] }
      let opened = try Table.open(at: location, fileSystem: LocalFileSystem())
      let found = try TableRows.read(opened)
      #expect(Self.text(found.map { $0.map(Self.json) }) == Self.text(rows), "\(table.key)")
      if table.key != "evolved" { try Self.checkPruning(opened, found, table.key) }
    }
  }

  /// Files, row groups and pages that are left out hold no row that passes.
  private static func checkPruning(_ table: Table, _ rows: [[ScalarValue]], _ name: String) throws {
    var random = SplitMix(seed: 11)
    var prunedFiles = 0
    for _ in 0..<150 {
      let field = table.schema.fields[random.below(table.schema.fields.count)]
      let index = Int(field.id.rawValue) - 1
      let literal = Predicate.Literal(rows[random.below(rows.count)][index], try field.type.logicalType)
      let comparison = Predicate.Comparison(rawValue: UInt8(random.below(6))) ?? .equal
      let leaf =
        random.below(6) == 0
        ? Predicate.isNull(field.id)
        : random.below(5) == 0
          ? .isIn(field.id, [literal]) : .comparison(field.id, comparison, literal)
      let plan = try ScanPlanner(table, snapshot: table.currentSnapshot).plan(predicate: leaf)
      prunedFiles += plan.counters.filesPrunedByPartition + plan.counters.filesPrunedByBounds
      let passing = rows.count { PredicateEvaluationTests.evaluate(leaf, $0) == true }
      let found = try TableRows.read(plan, table).count {
        PredicateEvaluationTests.evaluate(leaf, $0) == true
      }
      #expect(found == passing, "\(leaf) on \(name)")
      if plan.matchesWholly { #expect(plan.exactRowCount == Int64(passing), "\(leaf) on \(name)") }
    }
    if name != "plain" { #expect(prunedFiles > 0, "\(name)") }
  }

  @Test func tablesForOthersAreWritten() throws {
    let folder = try Self.folder()
    for name in ["we.db", "we.json"] { try LocalFileSystem().remove(folder + "/" + name) }
    let catalog = try SQLiteCatalog(path: folder + "/we.db")
    try catalog.createNamespace(Namespace("n"))
    var result: JSONObject = [:]
    for (name, version, spec) in [
      ("plain", 2, PartitionSpec.unpartitioned), ("deletes_v2", 2, Self.monthly),
      ("vectors_v3", 3, Self.monthly),
    ] {
      let table = try catalog.createTable(
        CreateTable(
          TableIdentifier(namespace: "n", name: name), schema: try Self.schema(), partitionSpec: spec,
          formatVersion: version))
      let target = try WriteTarget(table)
      let writer = try PartitionedWriter(target)
      let rows = (0..<3000).map { Self.row($0) }
      for start in stride(from: 0, to: 3000, by: 1500) {
        try writer.write(try MemoryTable.batch(table, Array(rows[start..<start + 1500])))
      }
      let files = try writer.finish()
      var newest = try Transaction(table, AppendFiles(files)).commit()
      if name != "plain" {
        let positions: (DataFile) -> [Int64] = { file in [0, file.recordCount - 1] }
        var deletes: [DataFile]
        if version == 2 {
          let deleting = try PositionDeleteWriter(target)
          for file in files { deleting.delete(positions(file), in: file) }
          deletes = try deleting.finish()
        } else {
          let deleting = try DeletionVectorWriter(target)
          for file in files { deleting.delete(positions(file), in: file) }
          deletes = try deleting.finish()
        }
        newest = try Transaction(newest, RowDelta(addedDeletes: deletes, referencedData: files)).commit()
      }
      let found = try TableRows.read(newest)
      #expect(found.count == (name == "plain" ? 3000 : 3000 - files.count * 2))
      let entry: JSONObject = [
        "metadata": .string(newest.metadataLocation), "version": .integer(Int64(version)),
        "rows": .array(found.map { .array($0.map(Self.json)) }),
      ]
      result[name] = .object(entry)
    }
    let bytes = JSONWriter.write(.object(result))
    try LocalFileSystem().writeNew(folder + "/we.json", bytes.span)
  }

  private static func row(_ number: Int) -> [ScalarValue] {
    let id = ScalarValue.integer(Int64(number))
    let micros: Int64 = Int64(number - 1500) * 18_000_000_000
    let word: ScalarValue = number % 9 == 0 ? .null : .text("w/ö \(number % 5)")
    let tags: [ScalarValue] = (0..<(number % 4)).map { .integer(Int64($0)) }
    let list: ScalarValue = number % 13 == 0 ? .null : .list(tags)
    let text: ScalarValue = number % 3 == 0 ? .null : .text("s")
    return [id, .integer(micros), word, .double(Double(number) / 4), list, .struct([id, text])]
  }

  private static let monthly = PartitionSpec(fields: [
    PartitionField(id: 1000, sourceID: 2, name: "at_month", transform: .month),
    PartitionField(id: 1001, sourceID: 3, name: "word", transform: .identity),
  ])

  private static func schema() throws -> Schema {
    try Schema(columns: [
      .init("id", .bigint, isRequired: true), .init("at", .timestamp), .init("word", .varchar),
      .init("price", .double), .init("tags", .list(.integer)),
      .init("place", .struct([.init("x", .bigint), .init("y", .varchar)])),
    ])
  }
}
