internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Loads files of one JSON object a line, by the names of the columns.
struct NDJSONLoad: LineLoad {
  var report = LoadReport()
  private let appender: RowAppender
  private let rejects: RejectLog
  private var rows: RecordBatchBuilder
  private var picker: JSONFieldPicker

  init(_ session: Session, _ table: Table, _ rejects: RejectLog) throws(MaintenanceError) {
    self.rejects = rejects
    appender = try RowAppender(table, session)
    rows = try RecordBatchBuilder(table)
    picker = JSONFieldPicker(keys: rows.columns.map(\.name))
  }

  mutating func take(_ line: Span<UInt8>, at place: RecordPlace) throws(MaintenanceError) {
    report.read += 1
    if let reason = parse(line) {
      report.rejected += 1
      rejects.add(place, reason, line)
    } else {
      report.accepted += 1
    }
    if rows.count == Batch.capacity { try appender.write(rows.take()) }
  }

  /// Adds a line; returns why it is refused.
  private mutating func parse(_ line: Span<UInt8>) -> String? {
    let hasMark = line.count >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF
    var scanner = JSONScanner(at: hasMark ? 3 : 0)
    do throws(FileFormatError) {
      guard scanner.peek(line) == UInt8(ascii: "{") else {
        _ = try scanner.value(line)
        try scanner.finish(line)
        return "not an object"
      }
      try picker.pick(line, &scanner)
      try scanner.finish(line)
    } catch {
      return "not JSON: \(error.message)"
    }
    if picker.unwantedKey.kind != .missing {
      report.warn(
        "no column \"\(JSONScanner.string(line, picker.unwantedKey).prefix(100))\": its values are left out")
    }
    return rows.append(line, picker.slots)
  }

  mutating func finishReading() throws(MaintenanceError) {
    if rows.count > 0 { try appender.write(rows.take()) }
  }

  mutating func commit(to table: Table, loadID: String) throws(MaintenanceError) -> LoadReport {
    try appender.commit(loadID: loadID, report)
  }

  func abandon() { appender.abandon() }
}
