import Columnar
import FileFormats
import Testing

@testable import TableFormat

/// Rules of `../shared/ICEBERG.md` §1.2, §1.3 and §1.5 on what we write, looked at as bytes and schemas.
@Suite("Rules: written metadata") struct WrittenMetadataRuleTests {
  let folder = TemporaryFolder()
  private static let fields = [
    NestedField(id: 1, name: "id", type: .long), NestedField(id: 2, name: "ts", type: .timestamp),
    NestedField(id: 3, name: "tz", type: .timestamptz),
  ]
  private static let spec = PartitionSpec(
    id: 0,
    fields: [
      PartitionField(id: 1000, sourceID: 2, name: "ts", transform: .identity),
      PartitionField(id: 1001, sourceID: 3, name: "tz", transform: .identity),
      PartitionField(id: 1002, sourceID: 2, name: "ts_day", transform: .day),
      PartitionField(id: 1003, sourceID: 2, name: "ts_hour", transform: .hour),
    ])

  private func manifestSchema(_ formatVersion: Int) throws -> AvroSchema {
    let metadata = MemoryTable.make(Self.fields, spec: Self.spec, formatVersion: formatVersion).metadata
    let writer = try ManifestWriter(of: metadata, spec: Self.spec, content: .data, snapshotID: 3)
    let bytes = try writer.finish(location: "/t/m.avro", sequenceNumber: 1).bytes
    return try AvroReader(bytes, file: "m").schema
  }

  private func listSchema(_ formatVersion: Int) throws -> AvroSchema {
    let bytes = try ManifestList.write([], formatVersion: formatVersion, snapshot: (3, nil, 1))
    return try AvroReader(bytes, file: "l").schema
  }

  /// All fields of a schema, at any depth.
  private func fields(_ schema: AvroSchema) -> [AvroField] {
    let below: [AvroSchema] =
      switch schema.kind {
      case .record(let fields): fields.map(\.schema)
      case .array(let element), .map(let element): [element]
      case .union(let branches): branches
      default: []
      }
    let own: [AvroField] = if case .record(let fields) = schema.kind { fields } else { [] }
    return own + below.flatMap { self.fields($0) }
  }

  @Test func rule6_theReservedIDsAreThoseOfTheSpecification() {
    let expected: [(FieldID, Int32)] = [
      (.file, 646), (.position, 645), (.isDeleted, 644), (.specID, 643), (.partition, 642),
      (.deleteFilePath, 546), (.deletePosition, 545), (.rowID, 540), (.lastUpdatedSequenceNumber, 539),
    ]
    for (id, end) in expected { #expect(id.rawValue == 2_147_483_000 + end && id.isReserved) }
    #expect(!FieldID(2_147_483_447).isReserved && FieldID(2_147_483_448).isReserved)
  }

  /// The smallest physical type that holds the precision.
  @Test(arguments: [
    (9, ParquetPhysicalType.int32, 0), (10, .int64, 0), (18, .int64, 0), (19, .fixedLengthByteArray, 9),
    (20, .fixedLengthByteArray, 9), (38, .fixedLengthByteArray, 16),
  ]) func rule10_decimalsTakeTheLeastRoom(precision: Int, physical: ParquetPhysicalType, length: Int) throws {
    let fileSystem = InMemoryFileSystem()
    let field = NestedField(id: 1, name: "d", type: .decimal(precision: precision, scale: 2))
    let table = MemoryTable.make([field], fileSystem: fileSystem)
    let writer = DataFileWriter(try WriteTarget(table))
    try writer.write(try MemoryTable.batch(table, [[.decimal(-1)], [.decimal(200)]]))
    let file = try #require(try writer.finish().first)

    let reader = try ParquetReader(try fileSystem.open(PathMapper().path(of: file.path)))
    guard case .leaf(let leaf) = try #require(reader.metadata.schema.columns.first).shape else {
      Issue.record("no leaf")
      return
    }
    #expect(leaf.physicalType == physical && (length == 0 || leaf.typeLength == length))
    // Bounds: as few bytes as hold the number and its sign.
    #expect(file.lowerBounds == FieldBounds([1: [0xFF]]) && file.upperBounds == FieldBounds([1: [0, 200]]))
  }

  @Test func rule11_onlyAdjustToUTCTellsTheTimestampsApart() throws {
    let all = fields(try manifestSchema(2))
    let plain = try #require(all.first { $0.fieldID == 1000 }).schema.nonNull
    let zoned = try #require(all.first { $0.fieldID == 1001 }).schema.nonNull
    #expect(plain.adjustToUTC == false && zoned.adjustToUTC == true)
    #expect(plain.logicalType == "timestamp-micros" && zoned.logicalType == "timestamp-micros")
  }

  @Test(arguments: [1, 2, 3]) func rule14_optionalIsAUnionWithNullWhoseDefaultIsNull(version: Int) throws {
    var optional = 0
    for field in fields(try manifestSchema(version)) + fields(try listSchema(version)) {
      guard case .union(let branches) = field.schema.kind else { continue }
      optional += 1
      #expect(branches.count == 2 && branches[0].kind == .null, "\(field.name)")
      #expect(field.defaultValue == .null, "\(field.name)")
    }
    #expect(optional > 15)
  }

  /// A manifest is of one spec and one content; its tuple has the spec's field ids and the transforms' types.
  @Test func rule19_oneManifestIsOfOneSpecAndOneContent() throws {
    let test = try TestTable(Self.fields, spec: Self.spec, in: folder.path)
    func row(_ id: Int64) -> [ScalarValue] { [.integer(id), .integer(id * 86_400_000_000), .null] }
    let old = try test.files([row(1), row(2)])
    try test.commit(
      UpdatePartitionSpec([.remove(name: "ts"), .remove(name: "tz"), .remove(name: "ts_hour")]))
    let new = try test.files([row(3)])
    let deletes = try test.positionDeletes([(old[0], [0])])

    try test.commit(RowDelta(addedData: old + new, addedDeletes: deletes))

    let manifests = try test.table.manifests(of: try #require(test.table.currentSnapshot))
    #expect(Set(manifests.map { "\($0.specID) \($0.content)" }) == ["0 data", "1 data", "0 deletes"])
    for manifest in manifests {
      let bytes = try LocalFileSystem().readAll(PathMapper().path(of: manifest.path))
      let partition = try #require(
        fields(try AvroReader(bytes, file: "m").schema).first { $0.fieldID == 102 })
      let ids = partition.schema.fields.map(\.fieldID)
      #expect(ids == (manifest.specID == 0 ? [1000, 1001, 1002, 1003] : [1002]))
      for entry in try test.table.entries(of: manifest) {
        #expect(entry.file.specID == manifest.specID)
        #expect((entry.file.content == .data) == (manifest.content == .data))
      }
    }
    #expect(try test.rows().map { $0[0] } == [.integer(2), .integer(3)])
  }

  @Test func rule20_daysAreDatesAndTheOtherUnitsInts() throws {
    let all = fields(try manifestSchema(2))
    let (day, hour) = (
      try #require(all.first { $0.fieldID == 1002 }), try #require(all.first { $0.fieldID == 1003 })
    )
    #expect(day.schema.nonNull.logicalType == "date" && day.schema.nonNull.kind == .int)
    #expect(hour.schema.nonNull.logicalType == nil && hour.schema.nonNull.kind == .int)
    for transform in [Transform.year, .month, .hour, .bucket(3)] {
      #expect(transform.resultType(of: .timestamp) == .int)
    }
    // A plain int reads as a day, too.
    let file = AvroSchema.record(
      "r2",
      [
        AvroField("file_path", .string, fieldID: 100), AvroField("file_format", .string, fieldID: 101),
        AvroField("partition", .record("r102", [.optional("d", .int, fieldID: 1000)]), fieldID: 102),
        AvroField("record_count", .long, fieldID: 103), AvroField("file_size_in_bytes", .long, fieldID: 104),
      ])
    var writer = AvroWriter(
      schema: .record(
        "manifest_entry", [AvroField("status", .int, fieldID: 0), AvroField("data_file", file, fieldID: 2)]))
    writer.encoder.writeLong(1)
    writer.encoder.writeString("/t/a")
    writer.encoder.writeString("PARQUET")
    writer.encoder.writeOptional(Int64(-1))
    writer.encoder.writeLong(9)
    writer.encoder.writeLong(99)
    try writer.endObject()
    let spec = PartitionSpec(
      id: 0, fields: [PartitionField(id: 1000, sourceID: 2, name: "d", transform: .day)])
    let metadata = MemoryTable.make(Self.fields, spec: spec).metadata
    let manifest = ManifestFile(path: "/t/m", byteCount: 0, specID: 0, addedSnapshotID: 3)
    let entries = try Manifest.read(try writer.finish(), of: manifest, metadata: metadata)
    #expect(entries.map(\.file.partition) == [[.integer(-1)]])
  }

  /// Every field of entries and data files under its id, each version with its own.
  @Test(arguments: [1, 2, 3]) func rule21_fieldsHaveTheIDsOfTheSpecification(version: Int) throws {
    var expected: [Int: String] = [
      0: "status", 1: "snapshot_id", 2: "data_file", 100: "file_path", 101: "file_format", 102: "partition",
      103: "record_count", 104: "file_size_in_bytes", 108: "column_sizes", 109: "value_counts",
      110: "null_value_counts", 137: "nan_value_counts", 125: "lower_bounds", 128: "upper_bounds",
      131: "key_metadata", 132: "split_offsets", 140: "sort_order_id",
    ]
    if version >= 2 {
      expected.merge(
        [
          3: "sequence_number", 4: "file_sequence_number", 134: "content", 135: "equality_ids",
          143: "referenced_data_file",
        ], uniquingKeysWith: { $1 })
    }
    if version >= 3 {
      expected.merge(
        [142: "first_row_id", 144: "content_offset", 145: "content_size_in_bytes"],
        uniquingKeysWith: { $1 })
    }
    let all = fields(try manifestSchema(version))
    var found: [Int: String] = [:]
    for field in all {
      guard let id = field.fieldID, id < 1000, field.name != "key", field.name != "value" else { continue }
      found[id] = field.name
    }
    // Rule 22: version 1 alone has what it calls required, and no version what is deprecated.
    if version == 1 { expected[105] = "block_size_in_bytes" }
    #expect(found == expected)
    let maps = all.filter { $0.name == "key" || $0.name == "value" }.compactMap(\.fieldID)
    #expect(Set(maps) == [117, 118, 119, 120, 121, 122, 138, 139, 126, 127, 129, 130])
    #expect(all.first { $0.fieldID == 132 }?.schema.nonNull.elementID == 133)
    if version >= 2 { #expect(all.first { $0.fieldID == 135 }?.schema.nonNull.elementID == 136) }
  }

  @Test(arguments: [1, 2, 3]) func rule23_whatListsMustSayIsRequired(version: Int) throws {
    let schema = try listSchema(version)
    var required: Set<Int> = []
    for field in schema.fields {
      if case .union = field.schema.kind { continue }
      if let id = field.fieldID { required.insert(id) }
    }
    let counts: Set<Int> = [504, 505, 506, 512, 513, 514]
    let all = Set(schema.fields.compactMap(\.fieldID))
    #expect(all.isSuperset(of: counts.union([500, 501, 502, 503, 507])))
    #expect(required.isSuperset(of: version == 1 ? [500, 501, 502, 503] : counts.union([515, 516, 517])))
    #expect(all.contains(520) == (version == 3) && all.contains(515) == (version > 1))
    // Unknown counts are not zero.
    let manifest = ManifestFile(path: "m", byteCount: 1, specID: 0, addedSnapshotID: 1)
    #expect(manifest.addedFilesCount == nil && manifest.mayHaveLiveFiles)
    let bytes = try ManifestList.write([manifest], formatVersion: 1, snapshot: (3, nil, 1))
    #expect(try ManifestList.read(bytes, file: "l").first?.addedFilesCount == nil)
  }

  /// What a commit carries over keeps the numbers it had, spelled out.
  @Test func rule30_carriedOverEntriesSayTheirNumbers() throws {
    let test = try TestTable(Self.fields, formatVersion: 3, in: folder.path)
    let files = try (0..<3).map { try test.file([[.integer(Int64($0)), .null, .null]]) }
    try test.commit(AppendFiles([try test.file([[.integer(9), .null, .null]])]))
    try test.commit(AppendFiles(files))
    let adding = try #require(test.table.currentSnapshot)
    try test.commit(DeleteFiles([files[0]]))

    let manifests = try test.table.manifests(of: try #require(test.table.currentSnapshot))
    let rewritten = try #require(manifests.first { $0.existingFilesCount == 2 })
    // Read as if nothing could be inherited.
    var bare = rewritten
    (bare.sequenceNumber, bare.firstRowID, bare.addedSnapshotID) = (-1, nil, -1)
    for entry in try test.table.entries(of: bare) where entry.status == .existing {
      #expect(entry.snapshotID == adding.id && entry.sequenceNumber == 2 && entry.fileSequenceNumber == 2)
      #expect(entry.file.firstRowID == (entry.file.path == files[1].path ? 2 : 3))
    }
  }

  @Test func rule40_positionDeletesAreSortedByPathAndPosition() throws {
    let test = try TestTable(Self.fields, in: folder.path)
    let data = try (0..<3).map { file in
      try test.file((0..<9).map { [.integer(Int64(file * 10 + $0)), .null, .null] })
    }
    try test.commit(AppendFiles(data))
    let writer = try PositionDeleteWriter(try WriteTarget(test.table), isPerFile: false)
    for file in [data[2], data[0], data[1], data[0]] { writer.delete([7, 1, 4], in: file) }
    writer.delete([2], in: data[2])
    let deletes = try writer.finish()

    let reader = try ParquetReader(try LocalFileSystem().open(PathMapper().path(of: deletes[0].path)))
    let columns = reader.metadata.schema.columns
    #expect(columns.map(\.fieldID) == [2_147_483_546, 2_147_483_545])
    var rows: [(String, Int64)] = []
    let paths = try reader.read(column: columns[0], rowGroup: 0, rows: 0..<10, wanted: nil)
    let positions = try reader.read(column: columns[1], rowGroup: 0, rows: 0..<10, wanted: nil)
    for row in 0..<10 {
      guard case .bytes(let path) = paths.scalar(at: row, as: .varchar),
        case .integer(let position) = positions.scalar(at: row, as: .bigint)
      else { continue }
      rows.append((String(decoding: path, as: UTF8.self), position))
    }
    // The same string as the manifest has, and each position once.
    var expected: [(String, Int64)] = []
    for file in data.sorted(by: { $0.path < $1.path }) {
      for position in file.path == data[2].path ? [1, 2, 4, 7] : [1, 4, 7] as [Int64] {
        expected.append((file.path, position))
      }
    }
    #expect(rows.elementsEqual(expected, by: ==))
  }

  /// Two vectors of one file: where the manifest says they are is where the footer says.
  @Test func rule46_theManifestAgreesWithTheFooter() throws {
    let test = try TestTable(Self.fields, formatVersion: 3, in: folder.path)
    let data = try (0..<2).map { file in
      try test.file((0..<9).map { [.integer(Int64(file * 10 + $0)), .null, .null] })
    }
    try test.commit(AppendFiles(data))
    let vectors = try test.positionDeletes([(data[0], [1]), (data[1], [2, 3])])
    #expect(vectors.count == 2 && vectors[0].path == vectors[1].path)

    let puffin = try PuffinReader(try LocalFileSystem().open(PathMapper().path(of: vectors[0].path)))
    #expect(puffin.blobs.count == 2)
    for vector in vectors {
      let blob = try #require(puffin.blobs.first { Int64($0.offset) == vector.contentOffset })
      #expect(Int64(blob.byteCount) == vector.contentSizeInBytes)
      // Rule 45: what a vector's blob says of itself.
      #expect(blob.type == "deletion-vector-v1" && blob.codec == nil)
      #expect(blob.snapshotID == -1 && blob.sequenceNumber == -1)
      #expect(blob.properties["referenced-data-file"] == vector.referencedDataFile)
      #expect(blob.properties["cardinality"] == String(vector.recordCount))
    }
  }

  @Test func rule67_snapshotIDsArePositiveAndExact() throws {
    let test = try TestTable(Self.fields, in: folder.path)
    for number in 0..<5 {
      try test.commit(AppendFiles([try test.file([[.integer(Int64(number)), .null, .null]])]))
    }
    #expect(try test.table.metadata.snapshots.entries().allSatisfy { $0.id.rawValue > 0 })
    #expect(try Set(test.table.metadata.snapshots.entries().map(\.id)).count == 5)
    // 2^53 + 1, which no double holds.
    let id = try String(test.table.metadata.snapshots.entries()[4].id.rawValue)
    let text = try String(decoding: test.table.metadata.jsonText(), as: UTF8.self)
      .replacing(id, with: "9007199254740993")
    let read = try TableMetadata(json: Array(text.utf8), file: nil)
    #expect(read.currentSnapshotID == 9_007_199_254_740_993)
    #expect(try String(decoding: read.jsonText(), as: UTF8.self) == text)
  }
}
