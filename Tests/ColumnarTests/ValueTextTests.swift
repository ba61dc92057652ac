import Columnar
import Glibc
import Testing

/// The tab-separated lines of a file that DuckDB's text was written to.
private func lines(_ name: String) throws -> [[String]] {
  let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
  var bytes: [UInt8] = []
  guard let file = unsafe fopen("/\(root)/Fixtures/value-text/\(name).tsv", "r") else { return [] }
  defer { unsafe fclose(file) }
  while case let byte = unsafe getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
    $0.split(separator: "\t").map(String.init)
  }
}

@Suite("Value text") struct ValueTextTests {
  private func text(_ value: ScalarValue, _ type: LogicalType) -> String { ValueText.string(value, as: type) }

  @Test func doublesPrintAsInDuckDB() throws {
    let rows = try lines("doubles")
    #expect(rows.count > 800)
    for row in rows {
      let value = Double(bitPattern: UInt64(row[0])!)
      #expect(text(.double(value), .double) == row[1])
      let parsed = DoubleText.parse(Array(row[1].utf8).span)
      #expect(value.isNaN ? parsed?.isNaN == true : parsed?.bitPattern == value.bitPattern, "\(row[1])")
    }
    for row in try lines("floats") {
      // DuckDB prints "-nan", and a digit too many where the shortest form is halfway between two floats.
      if row[1] == "-nan" || row[1] == "-346688.625" { continue }
      #expect(text(.real(Float(bitPattern: UInt32(row[0])!)), .real) == row[1])
    }
  }

  @Test func datesPrintAndCountAsInDuckDB() throws {
    let rows = try lines("dates")
    #expect(rows.count > 400)
    for row in rows {
      let days = Int(row[0])!
      #expect(text(.integer(Int64(days)), .date) == row[1])
      #expect(CivilDate.parse(Array(row[1].utf8).span) == Int32(days))
      let date = CivilDate(days: days)
      #expect(date.days == days && date.isValid)
      let week = CivilDate.isoWeek(days: days)
      #expect("\(week.year) \(week.week)" == "\(row[2]) \(row[3])", "\(row)")
      #expect("\(CivilDate.isoWeekday(days: days)) \(date.dayOfYear)" == "\(row[4]) \(row[5])")
      #expect("\(date.adding(months: 13).days - days)" == row[6])
    }
  }

  @Test func timestampsPrintAsInDuckDB() throws {
    for row in try lines("timestamps") {
      let micros = Int64(row[0])!
      #expect(text(.integer(micros), .timestamp) == row[1])
      #expect(text(.integer(micros), .timestampTZ) == row[1] + "+00")
      #expect(Timestamp.parse(Array(row[1].utf8).span)?.micros == micros)
    }
    #expect(text(.integer(.min), .timestamp).hasSuffix("(BC) 19:59:05.224192"))
    #expect(text(.integer(.max), .timestampNanos) == "2262-04-11 23:47:16.854775807")
    #expect(text(.integer(-1), .timestampTZNanos) == "1969-12-31 23:59:59.999999999+00")
    #expect(text(.integer(3_723_040_000), .time) == "01:02:03.04")
  }

  @Test func intervalsPrintAsInDuckDB() throws {
    for row in try lines("intervals") {
      let value = Interval(months: Int32(row[0])!, days: Int32(row[1])!, micros: Int64(row[2])!)
      #expect(text(.interval(value), .interval) == row[3])
    }
  }

  @Test(
    arguments: [
      ("2024-02-29", 1_709_164_800_000_000, false), ("2024-02-29T12:30", 1_709_209_800_000_000, false),
      ("2024-02-29 12:30:45.123456789", 1_709_209_845_123_456, false),
      ("2024-02-29T12:30:45Z", 1_709_209_845_000_000, true),
      ("2024-02-29 12:30:45+02", 1_709_202_645_000_000, true),
      ("2024-02-29 12:30:45-02:30", 1_709_218_845_000_000, true),
      ("  2024-02-29 12:30:45+0230 ", 1_709_200_845_000_000, true),
      ("2024-02-29 12:30:45 UTC", 1_709_209_845_000_000, true), ("1969-12-31 23:59:59.999999", -1, false),
      ("1969-12-31 23:59:59.9999999", -1, false),
    ] as [(String, Int64, Bool)])
  func timestampsAreRead(text: String, micros: Int64, hasOffset: Bool) {
    let parsed = Timestamp.parse(Array(text.utf8).span)
    #expect(parsed?.micros == micros && parsed?.hasOffset == hasOffset)
  }

  @Test(arguments: [
    "", " ", "2024", "2024-02", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-32", "2024-01-01 24:00:00",
    "2024-01-01 12:60", "2024-01-01 12:00:60", "2024-01-01 1200", "2024-01-01x", "2024-01-01 12:00:00 +",
    "2024-01-01 12:00:00+25", "2024-01-01T", "99999999-01-01", "2024-01-01 12:00:00Zx", "-2024-01-01 (BC)",
  ])
  func damagedTimestampsAreNot(text: String) {
    #expect(Timestamp.parse(Array(text.utf8).span) == nil)
  }

  @Test func decimalsRoundHalfAwayFromZero() {
    func parse(_ text: String, _ precision: Int, _ scale: Int) -> Int128? {
      Decimal128.parse(Array(text.utf8).span, precision: precision, scale: scale)
    }
    #expect(parse("1.235", 5, 2) == 124 && parse("-1.235", 5, 2) == -124 && parse("1.2349", 5, 2) == 123)
    #expect(parse("999.995", 5, 2) == nil && parse("999.994", 5, 2) == 99999 && parse("1000", 5, 2) == nil)
    #expect(parse("1e2", 5, 2) == 10000 && parse("12345e-4", 5, 2) == 123 && parse(".5", 5, 0) == 1)
    #expect(parse("0.004", 5, 2) == 0 && parse("0.005", 5, 2) == 1 && parse("000001.5", 3, 1) == 15)
    #expect(
      parse("", 5, 2) == nil && parse(".", 5, 2) == nil && parse("1.2.3", 5, 2) == nil
        && parse("x", 5, 2) == nil)
    let most = String(repeating: "9", count: 38)
    #expect(parse(most, 38, 0) == Decimal128.power(38) - 1 && parse(most + ".5", 38, 0) == nil)
    #expect(text(.decimal(Decimal128.power(38) - 1), .decimal(precision: 38, scale: 0)) == most)
    #expect(text(.decimal(-(Decimal128.power(38) - 1)), .decimal(precision: 38, scale: 38)) == "-0." + most)
    #expect(text(.decimal(-5), .decimal(precision: 3, scale: 2)) == "-0.05")
    #expect(text(.decimal(150), .decimal(precision: 5, scale: 2)) == "1.50")
    #expect(Decimal128.rescale(125, from: 2, to: 1) == 13 && Decimal128.rescale(-125, from: 2, to: 1) == -13)
    #expect(Decimal128.rescale(124, from: 2, to: 1) == 12 && Decimal128.rescale(1, from: 0, to: 38) == nil)
    #expect(Decimal128.multiply(Decimal128.power(20), Decimal128.power(18)) == nil)
    #expect(Decimal128.add(Decimal128.power(38) - 1, 1) == nil)
    #expect(Decimal128.divideRounding(.max, by: .max) == 1)
  }

  @Test func nestedTextsAreQuotedWhereTheyCouldBeMisread() {
    let texts = ["a", "", "NULL", "null", " x", "x ", "a,b", "a'b", "a:b", "a=b", "[x", "é", "a b", "nullx"]
    let list = ScalarValue.list(texts.map { .text($0) } + [.null])
    let expected =
      "[a, '', 'NULL', 'null', ' x', 'x ', 'a,b', 'a''b', 'a:b', 'a=b', '[x', é, a b, nullx, NULL]"
    #expect(text(list, .list(.varchar)) == expected)
    let type = LogicalType.struct([
      .init("a", .integer), .init("it's", .list(.varchar)), .init("t", .timestamp),
    ])
    let value = ScalarValue.struct([.integer(1), .list([.text("x"), .null]), .integer(0)])
    #expect(text(value, type) == "{'a': 1, 'it''s': [x, NULL], 't': '1970-01-01 00:00:00'}")
    let map = ScalarValue.map(keys: [.text("k"), .text("a=b")], values: [.double(1), .null])
    #expect(text(map, .map(key: .varchar, value: .double)) == "{k=1.0, 'a=b'=NULL}")
    #expect(text(.bytes([0x61, 0, 0xFF, 0x22, 0x5C]), .binary) == #"a\x00\xFF\x22\x5C"#)
    let uuid = ScalarValue.bytes((0..<16).map { $0 * 17 })
    #expect(text(uuid, .uuid) == "00112233-4455-6677-8899-aabbccddeeff")
    #expect(text(.text("a,b"), .varchar) == "a,b" && text(.null, .varchar) == "NULL")
  }

  /// Every type and encoding, rows compared with the scalar form.
  @Test func rowsPrintAsTheirScalars() {
    let samples: [(LogicalType, [ScalarValue])] = [
      (.boolean, [.boolean(true), .null, .boolean(false)]), (.integer, [.integer(-1), .null]),
      (.bigint, [.integer(.min), .null]), (.date, [.integer(19000)]), (.time, [.integer(1_000_001)]),
      (.timestamp, [.integer(-1)]), (.timestampTZNanos, [.integer(1)]), (.real, [.real(0.1)]),
      (.double, [.double(.nan), .double(-0.0)]),
      (.varchar, [.text(String(repeating: "x", count: 20)), .null]),
      (.decimal(precision: 9, scale: 2), [.decimal(-123)]),
      (.decimal(precision: 30, scale: 2), [.decimal(5)]),
      (.interval, [.interval(Interval(months: 1))]),
      (.list(.varchar), [.list([.text(","), .null]), .null, .list([])]),
      (
        .map(key: .integer, value: .varchar),
        [.map(keys: [.integer(1)], values: [.text("a:")]), .map(keys: [], values: [])]
      ),
      (
        .struct([.init("a", .varchar), .init("b", .list(.double))]),
        [.struct([.text("NULL"), .list([.double(1)])]), .struct([.null, .null]), .null]
      ),
    ]
    for (type, values) in samples {
      var builder = VectorBuilder(type)
      for value in values { builder.append(value) }
      let flat = builder.finish()
      let constant = Vector.constant(VectorBuilder.single(values[0], type), count: values.count)
      for row in values.indices {
        var line: [UInt8] = []
        ValueText.appendRow(of: flat, row: row, type: type, to: &line)
        #expect(String(decoding: line, as: UTF8.self) == text(values[row], type))
        line = []
        ValueText.appendRow(of: constant, row: row, type: type, to: &line)
        #expect(String(decoding: line, as: UTF8.self) == text(values[0], type))
      }
    }
  }

  @Test func integersAreReadAndWritten() {
    for value in [0, 1, -1, 9, 10, 99, 100, Int64.max, .min, .max - 1, 1_000_000_000_000_000_000] {
      var bytes: [UInt8] = []
      IntegerText.append(value, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == "\(value)" && IntegerText.parse(bytes.span) == value)
    }
    for text in ["", "-", "+", "1a", "9223372036854775808", "-9223372036854775809", " 1"] {
      #expect(IntegerText.parse(Array(text.utf8).span) == nil)
    }
    for text in ["", "-", ".", "e5", "1e", "1ex", "--1", "1.2.3", "infx", "0x10"] {
      #expect(DoubleText.parse(Array(text.utf8).span) == nil, "\(text)")
    }
    #expect(DoubleText.parse(Array(".5".utf8).span) == 0.5 && DoubleText.parse(Array("5.".utf8).span) == 5)
    let long = "0." + String(repeating: "0", count: 30) + "123456789012345678901"
    #expect(DoubleText.parse(Array(long.utf8).span) == Double(long))
    #expect(
      DoubleText.parse(Array("-.5e-30".utf8).span) == -0.5e-30
        && DoubleText.parse(Array("1.e25".utf8).span) == 1e25)
  }
}
