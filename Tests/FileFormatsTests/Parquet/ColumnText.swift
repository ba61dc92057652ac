import Columnar

@testable import FileFormats

/// The values of a column as text, one a line, as `Tests/Interop/parquet_reader_expect.py` writes them.
enum ColumnText {
  static func lines(_ vector: Vector, _ type: LogicalType) -> String {
    var result = ""
    for row in 0..<vector.count {
      text(vector.scalar(at: row, as: type), type, into: &result)
      result += "\n"
    }
    return result
  }

  /// The values of a column, each as text.
  static func rows(_ vector: Vector, _ column: ParquetColumn) -> [String] {
    lines(vector, column.type).split(separator: "\n").map(String.init)
  }

  /// Calls `body` with each column of each row group, and its rows as they are when the whole is read.
  static func forEachColumn(
    of file: ExpectedFile,
    _ body: (_ reader: ParquetReader, _ column: ParquetColumn, _ rowGroup: Int, _ whole: [String]) throws ->
      Void
  ) throws {
    let reader = try ParquetReader(try LocalFileSystem().open(file.path))
    for column in reader.metadata.schema.columns {
      for group in reader.metadata.rowGroups.indices {
        try body(reader, column, group, rows(try reader.read(column: column, rowGroup: group), column))
      }
    }
  }

  static func text(_ value: ScalarValue, _ type: LogicalType, into result: inout String) {
    switch value {
    case .null: result += "null"
    case .boolean(let bool): result += bool ? "true" : "false"
    case .integer(let number): result += String(number)
    case .decimal(let number): result += String(number)
    case .real(let real): result += real.isNaN ? "nan" : hex(UInt64(real.bitPattern), digits: 8)
    case .double(let double): result += double.isNaN ? "nan" : hex(double.bitPattern, digits: 16)
    case .bytes(let bytes):
      result += "'"
      for byte in bytes { result += hex(UInt64(byte), digits: 2) }
    case .interval(let interval): result += "\(interval)"
    case .list(let values):
      guard case .list(let element) = type else { return }
      list(values.map { ($0, element) }, "[", "]", into: &result)
    case .struct(let values):
      guard case .struct(let fields) = type else { return }
      list(zip(values, fields).map { ($0, $1.type) }, "(", ")", into: &result)
    case .map(let keys, let values):
      guard case .map(let key, let item) = type else { return }
      result += "{"
      for index in keys.indices {
        if index > 0 { result += "," }
        text(keys[index], key, into: &result)
        result += ":"
        text(values[index], item, into: &result)
      }
      result += "}"
    }
  }

  private static func list(
    _ values: [(ScalarValue, LogicalType)], _ open: String, _ close: String, into result: inout String
  ) {
    result += open
    for (index, (value, type)) in values.enumerated() {
      if index > 0 { result += "," }
      text(value, type, into: &result)
    }
    result += close
  }

  private static func hex(_ bits: UInt64, digits: Int) -> String {
    let text = String(bits, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }

  /// The CRC-32 of the text in eight hexadecimal digits.
  static func checksum(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return hex(UInt64(Deflate.crc32(bytes.span)), digits: 8)
  }
}
