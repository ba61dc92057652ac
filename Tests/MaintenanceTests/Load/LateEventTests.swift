import Columnar
import FileFormats
import Maintenance
import TableFormat
import Testing

/// Events that come late or out of order, over loads and days.
@Suite("Load: late events") struct LateEventTests {

  private func rows(_ workspace: Workspace) throws -> [[ScalarValue]] {
    let columns = try workspace.table("web_events").schema.fields.map(\.name).filter {
      $0 != "processed_timestamp"
    }
    return try workspace.run(
      "SELECT \(columns.joined(separator: ", ")) FROM web_events ORDER BY event_timestamp, event_id")
  }

  /// Events of some sessions over three days, several of one millisecond, some without a session.
  private func events(_ random: inout SplitMix64) -> [String] {
    var lines: [String] = []
    for number in 0..<240 {
      let session = Int.random(in: 0..<12, using: &random)
      let seconds = Int.random(in: 0..<(session < 3 ? 5 : 260_000), using: &random)
      let line = RawEvent.event("s\(session)", at: seconds, "e\(number)")
      lines.append(session == 11 ? line.replacing("\"sessionId\":\"s11\",", with: "") : line)
    }
    return lines
  }

  /// Ordered by time in one load, and shuffled into many: the tables must be the same.
  @Test(arguments: ["2", "3"], ["v1", "v2"]) func orderOfLoadingDoesNotShow(
    version: String, rule: String
  ) throws {
    var random = SplitMix64(seed: 7)
    let lines = events(&random)
    let whole = try Workspace()
    let parts = try Workspace()
    for workspace in [whole, parts] {
      var options = Workspace.options()
      options.botRule = BotRule(rawValue: rule)
      try workspace.load([], options)
      try workspace.run(
        """
        ALTER TABLE web_events SET TBLPROPERTIES ('format-version' = '\(version)',
          'wequery.rules.session-rate-limit' = '15')
        """)
    }
    #expect(try whole.load(lines).accepted == 240)
    var rewritten = 0
    var rest = lines.shuffled(using: &random)
    while !rest.isEmpty {
      let count = min(rest.count, Int.random(in: 1...20, using: &random))
      rewritten += try parts.load(Array(rest.prefix(count))).rewritten
      rest.removeFirst(count)
      // What was loaded before comes again now and then.
      if rest.count % 3 == 0 { #expect(try parts.load(Array(lines.prefix(30))).rewritten >= 0) }
    }
    #expect(rewritten > 100)
    let (expected, found) = (try rows(whole), try rows(parts))
    #expect(expected.count == 240)
    #expect(expected == found)
    if rule == "v2" {
      #expect(try whole.value("SELECT count(DISTINCT is_bot) FROM web_events") == .integer(2))
    }
  }

  @Test func aLateEventRenumbersStoredOnesOfOtherDays() throws {
    let workspace = try Workspace()
    try workspace.load([
      RawEvent.event("s", at: 10), RawEvent.event("s", at: 90_000), RawEvent.event("other", at: 11),
    ])
    let other = try workspace.value("SELECT processed_timestamp FROM web_events WHERE session_id = 'other'")
    let report = try workspace.load([RawEvent.event("s", at: 4)])
    #expect(report.rewritten == 2)
    #expect(
      try workspace.run(
        """
        SELECT CAST(event_date AS VARCHAR), session_event_sequence, is_first_event_in_session, time_on_page_seconds
        FROM web_events WHERE session_id = 's' ORDER BY event_timestamp
        """) == [
          [.text("2026-01-01"), .integer(1), .boolean(true), .integer(6)],
          [.text("2026-01-01"), .integer(2), .boolean(false), .integer(89_990)],
          [.text("2026-01-02"), .integer(3), .boolean(false), .integer(30)],
        ])
    // The session that was not touched is as it was.
    #expect(
      try workspace.value("SELECT processed_timestamp FROM web_events WHERE session_id = 'other'") == other)
    #expect(try workspace.value("SELECT count(*) FROM web_events") == .integer(4))
  }

  @Test func theChangeIsOneSnapshot() throws {
    let workspace = try Workspace()
    try workspace.load([RawEvent.event("s", at: 10)])
    try workspace.load([RawEvent.event("s", at: 20)])
    let table = try workspace.table("web_events")
    #expect(table.metadata.snapshots.count == 2)
    #expect(table.currentSnapshot?.summary.operation == .overwrite)
    #expect(
      try workspace.run(
        "SELECT count(*) FROM web_events FOR VERSION AS OF \(table.metadata.snapshots.entries()[0].id)")
        == [[.integer(1)]])
  }

  @Test func anEventOfAnotherWriterIsPutInOrderToo() throws {
    let workspace = try Workspace()
    try workspace.load([RawEvent.event("s", at: 10)])
    // The same columns by SQL, which knows nothing of sessions.
    try workspace.run(
      """
      INSERT INTO web_events SELECT * REPLACE ('by hand' AS event_id, event_timestamp + INTERVAL '5' SECOND AS
        event_timestamp, seconds_utc_ts + 5000 AS seconds_utc_ts) FROM web_events
      """)
    let report = try workspace.load([RawEvent.event("s", at: 30)])
    #expect(report.rewritten == 2)
    #expect(
      try workspace.run(
        "SELECT session_event_sequence, time_on_page_seconds FROM web_events ORDER BY event_timestamp")
        == [[.integer(1), .integer(5)], [.integer(2), .integer(15)], [.integer(3), .integer(30)]])
  }

  @Test func theIndexMayBeDeletedAtAnyTime() throws {
    let workspace = try Workspace()
    try workspace.load([RawEvent.event("s", at: 10), RawEvent.event("t", at: 10)])
    try workspace.load([RawEvent.event("s", at: 20)])
    for suffix in ["", "-journal"] { try? LocalFileSystem().remove(workspace.path + "/wequery.db" + suffix) }
    let again = try workspace.load([RawEvent.event("s", at: 10), RawEvent.event("s", at: 15)])
    #expect(again.counts == .init(accepted: 1, skipped: 1))
    #expect(
      try workspace.run(
        "SELECT session_event_sequence FROM web_events WHERE session_id = 's' ORDER BY event_timestamp")
        == [[.integer(1)], [.integer(2)], [.integer(3)]])
  }

  @Test func loadsAfterACompactionFindWhatItMoved() throws {
    let workspace = try Workspace()
    for second in 0..<6 { try workspace.load([RawEvent.event("s", at: second * 10)]) }
    try workspace.run("CALL system.rewrite_data_files(table => 'analytics.web_events')")
    #expect(try workspace.value("SELECT count(*) FROM web_events.files WHERE content = 0") == .integer(1))
    let report = try workspace.load([RawEvent.event("s", at: 5), RawEvent.event("s", at: 50)])
    #expect(report.counts == .init(accepted: 1, skipped: 1))
    #expect(report.rewritten == 6)
    #expect(
      try workspace.run("SELECT sum(session_event_sequence), sum(time_on_page_seconds) FROM web_events")
        == [[.integer(28), .integer(80)]])
  }

  @Test func rollbackMakesEventsLoadableAgain() throws {
    let workspace = try Workspace()
    try workspace.load([RawEvent.event("s", at: 10)])
    let first = try #require(try workspace.table("web_events").currentSnapshot?.id)
    try workspace.load([RawEvent.event("s", at: 20)], name: "second")
    try workspace.run("CALL system.rollback_to_snapshot('analytics.web_events', \(first))")
    #expect(try workspace.load([RawEvent.event("s", at: 20)], name: "second").counts == .init(accepted: 1))
    #expect(
      try workspace.run("SELECT time_on_page_seconds FROM web_events ORDER BY event_timestamp")
        == [[.integer(10)], [.integer(30)]])
  }
}
