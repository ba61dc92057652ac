internal import Columnar
internal import FileFormats

/// COPY and UNLOAD: rows to a file, and a file's rows into a table.
extension Session {
  func copy(
    _ copy: CopySyntax, at range: SourceRange, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    let options = try CopyOptions(copy, self, environment)
    if copy.isFrom { return try copyFrom(copy, options, at: range, environment) }
    let query: QuerySyntax
    switch copy.source {
    case .query(let given): query = given
    case .table(let name, let columns):
      let items: [SelectItem] =
        columns.isEmpty
        ? [.wildcard(WildcardSyntax(range: name.range))]
        : columns.map {
          .expression(
            ExpressionSyntax(kind: .column(QualifiedName(parts: [$0])), range: $0.range), alias: nil)
        }
      let select = SelectSyntax(
        items: items, from: [.named(NamedTableSyntax(name: name, range: name.range))], range: name.range)
      query = QuerySyntax(body: .select(select), range: name.range)
    }
    let plan = try optimized(try makeBinder(environment).bindQuery(query), environment)
    let fileSystem = LocalFileSystem()
    // A folder gets a file of its own, as UNLOAD wants it.
    var path = copy.path
    if path.hasSuffix("/") { path += "part-0.\(options.file.format.rawValue)" }
    let file = try RowFile(path, plan.outputColumns, options.file, in: fileSystem)
    do throws(QueryError) {
      let context = makeContext(environment)
      defer { endContext() }
      try QueryExecutor.run(plan, context: context) { (batch) throws(QueryError) in
        try file.write(batch)
        return true
      }
      return StatementResult(message: "COPY", changes: try file.finish())
    } catch {
      file.abort()
      throw error
    }
  }

  /// `COPY t FROM 'file'` inserts the rows of the file by position.
  private func copyFrom(
    _ copy: CopySyntax, _ options: CopyOptions, at range: SourceRange, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> StatementResult {
    guard case .table(let name, let columns) = copy.source else {
      throw QueryError(.syntaxError, "COPY … FROM needs a table", at: range)
    }
    let path = ExpressionSyntax(kind: .string(copy.path), range: range)
    var arguments = [ArgumentSyntax(name: nil, value: path)]
    func add(_ name: String, _ kind: ExpressionSyntax.Kind) {
      arguments.append(
        ArgumentSyntax(
          name: Identifier(text: name, isQuoted: true, range: range),
          value: ExpressionSyntax(kind: kind, range: range)))
    }
    var function = "read_file"
    switch options.format ?? RowFileOptions.Format(ofPath: copy.path) {
    case .csv?:
      function = "read_csv"
      if let delimiter = options.delimiter { add("delim", .string(delimiter)) }
      if let hasHeader = options.hasHeader { add("header", .boolean(hasHeader)) }
    case .json?: function = "read_json"
    case .parquet?: function = "read_parquet"
    case nil: break
    }
    let call = FunctionCallSyntax(
      name: QualifiedName(parts: [Identifier(text: function, isQuoted: true, range: range)]),
      arguments: arguments)
    let table = TableReference.function(
      TableFunctionSyntax(call: call, isLateral: false, withOrdinality: false, alias: nil, range: range))
    let select = SelectSyntax(items: [.wildcard(WildcardSyntax(range: range))], from: [table], range: range)
    let query = QuerySyntax(body: .select(select), range: range)
    let insertion = InsertSyntax(
      table: name, isOverwrite: false, columns: columns.map { QualifiedName(parts: [$0]) }, byName: false,
      source: .query(query), returning: [])
    return StatementResult(message: "COPY", changes: try insert(insertion, environment).changes)
  }
}

/// The options of COPY and UNLOAD, in the spellings of PostgreSQL, DuckDB and Athena.
private struct CopyOptions {
  var file = RowFileOptions()
  var format: RowFileOptions.Format?
  var delimiter: String?
  var hasHeader: Bool?

  init(
    _ copy: CopySyntax, _ session: Session, _ environment: EvaluationEnvironment
  ) throws(QueryError) {
    for (name, value) in copy.options {
      let text: String =
        switch value {
        case .word(let word): word
        case .expression(let expression):
          try CopyOptions.text(of: expression, session, environment)
        case .toDefault: "default"
        }
      let wrong = { (what: String) in
        QueryError(.invalidParameter, "\"\(text)\" is no value for \(name.text)", hint: what, at: name.range)
      }
      switch name.text.lowercased() {
      case "format":
        let names = ["ndjson": "json", "jsonl": "json", "textfile": "csv", "tsv": "csv"]
        guard let known = RowFileOptions.Format(rawValue: names[text.lowercased()] ?? text.lowercased())
        else {
          throw QueryError(
            .unsupported, "the format \(text) is not supported", hint: "parquet, csv and json are",
            at: name.range)
        }
        format = known
        if text.lowercased() == "tsv" { delimiter = "\t" }
      case "delimiter", "delim", "sep", "field_delimiter":
        guard text.utf8.count == 1 else { throw wrong("it is one character") }
        delimiter = text
      case "header":
        guard
          let flag = ["true": true, "on": true, "1": true, "false": false, "off": false, "0": false][
            text.lowercased()]
        else { throw wrong("it is true or false") }
        hasHeader = flag
      case "compression", "codec", "compression_codec":
        let codecs: [String: CompressionCodec] = [
          "zstd": .zstd, "snappy": .snappy, "gzip": .gzip, "lz4": .lz4Raw, "lz4_raw": .lz4Raw,
          "none": .uncompressed, "uncompressed": .uncompressed,
        ]
        guard let codec = codecs[text.lowercased()] else { throw wrong("zstd, snappy, gzip, lz4 or none") }
        file.codec = codec
      default:
        let known = ["format", "delimiter", "header", "compression"]
        throw QueryError(
          .invalidParameter, "COPY has no option \"\(name.text)\"",
          hint: NearestName.hint(for: name.text, among: known) ?? "it has \(known.joined(separator: ", "))",
          at: name.range)
      }
    }
    file.format = format ?? RowFileOptions.Format(ofPath: copy.path) ?? .parquet
    if let byte = delimiter?.utf8.first { file.delimiter = byte }
    if delimiter == nil, copy.path.lowercased().hasSuffix(".tsv") { file.delimiter = 0x09 }
    file.hasHeader = hasHeader ?? true
  }

  private static func text(
    of expression: ExpressionSyntax, _ session: Session, _ environment: EvaluationEnvironment
  ) throws(QueryError) -> String {
    let (value, type) = try session.constant(expression, environment)
    return ValueText.string(value, as: type)
  }
}

extension RowFileOptions.Format {
  /// The format that a file's name tells; `nil` if it tells none.
  init?(ofPath path: String) {
    let name = path.lowercased()
    if name.hasSuffix(".parquet") {
      self = .parquet
    } else if name.hasSuffix(".csv") || name.hasSuffix(".tsv") {
      self = .csv
    } else if [".json", ".ndjson", ".jsonl"].contains(where: { name.hasSuffix($0) }) {
      self = .json
    } else {
      return nil
    }
  }
}
