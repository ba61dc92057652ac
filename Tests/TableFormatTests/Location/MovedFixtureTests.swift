import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Tables of other writers, each copied away from all that its paths name: they read as where they were.
@Suite("Location: moved fixtures", .enabled(if: TableRows.hasFixtures)) struct MovedFixtureTests {
  private let folder = TemporaryFolder()
  private let files = LocalFileSystem()

  private func copy(_ from: String, to: String) throws {
    try files.createDirectory(to)
    for file in try files.list(from, recursively: true) where !file.isDirectory {
      let bytes = try files.readAll(file.path)
      try files.writeNew(to + file.path.dropFirst(from.count), bytes.span)
    }
  }

  /// The table's folder alone, under another name, with nothing said of where it was.
  @Test(arguments: [
    ("add_columns_with_defaults/default.db/add_columns_with_defaults", 3),
    ("add_columns_with_defaults_in_struct/default.db/add_columns_with_defaults_in_struct", 2),
    ("case_sensitive_names/default.db/case_sensitive_names", 3), ("expression_filter", 3),
    ("hive_partitioned_table", 6), ("iceberg/lineitem_iceberg", 51_793),
    ("iceberg_v1_deprecated/default/legacy_v1", 3), ("is_null_is_not_null", 8),
    ("map_stats/default.db/map_stats", 2), ("null_stats/default/test_nulls", 9), ("partition_bigint", 2),
    ("partition_binary", 2), ("partition_bool", 2), ("partition_decimal_bigint", 10),
    ("partition_decimal_hugeint", 15), ("partition_decimal_integer", 3), ("partition_decimal_smallint", 2),
    ("partition_double", 2), ("partition_fixed_length_binary/default.db/partition_fixed_length_binary", 2),
    ("partition_float", 2), ("partition_integer", 2), ("partition_time/default.db/partition_time", 2),
    ("partition_timestamp/default.db/partition_timestamp", 2),
    ("partition_timestamptz/default.db/partition_timestamptz", 2), ("timestamptz_ns", 0), ("uuid", 10),
    ("equality_deletes/warehouse/mydb/mytable", 2),
    ("equality_deletes/warehouse/mydb/mytable_partitioned", 3),
    ("equality_delete_cross_partition/warehouse/ns/t", 3), ("equality_delete_extra_column/warehouse/ns/t", 2),
  ])
  func aFolderThatWasCopiedAwayReadsTheSame(path: String, count: Int) throws {
    let there = TableRows.fixtures + "/data/persistent/" + path
    try copy(there, to: folder.path + "/elsewhere/copy")

    // Two of them have a name for the newest metadata that no rule finds.
    let final = "/metadata/vfinal.metadata.json"
    let file = try files.status(there + final) == nil ? "" : final
    let moved = try Table.open(at: folder.path + "/elsewhere/copy" + file, fileSystem: files)

    // Of large tables a column will do.
    let fields = count > 1000 ? Array(moved.schema.fields.prefix(1)) : moved.schema.fields
    let rows = try TableRows.read(moved, fields: fields)
    #expect(rows.count == count)
    let original = try Table.open(
      at: there + file, fileSystem: files, paths: PathMapper(base: TableRows.fixtures))
    let isSame = rows == (try TableRows.read(original, fields: fields))
    #expect(isSame)
    for task in try ScanPlanner(moved, snapshot: moved.currentSnapshot).plan().tasks {
      #expect(try moved.paths.path(of: task.file.path).hasPrefix(folder.path + "/elsewhere/copy/"))
    }
  }

  /// A table with a file outside its folder comes along with the folder that holds both.
  @Test func dataOutsideOfTheFolderFollowsAMapping() throws {
    try copy(TableRows.fixtures + "/data/persistent/column_mapping", to: folder.path + "/all/column_mapping")
    let mapping = PathMapper.Mapping(old: "data/persistent", new: folder.path + "/all")

    let moved = try Table.open(
      at: folder.path + "/all/column_mapping/warehouse/default.db/my_table", fileSystem: files,
      paths: PathMapper([mapping]))

    #expect(try TableRows.read(moved).count == 3)
  }
}
