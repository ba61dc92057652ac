internal import FileFormats
internal import Maintenance
internal import QueryEngine

/// Parsers of text, on lines as they come.
enum ParserCases {
  static func all() -> [BenchmarkCase] {
    let count = 5000
    let event = Array(
      #"{"id":"7f3f1c70-0001","tenantId":4,"eventType":"pageview","secondsUtcTS":1700000000123,"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","eventData":{"pageUrl":"https://a.example/p?q=1","referrer":"","timeOnPage":12}}"#
        .utf8)
    let log = Array(
      #"83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a/b.png HTTP/1.1" 200 203023 "http://semicomplete.com/" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1)""#
        .utf8)
    let csv = Array(
      (0..<count).map { "\($0),name \($0),\"quoted, \($0)\",2024-01-01,\($0).5\n" }.joined().utf8)
    let sql =
      "SELECT event_date, AVG(q) AS a, COUNT(CASE WHEN is_bot = true THEN 1 END) * 100.0 / COUNT(*) FROM w WHERE event_date >= CURRENT_DATE - 7 GROUP BY event_date ORDER BY event_date DESC"
    return [
      BenchmarkCase(name: "parse.json-tree", rows: count, bytes: event.count * count) {
        for _ in 0..<count { _ = try JSONParser.parse(event) }
      },
      BenchmarkCase(name: "parse.json-pick", rows: count, bytes: event.count * count) {
        var picker = JSONFieldPicker(keys: ["id", "secondsUtcTS", "eventType"])
        for _ in 0..<count {
          var scanner = JSONScanner()
          try picker.pick(event.span, &scanner)
        }
      },
      BenchmarkCase(name: "parse.web-event", rows: count, bytes: event.count * count) {
        var events = WebEventParser(loadedAt: 0)
        var sink = CountingSink()
        for _ in 0..<count { events.parse(event.span, into: &sink) }
      },
      BenchmarkCase(name: "parse.combined-log", rows: count, bytes: log.count * count) {
        for _ in 0..<count { _ = try CombinedLogParser.parse(log.span) }
      },
      BenchmarkCase(name: "parse.csv", rows: count, bytes: csv.count) {
        let reader = try CSVReader(InMemoryFile(bytes: csv))
        while try reader.next() != nil {}
      },
      BenchmarkCase(name: "parse.lines", rows: count, bytes: csv.count) {
        let reader = try LineReader(InMemoryFile(bytes: csv))
        while try reader.next() != nil {}
      },
      BenchmarkCase(name: "parse.sql", rows: 200, bytes: sql.utf8.count * 200) {
        for _ in 0..<200 { _ = StatementSplitter.split(sql) }
      },
    ]
  }
}

/// Counts what a parser finds.
private struct CountingSink: RawEventSink {
  var count = 0

  mutating func accept(
    _ event: borrowing WebEvent, _ key: EventKey, _ repairs: Repairs, warnings: [String]
  ) {
    count += 1
  }

  mutating func reject(_ reason: String, _ text: Span<UInt8>) { count += 1 }
}
