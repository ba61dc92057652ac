internal import FileFormats
package import TableFormat

/// Removes old snapshots, and the files that no other snapshot reaches.
package struct SnapshotExpiry: Sendable {
  /// Ages below this need force: a reader may still hold such a snapshot.
  package static let leastAgeMillis: Int64 = 86_400_000

  /// Snapshots younger than this (milliseconds since 1970) stay; `nil` goes by the table's properties.
  package var olderThanMillis: Int64?
  /// How many snapshots of each branch stay at least; `nil` goes by the table's properties.
  package var retainLast: Int?
  /// Snapshots to remove whatever their age.
  package var ids: [SnapshotID] = []
  /// Whether schemas and partition specs that nothing needs go too.
  package var cleansMetadata = false
  /// The time that ages count from: milliseconds since 1970, UTC.
  package var nowMillis: Int64
  /// Whether only the plan is made.
  package var isDryRun = true
  /// Whether ages below a day are taken.
  package var isForced = false

  /// What the time of the commit comes from.
  package var clock: CommitClock

  package init(clock: CommitClock) { (self.clock, nowMillis) = (clock, clock.nowMillis) }

  /// What was done, or would be.
  package struct Report: Sendable {
    /// Files of one kind.
    package struct Files: Sendable {
      package var kind: String
      package var count = 0
      package var byteCount: Int64 = 0
    }

    package var table: TableIdentifier
    package var isDryRun: Bool
    package var expired: [Snapshot] = []
    package var removedReferences: [String] = []
    /// Why each other snapshot stays.
    package var kept: [(snapshot: Snapshot, reason: String)] = []
    /// Files that are deleted, in a fixed order of kinds.
    package var files: [Files] = []
    /// Files that could not be deleted, with the reason.
    package var failures: [String] = []

    package var fileCount: Int { files.reduce(0) { $0 + $1.count } }
    package var byteCount: Int64 { files.reduce(0) { $0 + $1.byteCount } }
    /// How many files of a kind.
    package func count(_ kind: String) -> Int { files.first { $0.kind == kind }?.count ?? 0 }
  }

  /// Expires snapshots of a table.
  ///
  /// - Parameters:
  ///   - table: The table as loaded.
  ///   - progress: Is told how far the work is.
  /// - Returns: What was done.
  /// - Throws: ``MaintenanceError``. Before the commit the table is as before; after it files that were not
  ///   deleted are orphans.
  package func run(
    _ table: Table, progress: (JobProgress) -> Void = { _ in }
  ) throws(MaintenanceError) -> Report {
    if let olderThanMillis, nowMillis - olderThanMillis < Self.leastAgeMillis, !isForced {
      throw MaintenanceError(
        .usage, "snapshots younger than a day may still be read, and would expire",
        hint: "name an age of 1d or more, or force it")
    }
    let action = ExpireSnapshots(
      olderThanMillis: olderThanMillis, retainLast: retainLast, ids: ids, cleansMetadata: cleansMetadata,
      nowMillis: nowMillis)
    var report = Report(table: table.identifier, isDryRun: isDryRun)
    let metadata = table.metadata
    let (plan, snapshots) = try MaintenanceError.wrapping { () throws(TableFormatError) in
      (try action.plan(for: metadata), try metadata.snapshots.entries())
    }
    let byID = Dictionary(snapshots.map { ($0.id, $0) }) { _, last in last }
    report.expired = plan.expired.compactMap { byID[$0] }
    report.removedReferences = plan.removedReferences
    report.kept = plan.kept.compactMap { kept in byID[kept.id].map { ($0, kept.reason) } }

    progress(.stage("reading the manifests of \(snapshots.count) snapshots"))
    // Both sets are known before anything changes, so that damaged metadata stops it.
    let expired = Set(plan.expired)
    var gone = ReachableFiles()
    for snapshot in report.expired { try gone.add(snapshot, of: table) }
    gone.addStatistics(of: metadata, expired, table: table)
    var kept = ReachableFiles()
    for snapshot in snapshots where !expired.contains(snapshot.id) {
      try kept.add(snapshot, of: table)
    }
    kept.addStatistics(of: metadata, Set(byID.keys).subtracting(expired), table: table)
    guard !isDryRun, !(plan.expired.isEmpty && plan.removedReferences.isEmpty && !cleansMetadata) else {
      report.count(gone.files.filter { kept.files[$0.key] == nil }.map(\.value))
      return report
    }
    let (newer, after) = try MaintenanceError.wrapping { () throws(TableFormatError) in
      let newer = try Transaction(table, action, clock: clock).commit()
      return (newer, try newer.metadata.snapshots.entries())
    }
    // Others may have kept a snapshot by a branch meanwhile, or added some: what stays is what there is now.
    let left = Set(after.map(\.id))
    for snapshot in after where expired.contains(snapshot.id) || byID[snapshot.id] == nil {
      try kept.add(snapshot, of: newer)
    }
    kept.addStatistics(of: newer.metadata, table: newer)
    report.expired.removeAll { left.contains($0.id) }
    delete(gone.files.filter { kept.files[$0.key] == nil }, of: table, &report, progress)
    return report
  }

  private func delete(
    _ files: [String: ReachableFiles.File], of table: Table, _ report: inout Report,
    _ progress: (JobProgress) -> Void
  ) {
    var deleted: [ReachableFiles.File] = []
    for (number, (_, file)) in files.sorted(by: { $0.key < $1.key }).enumerated() {
      progress(.amount(done: number, total: files.count, unit: "files"))
      do throws(MaintenanceError) {
        let path = try MaintenanceError.wrapping { () throws(TableFormatError) in
          try table.paths.path(of: file.location)
        }
        try MaintenanceError.reading { () throws(FileFormatError) in try table.fileSystem.remove(path) }
        deleted.append(file)
      } catch {
        report.failures.append("\(file.location): \(error.message)")
      }
    }
    report.count(deleted)
  }
}

extension SnapshotExpiry.Report {
  /// Counts files by kind.
  fileprivate mutating func count(_ found: [ReachableFiles.File]) {
    files = ReachableFiles.Kind.allCases.map { kind in
      let some = found.filter { $0.kind == kind }
      return Files(
        kind: kind.rawValue, count: some.count, byteCount: some.reduce(0) { $0 + $1.byteCount })
    }
  }
}
