import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Writers that may hold little.
@Suite("Writing within limits") struct WriteLimitsTests {
  /// Rows that wait in memory.
  private final class HeldRows: WaitingRows {
    private var rows: [Int: [Batch]] = [:]

    func add(_ batch: Batch, to bucket: Int) throws(TableFormatError) {
      #expect((0..<PartitionedWriter.bucketCount).contains(bucket))
      rows[bucket, default: []].append(batch)
    }

    func forEachBatch(
      in bucket: Int, _ body: (Batch) throws(TableFormatError) -> Void
    ) throws(TableFormatError) {
      for batch in rows[bucket] ?? [] { try body(batch) }
    }
  }

  private static let fields = [
    NestedField(id: 1, name: "id", type: .long), NestedField(id: 2, name: "part", type: .long),
    NestedField(id: 3, name: "text", type: .string),
  ]
  private static let spec = PartitionSpec(fields: [
    PartitionField(id: 1000, sourceID: 2, name: "part", transform: .identity)
  ])

  /// More partitions than two divisions by the number of buckets keep apart.
  @Test(arguments: [(partitions: 1, open: 1), (5, 2), (700, 3), (9000, 2)])
  func aPartitionHasOneFileHoweverItsRowsCome(partitions: Int, open: Int) throws {
    let fileSystem = InMemoryFileSystem()
    let table = MemoryTable.make(Self.fields, spec: Self.spec, fileSystem: fileSystem)
    var limits = WriteLimits()
    limits.openCount = open
    limits.makeWaitingRows = { HeldRows() }
    let writer = try PartitionedWriter(try WriteTarget(table), limits)
    var random = SplitMix(seed: 3)
    let rowCount = partitions * 3
    var expected: [Int: [Int64]] = [:]
    for start in stride(from: 0, to: rowCount, by: 2048) {
      let rows = (start..<min(start + 2048, rowCount)).map { number -> [ScalarValue] in
        let part = random.below(partitions)
        expected[part, default: []].append(Int64(number))
        return [.integer(Int64(number)), .integer(Int64(part)), .text("t")]
      }
      try writer.write(try MemoryTable.batch(table, rows))
    }
    let files = try writer.finish()
    #expect(files.count == expected.count)
    for file in files.prefix(300) {
      guard case .integer(let part)? = file.partition.first else {
        Issue.record("a file without a partition")
        continue
      }
      let rows = try TableRows.read(MemoryTable.plan([file], table), table)
      // In the order in which they came.
      #expect(rows.map { $0[0] } == expected[Int(part)]?.map { .integer($0) })
    }
  }

  @Test func rowGroupsEndEarlyWhenMemoryIsShort() throws {
    let table = MemoryTable.make(Self.fields, spec: Self.spec)
    var limits = WriteLimits()
    limits.byteCount = 100_000
    let writer = try PartitionedWriter(try WriteTarget(table), limits)
    var random = SplitMix(seed: 4)
    for start in stride(from: 0, to: 20_000, by: 1000) {
      let rows = (start..<start + 1000).map { number -> [ScalarValue] in
        [
          .integer(Int64(number)), .integer(Int64(number % 2)),
          .text(String(random.next(), radix: 36) + String(random.next(), radix: 36)),
        ]
      }
      try writer.write(try MemoryTable.batch(table, rows))
    }
    let files = try writer.finish()
    #expect(files.count == 2)
    #expect(files.reduce(0) { $0 + $1.recordCount } == 20_000)
    for file in files { #expect((file.splitOffsets ?? []).count > 2) }
    #expect(try TableRows.read(MemoryTable.plan(files, table), table).count == 20_000)
  }
}
