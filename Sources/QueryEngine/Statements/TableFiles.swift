internal import FileFormats
internal import TableFormat

/// Every file of a table that its metadata name: what DROP TABLE … PURGE removes.
struct TableFiles {
  private let table: Table
  /// Data first and metadata last, so that a removal that was interrupted can be understood.
  private var locations: [String] = []

  /// Finds the files.
  ///
  /// - Parameter table: The table.
  /// - Throws: ``TableFormatError`` of kind `unsupported` if the table shares its files with another
  ///   (`gc.enabled` is false), or if a manifest cannot be read.
  init(_ table: Table) throws(TableFormatError) {
    self.table = table
    if table.metadata.properties["gc.enabled"]?.lowercased() == "false" {
      throw TableFormatError(
        .unsupported, "the files of \(table.identifier) may belong to another table: its gc.enabled is false",
        hint: "DROP TABLE without PURGE leaves them")
    }
    var seen: Set<String> = []
    var (data, manifests, lists): ([String], [String], [String]) = ([], [], [])
    for snapshot in try table.metadata.snapshots.entries() {
      if let list = snapshot.manifestList { lists.append(list) }
      for manifest in try table.manifests(of: snapshot) where seen.insert(manifest.path).inserted {
        manifests.append(manifest.path)
        // Entries of removed files name files that older snapshots may still hold: they go as well.
        for entry in try table.entries(of: manifest) where seen.insert(entry.file.path).inserted {
          data.append(entry.file.path)
        }
      }
    }
    let statistics = table.metadata.statistics.map(\.path) + table.metadata.partitionStatistics.map(\.path)
    let metadata = table.metadata.metadataLog.map(\.metadataFile) + [table.metadataLocation]
    locations = data + statistics + manifests + lists + metadata
  }

  /// Removes them and the table's folders that are empty then, as far as that can be done: the table is gone already.
  func remove() {
    var folders: Set<String> = []
    let root = (try? table.paths.path(of: table.metadata.location)).map {
      $0.hasSuffix("/") ? String($0.dropLast()) : $0
    }
    for location in locations {
      guard let path = try? table.paths.path(of: location) else { continue }
      try? table.fileSystem.remove(path)
      guard let root, path.hasPrefix(root + "/") else { continue }
      var folder = path
      repeat { folder = FilePath.parent(of: folder) } while folders.insert(folder).inserted && folder != root
    }
    // Inner ones first; one that still holds something stays.
    for folder in folders.sorted(by: { $0.utf8.count > $1.utf8.count }) {
      try? table.fileSystem.remove(folder)
    }
  }
}
