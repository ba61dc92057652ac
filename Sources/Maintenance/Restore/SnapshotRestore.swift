internal import Columnar
package import TableFormat

/// Makes an earlier state of a table the current one, without a new snapshot (rules 62 and 63).
package struct SnapshotRestore: Sendable {
  /// Whether the schema, partition spec, sort order and properties go back too.
  package var restoresSchema: Bool
  /// Where the snapshot may stand.
  package var movement: SetReference.Movement
  /// Whether only the difference is worked out.
  package var isDryRun: Bool
  /// What the time of the commit comes from.
  package var clock: CommitClock

  package init(
    restoresSchema: Bool = false, movement: SetReference.Movement = .any, isDryRun: Bool = false,
    clock: CommitClock
  ) {
    (self.restoresSchema, self.movement, self.isDryRun) = (restoresSchema, movement, isDryRun)
    self.clock = clock
  }

  /// What was done, or would be.
  package struct Report: Sendable {
    package var table: TableIdentifier
    package var isDryRun: Bool
    package var previousSnapshotID: SnapshotID?
    package var snapshotID: SnapshotID
    package var timestampMillis: Int64
    package var difference: StateDifference
    /// Properties that change: name and the value then, `nil` for none.
    package var propertyChanges: [(name: String, value: String?)] = []
    /// What else changes, in words.
    package var otherChanges: [String] = []
    /// What could not be restored, in words.
    package var notes: [String] = []
  }

  /// Restores a state.
  ///
  /// - Parameters:
  ///   - target: The state.
  ///   - table: The table as loaded.
  /// - Returns: What was done.
  /// - Throws: ``MaintenanceError``; the table is as before.
  package func run(_ target: SnapshotTarget, of table: Table) throws(MaintenanceError) -> Report {
    let metadata = table.metadata
    var state = RestoreTableState()
    var report = Report(
      table: table.identifier, isDryRun: isDryRun, previousSnapshotID: metadata.currentSnapshotID,
      snapshotID: target.snapshot.id, timestampMillis: target.snapshot.timestampMillis,
      difference: try StateDifference(table, restoring: target.snapshot, schema: metadata.schema))
    if restoresSchema {
      state = Self.state(of: target, in: table, &report)
      let schema = state.schemaID.flatMap { metadata.schema(id: $0) } ?? metadata.schema
      report.difference.schemaChanges = StateDifference.changes(from: metadata.schema, to: schema)
    }
    if isDryRun { return report }
    do throws(TableFormatError) {
      var transaction = Transaction(table, clock: clock)
      if metadata.currentSnapshotID != target.snapshot.id {
        transaction.add(SetReference.rollback(to: target.snapshot.id, movement: movement))
      }
      if restoresSchema { transaction.add(state) }
      try transaction.commit()
    } catch {
      throw MaintenanceError(error)
    }
    return report
  }

  /// Finds what the table was besides its rows, and notes what cannot be found.
  private static func state(
    of target: SnapshotTarget, in table: Table, _ report: inout Report
  ) -> RestoreTableState {
    let metadata = table.metadata
    var state = RestoreTableState()
    guard let then = earlier(target, table) else {
      state.schemaID = target.snapshot.schemaID
      report.notes.append(
        "the metadata file of that time is gone: partition spec, sort order and properties stay")
      if state.schemaID == nil {
        report.notes.append("the snapshot does not name its schema: the schema stays")
      }
      return state
    }
    // The schema with which the rows were written, should the table have been altered since.
    let schemaID =
      target.kind == .time ? then.currentSchemaID : target.snapshot.schemaID ?? then.currentSchemaID
    if metadata.schema(id: schemaID) != nil {
      state.schemaID = schemaID
    } else {
      report.notes.append("the schema \(schemaID) is no longer in the metadata")
    }
    if metadata.partitionSpec(id: then.defaultSpecID) != nil {
      state.specID = then.defaultSpecID
      if then.defaultSpecID != metadata.defaultSpecID {
        report.otherChanges.append("partition spec \(metadata.defaultSpecID) to \(then.defaultSpecID)")
      }
    } else {
      report.notes.append("the partition spec \(then.defaultSpecID) is no longer in the metadata")
    }
    if metadata.sortOrders.contains(where: { $0.id == then.defaultSortOrderID }) {
      state.sortOrderID = then.defaultSortOrderID
      if then.defaultSortOrderID != metadata.defaultSortOrderID {
        report.otherChanges.append("sort order \(metadata.defaultSortOrderID) to \(then.defaultSortOrderID)")
      }
    } else {
      report.notes.append("the sort order \(then.defaultSortOrderID) is no longer in the metadata")
    }
    state.properties = then.properties
    for name in Set(metadata.properties.keys).union(then.properties.keys).sorted()
    where metadata.properties[name] != then.properties[name] {
      report.propertyChanges.append((name, then.properties[name]))
    }
    return state
  }

  /// Reads the metadata of that time: the last file up to a time, or the first with the snapshot as current.
  private static func earlier(_ target: SnapshotTarget, _ table: Table) -> TableMetadata? {
    let log = table.metadata.metadataLog
    if target.kind == .time {
      if table.metadata.lastUpdatedMillis <= target.timestampMillis { return table.metadata }
      guard let entry = log.last(where: { $0.timestampMillis <= target.timestampMillis }) else { return nil }
      return read(entry, table)
    }
    // Newer files cannot be older than the snapshot.
    for entry in log where entry.timestampMillis >= target.snapshot.timestampMillis {
      guard let then = read(entry, table) else { continue }
      if then.currentSnapshotID == target.snapshot.id { return then }
    }
    return table.metadata.currentSnapshotID == target.snapshot.id ? table.metadata : nil
  }

  private static func read(_ entry: TableMetadata.MetadataLogEntry, _ table: Table) -> TableMetadata? {
    try? MetadataFile.read(entry.metadataFile, fileSystem: table.fileSystem, paths: table.paths)
  }
}
