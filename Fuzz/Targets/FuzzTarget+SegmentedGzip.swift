internal import FileFormats
internal import TableFormat

extension FuzzTarget {
  static let segmentedGzip = [
    // The first byte says what the others are: a file, the older part of a table's history, or text to make a file of.
    FuzzTarget("segmented-gzip") { bytes in
      guard let first = bytes.first else { return nil }
      let rest = Array(bytes.dropFirst())
      switch first % 3 {
      case 0: return disagreement(over: rest)
      case 1: return history(of: rest)
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

  /// What our reader takes, the library reads alike.
  private static func disagreement(over file: [UInt8]) -> String? {
    guard let (parts, end) = SegmentedGzip.read(file, limit: 1 << 22) else { return nil }
    var text: [UInt8] = []
    for part in parts {
      guard let found = try? part.segment.text() else { return nil }
      text += found
    }
    text += end
    guard let whole = try? CompressionCodec.gzip.decompress(file.span, size: text.count), text == whole else {
      return "the library reads another text"
    }
    return nil
  }

  /// A metadata file whose older snapshots are in a segment that holds whatever the bytes say: the table opens,
  /// and reading the snapshots succeeds or throws.
  private static func history(of bytes: [UInt8]) -> String? {
    let count = UInt32(bytes.first ?? 0)
    return complaint { () throws(TableFormatError) in
      let table = try TableMetadata(json: Array(minimalTable.utf8), file: nil)
      let text = String(decoding: try table.jsonText(), as: UTF8.self)
      guard let bracket = text.firstRange(of: #""snapshots":["#)?.upperBound else {
        throw TableFormatError(.internal, "metadata without snapshots")
      }
      let texts: [([UInt8], UInt32)] = [
        (Array(text[..<bracket].utf8), 0), (Array(bytes.dropFirst()), 1),
        (Array(#",{"snapshot-id":7,"timestamp-ms":1,"manifest-list":"/m"}"#.utf8), 1),
      ]
      var parts: [SegmentedGzip.Part] = []
      for (text, label) in texts {
        let segment = try TableFormatError.wrapping("") { () throws(FileFormatError) in
          try SegmentedGzip.pack(text.span)
        }
        parts.append(.init(segment, label: label, itemCount: label == 0 ? 0 : count))
      }
      let files = InMemoryFileSystem()
      try TableFormatError.wrapping("") { () throws(FileFormatError) in
        let file = try SegmentedGzip.file(parts, end: Array(text[bracket...].utf8))
        try files.writeNew("/1.gz.metadata.json", file.span)
      }
      let read = try MetadataFile.read("/1.gz.metadata.json", fileSystem: files, paths: PathMapper())
      guard let entries = try? read.snapshots.entries() else { return }
      guard entries.count == read.snapshots.count, entries.last?.id == 7 else {
        throw TableFormatError(.internal, "snapshots that were read are lost")
      }
      let whole = try TableMetadata(json: read.jsonText(), file: nil)
      guard whole == read else { throw TableFormatError(.internal, "the whole text says something else") }
    }
  }

  private static let minimalTable = #"""
    {"format-version":2,"table-uuid":"u","location":"/t","last-updated-ms":1,"last-column-id":1,"schemas":[{"type":"struct",
    "schema-id":0,"fields":[{"id":1,"name":"a","required":false,"type":"int"}]}],"current-schema-id":0,"partition-specs":
    [{"spec-id":0,"fields":[]}],"default-spec-id":0,"last-partition-id":999,"sort-orders":[{"order-id":0,"fields":[]}],
    "default-sort-order-id":0,"snapshots":[]}
    """#

  private static func roundTrip(of text: [UInt8], in partCount: Int) -> String? {
    complaint { () throws(FileFormatError) in
      var parts: [SegmentedGzip.Part] = []
      for part in 0..<partCount {
        let part = text[text.count * part / partCount..<text.count * (part + 1) / partCount]
        parts.append(.init(try SegmentedGzip.pack(part.span)))
      }
      let file = try SegmentedGzip.file(parts, end: [0x7D])
      guard let read = SegmentedGzip.read(file, limit: 1 << 22) else {
        // Text that shrinks to less than a sixteenth is left to the library once it is long.
        guard text.count > 1 << 20 else {
          throw FileFormatError(.internal, "a file that we wrote is refused")
        }
        return
      }
      var again: [UInt8] = []
      for part in read.parts { again += try part.segment.text() }
      if again != text { throw FileFormatError(.internal, "another text is read than was written") }
      if let found = disagreement(over: file) { throw FileFormatError(.internal, found) }
    }
  }
}
