import FileFormats
import Testing

@Suite("Compression: gzip of segments") struct SegmentedGzipTests {
  /// Texts of all lengths around the limits, some of which deflate cannot make smaller.
  private static let texts: [[UInt8]] = {
    var random = SystemRandomNumberGenerator()
    let limit = SegmentedGzip.blockLimit
    return [
      [], [7], Array("abc".utf8), [UInt8](repeating: 0, count: 5), Array("\u{0}\u{0}\u{FF}".utf8),
      [UInt8](repeating: 65, count: 100_000), (0..<limit).map { UInt8(truncatingIfNeeded: $0 &* $0 &>> 5) },
      (0..<limit + 1).map { _ in UInt8.random(in: 0...255, using: &random) },
      (0..<60_000).map { _ in UInt8.random(in: 48...57, using: &random) },
    ]
  }()

  private static let end = Array("end}".utf8)

  private func parts(_ texts: [[UInt8]]) throws -> [SegmentedGzip.Part] {
    try texts.enumerated().map { index, text in
      .init(try SegmentedGzip.pack(text.span), label: UInt32(index), itemCount: UInt32(text.count))
    }
  }

  private func file(_ texts: [[UInt8]]) throws -> [UInt8] {
    try SegmentedGzip.file(parts(texts), end: Self.end)
  }

  /// What any reader of gzip makes of a file.
  private func inflated(_ file: [UInt8]) throws -> [UInt8] {
    try Deflate.decompress(file.span, .gzip, limit: 1 << 24)
  }

  @Test(arguments: [texts, []]) func anyReaderOfGzipReadsIt(texts: [[UInt8]]) throws {
    let whole = try inflated(try file(texts))
    let start = texts.flatMap { $0 } + Array("end,\"\(SegmentedGzip.indexMember)\":\"".utf8)
    #expect(whole.starts(with: start) && whole.suffix(2).elementsEqual("\"}".utf8))
    #expect(whole.dropFirst(start.count).dropLast(2).allSatisfy { Character(Unicode.Scalar($0)).isHexDigit })
  }

  @Test func segmentsAreFoundAgainAndMayBePutElsewhere() throws {
    let read = SegmentedGzip.read(try file(Self.texts), limit: 1 << 20)
    let (parts, end) = try #require(read)

    #expect(try parts.map { try $0.segment.text() } == Self.texts && end.starts(with: Self.end.dropLast()))
    #expect(parts.map(\.label) == Self.texts.indices.map { UInt32($0) })
    #expect(parts.map(\.itemCount) == Self.texts.map { UInt32($0.count) })
    let other = try SegmentedGzip.file(parts.reversed(), end: Self.end)
    #expect(try inflated(other).starts(with: Self.texts.reversed().flatMap { $0 }))
  }

  private func isRead(_ file: [UInt8], limit: Int = 1 << 20) -> Bool {
    let read = SegmentedGzip.read(file, limit: limit)
    return read != nil
  }

  @Test func otherFilesAreLeftToOthers() throws {
    let text = Self.texts[6]
    #expect(try isRead(file([])) && isRead(file(.init(repeating: text, count: 20))))
    #expect(!isRead(try CompressionCodec.gzip.compress(text.span)))
    #expect(try !isRead(file([text]), limit: text.count) && !isRead([]))
    // An index of other segments within the text is none of this file's.
    let other = try inflated(try file([text, text]))
    #expect(isRead(try SegmentedGzip.file(parts([text]), end: other)))
  }

  @Test func anyDamageIsSeen() throws {
    let bytes = try file([Array("some text, some more text".utf8), Array("and the rest of it".utf8)])
    let whole = try inflated(bytes)
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        // Bits that pad a byte say nothing.
        if isRead(damaged) { #expect(try inflated(damaged) == whole) }
      }
      #expect(!isRead(Array(bytes[..<place])))
    }
  }

  @Test func aSegmentThatHoldsAnotherTextIsRefused() throws {
    let text = Array("some text".utf8)
    let segment = try SegmentedGzip.pack(text.span)
    var (other, longer, shorter) = (segment, segment, segment)
    other.textChecksum ^= 1
    longer.textCount += 1
    shorter.textCount -= 1
    #expect(try segment.text() == text)
    for wrong in [other, longer, shorter] { #expect(throws: FileFormatError.self) { try wrong.text() } }
  }
}
