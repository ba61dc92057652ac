import Columnar
import FileFormats

@testable import TableFormat

/// A folder of its own for a test, removed with it.
final class TemporaryFolder {
  let path: String

  init(_ name: String = "wequery", root: String = "/tmp") {
    path = "\(root)/\(name)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
  }

  deinit {
    let files = LocalFileSystem()
    for file in ((try? files.list(path, recursively: true)) ?? []).reversed() { try? files.remove(file.path) }
    try? files.remove(path)
  }
}

/// A small partitioned table and files for it that exist in name only.
enum SampleTable {
  static let identifier = TableIdentifier(namespace: "analytics", name: "events")

  static func create(
    in catalog: SQLiteCatalog, properties: [String: String] = [:], formatVersion: Int = 2,
    clock: CommitClock = .system
  ) throws(TableFormatError) -> Table {
    if try !catalog.hasNamespace(identifier.namespace) { try catalog.createNamespace(identifier.namespace) }
    let schema = try Schema(columns: [
      .init("id", .bigint, isRequired: true), .init("day", .date), .init("kind", .varchar),
    ])
    return try catalog.createTable(
      CreateTable(
        identifier, schema: schema,
        partitionSpec: PartitionSpec(fields: [
          PartitionField(id: 1000, sourceID: 2, name: "day", transform: .identity)
        ]),
        properties: properties, formatVersion: formatVersion, clock: clock))
  }

  static func file(_ name: String, day: Int64 = 20_000, rows: Int64 = 10, in table: Table) -> DataFile {
    var file = DataFile(
      path: table.dataLocation + "/\(name).parquet", specID: table.metadata.defaultSpecID,
      partition: [.integer(day)], recordCount: rows, fileSizeInBytes: 1000)
    file.valueCounts = [1: rows, 2: rows, 3: rows]
    file.nullValueCounts = [1: 0, 2: 0, 3: 1]
    file.lowerBounds = FieldBounds([1: [1, 0, 0, 0, 0, 0, 0, 0], 3: Array("a".utf8)])
    file.upperBounds = FieldBounds([1: [9, 0, 0, 0, 0, 0, 0, 0], 3: Array("z".utf8)])
    file.splitOffsets = [4]
    return file
  }

  static func livePaths(of table: Table, branch: String = "main") throws(TableFormatError) -> [String] {
    guard let snapshot = try table.metadata.snapshot(reference: branch) else { return [] }
    var result: [String] = []
    for manifest in try table.manifests(of: snapshot) {
      for entry in try table.entries(of: manifest) where entry.isLive {
        result.append(String(entry.file.path.split(separator: "/").last ?? ""))
      }
    }
    return result.sorted()
  }
}
