internal import FileFormats

extension FuzzTarget {
  static let compression: [FuzzTarget] =
    CompressionCodec.allCases.filter { $0 != .uncompressed }.map { codec in
      // The first two bytes are the length that a page header would state.
      FuzzTarget("codec-\(codec.rawValue)") { bytes in
        guard bytes.count >= 2 else { return nil }
        let size = Int(bytes[0]) | Int(bytes[1]) << 8
        let block = Array(bytes.dropFirst(2))
        return complaint { () throws(FileFormatError) in
          let result = try codec.decompress(block.span, size: size)
          if result.count != size { throw FileFormatError(.internal, "\(result.count) bytes, not \(size)") }
        }
      }
    } + [
      FuzzTarget("gzip-stream") { bytes in drain(bytes) },
      FuzzTarget("zstd-stream") { bytes in drain(bytes) },
      FuzzTarget("codec-growing") { bytes in
        // Lengths that nobody states: Avro blocks and Puffin blobs.
        guard let first = bytes.first else { return nil }
        let block = Array(bytes.dropFirst())
        return complaint { () throws(FileFormatError) in
          switch first % 5 {
          case 0: _ = try Deflate.decompress(block.span, .raw, limit: 1 << 22)
          case 1: _ = try Deflate.decompress(block.span, .detect, limit: 1 << 22)
          case 2: _ = try Lz4.decompressFrame(block.span, limit: 1 << 22)
          case 3: _ = try Zstd.decompress(block.span, limit: 1 << 22)
          default: _ = try Snappy.contentSize(of: block.span)
          }
        }
      },
    ]

  /// Reads a file to its end, at most a few megabytes of it.
  private static func drain(_ bytes: [UInt8]) -> String? {
    complaint { () throws(FileFormatError) in
      let stream = try ByteStream(InMemoryFile(path: "fuzz.gz", bytes: bytes))
      var room = [UInt8](repeating: 0, count: 1 << 16)
      for _ in 0..<64 {
        var space = room.mutableSpan
        if try stream.read(into: &space, at: 0) == 0 { return }
      }
    }
  }
}
