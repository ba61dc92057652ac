internal import Columnar
internal import FileFormats

/// Finds the columns that hold records, in the order in which they come up, by the first of each file.
struct ColumnInference {
  /// Records of a file that are looked at.
  private static let recordLimit = 20_000
  private var names: [String] = []
  private var types: [LogicalType?] = []
  private var places: [String: Int] = [:]

  /// The columns found; a column without a value is text.
  var columns: [(name: String, type: LogicalType)] {
    names.indices.map { (names[$0], types[$0] ?? .varchar) }
  }

  /// Reads the beginning of a file.
  mutating func read(
    _ file: any RandomAccessFile, path: String, _ format: InputFormat
  ) throws(MaintenanceError) {
    switch format {
    case .csv: try readCSV(file, path: path)
    case .parquet: try readParquet(file)
    default: try readNDJSON(file)
    }
  }

  private mutating func place(_ name: String) -> Int {
    if let place = places[name] { return place }
    places[name] = names.count
    names.append(name)
    types.append(nil)
    return names.count - 1
  }

  private mutating func readNDJSON(_ file: any RandomAccessFile) throws(MaintenanceError) {
    let reader = try MaintenanceError.reading { () throws(FileFormatError) in try LineReader(file) }
    var count = 0
    // The columns by the place of their member in the object: mostly the same, line after line.
    var order: [(key: [UInt8], column: Int)] = []
    while count < Self.recordLimit,
      let lines = try MaintenanceError.reading({ () throws(FileFormatError) in try reader.next() })
    {
      let bytes = lines.page.bytes
      for range in lines.lines.prefix(Self.recordLimit - count) {
        count += 1
        // A line that is no object is refused later.
        try? look(at: bytes.extracting(range), &order)
      }
    }
  }

  private mutating func look(
    at line: Span<UInt8>, _ order: inout [(key: [UInt8], column: Int)]
  ) throws(FileFormatError) {
    var scanner = JSONScanner()
    guard scanner.peek(line) == UInt8(ascii: "{"), try scanner.beginObject(line) else { return }
    var member = 0
    repeat {
      let key = try scanner.key(line)
      let slot = try scanner.value(line)
      var column = -1
      if member < order.count, JSONScanner.matches(line, key, order[member].key) {
        column = order[member].column
      } else {
        let name = JSONScanner.string(line, key)
        column = place(name)
        if member < order.count {
          order[member] = (Array(name.utf8), column)
        } else {
          order.append((Array(name.utf8), column))
        }
      }
      member += 1
      // Text holds everything.
      if types[column] == .varchar { continue }
      types[column] = TextValue.common(types[column], type(of: slot, line))
    } while try scanner.continueObject(line)
  }

  private func type(of slot: JSONSlot, _ line: Span<UInt8>) -> LogicalType? {
    switch slot.kind {
    case .missing, .null: return nil
    case .true, .false: return .boolean
    case .integer: return JSONScanner.integer(line, slot) == nil ? .varchar : .bigint
    case .number: return .double
    case .array, .object: return .varchar
    case .string, .escapedString:
      // Text stays text, but for times: numbers in quotes were meant as text.
      guard let first = slot.start < slot.end ? line[slot.start] : nil, first &- 0x30 < 10,
        let type = TextValue.inferredType(JSONScanner.string(line, slot))
      else { return slot.start == slot.end ? nil : .varchar }
      return type.isTimestamp || type == .date ? type : .varchar
    }
  }

  private mutating func readCSV(_ file: any RandomAccessFile, path: String) throws(MaintenanceError) {
    let reader = try CSVLoad.reader(file, path: path)
    var columns: [Int] = []
    var count = 0
    while count < Self.recordLimit,
      let batch = try MaintenanceError.reading({ () throws(FileFormatError) in try reader.next() })
    {
      var first = 0
      if columns.isEmpty {
        for name in CSVLoad.names(batch) { columns.append(place(name)) }
        first = 1
      }
      for record in first..<min(batch.recordCount, Self.recordLimit - count) {
        for (number, field) in batch.fieldRange(of: record).enumerated() where number < columns.count {
          let column = columns[number]
          if types[column] == .varchar { continue }
          guard let type = TextValue.inferredType(batch.fields[field].string) else { continue }
          types[column] = TextValue.common(types[column], type)
        }
      }
      count += batch.recordCount
    }
  }

  private mutating func readParquet(_ file: any RandomAccessFile) throws(MaintenanceError) {
    let reader = try MaintenanceError.reading { () throws(FileFormatError) in try ParquetReader(file) }
    for column in reader.metadata.schema.columns {
      let place = place(column.name)
      if types[place] == nil { types[place] = column.type }
    }
  }
}
