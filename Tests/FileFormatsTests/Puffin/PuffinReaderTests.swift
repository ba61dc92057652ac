@testable import FileFormats
import Testing

@Suite("Puffin: files") struct PuffinReaderTests {
  private func file(codec: PuffinCodec?, size: Int = 100_000) throws -> (bytes: [UInt8], footerByteCount: Int)
  {
    var writer = PuffinWriter(properties: ["created-by": "test"])
    for number in 0..<3 {
      let blob = PuffinBlob(
        type: "t\(number)", fields: [number, 7], snapshotID: .max, sequenceNumber: 3, codec: codec,
        properties: ["ndv": "\(number)"])
      try writer.add([UInt8](repeating: UInt8(number), count: number * size), blob)
    }
    return try writer.finish()
  }

  @Test(arguments: [nil, .lz4, .zstd] as [PuffinCodec?])
  func readsWhatItWrote(codec: PuffinCodec?) throws {
    let (bytes, footerByteCount) = try file(codec: codec)
    let reader = try PuffinReader(InMemoryFile(bytes: bytes))
    #expect(reader.footerByteCount == footerByteCount && reader.properties == ["created-by": "test"])
    #expect(reader.blobs.map(\.type) == ["t0", "t1", "t2"])
    #expect(reader.blobs[2].snapshotID == .max && reader.blobs[2].fields == [2, 7])
    #expect(reader.blobs[2].properties == ["ndv": "2"])
    for number in 0..<3 {
      #expect(
        try reader.read(reader.blobs[number]) == [UInt8](repeating: UInt8(number), count: number * 100_000))
    }
  }

  @Test func readsACompressedFooter() throws {
    let payload = Array(#"{"blobs": [], "properties": {"a": "b"}}"#.utf8)
    let frame = try Lz4.compressFrame(payload.span)
    let bytes =
      PuffinReader.magic + PuffinReader.magic + frame + [UInt8(frame.count), 0, 0, 0, 1, 0, 0, 0]
      + PuffinReader.magic
    #expect(try PuffinReader(InMemoryFile(bytes: bytes)).properties == ["a": "b"])
  }

  @Test func damageNeverTraps() throws {
    let bytes = try file(codec: .zstd, size: 100).bytes
    for place in bytes.indices {
      for change in [1, 0x80] as [UInt8] {
        var damaged = bytes
        damaged[place] ^= change
        if let reader = try? PuffinReader(InMemoryFile(bytes: damaged)) {
          for blob in reader.blobs { _ = try? reader.read(blob) }
        }
      }
      #expect(throws: FileFormatError.self) { try PuffinReader(InMemoryFile(bytes: Array(bytes[..<place]))) }
    }
  }
}
