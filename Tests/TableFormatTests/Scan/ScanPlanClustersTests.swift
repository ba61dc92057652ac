import Columnar
import Testing

@testable import TableFormat

@Suite("Scan plan: groups of files") struct ScanPlanClustersTests {
  private static let schema = Schema(fields: [
    NestedField(id: 1, name: "k", type: .long), NestedField(id: 2, name: "ts", type: .timestamp),
    NestedField(id: 3, name: "x", type: .double), NestedField(id: 4, name: "name", type: .string),
    NestedField(id: 5, name: "required", type: .long, isRequired: true),
    NestedField(id: 6, name: "small", type: .int),
  ])

  /// A file of ten rows whose column `field` has these metrics.
  private static func file(
    _ field: FieldID = 1, _ lower: Int64? = nil, _ upper: Int64? = nil, nulls: Int64? = 0,
    partition: [ScalarValue] = [], spec: PartitionSpec = .unpartitioned, rows: Int64 = 10
  ) -> FileScanTask {
    var file = DataFile(
      path: "f", specID: spec.id, partition: partition, recordCount: rows, fileSizeInBytes: 1)
    func bytes(_ value: Int64) -> [UInt8] { SingleValue.encode(.integer(value), as: .long) ?? [] }
    if let lower { file.lowerBounds.append(bytes(lower), for: field) }
    if let upper { file.upperBounds.append(bytes(upper), for: field) }
    file.valueCounts[field] = rows
    if let nulls { file.nullValueCounts[field] = nulls }
    return FileScanTask(file: file, spec: spec, dataSequenceNumber: 1)
  }

  private static func plan(_ tasks: [FileScanTask]) -> ScanPlan {
    ScanPlan(schema: schema, tasks: tasks, counters: PlanCounters())
  }

  private static func clusters(
    _ tasks: [FileScanTask], of field: FieldID = 1, isDescending: Bool = false, nullsFirst: Bool = false
  ) -> [[Int]]? {
    plan(tasks).clusters(along: field, isDescending: isDescending, nullsFirst: nullsFirst)
  }

  @Test func rangesThatTouchAreTogether() {
    let tasks = [Self.file(1, 20, 30), Self.file(1, 1, 5), Self.file(1, 5, 9), Self.file(1, 31, 31)]

    #expect(Self.clusters(tasks) == [[1, 2], [0], [3]])
    #expect(Self.clusters(tasks, isDescending: true) == [[3], [0], [1, 2]])
  }

  @Test func aRangeThatEndsBeforeTheLastOneIsWithinIt() {
    let tasks = [Self.file(1, 1, 100), Self.file(1, 2, 3), Self.file(1, 50, 60), Self.file(1, 101, 102)]

    #expect(Self.clusters(tasks) == [[0, 1, 2], [3]])
  }

  @Test func nullsStandAtOneEnd() {
    let tasks = [
      Self.file(1, 1, 2), Self.file(1, 5, 6, nulls: 1), Self.file(1, nulls: 10), Self.file(1, 8, 9),
    ]

    #expect(Self.clusters(tasks) == [[0], [1, 2, 3]])
    #expect(Self.clusters(tasks, nullsFirst: true) == [[0, 1, 2], [3]])
    #expect(Self.clusters(tasks, isDescending: true, nullsFirst: true) == [[1, 2, 3], [0]])
  }

  @Test func whatIsUnknownMayBeAnything() {
    // A count of nulls, a bound, or all.
    #expect(Self.clusters([Self.file(1, 1, 2), Self.file(1, 3, 4, nulls: nil)]) == [[0], [1]])
    #expect(Self.clusters([Self.file(1, 1, 2, nulls: nil), Self.file(1, 3, 4)]) == [[0, 1]])
    #expect(Self.clusters([Self.file(1, 1, nil), Self.file(1, 3, 4)]) == [[0, 1]])
    #expect(Self.clusters([Self.file(1, nil, 2), Self.file(1, 3, 4)]) == [[0], [1]])
    #expect(Self.clusters([Self.file(1, 1, 2), Self.file(4, 3, 4), Self.file(1, 7, 8)]) == [[0, 1, 2]])
    // Counts that contradict the bounds are not believed.
    #expect(Self.clusters([Self.file(1, 1, 2, nulls: 10), Self.file(1, 3, 4)]) == [[0, 1]])
  }

  @Test func aRequiredColumnHasNoNulls() {
    let tasks = [Self.file(5, 1, 2, nulls: nil), Self.file(5, 3, 4, nulls: nil)]

    #expect(Self.clusters(tasks, of: 5) == [[0], [1]])
  }

  @Test func filesWithoutRowsAreAnywhere() {
    let tasks = [Self.file(1, 3, 4), Self.file(1, rows: 0), Self.file(1, 1, 2)]

    #expect(Self.clusters(tasks) == [[1, 2], [0]])
    #expect(Self.clusters([]) == [])
  }

  @Test func floatingPointColumnsHaveNoOrderOfFiles() {
    #expect(Self.clusters([Self.file(3, 1, 2), Self.file(3, 3, 4)], of: 3) == nil)
    #expect(Self.clusters([Self.file()], of: 9) == nil)
  }

  private static func spec(_ id: Int, _ fields: (FieldID, Transform)...) -> PartitionSpec {
    PartitionSpec(
      id: id,
      fields: fields.enumerated().map { place, field in
        PartitionField(
          id: FieldID(Int32(1000 + place)), sourceID: field.0, name: "p\(place)", transform: field.1)
      })
  }

  @Test func partitionsThatKeepOrderBoundTheirSource() {
    let day = Self.spec(1, (2, .day))
    func task(_ day: Int64, _ spec: PartitionSpec) -> FileScanTask {
      Self.file(9, partition: [.integer(day)], spec: spec)
    }

    #expect(Self.clusters([task(9, day), task(8, day), task(9, day)], of: 2) == [[1], [0, 2]])
    let bucket = Self.spec(2, (2, .bucket(4)))
    #expect(Self.clusters([task(9, bucket), task(8, bucket)], of: 2) == [[0, 1]])
  }

  private static func partitions(_ tasks: [FileScanTask], by fields: Set<FieldID>) -> [[Int]]? {
    plan(tasks).partitions(by: fields)?.groups
  }

  @Test func filesOfOnePartitionAreTogether() {
    let spec = Self.spec(1, (1, .identity), (4, .bucket(8)))
    let tasks = [(1, 3), (2, 3), (1, 4), (1, 3)].map { first, second in
      Self.file(partition: [.integer(first), .integer(second)], spec: spec)
    }

    #expect(Self.partitions(tasks, by: [1, 4]) == [[0, 3], [1], [2]])
    #expect(Self.partitions(tasks, by: [1, 2]) == [[0, 2, 3], [1]])
    #expect(Self.partitions(tasks, by: [4]) == [[0, 1, 3], [2]])
    #expect(Self.partitions(tasks, by: [2]) == nil)
  }

  @Test func onlyFieldsOfAllSpecsTellPartitionsApart() {
    let old = Self.spec(1, (1, .identity))
    let new = Self.spec(2, (4, .bucket(8)), (1, .identity))
    let tasks = [
      Self.file(partition: [.integer(1)], spec: old),
      Self.file(partition: [.integer(7), .integer(1)], spec: new),
      Self.file(partition: [.integer(7), .integer(2)], spec: new),
    ]

    #expect(Self.partitions(tasks, by: [1, 4]) == [[0, 1], [2]])
    #expect(Self.partitions(tasks, by: [4]) == nil)
    #expect(Self.partitions(tasks + [Self.file()], by: [1]) == nil)
  }

  @Test func transformsThatAreNoFunctionsOfTheColumnTellNothing() {
    for (field, transform): (FieldID, Transform) in [
      (1, .void), (1, .unknown("zorder")), (3, .identity), (2, .identity), (2, .bucket(4)),
    ] {
      let spec = Self.spec(1, (field, transform))
      let tasks = [1, 2].map { Self.file(partition: [.integer($0)], spec: spec) }

      #expect(Self.partitions(tasks, by: [field]) == nil)
    }
  }

  @Test func valuesThatWritersDisagreeOnAreTogether() {
    let day = Self.spec(1, (2, .day))
    let days = [-2, 0, 1, -1].map { Self.file(partition: [.integer($0)], spec: day) }
    #expect(Self.partitions(days, by: [2]) == [[0, 1, 3], [2]])

    let cut = Self.spec(1, (6, .truncate(10)))
    let values = [0, 10, Int64(Int32.min) + 5].map { Self.file(partition: [.integer($0)], spec: cut) }
    #expect(Self.partitions(Array(values.prefix(2)), by: [6]) == [[0], [1]])
    #expect(Self.partitions(values, by: [6]) == nil)
  }

  @Test func nullsAreAPartition() {
    let spec = Self.spec(1, (1, .identity))
    let tasks = [.null, .integer(0), .null].map { Self.file(partition: [$0], spec: spec) }

    #expect(Self.partitions(tasks, by: [1]) == [[0, 2], [1]])
  }
}
