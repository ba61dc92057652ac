internal import Columnar
internal import FileFormats

/// Takes parsed events: their rows to a spool, and to memory what is needed to order them.
struct WebEventStage: RawEventSink {
  /// About what a row takes in memory, beside its texts.
  private static let rowByteCount = 1024

  let spool: RowSpool
  private(set) var entries = EventEntries()
  private(set) var report: LoadReport
  private let rejects: RejectLog
  private var builder: WebEventBatchBuilder
  private var place = RecordPlace(file: "", line: 0, byteOffset: 0)
  private var failure: MaintenanceError?

  init(_ spool: RowSpool, rule: BotRule, rejects: RejectLog, report: LoadReport) {
    (self.spool, self.rejects, self.report) = (spool, rejects, report)
    builder = WebEventBatchBuilder(rule: rule)
  }

  /// Reads a file of raw events.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - path: Its name.
  ///   - parser: Parses its lines.
  ///   - progress: Is told how many bytes of it are read, decompressed.
  /// - Throws: ``MaintenanceError`` if it cannot be read, or rows cannot be put aside.
  mutating func read(
    _ file: any RandomAccessFile, path: String, _ parser: inout WebEventParser, progress: (Int) -> Void
  ) throws(MaintenanceError) {
    let reader = try MaintenanceError.reading { () throws(FileFormatError) in try LineReader(file) }
    while let lines = try MaintenanceError.reading({ () throws(FileFormatError) in try reader.next() }) {
      let bytes = lines.page.bytes
      for (number, range) in lines.lines.enumerated() {
        place = RecordPlace(
          file: path, line: lines.firstLine + number, byteOffset: lines.offset + range.lowerBound)
        let line = bytes.extracting(range)
        if line.isBlank {
          report.read += 1
          report.skipped += 1
          report.emptyLines += 1
        } else {
          parser.parse(line, into: &self)
        }
      }
      if let failure { throw failure }
      progress(lines.offset + (lines.lines.last?.upperBound ?? 0))
    }
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

extension Span<UInt8> {
  /// Whether there is nothing but blanks.
  var isBlank: Bool {
    for index in indices where self[index] != 0x20 && self[index] != 0x09 && self[index] != 0x0D {
      return false
    }
    return true
  }
}
