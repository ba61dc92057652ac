package import FileFormats

/// Finds the newest metadata file of a table without a catalog (rules 65 and 66).
///
/// Names and the version hint only narrow the choice: where several files could be the newest, what they say
/// of themselves decides. A hint is a convenience that may be stale, and two writers may have taken the same
/// number.
package enum MetadataDiscovery {
  /// Finds the metadata file that a location means.
  ///
  /// - Parameters:
  ///   - location: A metadata file, a table's folder, or the folder of its metadata.
  ///   - fileSystem: Where it is.
  ///   - paths: Turns the location into a path.
  /// - Returns: The file and the table's name.
  /// - Throws: ``TableFormatError`` if there is none, or it cannot be read.
  package static func find(
    at location: String, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> (location: String, tableName: String) {
    let path = try paths.path(of: location)
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let status = try TableFormatError.wrapping(location) { () throws(FileFormatError) in
      try fileSystem.status(trimmed)
    }
    guard let status else { throw TableFormatError(.notFound, "there is no \(location)", file: location) }
    guard status.isDirectory else {
      return (trimmed, name(of: FilePath.parent(of: FilePath.parent(of: AbsolutePath.of(trimmed)))))
    }
    let isMetadataFolder = trimmed.hasSuffix("/metadata")
    let folder = isMetadataFolder ? trimmed : FilePath.join(trimmed, "metadata")
    guard let newest = try newest(in: folder, fileSystem: fileSystem, paths: paths) else {
      throw TableFormatError(
        .notFound, "\(location) holds no Iceberg table: there is no metadata file in \(folder)",
        file: location)
    }
    return (newest, name(of: isMetadataFolder ? FilePath.parent(of: trimmed) : trimmed))
  }

  /// Finds the newest metadata file of a folder.
  ///
  /// - Parameters:
  ///   - folder: A path.
  ///   - fileSystem: Where it is.
  ///   - paths: For reading the files.
  /// - Returns: The file; `nil` if the folder has none or is not there.
  /// - Throws: ``TableFormatError`` if the files in question cannot be read.
  package static func newest(
    in folder: String, fileSystem: any FileSystem, paths: PathMapper
  ) throws(TableFormatError) -> String? {
    let files = try TableFormatError.wrapping(folder) { () throws(FileFormatError) in
      try fileSystem.status(folder) == nil ? [] : fileSystem.list(folder, recursively: false)
    }
    let all = files.filter { !$0.isDirectory && $0.path.contains(".metadata.json") }.map(\.path)
    let numbered = all.filter { MetadataFile.version(of: $0) != nil }
    let top = numbered.map { MetadataFile.version(of: $0) ?? 0 }.max()
    let hint = hint(in: folder, fileSystem)
    // Without a number in any name, every file is in question.
    let candidates =
      top == nil
      ? all
      : numbered.filter { MetadataFile.version(of: $0) == top || isNamed($0, by: hint) }
    guard candidates.count > 1 else { return candidates.first }
    var best: (path: String, age: (Int64, Int64, Int))?
    var failure: TableFormatError?
    for path in candidates {
      do throws(TableFormatError) {
        let metadata = try MetadataFile.read(path, fileSystem: fileSystem, paths: paths)
        let age = (
          metadata.lastUpdatedMillis, metadata.lastSequenceNumber, MetadataFile.version(of: path) ?? 0
        )
        if best == nil || best.map({ $0.age < age }) == true { best = (path, age) }
      } catch {
        failure = failure ?? error
      }
    }
    // A file that another writer is still writing does not hide the others.
    if best == nil, let failure { throw failure }
    return best?.path
  }

  /// What `version-hint.text` says, without the white space around it.
  private static func hint(in folder: String, _ fileSystem: any FileSystem) -> String {
    let bytes = try? fileSystem.readAll(FilePath.join(folder, "version-hint.text"), limit: 4096)
    return bytes.map { String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace } } ?? ""
  }

  private static func isNamed(_ path: String, by hint: String) -> Bool {
    guard !hint.isEmpty, let name = path.split(separator: "/").last else { return false }
    return name.hasPrefix("v\(hint).") || name.hasPrefix("\(hint).") || name == hint
  }

  private static func name(of folder: String) -> String {
    AbsolutePath.of(folder).split(separator: "/").last.map(String.init) ?? "table"
  }
}
