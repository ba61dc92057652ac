import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// The right answers are those of the README beside the fixtures.
@Suite("Scans of tables of other writers", .enabled(if: TableRows.hasFixtures)) struct FixtureScanTests {
  @Test(arguments: [
    ("add_columns_with_defaults/default.db/add_columns_with_defaults", 3),
    ("add_columns_with_defaults_in_struct/default.db/add_columns_with_defaults_in_struct", 2),
    ("case_sensitive_names/default.db/case_sensitive_names", 3),
    ("column_mapping/warehouse/default.db/my_table", 3), ("custom_write_paths", 0), ("expression_filter", 3),
    ("hive_partitioned_table", 6), ("iceberg/lineitem_iceberg", 51_793),
    ("iceberg/lineitem_iceberg_gz", 111_968), ("iceberg/lineitem_iceberg_no_hint", 51_793),
    ("iceberg_v1_deprecated/default/legacy_v1", 3), ("is_null_is_not_null", 8),
    ("map_stats/default.db/map_stats", 2), ("null_stats/default/test_nulls", 9), ("partition_bigint", 2),
    ("partition_binary", 2), ("partition_bool", 2), ("partition_decimal_bigint", 10),
    ("partition_decimal_hugeint", 15), ("partition_decimal_integer", 3), ("partition_decimal_smallint", 2),
    ("partition_double", 2), ("partition_fixed_length_binary/default.db/partition_fixed_length_binary", 2),
    ("partition_float", 2), ("partition_integer", 2), ("partition_time/default.db/partition_time", 2),
    ("partition_timestamp/default.db/partition_timestamp", 2),
    ("partition_timestamptz/default.db/partition_timestamptz", 2), ("timestamptz_ns", 0), ("uuid", 10),
  ])
  func rowsAreCounted(path: String, count: Int) throws {
    let table = try TableRows.fixture(path)
    #expect(try TableRows.read(table).count == count)
  }

  @Test func equalityDeletesWithDifferentColumnsAndNullsApply() throws {
    let table = try TableRows.fixture("equality_deletes/warehouse/mydb/mytable")
    let rows = try TableRows.read(table).map { Array($0.prefix(2)) }
    #expect(Set(rows) == [[.integer(4), .text("d")], [.integer(5), .text("e")]])
    let partitioned = try TableRows.fixture("equality_deletes/warehouse/mydb/mytable_partitioned")
    #expect(Set(try TableRows.read(partitioned).map { $0[0] }) == [.integer(1), .integer(4), .integer(5)])
  }

  /// Rule 35.
  @Test func anEqualityDeleteStaysInItsPartition() throws {
    let table = try TableRows.fixture(
      "equality_delete_cross_partition/warehouse/ns/t/metadata/vfinal.metadata.json")
    let rows = Set(try TableRows.read(table).map { Array($0.prefix(2)) })
    #expect(
      rows == [[.integer(0), .integer(999)], [.integer(1), .integer(100)], [.integer(1), .integer(888)]])
  }

  @Test func onlyTheEqualityIDsOfADeleteFileCompare() throws {
    let table = try TableRows.fixture(
      "equality_delete_extra_column/warehouse/ns/t/metadata/vfinal.metadata.json")
    #expect(Set(try TableRows.read(table)) == [[.integer(1), .text("a")], [.integer(3), .text("c")]])
  }

  @Test func columnsAddedLaterHaveTheirDefaults() throws {
    let table = try TableRows.fixture("add_columns_with_defaults/default.db/add_columns_with_defaults")
    let rows = try TableRows.read(table)
    #expect(rows.count { $0[0] == .text("test") } == 1)
    let uuid: [UInt8] = [
      0xF7, 0x9C, 0x3E, 0x09, 0x67, 0x7C, 0x4B, 0xBD, 0xA4, 0x79, 0x3F, 0x34, 0x9C, 0xB7, 0x85, 0xE7,
    ]
    for row in rows where row[0] != .text("test") {
      let expected: [ScalarValue] = [
        .boolean(true), .integer(342_342), .integer(.min), .real(0.34234), .double(0.342343242342342),
        .decimal(1_234_500), .integer(12345), .integer(12_345), .integer(12_345), .integer(12_345),
        .text("HELLO"), .bytes(uuid), .bytes([1, 2, 3, 0xFF, 3]), .bytes([1, 2]),
      ]
      for (index, value) in expected.enumerated() {
        #expect(row[index + 1] == value, "\(table.schema.fields[index + 1].name)")
      }
    }
  }

  /// Rule 4: files without ids need the table's mapping.
  @Test func aMissingNameMappingIsNamed() throws {
    let folder = "name_mapping/warehouse_1/mydb/t1/metadata/"
    let mapped = try TableRows.fixture(folder + "v7.metadata.json")
    #expect(try TableRows.read(mapped).count == 10_000)
    let partial = try TableRows.fixture(folder + "v4.1.metadata.json")
    #expect(try TableRows.read(partial).first == [.integer(0)])
    let empty = try TableRows.fixture(folder + "v3.2.metadata.json")
    let error = #expect(throws: TableFormatError.self) { try TableRows.read(empty) }
    #expect(error?.hint?.contains("name mapping") == true)
    let unmapped = try TableRows.withoutNameMapping(empty)
    let missing = #expect(throws: TableFormatError.self) { try TableRows.read(unmapped) }
    #expect(missing?.message.contains("name mapping") == true)
  }

  @Test(arguments: ["00003", "00004"]) func entriesWithoutSequenceNumbersRead(version: String) throws {
    let folder = TableRows.fixtures + "/data/persistent/iceberg_v1_repro/repro/merch_v1/metadata"
    let file = try LocalFileSystem().list(folder, recursively: false)
      .first { $0.path.contains("/\(version)-") && $0.path.hasSuffix(".metadata.json") }
    let name = try #require(file?.path.split(separator: "/").last)
    let table = try TableRows.fixture("iceberg_v1_repro/repro/merch_v1/metadata/\(name)")
    let rows = Set(try TableRows.read(table).map { [$0[0], $0[2]] })
    #expect(
      rows == [
        [.integer(4), .integer(40)], [.integer(6), .integer(60)], [.integer(2), .integer(20)],
        [.integer(3), .integer(30)],
      ])
  }

  /// Rule 45: without the Puffin format around it, a deletion vector is read only on request.
  @Test func bareDeletionVectorsAreRefusedByName() throws {
    let table = try TableRows.fixture(
      "legacy_bare_deletion_vector/warehouse/default/legacy_bare_deletion_vector")
    let error = #expect(throws: TableFormatError.self) { try TableRows.read(table) }
    #expect(error?.kind == .unsupported && error?.message.contains("Puffin") == true)
    let plan = try ScanPlanner(table, snapshot: table.currentSnapshot).plan()
    let deletes = try DeleteLoader(table, readsBareVectors: true)
    let rows = try TableRows.read(plan, table, deletes: deletes)
    #expect(Set(rows.map { $0[0] }) == [.integer(1), .integer(3)])
  }

  /// 5,000 files that do not exist: their bounds alone answer.
  @Test func filesArePrunedByBoundsWithoutBeingOpened() throws {
    let table = try TableRows.fixture("generated_bounds")
    let field = try #require(table.schema.fields.first { $0.type == .long || $0.type == .int })
    let type = try field.type.logicalType
    let planner = ScanPlanner(table, snapshot: table.currentSnapshot)
    let all = try planner.plan()
    #expect(all.tasks.count == 5000)
    let none = Predicate.comparison(field.id, .greater, .init(.integer(Int64(Int32.max)), type))
    let pruned = try planner.plan(predicate: none)
    #expect(pruned.tasks.isEmpty && pruned.counters.filesPrunedByBounds == 5000)
    #expect(pruned.exactRowCount == 0)
  }

  @Test func identityPartitionsPruneAndNeedNoFilter() throws {
    let table = try TableRows.fixture("hive_partitioned_table")
    let field = try #require(table.schema.fields.first { $0.type == .date })
    let predicate = Predicate.comparison(field.id, .equal, .init(.integer(19_725), .date))
    let plan = try ScanPlanner(table, snapshot: table.currentSnapshot).plan(predicate: predicate)
    #expect(plan.matchesWholly && plan.counters.filesPrunedByPartition > 0)
    let index = try #require(table.schema.fields.firstIndex { $0.id == field.id })
    let rows = try TableRows.read(plan, table)
    #expect(rows.allSatisfy { $0[index] == .integer(19_725) } && plan.exactRowCount == Int64(rows.count))
    #expect(rows.count == (try TableRows.read(table)).count { $0[index] == .integer(19_725) })
  }

  @Test func cachedManifestsPlanTheSame() throws {
    let table = try TableRows.fixture("hive_partitioned_table")
    let cache = ManifestCache()
    let planner = ScanPlanner(table, snapshot: table.currentSnapshot, cache: cache)
    let first = try planner.plan()
    let second = try planner.plan()
    #expect(first.counters.manifestsFromCache == 0)
    #expect(second.counters.manifestsFromCache == second.counters.manifestCount)
    #expect(first.tasks.map(\.file) == second.tasks.map(\.file))
  }

  @Test func metadataColumnsTellFileAndPosition() throws {
    let table = try TableRows.fixture("hive_partitioned_table")
    let partition = try NestedField.partition(of: table.metadata)
    let fields = [NestedField.file, .position, .specID, partition]
    for row in try TableRows.read(table, fields: fields) {
      guard case .bytes(let path) = row[0], case .struct(let values) = row[3] else {
        Issue.record("\(row)")
        continue
      }
      #expect(String(decoding: path, as: UTF8.self).hasSuffix(".parquet"))
      #expect(row[1] == .integer(0) || row[1] == .integer(1))
      #expect(values.count == 2)
    }
  }
}
