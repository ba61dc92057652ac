internal import TableFormat

/// All files that snapshots reach, each once: manifest lists, manifests, data and delete files, statistics.
struct ReachableFiles {
  /// What a file is.
  enum Kind: String, CaseIterable {
    case data = "data files"
    case positionDeletes = "position delete files"
    case equalityDeletes = "equality delete files"
    case manifest = "manifests"
    case manifestList = "manifest lists"
    case statistics = "statistics files"
  }

  /// A file and what it is.
  struct File {
    /// Where it is, as the table spells it.
    var location: String
    var kind: Kind
    /// Bytes; 0 if the metadata does not tell.
    var byteCount: Int64
  }

  /// By the path that ``PathMapper`` makes equal for all spellings of a file.
  private(set) var files: [String: File] = [:]
  private var manifests: Set<String> = []

  /// Adds everything that a snapshot needs.
  ///
  /// - Parameters:
  ///   - snapshot: A snapshot of the table.
  ///   - table: The table.
  /// - Throws: ``MaintenanceError`` if a list or manifest cannot be read: then nobody knows what is reachable.
  mutating func add(_ snapshot: Snapshot, of table: Table) throws(MaintenanceError) {
    if let list = snapshot.manifestList { add(list, .manifestList, 0, table) }
    let manifests = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try table.manifests(of: snapshot)
    }
    for manifest in manifests {
      guard self.manifests.insert(table.paths.key(of: manifest.path)).inserted else { continue }
      add(manifest.path, .manifest, manifest.byteCount, table)
      let entries = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try table.entries(of: manifest)
      }
      for entry in entries where entry.isLive {
        let kind: Kind =
          switch entry.file.content {
          case .data: .data
          case .positionDeletes: .positionDeletes
          case .equalityDeletes: .equalityDeletes
          }
        add(entry.file.path, kind, entry.file.fileSizeInBytes, table)
      }
    }
  }

  /// Adds the statistics files of some snapshots, or of all.
  mutating func addStatistics(of metadata: TableMetadata, _ ids: Set<SnapshotID>? = nil, table: Table) {
    for file in metadata.statistics where ids?.contains(file.snapshotID) ?? true {
      add(file.path, .statistics, file.fileSizeInBytes, table)
    }
    for file in metadata.partitionStatistics where ids?.contains(file.snapshotID) ?? true {
      add(file.path, .statistics, file.fileSizeInBytes, table)
    }
  }

  private mutating func add(_ location: String, _ kind: Kind, _ byteCount: Int64, _ table: Table) {
    files[table.paths.key(of: location)] = File(location: location, kind: kind, byteCount: byteCount)
  }

  /// Makes the set of all snapshots of a table.
  init(all table: Table) throws(MaintenanceError) {
    let snapshots = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try table.metadata.snapshots.entries()
    }
    for snapshot in snapshots { try add(snapshot, of: table) }
    addStatistics(of: table.metadata, table: table)
  }

  /// Makes an empty set.
  init() {}
}
