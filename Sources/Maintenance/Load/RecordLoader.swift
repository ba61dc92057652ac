internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Turns NDJSON and CSV into rows of a table, by the names of the columns.
struct RecordLoader {
  /// A record before it has types.
  private enum Record {
    case json(JSONObject)
    case fields([String?])
  }

  private var records: [(record: Record, file: String, line: SourceLine)] = []
  /// The names of CSV columns.
  private var header: [String] = []

  /// Reads a file of one JSON object a line.
  mutating func readNDJSON(
    _ file: any RandomAccessFile, path: String, into report: inout LoadReport
  ) throws(MaintenanceError) {
    var source = try LineSource(file)
    while let line = try source.next() {
      report.read += 1
      if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        report.skipped += 1
        report.emptyLines += 1
        continue
      }
      do throws(FileFormatError) {
        guard let object = try JSONParser.parse(line.bytes).objectValue else {
          report.reject(file: path, line, reason: "not an object", line.bytes)
          continue
        }
        records.append((.json(object), path, line))
      } catch {
        report.reject(file: path, line, reason: "not JSON: \(error.message)", line.bytes)
      }
    }
  }

  /// Reads a file of separated values whose first record has the names.
  mutating func readCSV(
    _ file: any RandomAccessFile, path: String, into report: inout LoadReport
  ) throws(MaintenanceError) {
    var dialect = CSVReader.Dialect()
    if path.lowercased().contains(".tsv") { dialect.delimiter = 0x09 }
    let reader = try MaintenanceError.reading { () throws(FileFormatError) in
      try CSVReader(file, dialect: dialect)
    }
    var isFirst = true
    while let batch = try MaintenanceError.reading({ () throws(FileFormatError) in try reader.next() }) {
      for record in 0..<batch.recordCount {
        let range = batch.fieldRange(of: record)
        let fields = range.map { field -> String? in
          let text = batch.fields[field].string
          return text.isEmpty && !batch.isQuoted[field] ? nil : text
        }
        if isFirst {
          isFirst = false
          header = fields.enumerated().map { $1 ?? "column\($0 + 1)" }
          continue
        }
        report.read += 1
        let line = SourceLine(bytes: [], number: batch.lineNumbers[record], offset: batch.offsets[record])
        guard fields.count == header.count else {
          report.reject(
            file: path, line, reason: "\(fields.count) fields, the header has \(header.count)",
            Array(fields.map { $0 ?? "" }.joined(separator: ",").utf8))
          continue
        }
        records.append((.fields(fields), path, line))
      }
    }
  }

  /// Returns the columns that hold the records, in the order in which they come up.
  func inferredColumns() -> [(name: String, type: LogicalType)] {
    var names: [String] = header
    var types: [String: LogicalType] = [:]
    for (record, _, _) in records.prefix(20_000) {
      switch record {
      case .fields(let fields):
        for (index, field) in fields.enumerated() {
          guard let field, let type = TextValue.inferredType(field) else { continue }
          types[header[index]] = TextValue.common(types[header[index]], type)
        }
      case .json(let object):
        for member in object {
          if !names.contains(member.key) { names.append(member.key) }
          let type: LogicalType? =
            switch member.value {
            case .null: nil
            case .bool: .boolean
            case .integer: .bigint
            case .number: .double
            // Text stays text, but for times: numbers in quotes were meant as text.
            case .string(let text):
              TextValue.inferredType(text).map { $0.isTimestamp || $0 == .date ? $0 : .varchar }
            case .array, .object: .varchar
            }
          if let type { types[member.key] = TextValue.common(types[member.key], type) }
        }
      }
    }
    return names.map { ($0, types[$0] ?? .varchar) }
  }

  /// Converts the records to the columns of a table; what cannot be converted is refused.
  mutating func batches(
    _ columns: [(name: String, type: LogicalType, isRequired: Bool)], _ report: inout LoadReport
  ) -> [Batch] {
    let positions = columns.map { column in header.firstIndex(of: column.name) }
    var rows: [[ScalarValue]] = []
    for (record, file, line) in records {
      var row: [ScalarValue] = []
      var problem: String?
      for (index, column) in columns.enumerated() {
        var value: ScalarValue?
        var given = ""
        switch record {
        case .json(let object):
          let json = object[column.name] ?? .null
          value = TextValue.convert(json, to: column.type)
          if value == nil { given = JSONWriter.string(json) }
        case .fields(let fields):
          guard let position = positions[index], let text = fields[position] else {
            value = .null
            break
          }
          value = TextValue.parse(text, as: column.type)
          if value == nil { given = text }
        }
        guard let value else {
          problem = "cannot read \"\(given)\" as \(column.type) (column \"\(column.name)\")"
          break
        }
        if value.isNull && column.isRequired { problem = "no value for the column \"\(column.name)\"" }
        row.append(value)
      }
      if let problem {
        report.reject(file: file, line, reason: problem, line.bytes)
      } else {
        report.accepted += 1
        rows.append(row)
      }
    }
    return StatementResult.batches(of: rows, types: columns.map(\.type))
  }
}
