internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Loads raw web events: reads them all, puts their rows aside, and commits them with the stored events of the
/// same sessions put in order.
///
/// Memory holds about 60 bytes an event; rows beyond 64 MiB wait in a temporary file.
struct WebEventLoad: LineLoad {
  /// How often a commit is tried when other writers change the same rows.
  private static let attempts = 6

  let session: Session
  let state: WarehouseState
  private(set) var stage: WebEventStage
  private var parser: WebEventParser

  init(
    _ session: Session, _ state: WarehouseState, _ table: Table, options: Loader.Options, _ rejects: RejectLog
  ) throws(MaintenanceError) {
    (self.session, self.state) = (session, state)
    let rule = WebEventTable.rule(of: table)
    // Says now rather than at the end if the table's columns are others.
    _ = try StoredEvents(table)
    let spool = RowSpool(WebEventColumn.all.map(\.type), in: session.settings.tempDirectory)
    stage = WebEventStage(spool, rule: rule, rejects: rejects, report: LoadReport())
    parser = WebEventParser(loadedAt: session.clockMicros)
    (parser.splitsJoinedRecords, parser.dropsUnidentified) = (
      options.splitsJoinedRecords, options.dropsUnidentified
    )
  }

  var report: LoadReport {
    get { stage.report }
    set { stage.report = newValue }
  }

  mutating func take(_ line: Span<UInt8>, at place: RecordPlace) throws(MaintenanceError) {
    try stage.take(line, at: place, &parser)
  }

  mutating func finishReading() throws(MaintenanceError) { try stage.finish() }

  func abandon() {}

  /// Commits what was read; against writers that are no loads it is tried again on the newest state.
  mutating func commit(to table: Table, loadID: String) throws(MaintenanceError) -> LoadReport {
    var table = table
    var attempt = 1
    while true {
      do throws(MaintenanceError) {
        return try commitOnce(to: table, loadID: loadID)
      } catch {
        guard error.kind == .conflict, attempt < Self.attempts, !table.metadataLocation.isEmpty else {
          throw error
        }
      }
      attempt += 1
      let old = table
      table = try MaintenanceError.wrapping { () throws(TableFormatError) in try old.refreshed() }
    }
  }

  private func commitOnce(to table: Table, loadID: String) throws(MaintenanceError) -> LoadReport {
    let index = state.eventIndex(tableUUID: table.metadata.uuid)
    let newCount = stage.entries.count
    var entries = stage.entries
    var stored = try StoredEvents(table)
    if table.currentSnapshot != nil {
      var groups: Set<UInt64> = []
      for event in 0..<newCount { groups.insert(entries[event].groupLow) }
      try stored.find(groups, by: index)
      for row in stored.rows { entries.append(row.entry) }
    }
    let sequencer = SessionSequencer(entries, newCount: newCount, rate: WebEventTable.sessionRate(of: table))
    let commit = WebEventCommit(
      table: table, stage: stage, sequencer: sequencer, stored: stored, newCount: newCount)
    let target = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try WriteTarget(table, keepsLineage: table.metadata.formatVersion >= 3 && !stored.rows.isEmpty)
    }
    var outcome = WebEventCommit.Outcome()
    var newer: Table?
    do throws(MaintenanceError) {
      outcome = try commit.write(to: target)
      if !outcome.data.isEmpty { newer = try swap(table, outcome, loadID) }
    } catch {
      if let cause = error.cause as? TableFormatError { target.abort(after: cause) } else { target.abort() }
      throw error
    }
    var counted = stage.report
    for event in 0..<newCount {
      if sequencer.numbers[event] == SessionSequencer.duplicate {
        counted.skipped += 1
        counted.duplicates += 1
      } else if entries[event].isMended {
        counted.repaired += 1
      } else {
        counted.accepted += 1
      }
    }
    counted.rewritten = outcome.rewritten
    guard let newer else { return counted }
    counted.note(newer, outcome.data)
    // Others may have committed in between: then the next load completes the index.
    let follows = newer.currentSnapshot?.parentID == table.currentSnapshot?.id
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try index.add(
        outcome.indexed, completeTo: follows ? newer.currentSnapshot?.id.rawValue : nil)
    }
    return counted
  }

  private func swap(
    _ table: Table, _ outcome: WebEventCommit.Outcome, _ loadID: String
  ) throws(MaintenanceError) -> Table {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      let properties = ["wequery.load-id": loadID]
      guard !outcome.deletes.isEmpty else {
        return try Transaction(
          table, AppendFiles(outcome.data, properties: properties), clock: session.commitClock
        ).commit()
      }
      let isVector = table.metadata.formatVersion >= 3
      return try Transaction(
        table,
        RowDelta(
          addedData: outcome.data, addedDeletes: outcome.deletes,
          removedDeletes: isVector ? outcome.changed.compactMap(\.deletes.deletionVector) : [],
          referencedData: outcome.changed.map(\.file), properties: properties),
        clock: session.commitClock
      ).commit()
    }
  }
}
