import Columnar
import FileFormats

@testable import TableFormat

/// Tables in memory, without catalog and manifests.
enum MemoryTable {
  static func make(
    _ fields: [NestedField], spec: PartitionSpec = .unpartitioned, formatVersion: Int = 2,
    properties: [String: String] = [:], fileSystem: any FileSystem = InMemoryFileSystem()
  ) -> Table {
    let schema = Schema(fields: fields)
    var metadata = TableMetadata(
      formatVersion: formatVersion, uuid: "00000000-0000-0000-0000-000000000001", location: "/t",
      lastUpdatedMillis: 0, lastColumnID: schema.highestFieldID, schemas: [schema], currentSchemaID: 0,
      partitionSpecs: [spec], defaultSpecID: spec.id, lastPartitionID: spec.lastAssignedFieldID)
    metadata.properties = properties
    return Table(
      identifier: TableIdentifier(namespace: "n", name: "t"), metadata: metadata,
      metadataLocation: "/t/metadata/00000.metadata.json", fileSystem: fileSystem, paths: PathMapper(),
      catalog: nil)
  }

  /// Makes a task of each file.
  static func plan(_ files: [DataFile], _ table: Table, deletes: FileDeletes = .none) -> ScanPlan {
    let tasks = files.map { file in
      FileScanTask(
        file: file, spec: table.metadata.partitionSpec(id: file.specID) ?? .unpartitioned,
        dataSequenceNumber: 1, deletes: deletes)
    }
    return ScanPlan(schema: table.schema, tasks: tasks, counters: PlanCounters())
  }

  static func batch(_ table: Table, _ rows: [[ScalarValue]]) throws -> Batch {
    var columns: [Vector] = []
    for (index, field) in table.schema.fields.enumerated() {
      var builder = VectorBuilder(try field.type.logicalType)
      for row in rows { builder.append(row[index]) }
      columns.append(builder.finish())
    }
    return Batch(columns: columns, rowCount: rows.count)
  }
}
