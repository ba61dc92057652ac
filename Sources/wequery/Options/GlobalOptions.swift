internal import ArgumentParser
internal import TableFormat

/// The options that every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: "The folder with catalog.db and the tables under it (WEQUERY_WAREHOUSE); default: ./warehouse.")
  var warehouse: String?

  @Option(help: "An SQLite catalog elsewhere: pyiceberg's, Spark's, another warehouse's.")
  var catalog: String?

  @Option(help: "The catalog's name within the file; default: the one it holds, else s3_tables.")
  var catalogName: String?

  @Option(help: "The namespace of unqualified names; default: analytics.")
  var namespace: String?

  @Option(
    name: .customLong("map"),
    help: "Read what tables store under OLD from NEW, as s3://bucket/warehouse=/copy; may be repeated.",
    transform: { text in
      let mapping = try PathMapper.Mapping(text)
      return PathMapper.Mapping(old: mapping.old, new: AbsolutePath.of(mapping.new))
    })
  var mappings: [PathMapper.Mapping] = []

  @Option(help: "How results are printed: \(ResultFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: ResultFormat = .box

  @Option(help: "Write the result to a file.")
  var output: String?

  @Flag(help: "Print elapsed_ms of each statement to standard error.")
  var timing = false

  @Option(name: .customLong("repeat"), help: "Run each statement so many times and print the last result.")
  var repetitions = 1

  @Option(help: "Workers of a query; default: all cores.")
  var threads: Int?

  @Option(help: "Memory that queries may hold, as 8GB or 512MiB; default: 80 % of RAM.")
  var memoryLimit: ByteSize?

  @Option(help: "Where spill files go; default: the system's.")
  var tempDir: String?

  @Option(help: "The clock, as 2026-01-15T09:00:00Z; default: the machine's.")
  var now: String?

  @Flag(help: "Keep neither decoded column chunks nor partial aggregates.")
  var noCache = false

  @Flag(help: "Keep no partial aggregates of data files.")
  var noAggregateCache = false

  func validate() throws {
    if repetitions < 1 { throw ValidationError("--repeat must be 1 or more, not \(repetitions)") }
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, not \(threads)") }
  }
}
