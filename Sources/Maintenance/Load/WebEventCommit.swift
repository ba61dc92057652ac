internal import Columnar
internal import TableFormat

/// Makes one commit of staged events: new rows, and stored rows of the same sessions whose place in the session
/// has changed.
///
/// Changed rows are rewritten merge-on-read: deleted by position (or by deletion vector) in the file they are in,
/// and written again beside the new rows, in one snapshot. So a load reads the data files that hold events of its
/// sessions, writes as many rows as change, and touches nothing else, however large the table is.
struct WebEventCommit {
  /// Partitions that are written at a time: memory holds an open row group of each.
  private static let daysAtATime = 16

  let table: Table
  let stage: WebEventStage
  let sequencer: SessionSequencer
  let stored: StoredEvents
  /// How many entries are new.
  let newCount: Int

  /// The columns that depend on the whole session.
  private enum Derived: String, CaseIterable {
    case session_event_sequence, is_first_event_in_session, time_on_page_seconds, is_bot
  }

  /// What was written.
  struct Outcome {
    var data: [DataFile] = []
    var deletes: [DataFile] = []
    /// Files in which rows were deleted.
    var changed: [FileScanTask] = []
    var indexed: [EventIndex.File] = []
    var rewritten = 0
  }

  /// The stored rows that change: numbers in ``StoredEvents/rows``.
  private func changedRows() -> [Int] {
    stored.rows.indices.filter { index in
      let (row, event) = (stored.rows[index], newCount + index)
      guard row.entry.hasSession else { return false }
      let isBot = row.isBotByAgent || sequencer.isFast[event]
      return row.number != sequencer.numbers[event] || row.seconds != sequencer.seconds[event]
        || (row.isBot != isBot && WebEventTable.rule(of: table) == .v2)
    }
  }

  /// Writes the files.
  ///
  /// - Parameter target: Knows what was written, so that it can be removed when the commit fails.
  /// - Returns: The files.
  /// - Throws: ``MaintenanceError`` if they cannot be written.
  func write(to target: WriteTarget) throws(MaintenanceError) -> Outcome {
    var outcome = Outcome()
    let changed = changedRows()
    outcome.rewritten = changed.count
    var changedByDay: [Int32: [Int]] = [:]
    for row in changed { changedByDay[day(newCount + row), default: []].append(row) }
    var days = Set(changedByDay.keys)
    var spans: [ClosedRange<Int32>?] = []
    var first = 0
    for count in stage.spool.rowCounts {
      var span: ClosedRange<Int32>?
      for event in first..<first + count where sequencer.numbers[event] != SessionSequencer.duplicate {
        let day = day(event)
        days.insert(day)
        span = span.map { min($0.lowerBound, day)...max($0.upperBound, day) } ?? day...day
      }
      spans.append(span)
      first += count
    }
    let sorted = days.sorted()
    for start in stride(from: 0, to: sorted.count, by: Self.daysAtATime) {
      let group = Set(sorted[start..<min(start + Self.daysAtATime, sorted.count)])
      let rows = group.sorted().flatMap { changedByDay[$0] ?? [] }
      try write(group, spans, rows, target, &outcome)
    }
    if !changed.isEmpty { try delete(changed, target, &outcome) }
    return outcome
  }

  private func day(_ event: Int) -> Int32 {
    let micros = event < newCount ? stage.entries[event].micros : stored.rows[event - newCount].entry.micros
    return Int32(truncatingIfNeeded: CivilDate.floorDivide(micros, Timestamp.microsPerDay))
  }

  /// Writes the new and the changed rows of some days.
  private func write(
    _ days: Set<Int32>, _ spans: [ClosedRange<Int32>?], _ changed: [Int], _ target: WriteTarget,
    _ outcome: inout Outcome
  ) throws(MaintenanceError) {
    let writer = try MaintenanceError.wrapping { () throws(TableFormatError) in
      try PartitionedWriter(target, openLimit: 128)
    }
    var sessions: [Int32: Set<Int64>] = [:]
    func note(_ event: Int, _ entry: EventEntry) {
      sessions[day(event), default: []].insert(Int64(bitPattern: entry.groupLow))
    }
    let span = (days.min() ?? 0)...(days.max() ?? 0)
    let lineage = target.schema.fields.count - table.schema.fields.count
    var first = 0
    for (index, count) in stage.spool.rowCounts.enumerated() {
      defer { first += count }
      guard let reach = spans[index], reach.overlaps(span) else { continue }
      var kept = BitmapBuilder(count: count)
      var keptCount = 0
      for row in 0..<count
      where sequencer.numbers[first + row] != SessionSequencer.duplicate && days.contains(day(first + row)) {
        kept.insert(row)
        keptCount += 1
        note(first + row, stage.entries[first + row])
      }
      guard keptCount > 0 else { continue }
      var batch = completed(try stage.spool.batch(at: index), first)
      if keptCount < count { batch.selection = Selection(kept.freeze(), count: keptCount) }
      var arranged = try WebEventTable.arranged(batch, for: table)
      for _ in 0..<lineage { arranged.columns.append(.nulls(.bigint, count: count)) }
      let rows = arranged
      try MaintenanceError.wrapping { () throws(TableFormatError) in try writer.write(rows) }
    }
    for row in changed { note(newCount + row, stored.rows[row].entry) }
    try rewrite(changed, target, writer)
    let files = try MaintenanceError.wrapping { () throws(TableFormatError) in try writer.finish() }
    outcome.data += files
    outcome.indexed += index(files, sessions, days)
  }

  /// Returns a batch of new rows with the columns that depend on the whole session.
  private func completed(_ batch: Batch, _ first: Int) -> Batch {
    var batch = batch
    let names = WebEventColumn.all.map(\.name)
    for derived in Derived.allCases {
      guard let place = names.firstIndex(of: derived.rawValue) else { continue }
      let given = batch.columns[place]
      var builder = VectorBuilder(WebEventColumn.all[place].type)
      for row in 0..<batch.rowCount {
        let isBot = derived == .is_bot && !given.isNull(at: row) && given.bits[row]
        builder.append(value(derived, first + row, isBot))
      }
      batch.columns[place] = builder.finish()
    }
    return batch
  }

  private func value(_ derived: Derived, _ event: Int, _ isBotByAgent: Bool) -> ScalarValue {
    let number = sequencer.numbers[event]
    return switch derived {
    case .session_event_sequence: number > 0 ? .integer(Int64(number)) : .null
    case .is_first_event_in_session: number > 0 ? .boolean(number == 1) : .null
    case .time_on_page_seconds: .integer(sequencer.seconds[event])
    case .is_bot: .boolean(isBotByAgent || sequencer.isFast[event])
    }
  }

  /// Writes stored rows again with their new values; all other columns stay as they are, the time of loading and
  /// the row ids of version 3 among them.
  private func rewrite(
    _ changed: [Int], _ target: WriteTarget, _ writer: PartitionedWriter
  ) throws(MaintenanceError) {
    let fields = target.schema.fields
    let byTask = Dictionary(grouping: changed) { stored.rows[$0].task }
    for task in byTask.keys.sorted() {
      let rows = (byTask[task] ?? []).sorted { stored.rows[$0].position < stored.rows[$1].position }
      let reader = try stored.reader(stored.tasks[task], fields: fields)
      var next = 0
      for rowGroup in 0..<reader.rowGroupCount {
        let firstRow = Int64(reader.firstRow(rowGroup: rowGroup))
        let count = reader.rowCount(rowGroup: rowGroup)
        let start = next
        while next < rows.count && stored.rows[rows[next]].position < firstRow + Int64(count) { next += 1 }
        guard start < next else { continue }
        let part = Array(rows[start..<next])
        let places = part.map { UInt32(stored.rows[$0].position - firstRow) }
        var wanted = BitmapBuilder(count: count)
        for place in places { wanted.insert(Int(place)) }
        let mask = wanted.freeze()
        var columns: [Vector] = []
        for field in fields {
          if let derived = Derived(rawValue: field.name) {
            columns.append(try values(of: derived, part, field))
          } else if field.id == .lastUpdatedSequenceNumber {
            // Null takes the number of the commit: the rows did change.
            columns.append(.nulls(.bigint, count: part.count))
          } else {
            let column = try MaintenanceError.wrapping { () throws(TableFormatError) in
              try reader.read(field.id, rowGroup: rowGroup, wanted: mask)
            }
            columns.append(column.taking(places.span))
          }
        }
        let batch = Batch(columns: columns, rowCount: part.count)
        try MaintenanceError.wrapping { () throws(TableFormatError) in try writer.write(batch) }
      }
    }
  }

  private func values(
    of derived: Derived, _ rows: [Int], _ field: NestedField
  ) throws(MaintenanceError) -> Vector {
    let type = try MaintenanceError.wrapping { () throws(TableFormatError) in try field.type.logicalType }
    var builder = VectorBuilder(type)
    for row in rows { builder.append(value(derived, newCount + row, stored.rows[row].isBotByAgent)) }
    return builder.finish()
  }

  /// Deletes the old copies of changed rows.
  private func delete(
    _ changed: [Int], _ target: WriteTarget, _ outcome: inout Outcome
  ) throws(MaintenanceError) {
    let byTask = Dictionary(grouping: changed) { stored.rows[$0].task }
    let tasks = byTask.keys.sorted()
    outcome.changed = tasks.map { stored.tasks[$0] }
    outcome.deletes = try MaintenanceError.wrapping { () throws(TableFormatError) in
      if table.metadata.formatVersion >= 3 {
        let writer = try DeletionVectorWriter(target)
        for task in tasks {
          let positions = (byTask[task] ?? []).map { stored.rows[$0].position }
          writer.delete(positions, in: stored.tasks[task].file)
          try writer.keepDeletes(of: stored.tasks[task], stored.deletes)
        }
        return try writer.finish()
      }
      let writer = try PositionDeleteWriter(target)
      for task in tasks {
        writer.delete((byTask[task] ?? []).map { stored.rows[$0].position }, in: stored.tasks[task].file)
      }
      return try writer.finish()
    }
  }

  /// Says which sessions are in which new file: those of its day where the table is partitioned by day.
  private func index(
    _ files: [DataFile], _ sessions: [Int32: Set<Int64>], _ days: Set<Int32>
  ) -> [EventIndex.File] {
    let date = table.schema.fields.first { $0.name == "event_date" }?.id
    let place = table.metadata.partitionSpec.fields.firstIndex {
      $0.sourceID == date && $0.transform == .identity
    }
    let all = sessions.values.reduce(into: Set<Int64>()) { $0.formUnion($1) }
    return files.map { file in
      if let place, place < file.partition.count, case .integer(let value) = file.partition[place],
        let own = sessions[Int32(truncatingIfNeeded: value)]
      {
        let day = Int32(truncatingIfNeeded: value)
        return EventIndex.File(path: file.path, days: day...day, sessions: own.sorted())
      }
      return EventIndex.File(
        path: file.path, days: (days.min() ?? 0)...(days.max() ?? 0), sessions: all.sorted())
    }
  }
}
