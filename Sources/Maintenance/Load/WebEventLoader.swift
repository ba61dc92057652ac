internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Turns raw events into rows of the home table: parsed, deduplicated, put in the order of their sessions.
struct WebEventLoader {
  let session: Session
  let table: Table
  let loadedAt: Int64
  private(set) var events: [WebEvent] = []
  private var seen: Set<EventKey> = []
  /// Which of the load's records each event came from needed mending.
  private var mended: [Bool] = []

  init(session: Session, table: Table, loadedAt: Int64) {
    (self.session, self.table, self.loadedAt) = (session, table, loadedAt)
  }

  /// Reads a file of raw events.
  mutating func read(
    _ file: any RandomAccessFile, path: String, into report: inout LoadReport
  ) throws(MaintenanceError) {
    let parser = WebEventParser(loadedAt: loadedAt)
    var source = try LineSource(file)
    while let line = try source.next() {
      var bytes = line.bytes
      if bytes.last == 0x0D { bytes.removeLast() }
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
        report.read += 1
        report.skipped += 1
        report.emptyLines += 1
        continue
      }
      for record in parser.parse(bytes) {
        report.read += 1
        switch record {
        case .rejected(let reason):
          report.reject(file: path, line, reason: reason, bytes)
        case .event(let event, let repairs, let warnings):
          for repair in repairs { report.repairs[repair.rawValue, default: 0] += 1 }
          for warning in warnings { report.warnings[warning, default: 0] += 1 }
          guard seen.insert(EventKey(of: event)).inserted else {
            report.skipped += 1
            report.duplicates += 1
            continue
          }
          events.append(event)
          mended.append(!repairs.isEmpty)
        }
      }
    }
  }

  /// Leaves out events that the table has, and completes the rest by their sessions.
  mutating func finish(_ report: inout LoadReport) throws(MaintenanceError) {
    try removeStored(&report)
    for isMended in mended { if isMended { report.repaired += 1 } else { report.accepted += 1 } }
    try sequence()
  }

  /// The table is asked only for the days and the span of time that the load touches; partitions, column
  /// bounds and page indexes keep what is read small however large the table is.
  private mutating func removeStored(_ report: inout LoadReport) throws(MaintenanceError) {
    guard let first = events.map(\.eventTimestamp).min(), let last = events.map(\.eventTimestamp).max(),
      table.currentSnapshot != nil
    else { return }
    var stored: Set<EventKey> = []
    try query(
      "session_id, anonymous_id, seconds_utc_ts, event_timestamp, event_type, event_name, properties_json",
      from: first, to: last
    ) { batch in
      let columns = batch.columns
      func text(_ column: Int, _ row: Int) -> String? {
        guard case .bytes(let bytes) = columns[column].scalar(at: row, as: .varchar) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
      }
      for row in 0..<batch.rowCount {
        var millis: Int64 = 0
        if case .integer(let value) = columns[2].scalar(at: row, as: .bigint) {
          millis = value
        } else if case .integer(let micros) = columns[3].scalar(at: row, as: .timestampTZ) {
          millis = floorDivide(micros, 1000)
        }
        stored.insert(
          EventKey(
            session: text(0, row) ?? text(1, row), millis: millis, type: text(4, row) ?? "unknown",
            name: text(5, row), properties: text(6, row)))
      }
    }
    guard !stored.isEmpty else { return }
    var kept: [WebEvent] = []
    var keptMended: [Bool] = []
    for index in events.indices {
      if stored.contains(EventKey(of: events[index])) {
        report.skipped += 1
        report.duplicates += 1
      } else {
        kept.append(events[index])
        keptMended.append(mended[index])
      }
    }
    (events, mended) = (kept, keptMended)
  }

  /// Numbers the events of each session by time, going on from what the table has of it, and measures the
  /// seconds to the next.
  private mutating func sequence() throws(MaintenanceError) {
    var bySession: [String: [Int]] = [:]
    for index in events.indices {
      if let session = events[index].sessionID { bySession[session, default: []].append(index) }
    }
    let earlier = try storedCounts(of: bySession)
    for (session, members) in bySession {
      let ordered = members.sorted {
        (events[$0].eventTimestamp, events[$0].eventID) < (events[$1].eventTimestamp, events[$1].eventID)
      }
      let stored = earlier[session] ?? []
      for (place, index) in ordered.enumerated() {
        let time = events[index].eventTimestamp
        let before = stored.reduce(0) { $1 <= time ? $0 + 1 : $0 }
        events[index].sessionEventSequence = Int32(clamping: place + 1 + before)
        let isLast = place + 1 == ordered.count
        let next = isLast ? nil : events[ordered[place + 1]].eventTimestamp
        events[index].timeOnPageSeconds = next.map { max(0, ($0 - time) / 1_000_000) } ?? 30
      }
    }
    for index in events.indices where events[index].sessionID == nil { events[index].timeOnPageSeconds = 30 }
  }

  /// The times of stored events of the sessions that the load touches, within a day of it.
  private func storedCounts(of sessions: [String: [Int]]) throws(MaintenanceError) -> [String: [Int64]] {
    guard table.currentSnapshot != nil, let first = events.map(\.eventTimestamp).min(),
      let last = events.map(\.eventTimestamp).max()
    else { return [:] }
    var times: [String: [Int64]] = [:]
    try query("session_id, event_timestamp", from: first - 86_400_000_000, to: last) { batch in
      for row in 0..<batch.rowCount {
        guard case .bytes(let bytes) = batch.columns[0].scalar(at: row, as: .varchar),
          case .integer(let time) = batch.columns[1].scalar(at: row, as: .timestampTZ)
        else { continue }
        let session = String(decoding: bytes, as: UTF8.self)
        if sessions[session] != nil { times[session, default: []].append(time) }
      }
    }
    return times
  }

  private func query(
    _ columns: String, from first: Int64, to last: Int64, _ body: (Batch) -> Void
  ) throws(MaintenanceError) {
    let name = (table.identifier.namespace.levels + [table.identifier.name]).map { "\"\($0)\"" }.joined(
      separator: ".")
    func time(_ micros: Int64) -> String { ValueText.string(.integer(micros), as: .timestampTZ) }
    let (firstDay, lastDay) = (floorDivide(first, 86_400_000_000), floorDivide(last, 86_400_000_000))
    func day(_ day: Int64) -> String { ValueText.string(.integer(day), as: .date) }
    let statement = """
      SELECT \(columns) FROM \(name)
      WHERE event_date BETWEEN DATE '\(day(firstDay))' AND DATE '\(day(lastDay))'
        AND event_timestamp BETWEEN TIMESTAMPTZ '\(time(first))' AND TIMESTAMPTZ '\(time(last))'
      """
    let result = try MaintenanceError.querying { () throws(QueryError) in
      try self.session.run(single: statement)
    }
    for batch in result.batches { body(batch.compacted()) }
  }

  /// Returns the events as batches for the table, ordered by day and time.
  func batches() throws(MaintenanceError) -> [Batch] {
    var builder = WebEventBatchBuilder(rule: WebEventTable.rule(of: table))
    var result: [Batch] = []
    let order = events.indices.sorted {
      (events[$0].eventTimestamp, events[$0].eventID) < (events[$1].eventTimestamp, events[$1].eventID)
    }
    for index in order {
      builder.append(events[index])
      if builder.count == Batch.capacity {
        result.append(try WebEventTable.arranged(builder.take(), for: table))
      }
    }
    if builder.count > 0 { result.append(try WebEventTable.arranged(builder.take(), for: table)) }
    return result
  }
}

extension LoadReport {
  /// Counts a refused record and keeps it, access secrets masked.
  mutating func reject(file: String, _ line: SourceLine, reason: String, _ bytes: [UInt8]) {
    rejected += 1
    rejects.append(
      WarehouseState.Reject(
        file: file, line: line.number, byteOffset: line.offset, reason: reason,
        rawText: SecretMask.masked(String(decoding: bytes.prefix(8192), as: UTF8.self))))
  }
}

/// Hides access secrets in text that is kept for people.
enum SecretMask {
  static func masked(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let mark = ["\"spaceToken\"", "\"space_token\"", "\"token\""].compactMap({ rest.firstRange(of: $0) }
    )
    .min(by: { $0.lowerBound < $1.lowerBound }) {
      result += rest[..<mark.upperBound]
      rest = rest[mark.upperBound...]
      guard let open = rest.firstIndex(of: "\"") else { break }
      result += rest[...open] + "***"
      let value = rest[rest.index(after: open)...]
      rest = value.firstIndex(of: "\"").map { value[$0...] } ?? value[value.endIndex...]
    }
    return result + rest
  }
}
