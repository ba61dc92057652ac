internal import FileFormats
internal import TableFormat

extension FuzzTarget {
  static let segmentedGzip = [
    // The first byte says what the others are: a file, the blocks of one, or text to make a file of.
    FuzzTarget("segmented-gzip") { bytes in
      guard let first = bytes.first else { return nil }
      let rest = Array(bytes.dropFirst())
      switch first % 3 {
      case 0: return disagreement(over: rest)
      case 1: return disagreement(over: file(ofBlocks: rest))
      default: return roundTrip(of: rest, in: 1 + Int(first / 3))
      }
    },
    FuzzTarget("metadata-history") { bytes in
      complaint { () throws(TableFormatError) in
        var metadata = try TableMetadata(json: bytes, file: "fuzz.metadata.json")
        metadata.properties = ["write.metadata.compression-codec": "gzip"]
        metadata.location = "/t"
        let files = InMemoryFileSystem()
        // Twice, so that what the first file has in segments is copied into the second.
        for version in 1...2 {
          let written = try metadataWritten(metadata, version, to: files)
          // What is written leaves out what its format version does not know; from then on nothing changes.
          guard version == 1 || written == metadata else {
            throw TableFormatError(.internal, "metadata differs after a round trip")
          }
          metadata = written
        }
      }
    },
  ]

  private static func metadataWritten(
    _ metadata: TableMetadata, _ version: Int, to files: InMemoryFileSystem
  ) throws(TableFormatError) -> TableMetadata {
    let location = try MetadataFile.write(
      metadata, version: version, fileSystem: files, paths: PathMapper())
    do throws(TableFormatError) {
      return try MetadataFile.read(location, fileSystem: files, paths: PathMapper())
    } catch {
      throw TableFormatError(.internal, "metadata that we wrote is refused: \(error)")
    }
  }

  /// What our reader takes, the library reads alike, and it can be written again.
  private static func disagreement(over file: [UInt8]) -> String? {
    guard let contents = SegmentedGzip.read(file, limit: 1 << 22) else { return nil }
    guard let text = try? CompressionCodec.gzip.decompress(file.span, size: contents.text.count),
      text == contents.text
    else { return "the library reads another text" }
    var (writer, end) = (SegmentedGzip.Writer(), 0)
    for segment in contents.segments {
      guard segment.text.lowerBound == end, segment.text.upperBound <= text.count else {
        return "segments are not side by side"
      }
      end = segment.text.upperBound
      let part = contents.text[segment.text]
      writer.append(part.span, packed: segment.packed)
    }
    return writer.finish() == file ? nil : "the segments make another file"
  }

  /// A file of blocks as they are, with the length and checksum of what the library makes of them.
  private static func file(ofBlocks blocks: [UInt8]) -> [UInt8] {
    let empty = SegmentedGzip.Writer().finish()
    let head = Array(empty.prefix(10))
    let last = empty[10..<15]
    let stream = blocks + last
    let text = (try? Deflate.decompress(stream.span, .raw, limit: 1 << 20)) ?? []
    var writer = SegmentedGzip.Writer()
    writer.append(text.span, packed: [])
    return head + blocks + last + writer.finish().suffix(8)
  }

  private static func roundTrip(of text: [UInt8], in partCount: Int) -> String? {
    complaint { () throws(FileFormatError) in
      var writer = SegmentedGzip.Writer()
      for part in 0..<partCount {
        let part = text[text.count * part / partCount..<text.count * (part + 1) / partCount]
        writer.append(part.span, packed: try SegmentedGzip.pack(part.span)[...])
      }
      let file = writer.finish()
      // Text that does not shrink may hold what ends a segment: then the file is an ordinary one.
      var read = SegmentedGzip.read(file, limit: 1 << 22)?.text
      if read == nil { read = try CompressionCodec.gzip.decompress(file.span, size: text.count) }
      if read != text { throw FileFormatError(.internal, "another text is read than was written") }
      if let found = disagreement(over: file) { throw FileFormatError(.internal, found) }
    }
  }
}
