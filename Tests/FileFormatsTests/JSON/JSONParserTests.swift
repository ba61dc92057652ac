import FileFormats
import Testing

@Suite("JSON: parser") struct JSONParserTests {
  @Test func keepsAllBitsOfIntegersAndTheTextOfOtherNumbers() throws {
    let text = "[9223372036854775807, -9223372036854775808, 9223372036854775808, 0, -0, 1.50, 1E400, -1e-3]"
    let value = try JSONParser.parse(text)
    #expect(
      value == [
        .integer(.max), .integer(.min), .number("9223372036854775808"), 0, 0, .number("1.50"),
        .number("1E400"), .number("-1e-3"),
      ])
    #expect(
      JSONWriter.string(value)
        == "[9223372036854775807,-9223372036854775808,9223372036854775808,0,0,1.50,1E400,-1e-3]")
  }

  @Test func resolvesEscapes() throws {
    let value = try JSONParser.parse(#"{"a\u00e9\n": "\uD83D\uDE00\/\"\\\b\f\r\t", "é": "日本"}"#)
    #expect(value.objectValue?.keys == ["aé\n", "é"])
    #expect(value["aé\n"] == "😀/\"\\\u{8}\u{c}\r\t")
    #expect(JSONWriter.string(value) == #"{"aé\n":"😀/\"\\\b\f\r\t","é":"日本"}"#)
  }

  @Test(arguments: [
    "", "  ", "nul", "truex", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-", "1.", ".5",
    "1e", "+1",
    "\"abc", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\u12g4\"", "\"a\nb\"", "[1]]",
    "NaN",
    "{\"a\":1", "[", "\"\\", "\"\\u12",
  ])
  func refusesDamagedText(text: String) {
    #expect(throws: FileFormatError.self) { try JSONParser.parse(text) }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
      [0x22, 0xE2, 0x82, 0x22], [0x22, 0xC3], [0x22, 0x80, 0x22], [0xFF],
    ] as [[UInt8]])
  func refusesDamagedUTF8(bytes: [UInt8]) {
    #expect(throws: FileFormatError.self) { try JSONParser.parse(bytes) }
  }

  @Test func namesLineAndColumn() {
    let error = #expect(throws: FileFormatError.self) {
      try JSONParser.parse(Array("{\n  \"é\": 1,\n  \"é\" 2\n}".utf8), file: "t/metadata.json")
    }
    #expect(error?.file == "t/metadata.json")
    #expect(error?.message == "line 3, column 7: a colon is missing")
  }

  @Test func boundsDepth() throws {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: FileFormatError.self) { try JSONParser.parse(deep) }
    let nested = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
    _ = try JSONParser.parse(nested)
  }

  @Test func theLastOfEqualKeysCountsInThePlaceOfTheFirst() throws {
    let value = try JSONParser.parse(#"{"a": 1, "b": 2, "a": 3}"#)
    #expect(JSONWriter.string(value) == #"{"a":3,"b":2}"#)
  }

  @Test func largeObjectsFindTheirMembers() throws {
    var object = JSONObject()
    for number in 0..<100 { object["k\(number)"] = .integer(Int64(number)) }
    object["k50"] = nil
    object["k7"] = "seven"
    let read = try JSONParser.parse(JSONWriter.write(.object(object), .pretty))
    #expect(read == .object(object))
    #expect(read["k99"] == 99 && read["k50"] == nil && read["k7"] == "seven")
  }

  @Test func pickerFindsMembersInAnyOrder() throws {
    var picker = JSONFieldPicker(keys: ["id", "name", "tags", "absent"])
    let lines = [
      #"{"id": 1, "x": {"id": 9}, "name": "a\tb", "tags": [1, [2]]}"#, #"{"tags":null,"name":"n","id":-2}"#,
      #"{"\u0069d":3}"#, "{}",
    ]
    var seen: [[String]] = []
    for line in lines {
      let bytes = Array(line.utf8)
      var scanner = JSONScanner()
      try picker.pick(bytes.span, &scanner)
      try scanner.finish(bytes.span)
      var row: [String] = []
      for slot in picker.slots {
        row.append(slot.kind == .missing ? "-" : JSONScanner.string(bytes.span, slot))
      }
      seen.append(row)
    }
    #expect(
      seen == [
        ["1", "a\tb", "[1, [2]]", "-"], ["-2", "n", "null", "-"], ["3", "-", "-", "-"], ["-", "-", "-", "-"],
      ])
  }

  @Test func stringsOfAllLengthsEndWhereTheyEnd() throws {
    for length in 0..<40 {
      for special in ["\"", "\\\\", "é", "\\n"] {
        let body = String(repeating: "x", count: length)
        let value = try JSONParser.parse("\"\(body)\(special == "\"" ? "" : special)\(body)\"")
        let expected = special == "\"" ? "" : special == "\\\\" ? "\\" : special == "\\n" ? "\n" : special
        #expect(value == .string(body + expected + body))
      }
    }
  }
}
