internal import Columnar

/// One object per statement: columns, types and rows, on one line.
struct JSONRenderer: ResultRenderer {
  /// The command's name.
  let command: String
  private var types: [LogicalType] = []
  private var isFirst = true
  private var text: [UInt8] = []

  init(command: String) { self.command = command }

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    types = columns.map(\.type)
    isFirst = true
    text.removeAll(keepingCapacity: true)
    text.append(contentsOf: "{\"wequery\":1,\"command\":".utf8)
    JSONCell.append(text: command.utf8, to: &text)
    text.append(contentsOf: ",\"status\":\"ok\",\"exit_code\":0".utf8)
    JSONCell.append(columns: columns, to: &text)
    text.append(contentsOf: ",\"rows\":[".utf8)
    output.write(text)
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    text.removeAll(keepingCapacity: true)
    for row in 0..<batch.rowCount {
      if !isFirst { text.append(0x2C) }
      isFirst = false
      text.append(0x5B)
      for index in batch.columns.indices {
        if index > 0 { text.append(0x2C) }
        JSONCell.append(batch.columns[index], row: row, type: types[index], to: &text)
      }
      text.append(0x5D)
    }
    output.write(text)
  }

  mutating func end(to output: TextOutput) { output.write("]}\n") }
}

/// One object per row, keyed by column name.
struct JSONLinesRenderer: ResultRenderer {
  private var types: [LogicalType] = []
  private var keys: [[UInt8]] = []
  private var text: [UInt8] = []

  mutating func begin(_ columns: [ResultColumn], to output: TextOutput) {
    types = columns.map(\.type)
    keys = columns.map { column in
      var key: [UInt8] = []
      JSONCell.append(text: column.name.utf8, to: &key)
      key.append(0x3A)
      return key
    }
  }

  mutating func write(_ batch: Batch, to output: TextOutput) {
    text.removeAll(keepingCapacity: true)
    for row in 0..<batch.rowCount {
      text.append(0x7B)
      for index in batch.columns.indices {
        if index > 0 { text.append(0x2C) }
        text.append(contentsOf: keys[index])
        JSONCell.append(batch.columns[index], row: row, type: types[index], to: &text)
      }
      text.append(0x7D)
      text.append(0x0A)
    }
    output.write(text)
  }

  mutating func end(to output: TextOutput) {}
}

/// The JSON form of one value: numbers exact, lists as arrays, structs and maps as objects, everything
/// that JSON has no form for as text.
enum JSONCell {
  /// Appends the members that tell the columns: their names, and their types.
  static func append(columns: [ResultColumn], to text: inout [UInt8]) {
    for (member, texts) in [("columns", columns.map(\.name)), ("types", columns.map(\.type.description))] {
      text.append(contentsOf: ",\"\(member)\":[".utf8)
      for (index, value) in texts.enumerated() {
        if index > 0 { text.append(0x2C) }
        append(text: value.utf8, to: &text)
      }
      text.append(0x5D)
    }
  }

  static func append(_ vector: Vector, row: Int, type: LogicalType, to text: inout [UInt8]) {
    if vector.isNull(at: row) {
      text.append(contentsOf: "null".utf8)
      return
    }
    switch type {
    case .boolean, .tinyint, .smallint, .integer, .bigint:
      ValueText.appendRow(of: vector, row: row, type: type, to: &text)
    case .real, .double, .list, .struct, .map:
      append(vector.scalar(at: row, as: type), type, to: &text)
    default:
      var cell: [UInt8] = []
      ValueText.appendRow(of: vector, row: row, type: type, to: &cell)
      append(text: cell, to: &text)
    }
  }

  static func append(_ value: ScalarValue, _ type: LogicalType, to text: inout [UInt8]) {
    switch (value, type) {
    case (.null, _): text.append(contentsOf: "null".utf8)
    case (.real(let number), _): append(value, type, isNumber: number.isFinite, to: &text)
    case (.double(let number), _): append(value, type, isNumber: number.isFinite, to: &text)
    case (.list(let elements), .list(let element)):
      text.append(0x5B)
      for index in elements.indices {
        if index > 0 { text.append(0x2C) }
        append(elements[index], element, to: &text)
      }
      text.append(0x5D)
    case (.struct(let values), .struct(let fields)):
      text.append(0x7B)
      for index in fields.indices {
        if index > 0 { text.append(0x2C) }
        append(text: fields[index].name.utf8, to: &text)
        text.append(0x3A)
        append(values[index], fields[index].type, to: &text)
      }
      text.append(0x7D)
    case (.map(let keys, let values), .map(let keyType, let valueType)):
      text.append(0x7B)
      for index in keys.indices {
        if index > 0 { text.append(0x2C) }
        var key: [UInt8] = []
        ValueText.append(keys[index], as: keyType, to: &key)
        append(text: key, to: &text)
        text.append(0x3A)
        append(values[index], valueType, to: &text)
      }
      text.append(0x7D)
    case (.boolean, _): append(value, type, isNumber: true, to: &text)
    case (.integer, _) where type.isInteger: append(value, type, isNumber: true, to: &text)
    default:
      var cell: [UInt8] = []
      ValueText.append(value, as: type, to: &cell)
      append(text: cell, to: &text)
    }
  }

  private static func append(
    _ value: ScalarValue, _ type: LogicalType, isNumber: Bool, to text: inout [UInt8]
  ) {
    var cell: [UInt8] = []
    ValueText.append(value, as: type, to: &cell)
    if isNumber { text.append(contentsOf: cell) } else { append(text: cell, to: &text) }
  }

  /// Appends a JSON string (RFC 8259, section 7).
  static func append(text source: some Sequence<UInt8>, to text: inout [UInt8]) {
    text.append(0x22)
    for byte in source {
      switch byte {
      case 0x22: text.append(contentsOf: [0x5C, 0x22])
      case 0x5C: text.append(contentsOf: [0x5C, 0x5C])
      case 0x0A: text.append(contentsOf: [0x5C, 0x6E])
      case 0x0D: text.append(contentsOf: [0x5C, 0x72])
      case 0x09: text.append(contentsOf: [0x5C, 0x74])
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        text.append(contentsOf: [0x5C, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      default: text.append(byte)
      }
    }
    text.append(0x22)
  }
}
