package import FileFormats

/// How a table is read that no longer lies where its metadata says.
///
/// A table is in one place: either every location under the recorded folder is mapped to the folder that the
/// metadata file was read from, even where the originals still exist, or none is. Never a mixture, which
/// would apply the deletes of one copy to the rows of another.
package struct TableRelocation: Sendable {
  /// The mapper for all of the table's locations.
  package var paths: PathMapper
  /// The prefix that was mapped because of the move; `nil` for a table that lies where it says.
  package var mapping: PathMapper.Mapping?

  /// Finds out whether a table was moved.
  ///
  /// - Parameters:
  ///   - paths: The mappings that were asked for.
  ///   - metadata: The table's.
  ///   - location: The metadata file, as it was found.
  ///   - fileSystem: Where the table's files are.
  package init(
    _ paths: PathMapper, of metadata: TableMetadata, readFrom location: String, fileSystem: any FileSystem
  ) {
    self.paths = paths
    guard let file = try? AbsolutePath.of(paths.path(of: location)),
      let parent = Self.metadataFolder(in: file), metadata.properties["write.metadata.path"] == nil
    else { return }
    let folder = String(file[..<parent])
    let stated = paths.key(of: metadata.location)
    guard stated != folder else { return }
    let isLocal = PathMapper.scheme(of: stated) == nil
    // A folder reached by a symbolic link is where it says.
    if isLocal, AbsolutePath.isSameFile(stated + String(file[parent...]), file) { return }
    var moved = paths
    if isLocal, !stated.hasPrefix("/"), folder.hasSuffix("/" + stated), paths.base == nil {
      // The table's paths start from some folder above it, as they always did.
      self.paths.base = String(folder.dropLast(stated.count + 1))
      return
    }
    let mapping = PathMapper.Mapping(old: metadata.location, new: folder)
    moved.add(mapping)
    // A metadata file that went somewhere alone leaves its table where it was.
    if let list = metadata.currentSnapshot?.manifestList {
      let isThere = Self.exists(list, moved, fileSystem)
      if !isThere, Self.exists(list, paths, fileSystem) { return }
    }
    (self.paths, self.mapping) = (moved, mapping)
  }

  /// What to tell the person who reads a moved table.
  package func warning(for table: TableIdentifier) -> String? {
    mapping.map {
      "the table \(table) lies in \($0.new), its metadata says \($0.old): every path below that is read from there"
    }
  }

  private static func exists(_ location: String, _ paths: PathMapper, _ fileSystem: any FileSystem) -> Bool {
    guard let path = try? paths.path(of: location) else { return false }
    return ((try? fileSystem.status(path)) ?? nil) != nil
  }

  /// Where the last `/metadata/` of a path begins.
  private static func metadataFolder(in path: String) -> String.Index? {
    let name = "/metadata/"
    var best: String.Index?
    var at = path.startIndex
    while at < path.endIndex {
      if path[at...].hasPrefix(name) { best = at }
      at = path.index(after: at)
    }
    return best
  }
}
