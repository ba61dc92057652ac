import Columnar
import FileFormats
import Testing

@Suite("Text: CSV") struct CSVReaderTests {
  private func records(
    _ text: String, dialect: CSVReader.Dialect = .init(), page: Int = 1 << 20
  ) throws -> [[String]] {
    let reader = try CSVReader(InMemoryFile(bytes: Array(text.utf8)), dialect: dialect, pageByteCount: page)
    var records: [[String]] = []
    while let batch = try reader.next() {
      #expect(batch.starts.count == batch.recordCount + 1 && batch.lineNumbers.count == batch.recordCount)
      for record in 0..<batch.recordCount {
        records.append(
          batch.fieldRange(of: record).map { batch.fields[$0].string + (batch.isQuoted[$0] ? "\"" : "") })
      }
    }
    return records
  }

  @Test(
    arguments: [
      ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]), ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
      ("a\rb\r", [["a"], ["b"]]),
      ("\u{FEFF}a,\n", [["a", ""]]), (",", [["", ""]]), ("\"\",\n", [["\"", ""]]),
      ("a\n\n\nb", [["a"], ["b"]]),
      ("\"x,y\",\"a\"\"b\"\n", [["x,y\"", "a\"b\""]]), ("\"l1\nl2\r\nl3\",z\n", [["l1\nl2\r\nl3\"", "z"]]),
      ("a\"b,c\"\n", [["a\"b", "c\""]]), ("é,日本語の長い文字列です\n", [["é", "日本語の長い文字列です"]]), ("", []), ("\n", []),
      ("\"\"\"\"\n", [["\"\""]]), ("a,b", [["a", "b"]]), ("\"end\"", [["end\""]]),
    ] as [(String, [[String]])])
  func readsRecords(text: String, expected: [[String]]) throws {
    #expect(try records(text) == expected)
  }

  @Test func pagesOfAnySizeGiveTheSame() throws {
    var text = ""
    for number in 0..<300 {
      text += "\(number),\"a\"\"\(number)\n,\",\(String(repeating: "x", count: number % 90))\r\n"
    }
    let expected = try records(text)
    #expect(expected.count == 300 && expected[7] == ["7", "a\"7\n,\"", "xxxxxxx"])
    for page in [64, 65, 66, 67, 100, 1000] { #expect(try records(text, page: page) == expected) }
  }

  @Test func countsLinesAndOffsets() throws {
    let reader = try CSVReader(InMemoryFile(bytes: Array("h\n\"a\nb\"\n\nc\n".utf8)))
    let batch = try reader.next()
    #expect(batch?.lineNumbers == [1, 2, 5] && batch?.offsets == [0, 2, 9])
  }

  @Test func otherDialects() throws {
    var dialect = CSVReader.Dialect()
    (dialect.delimiter, dialect.quote, dialect.escape) = (
      UInt8(ascii: ";"), UInt8(ascii: "'"), UInt8(ascii: "\\")
    )
    #expect(try records("'a\\'b\\\\';c,d\n", dialect: dialect) == [["a'b\\\"", "c,d"]])
    dialect.quote = nil
    dialect.escape = nil
    dialect.skipsBlankLines = false
    #expect(try records("'a;b'\n\n", dialect: dialect) == [["'a", "b'"], [""]])
  }

  @Test(arguments: ["\"abc", "\"a\"b,c\n", "x\n\"a\n"]) func damagedQuotesThrow(text: String) {
    #expect(throws: FileFormatError.self) { try records(text) }
  }
}
