internal import Columnar
package import FileFormats

/// Metadata files: their names, how they are read and written (rule 65).
package enum MetadataFile {
  /// The most bytes of JSON that are read.
  private static let sizeLimit = 1 << 30

  /// Reads a metadata file, compressed or not: its first bytes decide, not its name.
  package static func read(
    _ location: String, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> TableMetadata {
    let path = try paths.path(of: location)
    let bytes = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.readAll(path, limit: sizeLimit)
    }
    guard bytes.count > 18, bytes[0] == 0x1F, bytes[1] == 0x8B else {
      return try TableMetadata(json: bytes, file: location)
    }
    if let (parts, end) = SegmentedGzip.read(bytes, limit: sizeLimit),
      let metadata = try newest(of: parts, end, location)
    {
      return metadata
    }
    // A gzip member ends with the length of what it holds (RFC 1952).
    var size = 0
    for byte in bytes.suffix(4).reversed() { size = size << 8 | Int(byte) }
    guard size <= sizeLimit else {
      throw TableFormatError(.unsupported, "the metadata has \(size) bytes of JSON", file: location)
    }
    let text = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try CompressionCodec.gzip.decompress(bytes.span, size: size)
    }
    return try TableMetadata(json: text, file: location)
  }

  /// Reads all but the older snapshots and log entries, which stay compressed.
  ///
  /// - Parameters:
  ///   - parts: All of the file but its end, labelled by what they hold.
  ///   - end: The end of its text.
  ///   - location: The file, for messages.
  /// - Returns: The metadata; `nil` when the file is of another form than ``write(_:version:fileSystem:paths:)``
  ///   gives it, and is to be read as a whole.
  /// - Throws: ``TableFormatError`` for a part that does not hold what its index says, and for damaged JSON.
  private static func newest(
    of parts: [SegmentedGzip.Part], _ end: [UInt8], _ location: String
  ) throws(TableFormatError) -> TableMetadata? {
    var (text, older) = ([UInt8](), [[UnreadRun]](repeating: [], count: 3))
    let members = ["", SnapshotReader.codec.member, TableMetadata.SnapshotLogEntry.codec.member]
    for (index, part) in parts.enumerated() {
      let label = Int(part.label)
      guard label < members.count else { return nil }
      if label > 0, index + 1 < parts.count, parts[index + 1].label == part.label {
        // The entries left out are the first of their array, so that what is left of it is one, too.
        let opening = "\"\(members[label])\":[".utf8
        guard index > 0,
          parts[index - 1].label == part.label || text.suffix(opening.count).elementsEqual(opening)
        else { return nil }
        older[label].append(UnreadRun(part, file: location))
        continue
      }
      let begin = text.count
      text += try TableFormatError.wrapping(location) { () throws(FileFormatError) in try part.segment.text()
      }
      guard label > 0, !older[label].isEmpty else { continue }
      guard begin < text.count, text[begin] == UInt8(ascii: ",") else { return nil }
      text[begin] = UInt8(ascii: " ")
    }
    return try TableMetadata(json: text + end, older: (older[1], older[2]), file: location)
  }

  /// Writes a new metadata file and its name to stable storage.
  ///
  /// - Parameters:
  ///   - metadata: What to write.
  ///   - version: The number its name begins with.
  ///   - fileSystem: Where to.
  ///   - paths: Turns the location into a path.
  /// - Returns: The file's location, in the spelling of the table's.
  /// - Throws: ``TableFormatError``; no file is left then.
  package static func write(
    _ metadata: TableMetadata, version: Int, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> String {
    let (parts, end) = metadata.jsonParts
    let isCompressed = try metadata.settings.compressesMetadata
    var number = String(version)
    if number.count < 5 { number = String(repeating: "0", count: 5 - number.count) + number }
    let name = "\(number)-\(UUIDText.random())" + (isCompressed ? ".gz.metadata.json" : ".metadata.json")
    let location = PathMapper.joined(metadata.metadataFolder, name)
    let path = try paths.path(of: location)
    var texts: [ArraySlice<UInt8>] = []
    if !isCompressed {
      for part in parts { texts.append(try part.text()) }
    }
    try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      if !isCompressed { return try fileSystem.writeNew(path, parts: texts + [end[...]]) }
      var packed: [SegmentedGzip.Part] = []
      packed.reserveCapacity(parts.count)
      for part in parts { packed.append(try part.packed()) }
      let file = try SegmentedGzip.file(packed, end: end)
      try fileSystem.writeNew(path, file.span)
    }
    return location
  }

  /// The number that a metadata file's name begins with; `nil` for a name of another form.
  package static func version(of location: String) -> Int? {
    guard var name = location.split(separator: "/").last, name.contains(".metadata.json") else { return nil }
    if name.hasPrefix("v") { name = name.dropFirst() }
    let digits = name.prefix { $0.isASCII && $0.isNumber }
    guard let next = name.dropFirst(digits.count).first, next == "-" || next == "." else { return nil }
    return Int32(digits).map { Int($0) }
  }
}

extension TableMetadata {
  /// The folder that new metadata files go to, as the table spells it (rule 77).
  public var metadataFolder: String {
    guard let folder = properties["write.metadata.path"] else {
      return PathMapper.joined(location, "metadata")
    }
    return folder.hasSuffix("/") ? String(folder.dropLast()) : folder
  }
}
