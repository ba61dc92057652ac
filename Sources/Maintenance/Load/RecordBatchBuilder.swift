internal import Columnar
internal import FileFormats
internal import TableFormat

/// Collects records as rows of a table's columns, read by their types.
struct RecordBatchBuilder {
  let columns: [(name: String, type: LogicalType, isRequired: Bool)]
  private var builders: [VectorBuilder]
  /// Rows of records that turned out bad when some of their values were appended.
  private var badRows: [Int] = []
  private var scratch: [UInt8] = []
  private(set) var count = 0

  init(_ table: Table) throws(MaintenanceError) {
    columns = try RecordTable.columns(of: table)
    builders = columns.map { VectorBuilder($0.type) }
  }

  /// Adds an object.
  ///
  /// - Parameters:
  ///   - text: Its text.
  ///   - slots: For each column where its value is.
  /// - Returns: Why it is refused; `nil` if it is not.
  mutating func append(_ text: Span<UInt8>, _ slots: [JSONSlot]) -> String? {
    var problem: String?
    for index in columns.indices {
      let slot = slots[index]
      if problem != nil || slot.kind == .missing || slot.kind == .null {
        if columns[index].isRequired && problem == nil { problem = missing(index) }
        builders[index].appendNull()
      } else if !append(text, slot, to: index) {
        problem = unreadable(JSONScanner.string(text, slot), index)
        builders[index].appendNull()
      }
    }
    return close(problem)
  }

  /// Adds a record of separated values.
  ///
  /// - Parameters:
  ///   - batch: Where it is in.
  ///   - fields: For each column the place of its field; `nil` for a column that the file has not.
  /// - Returns: Why it is refused; `nil` if it is not.
  mutating func append(_ batch: CSVReader.Batch, _ fields: [Int?]) -> String? {
    var problem: String?
    for index in columns.indices {
      guard problem == nil, let field = fields[index],
        batch.isQuoted[field] || batch.fields[field].byteCount > 0
      else {
        if columns[index].isRequired && problem == nil { problem = missing(index) }
        builders[index].appendNull()
        continue
      }
      let isGood = batch.fields[field].withBytes { appendText($0, to: index) }
      if !isGood {
        problem = unreadable(batch.fields[field].string, index)
        builders[index].appendNull()
      }
    }
    return close(problem)
  }

  private mutating func close(_ problem: String?) -> String? {
    if problem != nil { badRows.append(count) }
    count += 1
    return problem
  }

  private func missing(_ column: Int) -> String { "no value for the column \"\(columns[column].name)\"" }

  private func unreadable(_ text: String, _ column: Int) -> String {
    "cannot read \"\(text.prefix(100))\" as \(columns[column].type) (column \"\(columns[column].name)\")"
  }

  /// Appends a value that is not null; returns false if it is none of the column's type.
  private mutating func append(_ text: Span<UInt8>, _ slot: JSONSlot, to index: Int) -> Bool {
    let type = columns[index].type
    switch (slot.kind, type) {
    case (.string, _): return appendText(text.extracting(slot.range), to: index)
    case (.escapedString, _):
      scratch.removeAll(keepingCapacity: true)
      JSONScanner.append(text, slot, to: &scratch)
      let characters = scratch
      return appendText(characters.span, to: index)
    case (.true, .boolean): builders[index].append(.boolean(true))
    case (.false, .boolean): builders[index].append(.boolean(false))
    case (.integer, .bigint):
      guard let value = JSONScanner.integer(text, slot) else { return false }
      builders[index].append(.integer(value))
    case (.integer, .integer):
      guard let value = JSONScanner.integer(text, slot), Int32(exactly: value) != nil else { return false }
      builders[index].append(.integer(value))
    case (.integer, .double), (.number, .double):
      guard let value = JSONScanner.double(text, slot) else { return false }
      builders[index].append(.double(value))
    case (.integer, .varchar), (.number, .varchar): builders[index].append(bytes: text.extracting(slot.range))
    case (.object, .varchar), (.array, .varchar):
      scratch.removeAll(keepingCapacity: true)
      JSONText.appendCompact(text, slot, to: &scratch)
      let characters = scratch
      builders[index].append(bytes: characters.span)
    default:
      var scanner = JSONScanner(at: slot.start)
      guard let json = try? JSONParser.value(text, &scanner), let value = TextValue.convert(json, to: type)
      else {
        return false
      }
      builders[index].append(value)
    }
    return true
  }

  /// Appends the value that a text stands for.
  private mutating func appendText(_ text: Span<UInt8>, to index: Int) -> Bool {
    switch columns[index].type {
    case .varchar: builders[index].append(bytes: text)
    case .bigint:
      guard let value = IntegerText.parse(text) else { return appendSlowly(text, to: index) }
      builders[index].append(.integer(value))
    case .integer:
      guard let value = IntegerText.parse(text), Int32(exactly: value) != nil else {
        return appendSlowly(text, to: index)
      }
      builders[index].append(.integer(value))
    case .decimal(let precision, let scale):
      guard let value = Decimal128.parse(text, precision: precision, scale: scale) else { return false }
      builders[index].append(.decimal(value))
    case .date:
      guard let days = CivilDate.parse(text) else { return false }
      builders[index].append(.integer(Int64(days)))
    case .timestamp, .timestampTZ:
      guard let micros = Timestamp.parse(text)?.micros else { return false }
      builders[index].append(.integer(micros))
    default: return appendSlowly(text, to: index)
    }
    return true
  }

  private mutating func appendSlowly(_ text: Span<UInt8>, to index: Int) -> Bool {
    let string = String(decoding: text.copied(), as: UTF8.self)
    guard let value = TextValue.parse(string, as: columns[index].type) else { return false }
    builders[index].append(value)
    return true
  }

  /// Returns the rows so far and begins anew; bad ones do not count.
  mutating func take() -> Batch {
    var batch = Batch(columns: builders.map { $0.finish() }, rowCount: count)
    if !badRows.isEmpty {
      var good = [Bool](repeating: true, count: count)
      for row in badRows { good[row] = false }
      batch.selection = Selection(Bitmap(good))
    }
    builders = columns.map { VectorBuilder($0.type) }
    (count, badRows) = (0, [])
    return batch
  }
}
