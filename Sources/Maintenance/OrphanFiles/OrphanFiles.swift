internal import FileFormats
package import TableFormat

/// Finds the files of a table's folders that nothing in its metadata reaches, and removes them.
///
/// A file stays if any snapshot, the current metadata file, one in the metadata log, or the version hint needs
/// it; if it is too young, as a writer may be about to commit it; if its name is hidden; or if it lies in the
/// folder of another table of the catalog.
package struct OrphanFiles: Sendable {
  /// Ages below this need force: a commit under way may need such a file.
  package static let leastAgeMicros: Int64 = 86_400_000_000

  /// Files last changed before this go: microseconds since 1970, UTC.
  package var olderThanMicros: Int64
  /// The time that ages count from.
  package var nowMicros: Int64
  /// A folder below the table's to which the search is limited.
  package var location: String?
  /// Whether files are only listed.
  package var isDryRun = true
  /// Whether ages below a day are taken.
  package var isForced = false

  package init(olderThanMicros: Int64, nowMicros: Int64) {
    (self.olderThanMicros, self.nowMicros) = (olderThanMicros, nowMicros)
  }

  /// What was found.
  package struct Report: Sendable {
    /// A file that nothing reaches.
    package struct File: Sendable {
      package var path: String
      package var byteCount: Int64
      package var modifiedMicros: Int64
    }

    package var table: TableIdentifier
    package var isDryRun: Bool
    /// Files that were looked at.
    package var filesSeen = 0
    /// Files that nothing reaches, and that are younger than the age.
    package var youngCount = 0
    /// Files that nothing reaches, ascending by path.
    package var orphans: [File] = []
    /// Folders of other tables, which were not looked into.
    package var skippedFolders: [String] = []
    /// Files that could not be deleted, with the reason.
    package var failures: [String] = []

    package var byteCount: Int64 { orphans.reduce(0) { $0 + $1.byteCount } }
  }

  /// Finds and removes orphan files.
  ///
  /// - Parameters:
  ///   - table: The table as loaded.
  ///   - progress: Is told how far the work is.
  /// - Returns: What was found.
  /// - Throws: ``MaintenanceError``: what cannot be read cannot be proved to be an orphan, so nothing is deleted.
  package func run(
    _ table: Table, progress: (JobProgress) -> Void = { _ in }
  ) throws(MaintenanceError) -> Report {
    guard table.metadata.settings.isGarbageCollectionEnabled else {
      throw MaintenanceError(
        .failed, "the table's files may be shared with another table: gc.enabled is false",
        hint: "remove the property gc.enabled if they are not")
    }
    // Files have the machine's times: a clock that was set ahead must not make a commit under way look old.
    let now = min(nowMicros, CommitClock.system.nowMillis &* 1000)
    guard now - olderThanMicros >= Self.leastAgeMicros || isForced else {
      throw MaintenanceError(
        .usage, "files younger than a day may belong to a commit under way",
        hint: "name an age of 1d or more, or force it")
    }
    var report = Report(table: table.identifier, isDryRun: isDryRun)
    // The listing comes first: what a commit adds afterwards is not in it.
    let folders = try self.folders(of: table)
    let others = try otherFolders(folders, table)
    report.skippedFolders = others.sorted()
    var listed: [FileStatus] = []
    for folder in folders {
      progress(.stage("listing \(folder)"))
      listed += try list(folder, table.fileSystem)
    }
    let newest = try MaintenanceError.wrapping { () throws(TableFormatError) in try table.refreshed() }
    progress(.stage("reading the manifests of \(newest.metadata.snapshots.count) snapshots"))
    let reachable = try self.reachable(newest)
    var seen: Set<String> = []
    for file in listed where !file.isDirectory {
      let key = newest.paths.key(of: file.path)
      guard seen.insert(key).inserted, !others.contains(where: { key.hasPrefix($0 + "/") }) else { continue }
      report.filesSeen += 1
      guard !reachable.contains(key), !Self.isHidden(key, below: folders) else { continue }
      guard file.modifiedMicros < olderThanMicros else {
        report.youngCount += 1
        continue
      }
      report.orphans.append(
        .init(path: file.path, byteCount: Int64(file.byteCount), modifiedMicros: file.modifiedMicros))
    }
    report.orphans.sort { $0.path < $1.path }
    try Self.checkSpelling(report.orphans, reachable.subtracting(seen))
    if !isDryRun { delete(of: newest, &report, progress) }
    return report
  }

  /// The folders that hold the table's files, none within another.
  private func folders(of table: Table) throws(MaintenanceError) -> [String] {
    var paths: [String] = []
    let locations =
      location.map { [$0] } ?? [table.metadata.location, table.dataLocation, table.metadataFolder]
    for location in locations {
      paths.append(
        try MaintenanceError.wrapping { () throws(TableFormatError) in
          Self.withoutSlash(try table.paths.path(of: location))
        })
    }
    if location != nil, let path = paths.first {
      let all = try OrphanFiles(olderThanMicros: 0, nowMicros: 0).folders(of: table)
      guard all.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) else {
        throw MaintenanceError(.failed, "the folder \(path) is not one of the table \(table.identifier)")
      }
    }
    let sorted = Set(paths).sorted()
    return sorted.filter { path in !sorted.contains { $0 != path && path.hasPrefix($0 + "/") } }
  }

  /// The folders of the catalog's other tables that lie in, around or beside the table's in the same place.
  private func otherFolders(_ folders: [String], _ table: Table) throws(MaintenanceError) -> Set<String> {
    guard let catalog = table.catalog else { return [] }
    var found: Set<String> = []
    do throws(TableFormatError) {
      for namespace in try catalog.namespaces() {
        for identifier in try catalog.tables(in: namespace) where identifier != table.identifier {
          // A table that cannot be read may still own files: its metadata's folder tells where.
          let locations: [String]
          if let other = try? catalog.loadTable(identifier) {
            locations = [other.metadata.location, other.dataLocation, other.metadataFolder]
          } else if let location = try catalog.metadataLocation(of: identifier) {
            let parts = PathMapper.normalised(location).split(separator: "/")
            locations = ["/" + parts.dropLast(2).joined(separator: "/")]
          } else {
            continue
          }
          for location in locations {
            let path = Self.withoutSlash(table.paths.key(of: location))
            if folders.contains(where: { $0 == path || $0.hasPrefix(path + "/") }) {
              throw TableFormatError(
                .invalidArgument, "the tables \(table.identifier) and \(identifier) share the folder \(path)",
                hint: "nobody can tell whose the files are that neither needs")
            }
            if folders.contains(where: { path.hasPrefix($0 + "/") }) { found.insert(path) }
          }
        }
      }
    } catch {
      throw MaintenanceError(error)
    }
    return found.filter { path in !found.contains { path.hasPrefix($0 + "/") } }
  }

  /// Refuses to take a file for an orphan that has the name of a needed one that was not seen: it may be that
  /// file, reached by a link or another spelling of its folder.
  private static func checkSpelling(
    _ orphans: [Report.File], _ unseen: Set<String>
  ) throws(MaintenanceError) {
    func name(_ path: String) -> Substring { path[(path.lastIndex(of: "/") ?? path.startIndex)...] }
    var missing: [Substring: String] = [:]
    for key in unseen where !key.hasSuffix("/version-hint.text") { missing[name(key)] = key }
    for file in orphans {
      guard let needed = missing[name(file.path)] else { continue }
      throw MaintenanceError(
        .failed, "\(file.path) may be the file that the table needs as \(needed); nothing was deleted",
        hint: "the folder seems to be reached by several paths: open the table by the one in its metadata",
        file: file.path)
    }
  }

  private func list(_ folder: String, _ fileSystem: any FileSystem) throws(MaintenanceError) -> [FileStatus] {
    try MaintenanceError.reading { () throws(FileFormatError) in
      guard try fileSystem.status(folder) != nil else { return [] }
      return try fileSystem.list(folder, recursively: true)
    }
  }

  /// The keys of all files that the table needs.
  private func reachable(_ table: Table) throws(MaintenanceError) -> Set<String> {
    var keys = Set(try ReachableFiles(all: table).files.keys)
    let metadata = [table.metadataLocation] + table.metadata.metadataLog.map(\.metadataFile)
    for location in metadata { keys.insert(table.paths.key(of: location)) }
    let folder = PathMapper.joined(table.metadata.location, "metadata")
    for folder in [table.metadataFolder, folder] {
      keys.insert(table.paths.key(of: PathMapper.joined(folder, "version-hint.text")))
    }
    return keys
  }

  /// Whether a name on the way from the folder begins with `.` or `_`, but for partition folders `_x=1`.
  private static func isHidden(_ path: String, below folders: [String]) -> Bool {
    guard let folder = folders.first(where: { path.hasPrefix($0 + "/") }) else { return false }
    return path.dropFirst(folder.count).split(separator: "/").contains { name in
      (name.hasPrefix(".") || name.hasPrefix("_")) && !name.contains("=")
    }
  }

  private static func withoutSlash(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private func delete(of table: Table, _ report: inout Report, _ progress: (JobProgress) -> Void) {
    for (number, file) in report.orphans.enumerated() {
      progress(.amount(done: number, total: report.orphans.count, unit: "files"))
      do throws(FileFormatError) {
        try table.fileSystem.remove(file.path)
      } catch {
        report.failures.append("\(file.path): \(error.message)")
      }
    }
  }
}
