internal import FileFormats

/// Compression and decompression of a page of text as the web events' user agents and urls are.
enum CodecCases {
  static func all() throws -> [BenchmarkCase] {
    let text = SampleText.urls(count: 20_000)
    var cases: [BenchmarkCase] = []
    for (codec, level) in [
      (CompressionCodec.zstd, 1), (.zstd, 3), (.snappy, nil), (.lz4Raw, nil), (.gzip, 6),
    ] as [(CompressionCodec, Int?)] {
      let name = level.map { "\(codec.rawValue)-\($0)" } ?? codec.rawValue
      let compressor = try Compressor(codec, level: level)
      let compressed = try compressor.compress(text.span)
      let ratio = compressed.count * 100 / text.count
      cases.append(
        BenchmarkCase(name: "codec.\(name).compress (to \(ratio) %)", rows: 20_000, bytes: text.count) {
          _ = try compressor.compress(text.span)
        })
      let decompressor = Decompressor()
      var room = [UInt8](repeating: 0, count: text.count)
      cases.append(
        BenchmarkCase(name: "codec.\(name).decompress", rows: 20_000, bytes: text.count) {
          var space = room.mutableSpan
          try decompressor.decompress(compressed.span, codec, into: &space)
        })
    }
    cases.append(
      BenchmarkCase(name: "codec.crc32", rows: 20_000, bytes: text.count) { _ = Deflate.crc32(text.span) })
    return cases
  }
}

/// Texts as web events have them, the same in every run.
enum SampleText {
  static func urls(count: Int) -> [UInt8] {
    var state: UInt64 = 42
    func next(_ limit: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % limit
    }
    var text: [UInt8] = []
    for _ in 0..<count {
      text += Array(
        "https://www.example.org/space/\(next(900))/room-\(next(60))?session=\(next(1 << 31))\n".utf8)
    }
    return text
  }
}
