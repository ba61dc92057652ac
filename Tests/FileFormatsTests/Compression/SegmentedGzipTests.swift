import FileFormats
import Testing

@Suite("Compression: gzip of segments") struct SegmentedGzipTests {
  /// Texts of all lengths around the limits, some of which deflate cannot make smaller.
  private static let texts: [[UInt8]] = {
    var random = SystemRandomNumberGenerator()
    let limit = SegmentedGzip.segmentLimit
    return [
      [], [7], Array("abc".utf8), [UInt8](repeating: 0, count: 5), Array("\u{0}\u{0}\u{FF}".utf8),
      [UInt8](repeating: 65, count: 100_000), (0..<limit).map { UInt8(truncatingIfNeeded: $0 &* $0 &>> 5) },
      (0..<limit + 1).map { _ in UInt8.random(in: 0...255, using: &random) },
      (0..<60_000).map { _ in UInt8.random(in: 48...57, using: &random) },
    ]
  }()

  private func file(_ texts: [[UInt8]]) throws -> [UInt8] {
    var writer = SegmentedGzip.Writer()
    for text in texts {
      let packed = try SegmentedGzip.pack(text.span)
      writer.append(text.span, packed: packed[...])
    }
    return writer.finish()
  }

  @Test func anyReaderOfGzipReadsIt() throws {
    let whole = Self.texts.flatMap { $0 }
    let (bytes, nothing) = (try file(Self.texts), try file([]))
    #expect(try CompressionCodec.gzip.decompress(bytes.span, size: whole.count) == whole)
    #expect(try CompressionCodec.gzip.decompress(nothing.span, size: 0) == [])
  }

  @Test func segmentsAreFoundAgainAndMayBePutElsewhere() throws {
    let bytes = try file(Self.texts)
    let read = SegmentedGzip.read(bytes, limit: 1 << 20)
    let contents = try #require(read)
    let (text, segments) = (contents.text, contents.segments)

    #expect(text == Self.texts.flatMap { $0 })
    #expect(segments.reduce(0) { $0 + $1.text.count } == text.count)
    var writer = SegmentedGzip.Writer()
    for segment in segments.reversed() { writer.append(text[segment.text].span, packed: segment.packed) }
    let other = writer.finish()
    let turned = segments.reversed().flatMap { text[$0.text] }
    #expect(try CompressionCodec.gzip.decompress(other.span, size: turned.count) == turned)
  }

  private func isRead(_ file: [UInt8], limit: Int) -> Bool {
    let read = SegmentedGzip.read(file, limit: limit)
    return read != nil
  }

  @Test func otherFilesAreLeftToOthers() throws {
    let text = Self.texts[6]
    #expect(!isRead(try CompressionCodec.gzip.compress(text.span), limit: 1 << 20))
    #expect(!isRead(try file([text]), limit: text.count - 1))
    #expect(!isRead([], limit: 10))
  }

  @Test func damageIsSeen() throws {
    let texts = [Array("some text, some more text".utf8), Array("and the rest of it".utf8)]
    let bytes = try file(texts)
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        // Bits that pad a byte say nothing.
        let read = SegmentedGzip.read(damaged, limit: 1000)
        #expect(read?.text == nil || read?.text == texts[0] + texts[1])
      }
      #expect(!isRead(Array(bytes[..<place]), limit: 1000))
    }
  }
}
