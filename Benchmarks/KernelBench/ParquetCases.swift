internal import Columnar
internal import FileFormats
internal import QueryEngine

/// Columns written to and read from a Parquet file in memory, one encoding a case.
enum ParquetCases {
  private static let rowCount = 200_000

  static func all() throws -> [BenchmarkCase] {
    let columns: [(name: String, sql: String)] = [
      ("bigint-sorted", "i"), ("bigint-random", "hash(i)::BIGINT"), ("integer-few", "(i % 20)::INTEGER"),
      ("double", "i * 0.37::DOUBLE"), ("boolean", "i % 3 = 0"),
      ("text-few", "'page-' || (i % 500)"), ("text-unique", "'https://example.org/' || md5(i::VARCHAR)"),
      ("text-nulls", "CASE WHEN i % 3 = 0 THEN 'room-' || (i % 90) END"),
      ("timestamp", "TIMESTAMP '2024-01-01' + INTERVAL '1 second' * i"),
    ]
    let session = Session(
      catalog: nil, settings: SessionSettings(threads: 1, memoryLimit: 2 << 30, tempDirectory: "/tmp"))
    var cases: [BenchmarkCase] = []
    for column in columns {
      let result = try session.run(
        single: "SELECT \(column.sql) AS c FROM generate_series(1, \(rowCount)) AS g(i)")
      for (suffix, codec) in [("", CompressionCodec.uncompressed), ("+zstd", .zstd)] {
        let file = try write(result, codec)
        cases.append(
          BenchmarkCase(name: "parquet.\(column.name)\(suffix).write", rows: rowCount, bytes: file.count) {
            _ = try write(result, codec)
          })
        let reader = try ParquetReader(InMemoryFile(bytes: file))
        cases.append(
          BenchmarkCase(name: "parquet.\(column.name)\(suffix).read", rows: rowCount, bytes: file.count) {
            for group in reader.metadata.rowGroups.indices {
              _ = try reader.read(column: reader.metadata.schema.columns[0], rowGroup: group)
            }
          })
      }
    }
    return cases
  }

  private static func write(_ result: StatementResult, _ codec: CompressionCodec) throws -> [UInt8] {
    let files = InMemoryFileSystem()
    let file = try files.create("bench.parquet")
    var options = ParquetWriteOptions()
    options.codec = codec
    let writer = try ParquetWriter(
      schema: result.columns.map { ParquetWriteField($0.name, $0.type) }, options: options, to: file)
    for batch in result.batches { try writer.write(batch) }
    _ = try writer.finish()
    try file.close()
    return try files.readAll("bench.parquet")
  }
}
