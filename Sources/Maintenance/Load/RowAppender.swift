internal import Columnar
internal import QueryEngine
internal import TableFormat

/// Writes the rows of a load while its files are read, and commits them at the end.
///
/// Memory holds the open row groups as far as the session's limit goes; rows of partitions beyond those that are
/// open wait on disk.
final class RowAppender {
  private let table: Table
  private let clock: CommitClock
  private let target: WriteTarget
  private let writer: PartitionedWriter
  private var isCommitting = false

  init(_ table: Table, _ session: Session) throws(MaintenanceError) {
    (self.table, clock) = (table, session.commitClock)
    (target, writer) = try MaintenanceError.wrapping { () throws(TableFormatError) in
      let target = try WriteTarget(table)
      return (target, try PartitionedWriter(target, WriteLimits(target, session.settings)))
    }
  }

  func write(_ batch: Batch) throws(MaintenanceError) {
    try MaintenanceError.wrapping { () throws(TableFormatError) in try writer.write(batch) }
  }

  /// Commits the rows as one append.
  func commit(loadID: String, _ report: LoadReport) throws(MaintenanceError) -> LoadReport {
    var report = report
    let files = try MaintenanceError.wrapping { () throws(TableFormatError) in try writer.finish() }
    guard !files.isEmpty else { return report }
    // From here on the commit says what becomes of the files.
    isCommitting = true
    report.note(try Transaction.append(files, to: table, loadID: loadID, target, clock: clock), files)
    return report
  }

  /// Removes what was written, unless its commit was begun.
  func abandon() {
    if isCommitting { return }
    writer.abort()
    target.abort()
  }
}
