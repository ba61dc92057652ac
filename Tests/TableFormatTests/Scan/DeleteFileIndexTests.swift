import Columnar
import Testing

@testable import TableFormat

@Suite("Which deletes apply to a data file") struct DeleteFileIndexTests {
  private static let schema = Schema(fields: [
    NestedField(id: 1, name: "id", type: .long), NestedField(id: 2, name: "p", type: .double),
  ])
  private static let specs = [
    PartitionSpec.unpartitioned,
    PartitionSpec(id: 1, fields: [PartitionField(id: 1000, sourceID: 2, name: "p", transform: .identity)]),
    PartitionSpec(id: 2, fields: [PartitionField(id: 1001, sourceID: 2, name: "q", transform: .identity)]),
  ]

  private static func data(
    _ path: String = "/t/a.parquet", spec: Int = 1, _ value: ScalarValue = .double(1)
  ) -> DataFile {
    DataFile(
      path: path, specID: spec, partition: spec == 0 ? [] : [value], recordCount: 10, fileSizeInBytes: 1)
  }

  private static func delete(
    _ content: DataFile.Content, spec: Int = 1, _ value: ScalarValue = .double(1), name: String = "d",
    for referenced: String? = nil, format: DataFile.Format = .parquet, ids: [FieldID] = [1]
  ) -> DataFile {
    var file = DataFile(
      content: content, path: name, format: format, specID: spec, partition: spec == 0 ? [] : [value],
      recordCount: 1, fileSizeInBytes: 1)
    file.referencedDataFile = referenced
    if content == .equalityDeletes { file.equalityIDs = ids }
    return file
  }

  private static func index(_ deletes: [(DataFile, Int64)]) throws -> DeleteFileIndex {
    try DeleteFileIndex(
      deletes.map { ManifestEntry(status: .added, sequenceNumber: $0.1, file: $0.0) }, specs: specs,
      schema: schema, paths: PathMapper())
  }

  @Test(arguments: [(Int64(4), false, false), (5, true, false), (6, true, true)])
  func rule34_sequenceNumbersDecide(deleteSequence: Int64, position: Bool, equality: Bool) throws {
    let index = try Self.index([
      (Self.delete(.positionDeletes), deleteSequence), (Self.delete(.equalityDeletes), deleteSequence),
    ])
    let deletes = index.deletes(for: Self.data(), dataSequenceNumber: 5)
    #expect(deletes.positionDeletes.isEmpty == !position)
    #expect(deletes.equalityDeletes.isEmpty == !equality)
  }

  @Test func rule35_deletesStayInTheirPartitionAndSpec() throws {
    let index = try Self.index([(Self.delete(.equalityDeletes), 9), (Self.delete(.positionDeletes), 9)])
    #expect(!index.deletes(for: Self.data(), dataSequenceNumber: 1).isEmpty)
    #expect(index.deletes(for: Self.data("/t/a", .double(2)), dataSequenceNumber: 1).isEmpty)
    #expect(index.deletes(for: Self.data(spec: 2), dataSequenceNumber: 1).isEmpty)
    #expect(index.deletes(for: Self.data(spec: 0), dataSequenceNumber: 1).isEmpty)
  }

  @Test func rule35_equalityDeletesOfAnUnpartitionedSpecAreGlobal() throws {
    let index = try Self.index([
      (Self.delete(.equalityDeletes, spec: 0), 9), (Self.delete(.positionDeletes, spec: 0), 9),
    ])
    let deletes = index.deletes(for: Self.data(), dataSequenceNumber: 1)
    #expect(deletes.equalityDeletes.count == 1 && deletes.positionDeletes.isEmpty)
  }

  @Test func rule36_nanAndNullEqualThemselves() throws {
    for value in [ScalarValue.double(.nan), .null] {
      let index = try Self.index([(Self.delete(.positionDeletes, value), 9)])
      #expect(!index.deletes(for: Self.data("/t/a", value), dataSequenceNumber: 1).isEmpty)
      #expect(index.deletes(for: Self.data(), dataSequenceNumber: 1).isEmpty)
    }
  }

  @Test func rule37_aReferencedDataFileLimitsADelete() throws {
    let index = try Self.index([(Self.delete(.positionDeletes, for: "file:///t/a.parquet"), 9)])
    #expect(!index.deletes(for: Self.data("/t/a.parquet"), dataSequenceNumber: 1).isEmpty)
    #expect(index.deletes(for: Self.data("/t/b.parquet"), dataSequenceNumber: 1).isEmpty)
    var bounded = Self.delete(.positionDeletes)
    bounded.lowerBounds = FieldBounds([.deleteFilePath: Array("/t/b.parquet".utf8)])
    bounded.upperBounds = bounded.lowerBounds
    let byBounds = try Self.index([(bounded, 9)])
    #expect(byBounds.deletes(for: Self.data("/t/a.parquet"), dataSequenceNumber: 1).isEmpty)
    #expect(!byBounds.deletes(for: Self.data("/t/b.parquet"), dataSequenceNumber: 1).isEmpty)
    #expect(throws: TableFormatError.self) {
      try Self.index([(Self.delete(.positionDeletes, format: .puffin), 9)])
    }
  }

  @Test func rule38_aDeletionVectorReplacesPositionDeletes() throws {
    let vector = Self.delete(.positionDeletes, name: "v", for: "/t/a.parquet", format: .puffin)
    let index = try Self.index([
      (Self.delete(.positionDeletes), 9), (Self.delete(.positionDeletes, for: "/t/a.parquet"), 9),
      (vector, 8), (Self.delete(.equalityDeletes), 9),
    ])
    let deletes = index.deletes(for: Self.data(), dataSequenceNumber: 1)
    #expect(deletes.deletionVector?.path == "v" && deletes.positionDeletes.isEmpty)
    #expect(deletes.equalityDeletes.count == 1)
    let newer = index.deletes(for: Self.data(), dataSequenceNumber: 9)
    #expect(newer.deletionVector == nil && newer.positionDeletes.count == 2)
    #expect(throws: TableFormatError.self) { try Self.index([(vector, 8), (vector, 8)]) }
  }

  @Test func rule42_differentColumnsMakeDifferentGroups() throws {
    let index = try Self.index([
      (Self.delete(.equalityDeletes, ids: [1]), 9), (Self.delete(.equalityDeletes, ids: [2, 1]), 9),
      (Self.delete(.equalityDeletes, ids: [1, 2]), 8),
    ])
    let groups = index.deletes(for: Self.data(), dataSequenceNumber: 1).equalityDeletes
    #expect(Set(groups.map(\.equalityIDs)) == [[1], [1, 2]])
    #expect(groups.map(\.files.count).sorted() == [1, 2])
  }

  @Test func rule43_boundsOfDeletesPrune() throws {
    var delete = Self.delete(.equalityDeletes)
    delete.lowerBounds = FieldBounds([1: SingleValue.encode(.integer(50), as: .long) ?? []])
    delete.upperBounds = FieldBounds([1: SingleValue.encode(.integer(60), as: .long) ?? []])
    delete.nullValueCounts[1] = 0
    let index = try Self.index([(delete, 9)])
    var file = Self.data()
    file.lowerBounds = FieldBounds([1: SingleValue.encode(.integer(61), as: .long) ?? []])
    #expect(index.deletes(for: file, dataSequenceNumber: 1).isEmpty)
    file.lowerBounds = FieldBounds([1: SingleValue.encode(.integer(60), as: .long) ?? []])
    #expect(!index.deletes(for: file, dataSequenceNumber: 1).isEmpty)
  }
}
