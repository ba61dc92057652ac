internal import FileFormats

extension SQLiteCatalog {
  /// Reads the table that a row of the catalog points to.
  ///
  /// A warehouse that was moved or copied with its catalog is read from where the catalog is: the row's
  /// location is then found below the catalog's folder, and everything under its old folder is mapped there.
  func load(_ table: TableIdentifier, at location: String) throws(TableFormatError) -> Table {
    let move = move(of: location)
    var mapped = paths
    if let move { mapped.add(move) }
    let loaded = try Table.load(
      table, metadataLocation: location, fileSystem: fileSystem, paths: mapped, catalog: self)
    if let warn {
      if let move {
        warn(
          "the catalog \(path) names files under \(move.old): they are read from \(move.new), where it is now"
        )
      }
      if let warning = loaded.warning { warn(warning) }
    }
    return loaded
  }

  /// Finds a moved warehouse: the longest end of a location that exists below the catalog's folder.
  ///
  /// Names of metadata files hold a UUID, so that a file of the same name at the same place is the same file.
  private func move(of location: String) -> PathMapper.Mapping? {
    let folder = AbsolutePath.of(FilePath.parent(of: path))
    let stored = paths.key(of: location)
    guard !stored.hasPrefix(folder + "/") else { return nil }
    let parts = stored.split(separator: "/", omittingEmptySubsequences: false)
    // At least the table's folder, `metadata` and the file.
    guard parts.count > 3 else { return nil }
    for first in 1...(parts.count - 3) {
      let rest = parts[first...].joined(separator: "/")
      let candidate = FilePath.join(folder, rest)
      guard ((try? fileSystem.status(candidate)) ?? nil) != nil else { continue }
      if AbsolutePath.isSameFile(candidate, stored) { return nil }
      return PathMapper.Mapping(old: parts[..<first].joined(separator: "/"), new: folder)
    }
    return nil
  }

  /// Adds a table to the catalog that lies in a folder: its newest metadata file, or the one that is named.
  ///
  /// - Parameters:
  ///   - table: The name it gets; its namespace is made if it is not there.
  ///   - place: The folder or the metadata file.
  /// - Returns: The table.
  /// - Throws: ``TableFormatError`` if the name is taken or there is no table.
  package func register(_ table: TableIdentifier, at place: String) throws(TableFormatError) -> Table {
    let found = try MetadataDiscovery.find(at: place, fileSystem: fileSystem, paths: paths).location
    let location = "file://" + AbsolutePath.of(found)
    // Read before anything is changed.
    _ = try load(table, at: location)
    if try !hasNamespace(table.namespace) { try createNamespace(table.namespace) }
    return try registerTable(table, metadataLocation: location)
  }

  /// Points the catalog to the newest metadata file of a table's folder, which another engine may have
  /// written without the catalog.
  ///
  /// - Parameter table: A table of the catalog; its current metadata file may be gone.
  /// - Returns: The table as it is now, and where the catalog pointed before; `nil` if it was current.
  /// - Throws: ``TableFormatError`` if the newest file is of another table.
  package func refresh(
    _ table: TableIdentifier
  ) throws(TableFormatError) -> (table: Table, previous: String?) {
    guard let old = try metadataLocation(of: table) else { return (try loadTable(table), nil) }
    let path = try (moved(old) ?? paths).path(of: old)
    let folder = FilePath.parent(of: path)
    guard let newest = try MetadataDiscovery.newest(in: folder, fileSystem: fileSystem, paths: paths) else {
      throw TableFormatError(.notFound, "there is no metadata file in \(folder)", file: old)
    }
    let name = newest.split(separator: "/").last ?? ""
    guard old.split(separator: "/").last != name else { return (try loadTable(table), nil) }
    // In the spelling of the old one.
    let location = old.dropLast(old.split(separator: "/").last?.count ?? 0) + name
    let candidate = try load(table, at: String(location))
    if let current = try? load(table, at: old) {
      guard current.metadata.uuid == candidate.metadata.uuid else {
        throw TableFormatError(
          .conflict, "\(location) is of another table: its UUID is \(candidate.metadata.uuid)", file: old)
      }
      if current.metadata.lastUpdatedMillis > candidate.metadata.lastUpdatedMillis { return (current, nil) }
    }
    try swap([MetadataSwap(table: table, old: old, new: String(location))])
    return (candidate, old)
  }

  private func moved(_ location: String) -> PathMapper? {
    move(of: location).map { mapping in
      var mapped = paths
      mapped.add(mapping)
      return mapped
    }
  }
}
