internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Turns access logs into rows of a table of their own, with sessions cut at gaps of 30 minutes.
struct CombinedLogLoader {
  private var entries: [AccessLogEntry] = []

  /// The columns of the table, in order.
  static let columns: [(name: String, type: LogicalType, isRequired: Bool)] = [
    ("client", .varchar, true), ("identd", .varchar, false), ("user", .varchar, false),
    ("event_timestamp", .timestampTZ, true), ("event_date", .date, true), ("method", .varchar, false),
    ("path", .varchar, false), ("protocol", .varchar, false), ("status", .integer, false),
    ("bytes", .bigint, false), ("referrer", .varchar, false), ("user_agent", .varchar, false),
    ("is_bot", .boolean, false), ("session_id", .varchar, false),
  ]

  /// Makes the table.
  static func create(
    _ identifier: TableIdentifier, in catalog: any Catalog, clock: CommitClock
  ) throws(MaintenanceError) -> Table {
    try MaintenanceError.wrapping { () throws(TableFormatError) in
      let schema = try Schema(
        columns: columns.map { Schema.Column($0.name, $0.type, isRequired: $0.isRequired) })
      var creation = CreateTable(identifier, schema: schema, clock: clock)
      creation.partitionSpec = PartitionSpec(fields: [
        PartitionField(id: 1000, sourceID: 5, name: "event_date", transform: .identity)
      ])
      creation.properties = ["wequery.rules.version": BotRule.v1.rawValue]
      if try !catalog.namespaces().contains(identifier.namespace) {
        try catalog.createNamespace(identifier.namespace, properties: [:])
      }
      return try catalog.createTable(creation)
    }
  }

  /// Reads a log.
  mutating func read(
    _ file: any RandomAccessFile, path: String, into report: inout LoadReport
  ) throws(MaintenanceError) {
    var source = try LineSource(file)
    while let line = try source.next() {
      report.read += 1
      var bytes = line.bytes
      if bytes.last == 0x0D { bytes.removeLast() }
      if bytes.isEmpty {
        report.skipped += 1
        report.emptyLines += 1
        continue
      }
      do throws(CombinedLogParser.Rejection) {
        let entry = try CombinedLogParser.parse(bytes)
        if entry.isRepaired {
          report.repaired += 1
          report.repairs[ParsedRecord.Repair.missingQuote.rawValue, default: 0] += 1
        } else {
          report.accepted += 1
        }
        entries.append(entry)
      } catch {
        report.reject(file: path, line, reason: error.reason, bytes)
      }
    }
  }

  /// Returns the rows, in the order of the log.
  func batches(rule: BotRule) -> [Batch] {
    let sessions = sessionIDs()
    let rows = entries.indices.map { index -> [ScalarValue] in
      let entry = entries[index]
      func text(_ value: String?) -> ScalarValue { value.map { .text($0) } ?? .null }
      return [
        .text(entry.client), text(entry.identd), text(entry.user), .integer(entry.timestamp),
        .integer(floorDivide(entry.timestamp, 86_400_000_000)), text(entry.method), text(entry.path),
        text(entry.httpVersion), entry.status.map { .integer(Int64($0)) } ?? .null,
        entry.byteCount.map { .integer($0) } ?? .null, text(entry.referrer), text(entry.userAgent),
        .boolean(rule.isBot(entry.userAgent)), .text(sessions[index]),
      ]
    }
    return StatementResult.batches(of: rows, types: CombinedLogLoader.columns.map(\.type))
  }

  /// A session is what one client with one user agent does without a gap of more than 30 minutes.
  private func sessionIDs() -> [String] {
    var byVisitor: [String: [Int]] = [:]
    for index in entries.indices {
      byVisitor["\(entries[index].client)\n\(entries[index].userAgent ?? "")", default: []].append(index)
    }
    var ids = [String](repeating: "", count: entries.count)
    for (visitor, members) in byVisitor {
      var start: Int64 = .min
      var last: Int64 = .min
      for index in members.sorted(by: { (entries[$0].timestamp, $0) < (entries[$1].timestamp, $1) }) {
        let time = entries[index].timestamp
        if last == .min || time - last > 1_800_000_000 { start = time }
        last = time
        let bytes = Array("\(visitor)\n\(start)".utf8)
        ids[index] = hexadecimal(Murmur3.hash128(bytes.span).first, digits: 16)
      }
    }
    return ids
  }
}
