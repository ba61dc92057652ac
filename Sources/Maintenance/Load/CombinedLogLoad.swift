internal import Columnar
internal import FileFormats
internal import QueryEngine
internal import TableFormat

/// Loads Apache access logs, with sessions cut at gaps of 30 minutes: a session is what one client with one user
/// agent does without a longer one.
///
/// Rows wait in a spool until the sessions are known; memory holds 24 bytes a line beside it. Sessions do not go
/// on over loads.
struct CombinedLogLoad: LineLoad {
  private static let gapMicros: Int64 = 1_800_000_000
  /// About what a row takes in memory.
  private static let rowByteCount = 512

  var report = LoadReport()
  private let session: Session
  private let spool: RowSpool
  private let rejects: RejectLog
  private let rate: SessionRate?
  private var marks: BotMarks
  private var builders = Self.builders()
  private var builtCount = 0
  /// Of each row the two halves of the hash of client and user agent, and its time.
  private var visits: [(low: UInt64, high: UInt64, micros: Int64)] = []

  /// The columns but the last two, which depend on the session.
  private static func builders() -> [VectorBuilder] {
    CombinedLogTable.columns.dropLast().map { VectorBuilder($0.type) }
  }

  init(
    _ session: Session, _ table: Table, rule: BotRule, _ rejects: RejectLog
  ) throws(MaintenanceError) {
    try CombinedLogTable.check(table)
    (self.session, self.rejects) = (session, rejects)
    rate = WebEventTable.sessionRate(of: table)
    marks = BotMarks(rule)
    spool = RowSpool(
      CombinedLogTable.columns.dropLast().map(\.type), in: session.settings.tempDirectory)
  }

  mutating func take(_ line: Span<UInt8>, at place: RecordPlace) throws(MaintenanceError) {
    report.read += 1
    do throws(CombinedLogParser.Rejection) {
      add(try CombinedLogParser.parse(line))
    } catch {
      report.rejected += 1
      rejects.add(place, error.reason, line)
    }
    if builtCount == Batch.capacity { try flush() }
  }

  private mutating func add(_ entry: AccessLogEntry) {
    if entry.isRepaired {
      report.repaired += 1
      report.count(.missingQuote)
    } else {
      report.accepted += 1
    }
    func text(_ value: String?) -> ScalarValue { value.map { .text($0) } ?? .null }
    let agent = Array((entry.userAgent ?? "").utf8)
    let values: [ScalarValue] = [
      .text(entry.client), text(entry.identd), text(entry.user), .integer(entry.timestamp),
      .integer(CivilDate.floorDivide(entry.timestamp, Timestamp.microsPerDay)), text(entry.method),
      text(entry.path), text(entry.httpVersion), entry.status.map { .integer(Int64($0)) } ?? .null,
      entry.byteCount.map { .integer($0) } ?? .null, text(entry.referrer), text(entry.userAgent),
      .boolean(marks.isBot(agent.span)),
    ]
    for index in builders.indices { builders[index].append(values[index]) }
    builtCount += 1
    let visitor = Array("\(entry.client)\n".utf8) + agent
    let hash = Murmur3.hash128(visitor.span)
    visits.append((hash.first, hash.second, entry.timestamp))
  }

  private mutating func flush() throws(MaintenanceError) {
    let batch = Batch(columns: builders.map { $0.finish() }, rowCount: builtCount)
    try spool.append(batch, byteCount: builtCount * Self.rowByteCount)
    builders = Self.builders()
    builtCount = 0
  }

  mutating func finishReading() throws(MaintenanceError) {
    if builtCount > 0 { try flush() }
    try spool.finish()
  }

  /// Returns for each row the id of its session, and whether the session sends more than people do.
  private func sessions() -> (ids: [UInt64], isFast: [Bool]) {
    var ids = [UInt64](repeating: 0, count: visits.count)
    var isFast = [Bool](repeating: false, count: visits.count)
    let order = visits.indices.sorted { left, right in
      let (a, b) = (visits[left], visits[right])
      if a.low != b.low { return a.low < b.low }
      if a.high != b.high { return a.high < b.high }
      return a.micros == b.micros ? left < right : a.micros < b.micros
    }
    var start = 0
    while start < order.count {
      let first = visits[order[start]]
      var end = start + 1
      while end < order.count {
        let (visit, before) = (visits[order[end]], visits[order[end - 1]])
        guard visit.low == first.low, visit.high == first.high,
          visit.micros - before.micros <= Self.gapMicros
        else { break }
        end += 1
      }
      let id = Murmur3.hash128(first.micros, seed: first.low ^ first.high &* 31).first
      let span = visits[order[end - 1]].micros - first.micros
      let exceeds = rate?.isBot(count: end - start, micros: span) ?? false
      for place in start..<end { (ids[order[place]], isFast[order[place]]) = (id, exceeds) }
      start = end
    }
    return (ids, isFast)
  }

  mutating func commit(to table: Table, loadID: String) throws(MaintenanceError) -> LoadReport {
    let (ids, isFast) = sessions()
    let appender = try RowAppender(table, session)
    do throws(MaintenanceError) {
      var first = 0
      for index in 0..<spool.count {
        var batch = try spool.batch(at: index)
        var names = VectorBuilder(.varchar)
        var bots = VectorBuilder(.boolean)
        let given = batch.columns[batch.columns.count - 1]
        for row in 0..<batch.rowCount {
          names.append(.text(hexadecimal(ids[first + row], digits: 16)))
          bots.append(.boolean(given.bits[row] || isFast[first + row]))
        }
        batch.columns[batch.columns.count - 1] = bots.finish()
        batch.columns.append(names.finish())
        try appender.write(batch)
        first += batch.rowCount
      }
      return try appender.commit(loadID: loadID, report)
    } catch {
      appender.abandon()
      throw error
    }
  }

  func abandon() {}
}
