internal import Columnar
package import QueryEngine
package import TableFormat

/// Exchanges small files, and files with deletes, for fewer ones with the same rows.
///
/// The new files of each group are read back and must hold the same rows, by count and by a checksum that does
/// not depend on their order, before a snapshot of operation `replace` exchanges them. Several groups are
/// rewritten at a time, one by each worker. Where more commits than one are asked for, what is committed stays
/// should something fail later, and another run goes on from there.
package struct Compaction {
  private let session: Session
  private let options: CompactionOptions
  /// Is told how far the work is, by any worker.
  private let progress: @Sendable (JobProgress) -> Void

  /// Prepares a compaction.
  ///
  /// - Parameters:
  ///   - session: Its settings say how much memory and how many workers there are, and what time it is.
  ///   - options: What to do.
  ///   - progress: Is told how far the work is, by any worker.
  package init(
    _ session: Session, _ options: CompactionOptions,
    progress: @escaping @Sendable (JobProgress) -> Void = { _ in }
  ) {
    (self.session, self.options, self.progress) = (session, options, progress)
  }

  /// Compacts a table.
  ///
  /// - Parameter table: The table as loaded.
  /// - Returns: What was done.
  /// - Throws: ``MaintenanceError``; the table is as before, or as after the commits that were made.
  package func run(_ table: Table) throws(MaintenanceError) -> CompactionReport {
    var table = table
    var report = CompactionReport(table: table.identifier)
    report.isDryRun = options.isDryRun
    while true {
      do throws(MaintenanceError) {
        try attempt(table, &report)
        return report
      } catch {
        // Another writer replaced or deleted from the same files: what is left to do must be planned anew.
        guard error.kind == .conflict, report.retries < table.metadata.settings.commitRetries else {
          var error = error
          if report.snapshotID != nil {
            error.hint = "\(report.filesBefore) files are compacted and committed; run it again for the rest"
          }
          throw error
        }
        report.retries += 1
        progress(.stage("another writer was faster; attempt \(report.retries + 1)"))
        let old = table
        table = try MaintenanceError.wrapping { () throws(TableFormatError) in try old.refreshed() }
      }
    }
  }

  /// Plans on the table as it is and does the work, adding to the report what is committed.
  private func attempt(_ table: Table, _ report: inout CompactionReport) throws(MaintenanceError) {
    guard let snapshot = table.currentSnapshot else { return }
    let targetBytes = max(1, options.targetBytes ?? table.metadata.settings.targetFileBytes)
    let order = try self.order(of: table)
    let planner = CompactionPlanner(
      table: table, options: options, targetBytes: targetBytes,
      groupBytes: groupBytes(isSorted: !order.isUnsorted))
    let plan = try planner.plan(snapshot)
    report.filesSeen = max(report.filesSeen, plan.fileCount)
    guard !options.isDryRun else {
      report.groups = plan.groups.map { Self.planned($0, targetBytes) }
      report.removedDeleteFiles = plan.deletes(removedWith: 0..<max(1, plan.groups.count)).count
      return
    }
    guard !plan.groups.isEmpty || !plan.danglingDeletes.isEmpty else { return }
    let rewriter = CompactionRewriter(
      table: table, settings: workerSettings, order: order, targetBytes: targetBytes,
      sequenceNumber: snapshot.sequenceNumber, isCancelled: options.isCancelled)
    let step = max(1, (plan.groups.count + options.maxCommits - 1) / max(1, options.maxCommits))
    var first = 0
    repeat {
      let range = first..<min(first + step, plan.groups.count)
      let outcomes = try GroupRewriting(plan.groups, range, rewriter, progress).run(workers: workerCount)
      let removedDeletes = plan.deletes(removedWith: range.isEmpty ? 0..<1 : range)
      let groups = zip(range, outcomes).map { Self.done(plan.groups[$0], $1) }
      do throws(TableFormatError) {
        var part = CompactionReport(table: table.identifier)
        part.groups = groups
        let action = RewriteFiles(
          removedData: range.flatMap { plan.groups[$0].tasks.map(\.file) },
          addedData: outcomes.flatMap(\.files), removedDeletes: removedDeletes,
          startingSequenceNumber: options.usesStartingSequenceNumber ? snapshot.sequenceNumber : nil,
          properties: ["wequery.checksum": part.checksum])
        // Each builds on the snapshot that was planned: our own commits since are no conflicts.
        let newer = try Transaction(table, action, clock: session.commitClock).commit()
        report.snapshotID = newer.currentSnapshot?.id
      } catch {
        for outcome in outcomes { outcome.target.abort(after: error) }
        throw MaintenanceError(error)
      }
      report.groups += groups
      report.removedDeleteFiles += removedDeletes.count
      report.commits += 1
      first = range.upperBound
    } while first < plan.groups.count
  }

  /// Groups that are rewritten at a time.
  private var workerCount: Int { max(1, min(options.workerCount ?? .max, session.settings.threads)) }

  /// What one worker may use.
  private var workerSettings: SessionSettings {
    var settings = session.settings
    settings.threads = 1
    settings.memoryLimit = max(1 << 20, settings.memoryLimit / workerCount)
    return settings
  }

  /// The order of the rows of new files.
  private func order(of table: Table) throws(MaintenanceError) -> SortOrder {
    switch options.order {
    case .none: return .unsorted
    case .table: return table.metadata.sortOrder
    case .fields(let fields):
      // Only an order that the table knows may be claimed in the metadata of files.
      return table.metadata.sortOrders.first { $0.fields == fields } ?? SortOrder(id: 0, fields: fields)
    }
  }

  /// The most bytes of a group: sorted ones are held in memory, some eight times as large as in files.
  private func groupBytes(isSorted: Bool) -> Int64 {
    let limit = options.maxGroupBytes ?? 100 << 30
    guard isSorted else { return limit }
    return min(limit, max(1 << 20, Int64(workerSettings.memoryLimit / 16)))
  }

  private static func planned(_ group: FileGroup, _ targetBytes: Int64) -> CompactionReport.Group {
    var result = CompactionReport.Group(partition: group.partition)
    (result.filesBefore, result.bytesBefore) = (group.tasks.count, group.byteCount)
    (result.records, result.rows) = (group.recordCount, group.tasks.reduce(0) { $0 + $1.estimatedRowCount })
    result.filesAfter = Int((group.byteCount + targetBytes - 1) / targetBytes)
    result.bytesAfter = group.byteCount
    return result
  }

  private static func done(
    _ group: FileGroup, _ outcome: CompactionRewriter.Outcome
  ) -> CompactionReport.Group {
    var result = CompactionReport.Group(partition: group.partition)
    (result.filesBefore, result.bytesBefore) = (group.tasks.count, group.byteCount)
    (result.records, result.rows) = (group.recordCount, Int64(outcome.checksum.rowCount))
    result.filesAfter = outcome.files.count
    result.bytesAfter = outcome.files.reduce(0) { $0 + $1.fileSizeInBytes }
    result.checksum = outcome.checksum.text
    return result
  }
}
