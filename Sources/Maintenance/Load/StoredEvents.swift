internal import Columnar
internal import FileFormats
internal import TableFormat

/// The stored events of the sessions that a load touches.
struct StoredEvents {
  /// A stored event, as far as its order needs.
  struct Row {
    var entry: EventEntry
    /// Which of ``tasks`` it is in, and where.
    var task: Int
    var position: Int64
    var number: Int32?
    var seconds: Int64?
    var isBot: Bool?
    /// What the bot rule says of its user agent.
    var isBotByAgent: Bool
  }

  /// The columns that are read, in the order in which ``Columns`` names them.
  private enum Column: Int, CaseIterable {
    case session_id, anonymous_id, seconds_utc_ts, event_timestamp, event_type, event_name, properties_json
    case session_event_sequence, time_on_page_seconds, is_bot, user_agent
  }

  let table: Table
  let deletes: DeleteLoader
  private let fields: [NestedField]
  private(set) var tasks: [FileScanTask] = []
  private(set) var rows: [Row] = []
  private var keys = EventKeyMaker()
  private var marks: BotMarks

  init(_ table: Table) throws(MaintenanceError) {
    self.table = table
    marks = BotMarks(WebEventTable.rule(of: table))
    var fields: [NestedField] = []
    for column in Column.allCases {
      let name = "\(column)"
      guard let field = table.schema.fields.first(where: { $0.name == name }) else {
        throw MaintenanceError(
          .unsupported, "the table \(table.identifier) has no column \"\(name)\", which web events need",
          hint: "load into a table made by --create, or name --input-format ndjson")
      }
      fields.append(field)
    }
    self.fields = fields
    deletes = try MaintenanceError.wrapping { () throws(TableFormatError) in try DeleteLoader(table) }
  }

  /// Completes the index with the files that others have added, and finds the stored events of sessions.
  ///
  /// - Parameters:
  ///   - groups: The hashes of the sessions, or of the content keys of events without one.
  ///   - index: Knows which files to read.
  /// - Throws: ``MaintenanceError`` if the table or the index cannot be read.
  mutating func find(_ groups: Set<UInt64>, by index: EventIndex) throws(MaintenanceError) {
    guard let snapshot = table.currentSnapshot else { return }
    try complete(index, to: snapshot)
    let sessions = groups.map { Int64(bitPattern: $0) }.sorted()
    let found = try MaintenanceError.wrapping { () throws(TableFormatError) in try index.files(of: sessions) }
    guard let found else { return }
    tasks = try plan(found.paths, days: found.days)
    for task in tasks.indices { try read(task, groups) }
  }

  /// Plans some files, of which the days are known so that few manifests are read.
  private func plan(
    _ paths: Set<String>, days: ClosedRange<Int32>
  ) throws(MaintenanceError) -> [FileScanTask] {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      var predicate = Predicate.alwaysTrue
      if let date = table.schema.fields.first(where: { $0.name == "event_date" }), date.type == .date {
        predicate = .and([
          .comparison(date.id, .greaterOrEqual, .init(.integer(Int64(days.lowerBound)), .date)),
          .comparison(date.id, .lessOrEqual, .init(.integer(Int64(days.upperBound)), .date)),
        ])
      }
      return try ScanPlanner(table, snapshot: table.currentSnapshot).plan(
        predicate: predicate, paths: paths
      ).tasks
    }
  }

  /// Reads the rows of one file whose sessions are among `groups`.
  private mutating func read(_ task: Int, _ groups: Set<UInt64>) throws(MaintenanceError) {
    let reader = try reader(tasks[task])
    for rowGroup in 0..<reader.rowGroupCount {
      let count = reader.rowCount(rowGroup: rowGroup)
      let sessions = try column(.session_id, reader, rowGroup, nil)
      let texts = sessions.strings
      let deleted = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try reader.deletedRows(rowGroup: rowGroup)
      }
      var wanted = BitmapBuilder(count: count)
      var hashes: [Int: (first: UInt64, second: UInt64)] = [:]
      var hasRows = false
      for row in 0..<count where !(deleted?[row] ?? false) {
        if sessions.isNull(at: row) {
          wanted.insert(row)
          hasRows = true
          continue
        }
        let hash = texts[row].withBytes { Murmur3.hash128($0) }
        guard groups.contains(hash.first) else { continue }
        wanted.insert(row)
        hashes[row] = hash
        hasRows = true
      }
      guard hasRows else { continue }
      try add(task, reader, rowGroup, wanted.freeze(), sessions, hashes, groups)
    }
  }

  /// Adds the wanted rows of a row group.
  private mutating func add(
    _ task: Int, _ reader: DataFileReader, _ rowGroup: Int, _ wanted: Bitmap, _ sessions: Vector,
    _ hashes: [Int: (first: UInt64, second: UInt64)], _ groups: Set<UInt64>
  ) throws(MaintenanceError) {
    var columns: [Vector] = [sessions]
    for column in Column.allCases.dropFirst() {
      columns.append(try self.column(column, reader, rowGroup, wanted))
    }
    func integer(_ column: Column, _ row: Int) -> Int64? {
      let vector = columns[column.rawValue]
      if vector.isNull(at: row) { return nil }
      return vector.type == .int32 ? Int64(vector.int32s[row]) : vector.int64s[row]
    }
    let first = Int64(reader.firstRow(rowGroup: rowGroup))
    let agents = columns[Column.user_agent.rawValue]
    let bots = columns[Column.is_bot.rawValue]
    for row in Selection(wanted).indices().map({ Int($0) }) {
      let micros = integer(.event_timestamp, row) ?? 0
      let millis = integer(.seconds_utc_ts, row) ?? CivilDate.floorDivide(micros, 1000)
      let key = key(of: columns, row, millis)
      let hash = hashes[row]
      // Of the events without a session only those of the same content matter.
      if hash == nil && !groups.contains(key.low) { continue }
      let entry = EventEntry(
        groupLow: hash?.first ?? key.low, groupHigh: hash?.second ?? key.high, key: key, micros: micros,
        hasSession: hash != nil, isMended: false)
      // Nothing stands for a missing user agent.
      let agent = agents.isNull(at: row) ? StringView() : agents.strings[row]
      let mark = agent.withBytes { marks.isBot($0) }
      rows.append(
        Row(
          entry: entry, task: task, position: first + Int64(row),
          number: integer(.session_event_sequence, row).map { Int32(clamping: $0) },
          seconds: integer(.time_on_page_seconds, row),
          isBot: bots.isNull(at: row) ? nil : bots.bits[row], isBotByAgent: mark))
    }
  }

  private mutating func key(of columns: [Vector], _ row: Int, _ millis: Int64) -> EventKey {
    keys.begin()
    let unknown = EventKeyMaker.unknownType
    let isSessionless = columns[Column.session_id.rawValue].isNull(at: row)
    for column in [
      isSessionless ? Column.anonymous_id : .session_id, .event_type, .event_name, .properties_json,
    ] {
      let vector = columns[column.rawValue]
      if !vector.isNull(at: row) {
        vector.strings[row].withBytes { keys.add($0) }
      } else if column == .event_type {
        keys.add(unknown.span)
      } else {
        keys.addMissing()
      }
    }
    return keys.finish(millis: millis)
  }

  func reader(
    _ task: FileScanTask, fields: [NestedField]? = nil
  ) throws(MaintenanceError) -> DataFileReader {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try DataFileReader(task, table: table, fields: fields ?? self.fields, deletes: deletes)
    }
  }

  private func column(
    _ column: Column, _ reader: DataFileReader, _ rowGroup: Int, _ wanted: Bitmap?
  ) throws(MaintenanceError) -> Vector {
    let id = fields[column.rawValue].id
    return try MaintenanceError.wrapping { () throws(TableFormatError) in
      try reader.read(id, rowGroup: rowGroup, wanted: wanted).flattened()
    }
  }
}

// MARK: Completing the index

extension StoredEvents {
  /// Reads into the index the files that were added since it was complete.
  private mutating func complete(_ index: EventIndex, to snapshot: Snapshot) throws(MaintenanceError) {
    let known = try MaintenanceError.wrapping { () throws(TableFormatError) in try index.snapshot() }
    if known == snapshot.id.rawValue { return }
    var files: [EventIndex.File] = []
    for task in try added(since: known) {
      let isKnown = try MaintenanceError.wrapping { () throws(TableFormatError) in
        try index.knows(task.file.path)
      }
      if !isKnown { files.append(try sessions(of: task)) }
    }
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      try index.add(files, completeTo: snapshot.id.rawValue)
    }
  }

  /// The live files that came since a snapshot; all if it is not part of the history.
  private func added(since known: Int64?) throws(MaintenanceError) -> [FileScanTask] {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      let head = table.metadata.currentSnapshotID
      guard let known, let since = try table.metadata.ancestry(of: head, since: SnapshotID(known)) else {
        return try ScanPlanner(table, snapshot: table.currentSnapshot).plan().tasks
      }
      var tasks: [FileScanTask] = []
      for snapshot in since {
        for manifest in try table.manifests(of: snapshot)
        where manifest.content == .data && manifest.addedSnapshotID == snapshot.id
          && manifest.addedFilesCount != 0
        {
          guard let spec = table.metadata.partitionSpec(id: manifest.specID) else { continue }
          for entry in try table.entries(of: manifest)
          where entry.status == .added && entry.snapshotID == snapshot.id {
            tasks.append(FileScanTask(file: entry.file, spec: spec, dataSequenceNumber: 0))
          }
        }
      }
      return tasks
    }
  }

  /// Reads the sessions of a file, deleted rows included.
  private mutating func sessions(of task: FileScanTask) throws(MaintenanceError) -> EventIndex.File {
    var file = EventIndex.File(path: task.file.path, days: 0...0, sessions: [])
    var found: Set<Int64> = []
    var (first, last) = (Int64.max, Int64.min)
    let reader: DataFileReader
    do throws(MaintenanceError) {
      reader = try self.reader(task)
    } catch {
      // Removed since by a compaction whose result is read as well.
      guard error.kind == .notFound else { throw error }
      return file
    }
    for rowGroup in 0..<reader.rowGroupCount {
      let sessions = try column(.session_id, reader, rowGroup, nil)
      let times = try column(.event_timestamp, reader, rowGroup, nil)
      let (texts, micros) = (sessions.strings, times.int64s)
      var sessionless = BitmapBuilder(count: sessions.count)
      var hasSessionless = false
      for row in 0..<sessions.count {
        first = min(first, micros[row])
        last = max(last, micros[row])
        if sessions.isNull(at: row) {
          sessionless.insert(row)
          hasSessionless = true
        } else {
          found.insert(Int64(bitPattern: texts[row].withBytes { Murmur3.hash128($0) }.first))
        }
      }
      guard hasSessionless else { continue }
      let wanted = sessionless.freeze()
      var columns: [Vector] = [sessions]
      for column in Column.allCases[1...Column.properties_json.rawValue] {
        columns.append(try self.column(column, reader, rowGroup, wanted))
      }
      let millis = columns[Column.seconds_utc_ts.rawValue]
      for row in Selection(wanted).indices().map({ Int($0) }) {
        let time = millis.isNull(at: row) ? CivilDate.floorDivide(micros[row], 1000) : millis.int64s[row]
        found.insert(Int64(bitPattern: key(of: columns, row, time).low))
      }
    }
    guard first <= last else { return file }
    file.sessions = found.sorted()
    file.days =
      Int32(
        clamping: CivilDate.floorDivide(first, Timestamp.microsPerDay))...Int32(
        clamping: CivilDate.floorDivide(last, Timestamp.microsPerDay))
    return file
  }
}
