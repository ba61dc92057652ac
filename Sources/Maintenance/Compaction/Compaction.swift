internal import Columnar
package import QueryEngine
package import TableFormat

/// Exchanges small files, and files with deletes, for fewer ones with the same rows.
///
/// The new files of each group are read back and must hold the same rows, by count and by a checksum that does
/// not depend on their order, before one snapshot of operation `replace` exchanges them all.
package struct Compaction {
  private let session: Session
  private let options: CompactionOptions
  /// Takes a line on how far the work is.
  private let progress: (String) -> Void

  /// Prepares a compaction.
  ///
  /// - Parameters:
  ///   - session: Sorts, with its memory limit.
  ///   - options: What to do.
  ///   - progress: Takes a line on how far the work is.
  package init(
    _ session: Session, _ options: CompactionOptions, progress: @escaping (String) -> Void = { _ in }
  ) {
    (self.session, self.options, self.progress) = (session, options, progress)
  }

  /// Compacts a table.
  ///
  /// - Parameter table: The table as loaded.
  /// - Returns: What was done.
  /// - Throws: ``MaintenanceError``; the table is as before.
  package func run(_ table: Table) throws(MaintenanceError) -> CompactionReport {
    var (table, retries) = (table, 0)
    while true {
      do throws(MaintenanceError) {
        var report = try attempt(table)
        report.retries = retries
        return report
      } catch {
        // Another writer replaced or deleted from the same files: what is left to do must be planned anew.
        guard error.kind == .conflict, retries < table.metadata.settings.commitRetries else { throw error }
        retries += 1
        progress("another writer was faster; attempt \(retries + 1)")
        let old = table
        table = try MaintenanceError.wrapping { () throws(TableFormatError) in try old.refreshed() }
      }
    }
  }

  private func attempt(_ table: Table) throws(MaintenanceError) -> CompactionReport {
    var report = CompactionReport(table: table.identifier)
    report.isDryRun = options.isDryRun
    guard let snapshot = table.currentSnapshot else { return report }
    let targetBytes = max(1, options.targetBytes ?? table.metadata.settings.targetFileBytes)
    let order = try self.order(of: table)
    let planner = CompactionPlanner(
      table: table, options: options, targetBytes: targetBytes,
      groupBytes: groupBytes(isSorted: !order.isUnsorted, targetBytes))
    let plan = try planner.plan(snapshot)
    report.filesSeen = plan.fileCount
    guard !options.isDryRun, !plan.groups.isEmpty else {
      report.groups = plan.groups.map { Self.planned($0, targetBytes) }
      report.removedDeleteFiles = plan.removedDeletes.count
      return report
    }
    let rewriter = CompactionRewriter(
      table: table, session: session, order: order, targetBytes: targetBytes,
      sequenceNumber: snapshot.sequenceNumber)
    var outcomes: [CompactionRewriter.Outcome] = []
    func abort() { for outcome in outcomes { outcome.target.abort() } }
    for (number, group) in plan.groups.enumerated() {
      progress(
        "group \(number + 1) of \(plan.groups.count): \(group.tasks.count) files, \(group.byteCount) bytes \(group.partition)"
      )
      do throws(MaintenanceError) {
        let outcome = try rewriter.rewrite(group)
        outcomes.append(outcome)
        report.groups.append(Self.done(group, outcome))
      } catch {
        abort()
        throw error
      }
    }
    do throws(TableFormatError) {
      let action = RewriteFiles(
        removedData: plan.groups.flatMap { $0.tasks.map(\.file) }, addedData: outcomes.flatMap(\.files),
        removedDeletes: plan.removedDeletes,
        startingSequenceNumber: options.usesStartingSequenceNumber ? snapshot.sequenceNumber : nil,
        properties: ["wequery.checksum": report.checksum])
      report.snapshotID = try Transaction(table, action, clock: session.commitClock).commit().currentSnapshot?
        .id
    } catch {
      for outcome in outcomes { outcome.target.abort(after: error) }
      throw MaintenanceError(error)
    }
    report.removedDeleteFiles = plan.removedDeletes.count
    return report
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
  private func groupBytes(isSorted: Bool, _ targetBytes: Int64) -> Int64 {
    let limit = options.maxGroupBytes ?? 100 << 30
    guard isSorted else { return limit }
    return min(limit, max(1 << 20, Int64(session.settings.memoryLimit / 16)))
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
