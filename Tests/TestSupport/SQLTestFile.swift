internal import Columnar
internal import FileFormats
internal import Glibc
package import QueryEngine
internal import TableFormat

/// A file of SQL and the answers it must give, in the format of sqllogictest.
///
/// Records are separated by empty lines; a line that begins with `#` is a comment.
///
/// ```text
/// statement ok
/// CREATE TABLE t AS SELECT 1 AS a
///
/// statement error there is no column "b"
/// SELECT b FROM t
///
/// query IT rowsort
/// SELECT a, 'x' FROM t
/// ----
/// 1<tab>x
/// ```
///
/// `variable id` instead of `query` keeps the first cell of the answer, and `${id}` stands for it in all SQL below:
/// so that snapshot ids, which nobody can foresee, may be named. `${warehouse}` is the folder of the catalog.
///
/// Cells are the text forms of values, `NULL`, and `(empty)` for the empty string. A first line `# warehouse`
/// gives the file an Iceberg catalog in a folder of its own, `# procedures` the procedures of CALL besides, `# plans` runs each query once only, since
/// plans differ by settings. The answers of `# commits` tell of files and snapshots, so that its tables stay as they were committed.
package struct SQLTestFile: Sendable, CustomStringConvertible {
  package struct Record: Sendable {
    package enum Kind: Sendable {
      case ok
      case error(pattern: String)
      case query(types: String, sort: Sort)
      case variable(name: String)
    }
    package enum Sort: String, Sendable { case nosort, rowsort, valuesort }
    package var kind: Kind
    package var sql: String
    package var expected: [String]
    /// The line of the file, from 1.
    package var line: Int
    /// The lines of the file that hold the expected rows.
    var expectedLines: Range<Int> = 0..<0
  }

  /// The path below `Tests/SQL` or `Tests/Plans`.
  package let name: String
  package let records: [Record]
  private let lines: [String]
  package let usesWarehouse: Bool
  package let isPlan: Bool
  /// Whether the file needs the procedures of CALL, which a higher module holds.
  package let usesProcedures: Bool
  /// Whether answers tell of files and snapshots.
  package let tellsCommits: Bool

  package var description: String { name }

  /// All files of a folder beside the test targets, by name.
  package static func all(in folder: String, of testFile: String = #filePath) -> [SQLTestFile] {
    let parts = testFile.split(separator: "/").dropLast(2)
    let root = "/" + parts.joined(separator: "/") + "/" + folder
    guard let files = try? LocalFileSystem().list(root, recursively: true) else { return [] }
    return files.filter { !$0.isDirectory && $0.path.hasSuffix(".slt") }
      .map(\.path).sorted()
      .compactMap { path in
        guard let bytes = try? LocalFileSystem().readAll(path) else { return nil }
        return SQLTestFile(
          name: String(path.dropFirst(root.count + 1)), text: String(decoding: bytes, as: UTF8.self))
      }
  }

  /// Reads the records of a text.
  package init(name: String, text: String) {
    self.name = name
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    self.lines = lines
    usesProcedures = lines.contains("# procedures")
    usesWarehouse = usesProcedures || lines.contains("# warehouse")
    isPlan = lines.contains("# plans")
    tellsCommits = lines.contains("# commits")
    var records: [Record] = []
    var index = 0
    while index < lines.count {
      let head = lines[index]
      let start = index + 1
      index += 1
      let words = head.split(separator: " ").map(String.init)
      guard let first = words.first, ["statement", "query", "variable"].contains(first) else { continue }
      var sql: [String] = []
      while index < lines.count, !lines[index].isEmpty, lines[index] != "----" {
        sql.append(lines[index])
        index += 1
      }
      var expected: [String] = []
      if index < lines.count, lines[index] == "----" {
        index += 1
        while index < lines.count, !lines[index].isEmpty {
          expected.append(lines[index])
          index += 1
        }
      }
      let kind: Record.Kind
      if first == "query" {
        kind = .query(
          types: words.count > 1 ? words[1] : "",
          sort: words.count > 2 ? Record.Sort(rawValue: words[2]) ?? .nosort : .nosort)
      } else if first == "variable", words.count == 2 {
        kind = .variable(name: words[1])
      } else if words.count > 1, words[1] == "error" {
        kind = .error(pattern: words.dropFirst(2).joined(separator: " "))
      } else {
        kind = .ok
      }
      var record = Record(kind: kind, sql: sql.joined(separator: "\n"), expected: expected, line: start)
      record.expectedLines = index - expected.count..<index
      records.append(record)
    }
    self.records = records
  }

  /// Returns the file's text with other expected rows.
  ///
  /// - Parameter answers: The rows of each query, by the line its record begins at.
  /// - Returns: The text, all else as it is.
  package func text(expecting answers: [Int: [String]]) -> String {
    var result: [String] = []
    var next = 0
    for record in records {
      guard let rows = answers[record.line] else { continue }
      result += lines[next..<record.expectedLines.lowerBound]
      if result.last != "----" { result.append("----") }
      result += rows
      next = record.expectedLines.upperBound
    }
    return (result + lines[next...]).joined(separator: "\n")
  }
}

/// Runs a file and says where its answers are wrong.
package struct SQLTestRunner {
  private let session: Session
  private let folder: String?
  /// How often each query runs: to count groups, to keep them, to use them.
  private let queryRunCount: Int
  private let compactor: TableCompactor?

  /// Opens a session for one file.
  package init(_ file: SQLTestFile, _ mode: SQLTestMode, procedures: [any Procedure] = []) throws {
    var settings = SessionSettings(
      threads: mode.threads, memoryLimit: mode.memoryLimit, tempDirectory: "/tmp")
    settings.batchSize = mode.batchSize
    settings.disabledOptimizerRules = mode.disabledRules
    (settings.cacheChunks, settings.cacheMetadata) = (mode.usesCaches, mode.usesCaches)
    queryRunCount = mode.keepsAggregates && file.usesWarehouse ? 3 : 1
    settings.clusterRowCount = 1
    if mode.packsChunks { settings.plainChunkByteCount = 0 }
    if mode.keepsAggregates { settings.aggregatePolicy.leastRowCount = 0 }
    // 2024-01-15 09:00:00 UTC, so that answers do not depend on the day.
    settings.currentTimestamp = 1_705_309_200_000_000
    guard file.usesWarehouse || mode.compactsTables else {
      (folder, compactor) = (nil, nil)
      session = Session(catalog: nil, settings: settings)
      return
    }
    let path = "/tmp/wequery-slt-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try LocalFileSystem().createDirectory(path)
    folder = path
    let catalog = try SQLiteCatalog(
      path: path + "/catalog.db", name: "s3_tables", warehouse: path)
    session = Session(catalog: catalog, settings: settings, procedures: procedures)
    compactor = mode.compactsTables && !file.tellsCommits ? TableCompactor(session, catalog) : nil
  }

  /// Runs the records in order.
  ///
  /// - Parameter file: The file.
  /// - Returns: A line for each record that does not answer as it should.
  package func run(_ file: SQLTestFile) -> [String] {
    defer { removeFolder() }
    var faults: [String] = []
    var variables: [String: String] = [:]
    if let folder { variables["warehouse"] = folder }
    for record in file.records {
      if case .query = record.kind, let compactor {
        do { try compactor.run() } catch {
          faults.append("\(file.name):\(record.line): compaction: \(error)")
        }
      }
      if let fault = run(record, &variables) {
        faults.append("\(file.name):\(record.line): \(fault)\n  \(record.sql)")
      }
    }
    return faults
  }

  /// Runs the records in order and returns the rows that each query answers, by the line it begins at.
  ///
  /// - Parameter file: The file.
  /// - Returns: The rows.
  /// - Throws: The first error that the file does not expect.
  package func answers(of file: SQLTestFile) throws -> [Int: [String]] {
    defer { removeFolder() }
    var (answers, variables): ([Int: [String]], [String: String]) = ([:], [:])
    for record in file.records {
      if case .query = record.kind {
        let sql = SQLTestRunner.expanded(record.sql, variables)
        let rows = rows(of: try session.run(single: sql))
        answers[record.line] = file.isPlan ? SQLTestRunner.stable(rows) : rows
      } else if let fault = run(record, &variables) {
        throw QueryError(.internalError, "\(file.name):\(record.line): \(fault)")
      }
    }
    return answers
  }

  /// Numbers the columns of a plan by their first mention, so that a column more elsewhere changes nothing, and leaves
  /// out sizes, which differ by the version of the compression library.
  private static func stable(_ plan: [String]) -> [String] {
    var numbers: [Substring: Int] = [:]
    return plan.map { line in
      line.replacing(/#(\d+)/) { match in
        let number = numbers[match.1] ?? numbers.count + 1
        numbers[match.1] = number
        return "#\(number)"
      }
      .replacing(/(\w*bytes\w*)=\d+/) { match in "\(match.1)=…" }
    }
  }

  private func removeFolder() {
    guard let folder, let files = try? LocalFileSystem().list(folder, recursively: true) else { return }
    for file in files.reversed() { try? LocalFileSystem().remove(file.path) }
    unsafe rmdir(folder)
  }

  private func run(_ record: SQLTestFile.Record, _ variables: inout [String: String]) -> String? {
    var result: StatementResult
    do throws(QueryError) {
      let sql = SQLTestRunner.expanded(record.sql, variables)
      result = try session.run(single: sql)
      if case .query = record.kind {
        for _ in 1..<queryRunCount { result = try session.run(single: sql) }
      }
    } catch {
      guard case .error(let written) = record.kind else { return "error: \(error)" }
      let pattern = SQLTestRunner.expanded(written, variables)
      let text = "\(error)"
      guard let expression = try? Regex(pattern) else {
        return "the pattern is no regular expression: \(pattern)"
      }
      return text.contains(expression) ? nil : "another error: \(text)"
    }
    switch record.kind {
    case .ok: return nil
    case .variable(let name):
      variables[name] = rows(of: result).first.flatMap { $0.split(separator: "\t").first.map(String.init) }
      return variables[name] == nil ? "no value for the variable" : nil
    case .error(let pattern): return "no error, but expected \(pattern)"
    case .query(let types, let sort):
      guard types.isEmpty || types.count == result.columns.count else {
        return "\(result.columns.count) columns, not \(types.count)"
      }
      var found = rows(of: result)
      var expected = record.expected.map { SQLTestRunner.expanded($0, variables) }
      switch sort {
      case .nosort: break
      case .rowsort: (found, expected) = (found.sorted(), expected.sorted())
      case .valuesort:
        found = found.flatMap { $0.split(separator: "\t").map(String.init) }.sorted()
        expected = expected.flatMap { $0.split(separator: "\t").map(String.init) }.sorted()
      }
      guard found != expected else { return nil }
      return "expected\n\(expected.joined(separator: "\n"))\nfound\n\(found.joined(separator: "\n"))"
    }
  }

  /// Puts values in the place of `${name}`.
  private static func expanded(_ sql: String, _ variables: [String: String]) -> String {
    var parts = sql.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
    for index in parts.indices.dropFirst() {
      guard parts[index].first == "{", let end = parts[index].firstIndex(of: "}") else {
        parts[index] = "$" + parts[index]
        continue
      }
      let name = String(parts[index].dropFirst().prefix(upTo: end))
      parts[index] = (variables[name] ?? "") + parts[index][parts[index].index(after: end)...]
    }
    return parts.joined()
  }

  private func rows(of result: StatementResult) -> [String] {
    var rows: [String] = []
    for batch in result.batches {
      let selected: [Int] =
        if let selection = batch.selection { (0..<batch.rowCount).filter { selection.rows[$0] } } else {
          Array(0..<batch.rowCount)
        }
      for row in selected {
        var cells: [String] = []
        for (index, column) in result.columns.enumerated() {
          let value = batch.columns[index].scalar(at: row, as: column.type)
          let text = value.isNull ? "NULL" : ValueText.string(value, as: column.type)
          cells.append(text.isEmpty ? "(empty)" : text)
        }
        rows.append(cells.joined(separator: "\t").split(separator: "\n").joined(separator: "\\n"))
      }
    }
    return rows
  }
}
