import Columnar
import FileFormats
import Testing

@Suite("Text: lines and streams") struct LineReaderTests {
  private static let text: [UInt8] = {
    var text: [UInt8] = []
    for number in 0..<5000 {
      let word = String(repeating: "ab\(number * 7919 % 1000)", count: number % 23)
      text.append(contentsOf: "\(number),\(word)\(number % 5 == 0 ? "\r\n" : "\n")".utf8)
    }
    return text + Array("last line".utf8)
  }()

  private func lines(of reader: LineReader) throws -> [String] {
    var result: [String] = []
    while let batch = try reader.next() {
      #expect(batch.firstLine == result.count + 1)
      let bytes = batch.page.bytes
      for line in batch.lines {
        result.append(String(decoding: bytes.extracting(line).copied(), as: UTF8.self))
      }
    }
    return result
  }

  private static var expected: [String] {
    text.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self)
    }
  }

  @Test(arguments: [64, 100, 1000, 1 << 20]) func splitsFilesHoweverTheyAreCompressed(page: Int) throws {
    let members =
      try Deflate.compress(Self.text.span.extracting(0..<1000), .gzip)
      + Deflate.compress(
        Self.text.span.extracting(1000..<Self.text.count), .gzip, level: 1) + [0, 0, 0]
    let forms = [
      Self.text, try Deflate.compress(Self.text.span, .gzip),
      try Deflate.compress(Self.text.span, .gzip, level: 0),
      members, try CompressionCodec.zstd.compress(Self.text.span),
    ]
    for bytes in forms {
      let reader = try LineReader(InMemoryFile(bytes: bytes), pageByteCount: page)
      #expect(try lines(of: reader) == Self.expected)
    }
  }

  @Test(arguments: [1, 7, 100, 4999, 30000, 10_000_000]) func partsTogetherGiveEveryLineOnce(part: Int) throws
  {
    let text = part < 100 ? Array(Self.text[..<2000]) : Self.text
    let file = InMemoryFile(bytes: text)
    var result: [String] = []
    for start in stride(from: 0, to: text.count, by: part) {
      let reader = try LineReader(file, range: start..<min(start + part, text.count), pageByteCount: 300)
      result += try lines(of: reader)
    }
    let all = try lines(of: try LineReader(file))
    #expect(result == all)
  }

  @Test func emptyLinesAreLines() throws {
    #expect(
      try lines(of: try LineReader(InMemoryFile(bytes: Array("\n\r\na\n\n".utf8)))) == ["", "", "a", ""])
    #expect(try lines(of: try LineReader(InMemoryFile(bytes: []))) == [])
    #expect(try lines(of: try LineReader(InMemoryFile(bytes: Array("\n".utf8)))) == [""])
  }

  @Test func longLinesAreBounded() throws {
    let long = [UInt8](repeating: 0x61, count: 100_000)
    let reader = try LineReader(InMemoryFile(bytes: long), pageByteCount: 100, lineLimit: 50_000)
    #expect(throws: FileFormatError.self) { try reader.next() }
    #expect(
      try lines(of: try LineReader(InMemoryFile(bytes: long), pageByteCount: 100)).map(\.utf8.count) == [
        100_000
      ])
  }

  /// All kinds of blocks: random bytes, long runs, far matches.
  @Test(arguments: 0...12) func inflatesWhatLibdeflateCompressed(level: Int) throws {
    var random = SystemRandomNumberGenerator()
    var bytes: [UInt8] = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    bytes += [UInt8](repeating: 7, count: 200_000) + bytes[..<40_000] + Self.text + Self.text.reversed()
    let file = InMemoryFile(bytes: try Deflate.compress(bytes.span, .gzip, level: level))
    #expect(try all(of: file) == bytes)
  }

  private func all(of file: InMemoryFile) throws -> [UInt8] {
    let stream = try ByteStream(file)
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 50_000)
    while true {
      var room = piece.mutableSpan
      let count = try stream.read(into: &room, at: 0)
      if count == 0 { return result }
      result += piece[..<count]
    }
  }

  @Test func damagedStreamsThrow() throws {
    let source = Array(Self.text[..<3000])
    for bytes in [try Deflate.compress(source.span, .gzip), try CompressionCodec.zstd.compress(source.span)] {
      for length in stride(from: 4, to: bytes.count, by: 11) {
        #expect(throws: FileFormatError.self, "\(length)") {
          try all(of: InMemoryFile(bytes: Array(bytes[..<length])))
        }
      }
      for place in stride(from: 4, to: bytes.count, by: 3) {
        var damaged = bytes
        damaged[place] ^= 0x55
        _ = try? all(of: InMemoryFile(bytes: damaged))
      }
    }
  }
}
