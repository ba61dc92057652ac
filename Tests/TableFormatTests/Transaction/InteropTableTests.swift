import Columnar
import FileFormats
import Glibc
import Testing

@testable import TableFormat

/// Makes a table for `Tests/Interop/table_format.py`, which opens it with pyiceberg.
@Suite("Interop: tables for pyiceberg") struct InteropTableTests {
  static var folder: String? { unsafe getenv("WEQUERY_INTEROP_DIR").map { unsafe String(cString: $0) } }

  @Test(.enabled(if: InteropTableTests.folder != nil)) func aTableOfEveryPartitionType() throws {
    let folder = try #require(Self.folder)
    let catalog = try SQLiteCatalog(path: folder + "/catalog.db")
    let table = try SampleTable.create(in: catalog, properties: ["commit.manifest.min-count-to-merge": "4"])
    var newest = table
    for number in 0..<9 {
      newest = try Transaction(
        newest, AppendFiles([SampleTable.file("f\(number)", day: 20_000 + Int64(number), in: table)])
      ).commit()
    }

    let columns: [Schema.Column] = [
      .init("b", .boolean), .init("i", .integer), .init("l", .bigint), .init("f", .real), .init("d", .double),
      .init("dec", .decimal(precision: 12, scale: 2)), .init("day", .date), .init("t", .time),
      .init("ts", .timestamp), .init("tz", .timestampTZ), .init("s", .varchar), .init("u", .uuid),
      .init("x", .fixed(length: 3)), .init("y", .binary),
    ]
    let schema = try Schema(columns: columns)
    let fields = schema.fields.map {
      PartitionField(id: 0, sourceID: $0.id, name: $0.name, transform: .identity)
    }
    let wide = try catalog.createTable(
      CreateTable(
        TableIdentifier(namespace: "analytics", name: "types"), schema: schema,
        partitionSpec: PartitionSpec(fields: fields)))
    var file = DataFile(
      path: wide.dataLocation + "/a.parquet",
      partition: [
        .boolean(true), .integer(-5), .integer(1 << 40), .real(1.5), .double(-2.5), .decimal(-1234),
        .integer(-3),
        .integer(86_399_999_999), .integer(-1), .integer(1_700_000_000_000_000), .text("ä b/c"),
        .bytes([UInt8](0..<16)), .bytes([1, 2, 3]), .bytes([255]),
      ], recordCount: 1, fileSizeInBytes: 100)
    file.equalityIDs = nil
    var nulls = file
    nulls.path = wide.dataLocation + "/b.parquet"
    nulls.partition = [ScalarValue](repeating: .null, count: columns.count)
    try Transaction(wide, AppendFiles([file, nulls])).commit()
  }
}
