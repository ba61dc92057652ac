internal import Columnar
internal import FileFormats

/// Takes parsed events: their rows to a spool, and to memory what is needed to order them.
struct WebEventStage: RawEventSink {
  /// About what a row takes in memory, beside its texts.
  private static let rowByteCount = 1024

  let spool: RowSpool
  private(set) var entries = EventEntries()
  var report: LoadReport
  private let rejects: RejectLog
  private var builder: WebEventBatchBuilder
  private var place = RecordPlace(file: "", line: 0, byteOffset: 0)
  private var failure: MaintenanceError?

  init(_ spool: RowSpool, rule: BotRule, rejects: RejectLog, report: LoadReport) {
    (self.spool, self.rejects, self.report) = (spool, rejects, report)
    builder = WebEventBatchBuilder(rule: rule)
  }

  /// Takes what a parser finds in a line.
  ///
  /// - Parameters:
  ///   - line: A line that is not blank.
  ///   - place: Where it is from.
  ///   - parser: Parses it.
  /// - Throws: ``MaintenanceError`` if rows cannot be put aside.
  mutating func take(
    _ line: Span<UInt8>, at place: RecordPlace, _ parser: inout WebEventParser
  ) throws(MaintenanceError) {
    self.place = place
    parser.parse(line, into: &self)
    if let failure { throw failure }
  }

  mutating func accept(
    _ event: borrowing WebEvent, _ key: EventKey, _ repairs: Repairs, warnings: [String]
  ) {
    report.read += 1
    report.count(repairs)
    for warning in warnings { report.warn(warning) }
    var entry = EventEntry(
      groupLow: key.low, groupHigh: key.high, key: key, micros: event.eventTimestamp, hasSession: false,
      isMended: !repairs.isEmpty)
    if let range = event.range(of: .sessionID) {
      let texts = event.allBytes
      (entry.groupLow, entry.groupHigh) = Murmur3.hash128(texts.span.extracting(range))
      entry.hasSession = true
    }
    entries.append(entry)
    builder.append(event)
    if builder.count == Batch.capacity { flush() }
  }

  mutating func reject(_ reason: String, _ text: Span<UInt8>) {
    report.read += 1
    report.rejected += 1
    rejects.add(place, reason, text)
  }

  private mutating func flush() {
    guard builder.count > 0 else { return }
    let byteCount = builder.count * Self.rowByteCount
    do throws(MaintenanceError) {
      try spool.append(builder.take(), byteCount: byteCount)
    } catch {
      failure = failure ?? error
    }
  }

  /// Ends the reading.
  mutating func finish() throws(MaintenanceError) {
    flush()
    if let failure { throw failure }
    try spool.finish()
  }
}
