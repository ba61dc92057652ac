import Columnar
import Glibc
import Testing

@testable import FileFormats

/// Writes files of all types, shapes and layouts; with `WEQUERY_PARQUET_OUT` they stay for the Python check.
@Suite("Parquet: writer") struct ParquetWriterTests {
  static let types: [LogicalType] = [
    .boolean, .tinyint, .smallint, .integer, .bigint, .decimal(precision: 7, scale: 2),
    .decimal(precision: 15, scale: 4), .decimal(precision: 19, scale: 0), .decimal(precision: 38, scale: 10),
    .real,
    .double, .varchar, .binary, .fixed(length: 5), .uuid, .date, .time, .timestamp, .timestampTZ,
    .timestampNanos,
    .timestampTZNanos,
    .list(.varchar), .list(.integer), .list(.list(.bigint)), .map(key: .varchar, value: .double),
    .map(key: .integer, value: .list(.struct([.init("a", .varchar), .init("b", .bigint)]))),
    .struct([.init("x", .double), .init("y", .struct([.init("z", .varchar), .init("flag", .boolean)]))]),
    .struct([.init("tags", .list(.varchar)), .init("d", .decimal(precision: 5, scale: 1))]),
    .list(.map(key: .varchar, value: .list(.timestamp))), .list(.decimal(precision: 9, scale: 3)),
  ]

  static let layouts: [(name: String, options: ParquetWriteOptions)] = {
    var all: [(name: String, options: ParquetWriteOptions)] = []
    func add(_ name: String, _ change: (inout ParquetWriteOptions) -> Void) {
      var options = ParquetWriteOptions()
      change(&options)
      all.append((name, options))
    }
    add("default") { _ in }
    add("v2_snappy_small_pages") {
      ($0.dataPageVersion, $0.codec, $0.pageRowCount, $0.rowGroupRowCount) = (2, .snappy, 300, 2500)
    }
    add("plain_uncompressed") {
      ($0.usesDictionaries, $0.usesDeltaEncodings, $0.codec, $0.writesChecksums) = (
        false, false, .uncompressed, false
      )
    }
    add("delta_lz4") { ($0.usesDictionaries, $0.codec, $0.pageRowCount) = (false, .lz4Raw, 2100) }
    add("split_gzip_v2") {
      ($0.splitsFloatingPointBytes, $0.usesDictionaries, $0.codec, $0.dataPageVersion) = (
        true, false, .gzip, 2
      )
    }
    add("small_dictionaries") { ($0.dictionaryByteCount, $0.pageRowCount) = (700, 2048) }
    add("small_pages") { ($0.pageByteCount, $0.rowGroupByteCount, $0.boundByteCount) = (2000, 60_000, 8) }
    return all
  }()

  @Test(arguments: layouts.indices) func writesAllTypes(layout: Int) throws {
    let name = Self.layouts[layout].name
    var options = Self.layouts[layout].options
    options.keyValues = [.init("made.by", "wequery tests"), .init("empty", nil)]
    var random = SplitMix(seed: UInt64(layout + 1))
    var columns: [RandomColumn] = []
    var nextID = 1
    for (index, type) in Self.types.enumerated() {
      for nulls in RandomColumn.Nulls.allCases {
        let distribution = RandomColumn.Distribution.allCases[(index + columns.count) % 3]
        let column = "c\(index)_\(nulls.rawValue)_\(distribution.rawValue)"
        var field = ParquetWriteField(column, type, isRequired: nulls == .required)
        Self.number(&field, &nextID)
        columns.append(RandomColumn(field, nulls, distribution))
        if !type.isNested { options.bloomFilters[column] = .init() }
      }
    }
    let system = InMemoryFileSystem()
    let file = try system.create("t.parquet")
    let writer = try ParquetWriter(schema: columns.map(\.field), options: options, to: file)
    var rowCount = 0
    // Few rows in the usual run, which has a debug build; more for the Python check.
    let sizes =
      unsafe getenv("WEQUERY_PARQUET_OUT") == nil ? [70, 0, 400] : [1, 700, 2048, 64, 0, 1500, 2047, 3000]
    for rows in sizes {
      let selected = (0..<rows).map { _ in
        rows == 700 || rows == 400 || rows == 2047 ? random.next(below: 3) > 0 : true
      }
      var vectors: [Vector] = []
      for index in columns.indices {
        vectors.append(columns[index].next(rows, counting: selected, using: &random))
      }
      let hasSelection = selected.contains(false)
      try writer.write(
        Batch(columns: vectors, rowCount: rows, selection: hasSelection ? Selection(Bitmap(selected)) : nil))
      rowCount += selected.filter { $0 }.count
    }
    let summary = try writer.finish()

    try file.close()
    #expect(summary.rowCount == rowCount)
    #expect(summary.byteCount == file.position)
    let metadata = try ParquetFooter.read(system.open("t.parquet"))
    #expect(metadata.rowCount == rowCount)
    #expect(metadata.value(of: "made.by") == "wequery tests")
    #expect(summary.splitOffsets.count == metadata.rowGroups.count)
    let types = columns.map(\.field.type)
    #expect(metadata.schema.columns.map(\.type) == types)
    for (index, column) in columns.enumerated() where !column.field.type.isNested {
      let leaf = metadata.schema.columns[index].leafIndices.lowerBound
      Self.check(summary.columns[leaf], against: column)
    }
    try Self.checkReading(ParquetReader(system.open("t.parquet"), metadata: metadata), columns)
    try Self.keep(name, system.readAll("t.parquet"), summary, columns)
  }

  /// Reads everything back and compares it with what was written.
  private static func checkReading(_ reader: ParquetReader, _ columns: [RandomColumn]) throws {
    for (column, written) in zip(reader.metadata.schema.columns, columns) {
      var start = 0
      for group in reader.metadata.rowGroups.indices {
        let vector = try reader.read(column: column, rowGroup: group)
        let expected = written.written[start..<start + vector.count].map { PlainJSON.value($0) }
        let found = (0..<vector.count).map { PlainJSON.value(vector.scalar(at: $0, as: column.type)) }
        #expect(found == expected, "\(column.name)")
        start += vector.count
      }
      #expect(start == written.written.count)
    }
  }

  private static func number(_ field: inout ParquetWriteField, _ next: inout Int) {
    field.fieldID = next
    next += 1
    for index in field.children.indices { number(&field.children[index], &next) }
  }

  /// Compares the metrics of a column with what went into it.
  private static func check(_ metrics: ParquetWriteSummary.Column, against column: RandomColumn) {
    let values = column.written.filter { !$0.isNull }
    #expect(metrics.valueCount == column.written.count)
    #expect(metrics.nullCount == column.written.count - values.count)
    #expect(metrics.fieldID == column.field.fieldID)
    switch column.field.type {
    case .real, .double:
      let doubles = values.map { value -> Double in
        if case .real(let number) = value { return Double(number) }
        if case .double(let number) = value { return number }
        return 0
      }
      #expect(metrics.nanCount == doubles.filter { $0.isNaN }.count)
      let ordered = doubles.filter { !$0.isNaN }.sorted()
      guard let least = ordered.first, let greatest = ordered.last else {
        #expect(metrics.minValue == nil)
        return
      }
      if case .double(let min)? = metrics.minValue {
        #expect(min == least && (min != 0 || min.sign == .minus))
      }
      if case .double(let max)? = metrics.maxValue {
        #expect(max == greatest && (max != 0 || max.sign == .plus))
      }
    case .varchar, .binary, .uuid, .fixed:
      let ordered = values.map { value -> [UInt8] in
        if case .bytes(let bytes) = value { return bytes }
        return []
      }.sorted { $0.lexicographicallyPrecedes($1) }
      #expect(metrics.minValue == ordered.first.map { .bytes($0) })
      #expect(metrics.maxValue == ordered.last.map { .bytes($0) })
    default:
      let ordered = values.map { value -> Int128 in
        if case .integer(let number) = value { return Int128(number) }
        if case .decimal(let number) = value { return number }
        if case .boolean(let flag) = value { return flag ? 1 : 0 }
        return 0
      }.sorted()
      func number(_ value: ScalarValue?) -> Int128? {
        switch value {
        case .integer(let number)?: Int128(number)
        case .decimal(let number)?: number
        case .boolean(let flag)?: flag ? 1 : 0
        default: nil
        }
      }
      #expect(number(metrics.minValue) == ordered.first)
      #expect(number(metrics.maxValue) == ordered.last)
    }
  }

  private static func keep(
    _ name: String, _ bytes: [UInt8], _ summary: ParquetWriteSummary, _ columns: [RandomColumn]
  ) throws {
    guard let folder = unsafe getenv("WEQUERY_PARQUET_OUT") else { return }
    let path = unsafe String(cString: folder)
    let system = LocalFileSystem()
    for suffix in ["parquet", "json"] { try system.remove("\(path)/\(name).\(suffix)") }
    try system.writeNew("\(path)/\(name).parquet", bytes.span)
    var lines: [UInt8] = []
    for column in columns {
      let values = JSONValue.array(column.written.map { PlainJSON.value($0) })
      JSONWriter.append(
        .array([.string(column.field.name), .string("\(column.field.type)"), values]), to: &lines)
      lines.append(UInt8(ascii: "\n"))
    }
    try system.writeNew("\(path)/\(name).json", lines.span)
  }
}
