import Testing

@testable import FileFormats

@Suite("Parquet: variant values") struct VariantValueTests {
  private static let fixtures =
    "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    + "/../shared/fixtures/parquet-testing/variant/"
  static let hasFixtures = ((try? LocalFileSystem().status(fixtures)) ?? nil) != nil

  private static func json(_ metadata: [UInt8], _ value: [UInt8]) throws -> String {
    String(decoding: try VariantColumn.text(metadata: metadata, value: value), as: UTF8.self)
  }

  /// The values that the README beside the files states; times in our own text.
  @Test(
    .enabled(if: hasFixtures),
    arguments: [
      ("array_empty", "[]"),
      (
        "array_nested",
        #"[{"id":1,"thing":{"names":["Contrarian","Spider"]}},null,{"id":2,"names":["Apple","Ray",null],"type":"if"}]"#
      ),
      ("array_primitive", "[2,1,5,9]"), ("object_empty", "{}"),
      (
        "object_nested",
        #"{"id":1,"observation":{"location":"In the Volcano","time":"12:34:56","#
          + #""value":{"humidity":456,"temperature":123}},"species":{"name":"lava monster","population":6789}}"#
      ),
      (
        "object_primitive",
        #"{"boolean_false_field":false,"boolean_true_field":true,"double_field":1.23456789,"int_field":1,"#
          + #""null_field":null,"string_field":"Apache Parquet","timestamp_field":"2025-04-16T12:34:56.78"}"#
      ),
      ("primitive_binary", #""AxM33q2+78r+""#), ("primitive_boolean_false", "false"),
      ("primitive_boolean_true", "true"), ("primitive_date", #""2025-04-16""#),
      ("primitive_decimal16", "12345678912345678.90"), ("primitive_decimal4", "12.34"),
      ("primitive_decimal8", "12345678.90"), ("primitive_double", "1234567890.1234"),
      ("primitive_float", "1234568000.0"), ("primitive_int16", "1234"), ("primitive_int32", "123456"),
      ("primitive_int64", "1234567890123456789"), ("primitive_int8", "42"), ("primitive_null", "null"),
      ("primitive_time", #""12:33:54.123456""#), ("primitive_timestamp", #""2025-04-16 16:34:56.78+00""#),
      ("primitive_timestampntz", #""2025-04-16 12:34:56.78""#),
      ("primitive_timestamp_nanos", #""2024-11-07 12:33:54.123456789+00""#),
      ("primitive_timestampntz_nanos", #""2024-11-07 12:33:54.123456789""#),
      ("primitive_uuid", #""f24f9b64-81fa-49d1-b74e-8c09a6e31c56""#),
      ("short_string", "\"Less than 64 bytes (\u{2764}\u{FE0F} with utf8)\""),
    ]) func valuesAreThoseOfTheSpecification(name: String, expected: String) throws
  {
    let files = LocalFileSystem()
    let metadata = try files.readAll(Self.fixtures + name + ".metadata")
    let value = try files.readAll(Self.fixtures + name + ".value")
    #expect(try Self.json(metadata, value) == expected)
    // Damage of any byte ends in an error or another value, and in nothing worse.
    for place in value.indices {
      for flip in [UInt8(1), 0x40, 0xFF] {
        var damaged = value
        damaged[place] ^= flip
        _ = try? Self.json(metadata, damaged)
      }
      _ = try? Self.json(metadata, Array(value[..<place]))
    }
    for place in metadata.indices {
      var damaged = metadata
      damaged[place] ^= 0x55
      _ = try? Self.json(damaged, value)
      _ = try? Self.json(Array(metadata[..<place]), value)
    }
  }

  @Test(.enabled(if: hasFixtures)) func everyFileOfTheFixturesIsTested() throws {
    let names = try LocalFileSystem().list(Self.fixtures, recursively: false)
      .filter { $0.path.hasSuffix(".value") }
    // The 27 above, and two whose text is longer than a line.
    #expect(names.count == 29)
    for name in ["primitive_string", "long_string"] {
      let text = try Self.json(
        try LocalFileSystem().readAll(Self.fixtures + name + ".metadata"),
        try LocalFileSystem().readAll(Self.fixtures + name + ".value"))
      #expect(text.hasPrefix("\"") && text.hasSuffix("\"") && text.count > 64, "\(name)")
    }
  }

  private static let noNames: [UInt8] = [1, 0, 0]

  /// Elements that share bytes would make endless text of a few.
  @Test func partsThatLieOverOneAnotherAreRefused() throws {
    // An object of two fields "a" and "b", which both begin at 0.
    let names: [UInt8] = [1, 2, 0, 1, 2, 0x61, 0x62]
    #expect(try Self.json(names, [0x02, 2, 0, 1, 0, 2, 4, 0x0C, 7, 0x0C, 8]) == #"{"a":7,"b":8}"#)
    #expect(throws: FileFormatError.self) { try Self.json(names, [0x02, 2, 0, 1, 0, 0, 2, 0x0C, 7]) }
    // Values may stand in another order than their names.
    #expect(try Self.json(names, [0x02, 2, 0, 1, 2, 0, 4, 0x0C, 7, 0x0C, 8]) == #"{"a":8,"b":7}"#)
    #expect(throws: FileFormatError.self) { try Self.json(Self.noNames, [0x03, 2, 0, 2, 1, 0x0C, 7]) }
  }

  @Test func depthIsLimited() {
    var value: [UInt8] = [0]
    for _ in 0..<300 {
      // An array of one element with offsets of four bytes.
      let count = UInt32(value.count)
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: count &>> (8 &* UInt32($0))) }
      value = [0x0F, 1, 0, 0, 0, 0] + bytes + value
    }
    #expect(throws: FileFormatError.self) { try Self.json(Self.noNames, value) }
  }

  @Test func whatJSONHasNoFormForIsText() throws {
    let nan = Double.nan.bitPattern
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: nan &>> (8 &* UInt64($0))) }
    #expect(try Self.json(Self.noNames, [0x1C] + bytes) == "\"nan\"")
    #expect(throws: FileFormatError.self) { try Self.json(Self.noNames, [21 << 2]) }
    #expect(throws: FileFormatError.self) { try Self.json(Self.noNames, [0x05, 0xFF]) }
  }
}
