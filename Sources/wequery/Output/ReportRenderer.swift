internal import Columnar
internal import FileFormats
internal import QueryEngine

/// What a command has to say: facts, and tables of facts.
///
/// For people, a line for each fact and a box for each table; for programs, one JSON object.
struct Report {
  /// A table of the report.
  struct Table {
    var name: String
    var columns: [String]
    var rows: [[JSONValue]]
  }

  /// The command's name.
  var command: String
  /// The facts, in order.
  private(set) var facts: [(name: String, value: JSONValue, text: String)] = []
  private(set) var tables: [Table] = []
  /// Lines that only people see, at the end.
  private(set) var notes: [String] = []
  var exitCode: Int32 = 0

  init(_ command: String) { self.command = command }

  /// Adds a fact.
  mutating func add(_ name: String, _ value: JSONValue, text: String? = nil) {
    facts.append((name, value, text ?? Report.text(value)))
  }

  /// Adds text.
  mutating func add(_ name: String, _ value: String) { add(name, .string(value)) }

  /// Adds a number.
  mutating func add(_ name: String, _ value: some BinaryInteger) {
    add(name, .integer(Int64(clamping: value)))
  }

  /// Adds a size.
  mutating func add(_ name: String, bytes: Int64) {
    add(name, .integer(bytes), text: ByteSize.text(Int(clamping: bytes)))
  }

  /// Adds a truth value.
  mutating func add(_ name: String, _ value: Bool) { add(name, .bool(value)) }

  /// Adds a list of lines.
  mutating func add(_ name: String, _ values: [String]) {
    add(name, .array(values.map { .string($0) }), text: values.joined(separator: "\n  "))
  }

  /// Adds a table.
  mutating func add(_ name: String, columns: [String], rows: [[JSONValue]]) {
    tables.append(Table(name: name, columns: columns, rows: rows))
  }

  /// Adds the rows of a query.
  mutating func add(_ name: String, _ result: StatementResult) {
    var rows: [[JSONValue]] = []
    for batch in result.batches {
      let batch = batch.compacted()
      for row in 0..<batch.rowCount {
        rows.append(
          result.columns.indices.map {
            var text: [UInt8] = []
            JSONCell.append(batch.columns[$0], row: row, type: result.columns[$0].type, to: &text)
            return (try? JSONParser.parse(text)) ?? .null
          })
      }
    }
    add(name, columns: result.columns.map(\.name), rows: rows)
  }

  /// Adds a line that only people see.
  mutating func note(_ line: String) { notes.append(line) }

  /// A value as people read it.
  static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: "-"
    case .bool(let flag): flag ? "yes" : "no"
    case .string(let text): text
    default: JSONWriter.string(value)
    }
  }
}

/// Prints reports.
struct ReportRenderer {
  let format: ResultFormat
  let output: TextOutput

  /// Prints a report in the form asked for.
  func print(_ report: Report) {
    if format == .json || format == .jsonl { printJSON(report) } else { printText(report) }
    output.flush()
  }

  private func printJSON(_ report: Report) {
    var object: JSONObject = [
      "wequery": .integer(1), "command": .string(report.command),
      "status": .string(report.exitCode == 0 ? "ok" : "failed"),
      "exit_code": .integer(Int64(report.exitCode)),
    ]
    for fact in report.facts { object[fact.name] = fact.value }
    for table in report.tables {
      object[table.name] = .array(
        table.rows.map { row in
          .object(JSONObject(zip(table.columns, row).map { JSONObject.Member($0, $1) }))
        })
    }
    output.write(JSONWriter.write(.object(object)) + [0x0A])
  }

  private func printText(_ report: Report) {
    let facts = report.facts.filter { !$0.text.isEmpty }
    let width = facts.reduce(0) { max($0, DisplayWidth.of($1.name)) }
    for fact in facts {
      let name = String(fact.name.map { $0 == "_" ? " " : $0 })
      let room = String(repeating: " ", count: width - DisplayWidth.of(name))
      output.line("\(name):\(room) \(fact.text)")
    }
    for table in report.tables where !table.rows.isEmpty {
      let types = table.columns.indices.map { type(of: $0, in: table) }
      var renderer = BoxRenderer(width: output.isTerminal ? output.width : 0)
      renderer.begin(
        zip(table.columns, types).map { ResultColumn(name: $0, type: $1) }, to: output)
      let rows = table.rows.map { row in zip(row, types).map { scalar($0, $1) } }
      for batch in StatementResult.batches(of: rows, types: types) { renderer.write(batch, to: output) }
      renderer.end(to: output)
    }
    for note in report.notes { output.line(note) }
  }

  private func type(of column: Int, in table: Report.Table) -> LogicalType {
    let values = table.rows.map { $0[column] }.filter { !$0.isNull }
    let isNumber = !values.isEmpty && values.allSatisfy { $0.integerValue != nil }
    return isNumber ? .bigint : .varchar
  }

  private func scalar(_ value: JSONValue, _ type: LogicalType) -> ScalarValue {
    if value.isNull { return .null }
    if type == .bigint, let number = value.integerValue { return .integer(number) }
    return .text(Report.text(value))
  }
}
