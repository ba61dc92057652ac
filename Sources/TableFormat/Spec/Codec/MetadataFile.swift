internal import Columnar
package import FileFormats

/// Metadata files: their names, how they are found, read and written (rules 65 and 66).
package enum MetadataFile {
  /// A metadata file that was looked for.
  package struct Found {
    package var location: String
    package var tableName: String
  }

  /// The most bytes of JSON that are read.
  private static let sizeLimit = 1 << 30

  /// Reads a metadata file, compressed or not: its first bytes decide, not its name.
  package static func read(
    _ location: String, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> TableMetadata {
    let path = try paths.path(of: location)
    var bytes = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.readAll(path, limit: sizeLimit)
    }
    if bytes.count > 18, bytes[0] == 0x1F, bytes[1] == 0x8B {
      // A gzip member ends with the length of what it holds (RFC 1952).
      var size = 0
      for byte in bytes.suffix(4).reversed() { size = size << 8 | Int(byte) }
      guard size <= sizeLimit else {
        throw TableFormatError(.unsupported, "the metadata has \(size) bytes of JSON", file: location)
      }
      let compressed = bytes
      bytes = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
        try CompressionCodec.gzip.decompress(compressed.span, size: size)
      }
    }
    return try TableMetadata(json: bytes, file: location)
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
    let isCompressed = metadata.settings.compressesMetadata
    var number = String(version)
    if number.count < 5 { number = String(repeating: "0", count: 5 - number.count) + number }
    let name = "\(number)-\(UUIDText.random())" + (isCompressed ? ".gz.metadata.json" : ".metadata.json")
    let location = PathMapper.joined(metadata.metadataFolder, name)
    let path = try paths.path(of: location)
    try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      let text = metadata.jsonText
      let bytes = isCompressed ? try CompressionCodec.gzip.compress(text.span) : text
      try fileSystem.writeNew(path, bytes.span)
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

  /// Adds what a moved table needs to mappings.
  ///
  /// When the file that was read is not where its metadata says the table is, and nothing is there under its
  /// name, then the table was moved with its folder.
  package static func paths(
    _ paths: PathMapper, of metadata: TableMetadata, readFrom location: String, fileSystem: any FileSystem
  ) -> PathMapper {
    guard let file = try? AbsolutePath.of(paths.path(of: location)),
      let parent = file.lastPlace(of: "/metadata/")
    else { return paths }
    let folder = String(file[..<parent])
    let stated = paths.key(of: metadata.location)
    guard stated != folder, metadata.properties["write.metadata.path"] == nil else { return paths }
    let name = String(file[parent...])
    if PathMapper.scheme(of: stated) == nil, (try? fileSystem.status(stated + name)) ?? nil != nil {
      return paths
    }
    var moved = paths
    if !stated.hasPrefix("/"), PathMapper.scheme(of: stated) == nil, folder.hasSuffix("/" + stated),
      paths.base == nil
    {
      // The table's paths start from some folder above it.
      moved.base = String(folder.dropLast(stated.count + 1))
    } else {
      moved.add(PathMapper.Mapping(old: metadata.location, new: folder))
    }
    return moved
  }

  /// Finds the metadata file that a location means.
  package static func find(
    at location: String, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> Found {
    let path = try paths.path(of: location)
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    func name(of folder: String) -> String {
      AbsolutePath.of(folder).split(separator: "/").last.map(String.init) ?? "table"
    }
    let status = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.status(trimmed)
    }
    guard let status else { throw TableFormatError(.notFound, "there is no \(location)", file: location) }
    guard status.isDirectory else {
      let folder = FilePath.parent(of: FilePath.parent(of: trimmed))
      return Found(location: trimmed, tableName: name(of: folder))
    }
    let hasName = trimmed.hasSuffix("/metadata")
    let folder = hasName ? trimmed : FilePath.join(trimmed, "metadata")
    let files = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.status(folder) == nil ? [] : fileSystem.list(folder, recursively: false)
    }
    let candidates = files.filter { !$0.isDirectory && version(of: $0.path) != nil }
    let hint = try? fileSystem.readAll(FilePath.join(folder, "version-hint.text"), limit: 4096)
    let hinted = hint.map { String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace } } ?? ""
    let chosen =
      candidates.first { file in
        let name = file.path.split(separator: "/").last ?? ""
        return !hinted.isEmpty
          && (name.hasPrefix("v\(hinted).") || name.hasPrefix("\(hinted).") || name == hinted)
      }
      ?? candidates.max {
        (version(of: $0.path) ?? 0, $0.modifiedMicros) < (version(of: $1.path) ?? 0, $1.modifiedMicros)
      }
    guard let chosen else {
      throw TableFormatError(
        .notFound, "\(location) holds no Iceberg table: there is no metadata file in \(folder)",
        file: location)
    }
    let table = hasName ? FilePath.parent(of: trimmed) : trimmed
    return Found(location: chosen.path, tableName: name(of: table))
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

extension String {
  /// Where the last mention of a text is.
  fileprivate func lastPlace(of text: String) -> Index? {
    var best: Index?
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(text) { best = at }
      at = index(after: at)
    }
    return best
  }
}
