import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Rules of `../shared/ICEBERG.md` §1.3: what equality deletes compare when the table has moved on.
@Suite("Rules: deletes") struct DeleteRuleTests {
  let folder = TemporaryFolder()

  private static let fields = [
    NestedField(id: 1, name: "id", type: .long), NestedField(id: 2, name: "k", type: .int),
    NestedField(id: 3, name: "f", type: .float),
    NestedField(id: 4, name: "d", type: .decimal(precision: 9, scale: 2)),
    NestedField(
      id: 5, name: "s",
      type: .struct([NestedField(id: 6, name: "x", type: .int), NestedField(id: 7, name: "y", type: .string)])
    ),
  ]

  private static func row(_ number: Int64) -> [ScalarValue] {
    let real: ScalarValue = number == 3 ? .real(.nan) : .real(Float(number) / 3)
    return [
      .integer(number), number == 2 ? .null : .integer(number % 2), real, .decimal(Int128(number * 10)),
      number == 4 ? .null : .struct([.integer(number), .text("t\(number % 2)")]),
    ]
  }

  private func start() throws -> TestTable {
    let test = try TestTable(Self.fields, in: folder.path)
    try test.commit(AppendFiles([try test.file((0..<6).map(Self.row))]))
    return test
  }

  private func ids(_ test: TestTable) throws -> [Int64] {
    try test.rows().map { row in if case .integer(let id) = row[0] { id } else { -1 } }.sorted()
  }

  /// Rule 41: null is a value like any other, and the column may be gone when the table is read.
  @Test func rule41_aColumnDroppedLaterStillDeletes() throws {
    let test = try start()
    let delete = try test.equalityDelete([Self.fields[1]], rows: [[.integer(1)], [.null]])
    try test.commit(RowDelta(addedDeletes: [delete]))
    #expect(try ids(test) == [0, 4])

    try test.commit(UpdateSchema([.drop("k")]))
    #expect(try ids(test) == [0, 4])
    // Another column of the name is another column.
    try test.commit(UpdateSchema([.add(name: "k", .string)]))
    #expect(try ids(test) == [0, 4])
  }

  @Test(
    arguments: [
      ("k", LogicalType.bigint, [ScalarValue.integer(0)], [1, 2, 3, 5]),
      ("f", .double, [.real(Float(1) / 3), .real(.nan)], [0, 2, 4, 5]),
      ("d", .decimal(precision: 20, scale: 2), [.decimal(20), .decimal(50)], [0, 1, 3, 4]),
    ] as [(String, LogicalType, [ScalarValue], [Int64])])
  func rule41_aColumnPromotedLaterStillDeletes(
    name: String, type: LogicalType, keys: [ScalarValue], left: [Int64]
  ) throws {
    let test = try start()
    let field = try #require(try test.table.schema.field(named: name))
    let delete = try test.equalityDelete([field], rows: keys.map { [$0] })
    try test.commit(RowDelta(addedDeletes: [delete]))
    #expect(try ids(test) == left)

    try test.commit(UpdateSchema([.setType(name, type), .rename(name, to: "wide")]))
    #expect(try ids(test) == left)
    // Files of the new type stand beside the old deletes, and a delete of the new type meets the old file.
    let wide = try #require(try test.table.schema.field(named: "wide"))
    let more = try test.equalityDelete(
      [wide],
      rows: [
        test.table.schema.fields.firstIndex { $0.id == wide.id }
          .map { index in Self.widened(Self.row(left[0])[index], type) } ?? .null
      ].map { [$0] })
    try test.commit(RowDelta(addedDeletes: [more]))
    let gone = Self.row(left[0])
    let index = try #require(Self.fields.firstIndex { $0.id == wide.id })
    #expect(try ids(test) == left.filter { "\(Self.row($0)[index])" != "\(gone[index])" })
    try test.commit(UpdateSchema([.drop("wide")]))
    #expect(try ids(test) == left.filter { "\(Self.row($0)[index])" != "\(gone[index])" })
  }

  private static func widened(_ value: ScalarValue, _ type: LogicalType) -> ScalarValue {
    if case .real(let number) = value, type == .double { return .double(Double(number)) }
    return value
  }

  /// The field of a struct: dropped, while its sibling was promoted and newer files have that.
  @Test func rule41_aFieldOfAStructDroppedLaterStillDeletes() throws {
    let test = try start()
    let struct_ = NestedField(
      id: 5, name: "s", type: .struct([NestedField(id: 7, name: "y", type: .string)]))
    let delete = try test.equalityDelete([struct_], ids: [7], rows: [[.struct([.text("t1")])], [.null]])
    try test.commit(RowDelta(addedDeletes: [delete]))
    #expect(try ids(test) == [0, 2])

    try test.commit(UpdateSchema([.drop("s.y"), .setType("s.x", .bigint)]))
    #expect(try ids(test) == [0, 2])
    // An older sequence number on a newer schema: what a compaction leaves that races with the delete.
    var row = Self.row(8)
    row[4] = .struct([.integer(1 << 40)])
    let start = test.table.metadata.lastSequenceNumber - 1
    let old = try #require(
      try ScanPlanner(test.table, snapshot: test.table.currentSnapshot).plan().tasks.first)
    try test.commit(
      RewriteFiles(
        removedData: [old.file], addedData: [try test.file([row])], startingSequenceNumber: start))
    // Without the column the row reads as null there, which the delete names.
    #expect(try ids(test).isEmpty)
  }

  /// A column that the older file lacks has its initial default there.
  @Test func rule41_aColumnAbsentInOldDataReadsByTheProjectionRules() throws {
    let test = try TestTable(Self.fields, formatVersion: 3, in: folder.path)
    try test.commit(AppendFiles([try test.file((0..<3).map(Self.row))]))
    try test.commit(
      UpdateSchema([.add(name: "n", .int), .add(name: "z", .int, defaultValue: .integer(7))]))
    try test.commit(AppendFiles([try test.file([Self.row(3) + [.integer(1), .integer(8)]])]))
    let (n, z) = (
      try #require(try test.table.schema.field(named: "n")),
      try #require(try test.table.schema.field(named: "z"))
    )

    let other = try test.equalityDelete([z], rows: [[.integer(8)], [.null]])
    try test.commit(RowDelta(addedDeletes: [other]))
    #expect(try ids(test) == [0, 1, 2])
    let both = try test.equalityDelete([n, z], rows: [[.null, .integer(7)]])
    try test.commit(RowDelta(addedDeletes: [both]))
    #expect(try ids(test).isEmpty)
  }
}
