internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Loads files of separated values whose first record has the names of the columns.
struct CSVLoad: LoadJob {
  private(set) var report = LoadReport()
  private let appender: RowAppender
  private let rejects: RejectLog
  private var rows: RecordBatchBuilder

  init(_ session: Session, _ table: Table, _ rejects: RejectLog) throws(MaintenanceError) {
    self.rejects = rejects
    appender = try RowAppender(table, session)
    rows = try RecordBatchBuilder(table)
  }

  /// Opens a file: tabs separate the values where its name says so.
  static func reader(_ file: any RandomAccessFile, path: String) throws(MaintenanceError) -> CSVReader {
    var dialect = CSVReader.Dialect()
    if path.lowercased().contains(".tsv") { dialect.delimiter = 0x09 }
    let chosen = dialect
    return try MaintenanceError.reading { () throws(FileFormatError) in try CSVReader(file, dialect: chosen) }
  }

  /// The names of the columns in the first record.
  static func names(_ batch: CSVReader.Batch) -> [String] {
    batch.fieldRange(of: 0).enumerated().map { number, field in
      let name = batch.fields[field].string
      return name.isEmpty && !batch.isQuoted[field] ? "column\(number + 1)" : name
    }
  }

  mutating func read(
    _ file: any RandomAccessFile, path: String, progress: (Int) -> Void
  ) throws(MaintenanceError) {
    let reader = try Self.reader(file, path: path)
    var names: [String] = []
    var places: [Int?] = []
    while let batch = try MaintenanceError.reading({ () throws(FileFormatError) in try reader.next() }) {
      var first = 0
      if names.isEmpty {
        names = Self.names(batch)
        places = rows.columns.map { column in names.firstIndex(of: column.name) }
        for name in names where !rows.columns.contains(where: { $0.name == name }) {
          report.warn("no column \"\(name.prefix(100))\": its values are left out")
        }
        first = 1
      }
      for record in first..<batch.recordCount {
        try add(batch, record, names.count, places, path)
        if rows.count == Batch.capacity { try appender.write(rows.take()) }
      }
      progress(batch.offsets.last ?? 0)
    }
  }

  private mutating func add(
    _ batch: CSVReader.Batch, _ record: Int, _ fieldCount: Int, _ places: [Int?], _ path: String
  ) throws(MaintenanceError) {
    report.read += 1
    let fields = batch.fieldRange(of: record)
    var reason: String?
    if fields.count == fieldCount {
      reason = rows.append(batch, places.map { $0.map { fields.lowerBound + $0 } })
    } else {
      reason = "\(fields.count) fields, the header has \(fieldCount)"
    }
    guard let reason else {
      report.accepted += 1
      return
    }
    report.rejected += 1
    let text = Array(fields.map { batch.fields[$0].string }.joined(separator: ",").utf8)
    let place = RecordPlace(
      file: path, line: batch.lineNumbers[record], byteOffset: batch.offsets[record])
    rejects.add(place, reason, text.span)
  }

  mutating func finishReading() throws(MaintenanceError) {
    if rows.count > 0 { try appender.write(rows.take()) }
  }

  mutating func commit(to table: Table, loadID: String) throws(MaintenanceError) -> LoadReport {
    try appender.commit(loadID: loadID, report)
  }

  func abandon() { appender.abandon() }
}
