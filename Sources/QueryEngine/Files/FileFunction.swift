internal import Columnar
internal import FileFormats

/// Table functions over files: `read_parquet`, `read_csv`, `read_json`, and a path in FROM.
struct FileFunction {
  static let names = ["read_csv", "read_json", "read_parquet"]

  private enum Kind {
    case parquet
    case csv
    case json
    /// By the file's name.
    case any
  }

  private let name: String
  private let kind: Kind

  /// Makes the function of a name; `nil` if there is none.
  init?(_ name: String) {
    switch name {
    case "read_parquet", "parquet_scan": kind = .parquet
    case "read_csv", "read_csv_auto": kind = .csv
    case "read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto": kind = .json
    case "read_file": kind = .any
    default: return nil
    }
    self.name = name
  }

  /// Opens the files.
  func relation(
    _ arguments: [(name: String?, value: ScalarValue, type: LogicalType)], of resolver: CatalogResolver
  ) throws(QueryError) -> any Relation {
    let call = try TableFunctionArguments(name, arguments)
    let known =
      switch kind {
      case .csv: ["delim", "sep", "header", "all_varchar"]
      default: [String]()
      }
    try call.check(names: known)
    let fileSystem = LocalFileSystem()
    let patterns = try call.texts(what: "a path or a list of paths")
    if case .any = kind, let table = try table(at: patterns[0], fileSystem, resolver) { return table }
    var paths: [String] = []
    for pattern in patterns { paths += try FilePattern(pattern).files(in: fileSystem) }
    let title = patterns.joined(separator: ", ")
    switch kind(of: paths[0]) {
    case .parquet: return try ParquetFilesRelation(paths, named: title, in: fileSystem)
    case .csv:
      var options = CSVOptions()
      let (delim, sep) = (try call.text("delim"), try call.text("sep"))
      if let text = delim ?? sep {
        guard text.utf8.count == 1, let byte = text.utf8.first else {
          throw QueryError(.invalidParameter, "delim of \(name) is one character")
        }
        options.delimiter = byte
      }
      options.hasHeader = try call.flag("header")
      options.allText = try call.flag("all_varchar") ?? false
      return try TextFilesRelation(
        paths, named: title, .csv(options), in: fileSystem, resolver.session.evaluationEnvironment(""))
    case .json:
      return try TextFilesRelation(
        paths, named: title, .json, in: fileSystem, resolver.session.evaluationEnvironment(""))
    case .any:
      throw QueryError(
        .unsupported, "what \"\(paths[0])\" holds cannot be told by its name",
        hint: "read_parquet, read_csv or read_json say it")
    }
  }

  private func kind(of path: String) -> Kind {
    guard case .any = kind else { return kind }
    var name = path.lowercased()
    for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) { name = String(name.dropLast(suffix.count)) }
    if name.hasSuffix(".parquet") { return .parquet }
    if name.hasSuffix(".csv") || name.hasSuffix(".tsv") { return .csv }
    if [".json", ".ndjson", ".jsonl"].contains(where: { name.hasSuffix($0) }) { return .json }
    return .any
  }

  /// A path in FROM may be that of an Iceberg table: its folder or its metadata file.
  private func table(
    at path: String, _ fileSystem: LocalFileSystem, _ resolver: CatalogResolver
  ) throws(QueryError) -> TableRelation? {
    let isFolder = (try? fileSystem.status(path))?.isDirectory ?? false
    guard isFolder || path.hasSuffix(".metadata.json") else { return nil }
    let (table, version) = try resolver.table(path.contains("/") ? path : "./" + path)
    return try TableRelation(table, catalog: resolver.session.settings.catalog, version: version)
  }
}
