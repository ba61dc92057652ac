import Columnar
import FileFormats
import Testing

@Suite("Compression: codecs") struct CompressionCodecTests {
  private static let samples: [[UInt8]] = {
    var random = SystemRandomNumberGenerator()
    return [
      [], [1], [UInt8](repeating: 7, count: 100_000), Array("abcabcabc".utf8),
      (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &>> 7) },
      (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) },
    ]
  }()

  @Test(arguments: CompressionCodec.allCases) func readsWhatItWrote(codec: CompressionCodec) throws {
    let decompressor = Decompressor()
    for sample in Self.samples {
      let compressor = try Compressor(codec)
      for _ in 0..<2 {
        let block = try compressor.compress(sample.span)
        #expect(try codec.decompress(block.span, size: sample.count) == sample)
        let buffer = try decompressor.decompress(block.span, codec, size: sample.count)
        let bytes = buffer.bytes
        #expect(bytes.extracting(0..<sample.count).copied() == sample)
        #expect(throws: FileFormatError.self) { try codec.decompress(block.span, size: sample.count + 1) }
        if !sample.isEmpty {
          #expect(throws: FileFormatError.self) { try codec.decompress(block.span, size: sample.count - 1) }
        }
      }
    }
  }

  @Test(arguments: CompressionCodec.allCases) func damageNeverTraps(codec: CompressionCodec) throws {
    for sample in Self.samples {
      let block = try codec.compress(sample.span)
      for place in stride(from: 0, to: block.count, by: max(1, block.count / 60)) {
        var damaged = block
        damaged[place] ^= 0x5A
        _ = try? codec.decompress(damaged.span, size: sample.count)
        let cut = Array(block[..<place])
        if codec != .uncompressed || !sample.isEmpty {
          #expect(throws: FileFormatError.self) { try codec.decompress(cut.span, size: max(sample.count, 1)) }
        }
      }
    }
  }

  @Test func sizesAreNotTakenOnTrust() throws {
    let bytes = [UInt8](repeating: 0, count: 10)
    for codec in CompressionCodec.allCases {
      let error = #expect(throws: FileFormatError.self) { try codec.decompress(bytes.span, size: 1 << 40) }
      #expect(error?.kind == .tooLarge)
      if codec != .zstd {
        #expect(throws: FileFormatError.self) { try codec.decompress(bytes.span, size: 1 << 30) }
      }
      #expect(throws: FileFormatError.self) { try codec.decompress(bytes.span, size: -1) }
    }
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    let bomb = try Deflate.compress(zeros.span, .raw)
    let error = #expect(throws: FileFormatError.self) { try Deflate.decompress(bomb.span, .raw, limit: 1000) }
    #expect(error?.kind == .tooLarge)
    #expect(throws: FileFormatError.self) { try Compressor(.zstd, level: 99) }
    #expect(throws: FileFormatError.self) { try Compressor(.gzip, level: 13) }
  }

  @Test func gzipMayBeSeveralMembersOrZlib() throws {
    let (left, right) = (Self.samples[3], Self.samples[4])
    let members = try Deflate.compress(left.span, .gzip) + Deflate.compress(right.span, .gzip)
    #expect(
      try CompressionCodec.gzip.decompress(members.span, size: left.count + right.count) == left + right)
    #expect(try Deflate.decompress(members.span, .detect) == left + right)
    let zlib = try Deflate.compress(right.span, .zlib)
    #expect(try CompressionCodec.gzip.decompress(zlib.span, size: right.count) == right)
    #expect(try Deflate.decompress(zlib.span, .zlib) == right)
  }

  /// Several blocks in one Hadoop group, several groups, an LZ4 frame and a bare block.
  @Test func lz4MayBeFramedInThreeWays() throws {
    let sample = Self.samples[4]
    func bigEndian(_ value: Int) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value &>> (24 - 8 * $0)) }
    }
    let (left, right) = (Array(sample[..<30_000]), Array(sample[30_000...]))
    let blocks = [
      try CompressionCodec.lz4Raw.compress(left.span), try CompressionCodec.lz4Raw.compress(right.span),
    ]
    let oneGroup =
      bigEndian(sample.count) + bigEndian(blocks[0].count) + blocks[0] + bigEndian(blocks[1].count)
      + blocks[1]
    let twoGroups =
      bigEndian(left.count) + bigEndian(blocks[0].count) + blocks[0] + bigEndian(right.count)
      + bigEndian(blocks[1].count) + blocks[1]
    let frame = try Lz4.compressFrame(sample.span)
    let block = try CompressionCodec.lz4Raw.compress(sample.span)
    for form in [oneGroup, twoGroups, frame, block] {
      #expect(try CompressionCodec.lz4Hadoop.decompress(form.span, size: sample.count) == sample)
    }
    #expect(try Lz4.decompressFrame(frame.span, limit: 1 << 20) == sample)
    #expect(throws: FileFormatError.self) { try Lz4.decompressFrame(frame.span, limit: 1000) }
  }

  @Test func crc32IsThatOfGzip() {
    let digits = Array("123456789".utf8)
    #expect(Deflate.crc32(digits.span) == 0xCBF4_3926)
    #expect(
      Deflate.crc32(digits.span.extracting(4..<9), initial: Deflate.crc32(digits.span.extracting(0..<4)))
        == 0xCBF4_3926)
  }

  @Test func zstdOfUnknownLengthGrows() throws {
    let sample = Self.samples[2]
    let frame = try CompressionCodec.zstd.compress(sample.span)
    #expect(try Zstd.contentSize(of: frame.span) == sample.count)
    #expect(try Zstd.decompress(frame.span, limit: 1 << 20) == sample)
    let twice = frame + frame
    #expect(try Zstd.decompress(twice.span, limit: 1 << 20) == sample + sample)
    #expect(throws: FileFormatError.self) { try Zstd.decompress(frame.span, limit: 1000) }
  }
}
