import Columnar
import Maintenance
import TableFormat
import Testing

/// What the domain's table of bad data says of each case, one test a row.
@Suite("Load: bad data") struct BadDataTests {
  private func outcome(
    _ lines: [String], _ options: Loader.Options = Workspace.options()
  ) throws -> (workspace: Workspace, report: LoadReport) {
    let workspace = try Workspace()
    let report = try workspace.load(lines, options)
    #expect(report.addsUp)
    return (workspace, report)
  }

  /// Expects one line to be refused, and the reason to be kept with its place.
  private func expectRejected(_ line: [UInt8], reason: String) throws {
    let workspace = try Workspace()
    let first = Array((RawEvent.plain + "\n").utf8)
    let file = try workspace.write(first + line + [0x0A], to: "bad.ndjson")
    let report = try workspace.load(files: [file])
    #expect(report.counts == .init(accepted: 1, rejected: 1))
    let rows = try workspace.run(
      "SELECT file, line, byte_offset, reason, table_name, length(run_id) FROM wequery.rejects")
    #expect(rows.count == 1)
    #expect(rows.first?.prefix(3) == [.text(file), .integer(2), .integer(Int64(first.count))])
    guard case .bytes(let found) = rows.first?[3] else { return #expect(Bool(false), "no reason") }
    #expect(String(decoding: found, as: UTF8.self).contains(reason))
    #expect(rows.first?.suffix(2) == [.text("analytics.web_events"), .integer(16)])
  }

  @Test func badBase64IsRejected() throws {
    try expectRejected(Array(#""@@not base64@@""#.utf8), reason: "base64")
  }

  @Test func badUTF8IsRejected() throws {
    let parts = RawEvent.plain.replacing("\"T\"", with: "\"\u{1}\"").utf8.map { $0 == 1 ? 0xFF : $0 }
    try expectRejected(parts, reason: "UTF-8")
  }

  @Test func truncatedJSONIsRejected() throws {
    try expectRejected(Array(RawEvent.plain.utf8.dropLast(20)), reason: "JSON")
  }

  @Test func truncatedJSONInBase64IsRejected() throws {
    let text = "\"" + RawEvent.base64(String(RawEvent.plain.dropLast(20))) + "\""
    try expectRejected(Array(text.utf8), reason: "JSON")
  }

  @Test func emptyLineIsSkipped() throws {
    let (_, report) = try outcome(["", RawEvent.plain, "  \t", "\r"])
    #expect(report.counts == .init(accepted: 1, skipped: 3))
    #expect(report.emptyLines == 3)
  }

  @Test(arguments: ["null", "{}", "[]", "17", "true"]) func noEventIsRejected(line: String) throws {
    try expectRejected(Array(line.utf8), reason: "not an event")
  }

  @Test(arguments: ["", #""secondsUtcTS":0,"#, #""secondsUtcTS":null,"#])
  func missingTimeIsTakenFromEventTimestamp(time: String) throws {
    let line = RawEvent.nested.replacing(#""secondsUtcTS":1767225605000,"#, with: time)
    let (workspace, report) = try outcome([line])
    #expect(report.counts == .init(repaired: 1))
    #expect(report.repairs == ["time taken from eventTimestamp": 1])
    #expect(
      try workspace.run("SELECT event_timestamp, seconds_utc_ts FROM web_events")
        == [[.integer(1_767_225_605_000_000), .null]])
  }

  @Test func missingTimeIsTakenFromCreatedAt() throws {
    let line = RawEvent.nested.replacing(#""secondsUtcTS":1767225605000,"#, with: "")
      .replacing(#""eventTimestamp":{"$date":"2026-01-01T00:00:05Z"},"#, with: "")
    let (workspace, report) = try outcome([line])
    #expect(report.repairs == ["time taken from createdAt": 1])
    #expect(
      try workspace.value("SELECT event_timestamp FROM web_events") == .integer(1_767_225_606_500_000))
  }

  @Test func missingTimeIsTakenFromTheArrival() throws {
    let event = RawEvent.plain(#""secondsUtcTS":1767225600000,"#, "")
    let (workspace, report) = try outcome([RawEvent.stream([(event, "4901")])])
    #expect(report.counts == .init(repaired: 1))
    #expect(report.repairs == ["time taken from the arrival": 1])
    #expect(
      try workspace.value("SELECT event_timestamp FROM web_events") == .integer(1_767_225_610_250_000))
  }

  @Test func eventWithoutAnyTimeIsRejected() throws {
    try expectRejected(
      Array(RawEvent.plain(#""secondsUtcTS":1767225600000,"#, "").utf8), reason: "no time")
  }

  @Test func timeAsDigitsInTextIsRepaired() throws {
    let (workspace, report) = try outcome([RawEvent.plain("1767225600000", "\"1767225600000\"")])
    #expect(report.counts == .init(repaired: 1))
    #expect(try workspace.value("SELECT seconds_utc_ts FROM web_events") == .integer(RawEvent.start))
  }

  @Test(arguments: ["\"yesterday\"", "\"\"", "[1]", "true", "\"12.5\"", "1e300"])
  func timeAsOtherTextIsRejected(time: String) throws {
    try expectRejected(Array(RawEvent.plain("1767225600000", time).utf8), reason: "secondsUtcTS")
  }

  @Test func timeInSecondsIsRepairedWithAWarning() throws {
    let (workspace, report) = try outcome([RawEvent.plain("1767225600000", "1767225600")])
    #expect(report.counts == .init(repaired: 1))
    #expect(report.warnings.count == 1)
    #expect(
      try workspace.run("SELECT seconds_utc_ts, CAST(event_date AS VARCHAR), event_hour FROM web_events")
        == [[.integer(RawEvent.start), .text("2026-01-01"), .integer(0)]])
  }

  @Test func timeBeyondTheYear9999IsRejected() throws {
    try expectRejected(Array(RawEvent.plain("1767225600000", "253402300800000").utf8), reason: "9999")
  }

  @Test(arguments: ["\"{}\"", "[1,2]", "7"]) func propertiesThatAreNoObjectAreRepaired(other: String) throws {
    let line = #"{"type":"page","properties":\#(other),"secondsUtcTS":1767225600000,"sessionId":"s"}"#
    let (workspace, report) = try outcome([line])
    #expect(report.counts == .init(repaired: 1))
    #expect(
      try workspace.run("SELECT properties_json, page_path, data_quality_score FROM web_events")
        == [[.null, .null, .double(0.5)]])
  }

  @Test func sizeAsDigitsInTextIsRepaired() throws {
    let (workspace, report) = try outcome([RawEvent.plain("1280,\"height\":800", "\"768\",\"height\":\"80\"")]
    )
    #expect(report.counts == .init(repaired: 1))
    #expect(
      try workspace.run("SELECT screen_width, screen_height, device_type FROM web_events")
        == [[.integer(768), .integer(80), .text("tablet")]])
  }

  @Test(arguments: ["\"\"", "-5", "\"wide\"", "\"-5\"", "[3]", "1e12", "true"])
  func unusableSizeBecomesNull(size: String) throws {
    let (workspace, report) = try outcome([RawEvent.plain("1280", size)])
    #expect(report.counts == .init(repaired: 1))
    #expect(
      try workspace.run("SELECT screen_width, device_type FROM web_events") == [[.null, .text("unknown")]])
  }

  @Test func missingSessionAndVisitorAreAccepted() throws {
    let (workspace, report) = try outcome([
      RawEvent.plain(#""sessionId":"s1","#, ""),
      RawEvent.plain(#""anonymousId":"a1","#, ""),
      RawEvent.plain(#""sessionId":"s1","#, "").replacing(#""anonymousId":"a1","#, with: ""),
    ])
    #expect(report.counts == .init(accepted: 3))
    #expect(
      try workspace.run("SELECT data_quality_score FROM web_events ORDER BY 1")
        == [[.double(0.4)], [.double(0.7)], [.double(0.7)]])
  }

  @Test func unidentifiedEventsAreRejectedOnRequest() throws {
    var options = Workspace.options()
    options.dropsUnidentified = true
    let (_, report) = try outcome(
      [
        RawEvent.plain, RawEvent.plain(#""sessionId":"s1","#, ""),
        RawEvent.plain(#""anonymousId":"a1","#, ""),
      ], options)
    #expect(report.counts == .init(accepted: 1, rejected: 2))
    #expect(report.rejects.map(\.reason) == ["no session id", "no anonymous id"])
  }

  @Test func missingReferrerIsTheEmptyText() throws {
    let (workspace, report) = try outcome([RawEvent.plain(#""referrer":"https://r.example","#, "")])
    #expect(report.counts == .init(accepted: 1))
    #expect(try workspace.value("SELECT referrer FROM web_events") == .text(""))
  }

  @Test func missingSpaceTypeIsUnknown() throws {
    let (workspace, report) = try outcome([RawEvent.plain(#""spaceType":"unit","#, "")])
    #expect(report.counts == .init(accepted: 1))
    #expect(try workspace.value("SELECT space_type FROM web_events") == .text("unknown"))
  }

  @Test func newSpaceTypeIsAcceptedWithAWarning() throws {
    let (workspace, report) = try outcome([RawEvent.plain(#""spaceType":"unit""#, #""spaceType":"roof""#)])
    #expect(report.counts == .init(accepted: 1))
    #expect(report.warnings == ["new space type \"roof\"": 1])
    #expect(try workspace.value("SELECT space_type FROM web_events") == .text("roof"))
  }

  @Test func underscoreInSpaceTypeIsNoSeparator() throws {
    let (workspace, report) = try outcome([
      RawEvent.plain(#""spaceType":"unit""#, #""spaceType":"common_area""#)
    ])
    #expect(report.counts == .init(accepted: 1))
    #expect(report.warnings.isEmpty)
    #expect(try workspace.value("SELECT space_type FROM web_events") == .text("common_area"))
  }

  @Test func recordsJoinedByALiteralNewlineAreRecovered() throws {
    let joined = [RawEvent.event("s1", at: 0), RawEvent.event("s1", at: 5), RawEvent.event("s2", at: 7)]
    let (workspace, report) = try outcome([joined.joined(separator: #"\n"#)])
    #expect(report.counts == .init(repaired: 3))
    #expect(report.repairs[#"records joined by a literal \n"#] == 3)
    #expect(try workspace.value("SELECT count(*) FROM web_events") == .integer(3))
  }

  @Test func joinedRecordsAreRejectedWhenRecoveryIsOff() throws {
    var options = Workspace.options()
    options.splitsJoinedRecords = false
    let (_, report) = try outcome(
      [[RawEvent.event("s1", at: 0), RawEvent.event("s1", at: 5)].joined(separator: #"\n"#)], options)
    #expect(report.counts == .init(rejected: 1))
  }

  @Test func literalNewlineInsideATextIsLeftAlone() throws {
    let (workspace, report) = try outcome([RawEvent.plain("\"T\"", #""a}\\n{b""#)])
    #expect(report.counts == .init(accepted: 1))
    #expect(try workspace.value("SELECT page_title FROM web_events") == .text(#"a}\n{b"#))
  }

  @Test func sameEventWithANewSequenceNumberIsADuplicate() throws {
    let (workspace, report) = try outcome([
      RawEvent.stream([(RawEvent.plain, "4901"), (RawEvent.plain, "4902")])
    ])
    #expect(report.counts == .init(accepted: 1, skipped: 1))
    #expect(report.duplicates == 1)
    #expect(try workspace.value("SELECT event_id FROM web_events") == .text("s1_4901_1767225600000"))

    let later = try workspace.load([RawEvent.stream([(RawEvent.plain, "4903")]), RawEvent.plain])
    #expect(later.counts == .init(skipped: 2))
    #expect(try workspace.value("SELECT count(*) FROM web_events") == .integer(1))
  }

  @Test func objectInATitleIsKept() throws {
    let (workspace, report) = try outcome([RawEvent.plain("\"T\"", "\"[object Object]\"")])
    #expect(report.counts == .init(accepted: 1))
    #expect(try workspace.value("SELECT page_title FROM web_events") == .text("[object Object]"))
  }

  @Test func sessionOverMidnightGoesOn() throws {
    let (workspace, report) = try outcome([
      RawEvent.event("s1", at: 86_390), RawEvent.event("s1", at: 86_410), RawEvent.event("s1", at: 86_400),
    ])
    #expect(report.counts == .init(accepted: 3))
    #expect(
      try workspace.run(
        """
        SELECT CAST(event_date AS VARCHAR), session_event_sequence, is_first_event_in_session, time_on_page_seconds
        FROM web_events ORDER BY event_timestamp
        """) == [
          [.text("2026-01-01"), .integer(1), .boolean(true), .integer(10)],
          [.text("2026-01-02"), .integer(2), .boolean(false), .integer(10)],
          [.text("2026-01-02"), .integer(3), .boolean(false), .integer(30)],
        ])
  }

  @Test func twoUsersOfOneSessionAreOneSequence() throws {
    let (workspace, report) = try outcome([
      RawEvent.event("s1", at: 0),
      RawEvent.event("s1", at: 4).replacing("\"type\"", with: "\"userId\":\"u2\",\"type\""),
    ])
    #expect(report.counts == .init(accepted: 2))
    #expect(
      try workspace.run("SELECT user_id, session_event_sequence FROM web_events ORDER BY 2")
        == [[.null, .integer(1)], [.text("u2"), .integer(2)]])
  }

  @Test func newlineQuoteNULAndEmojiInATitleGoRoundExactly() throws {
    let (workspace, report) = try outcome([RawEvent.plain("\"T\"", #""a\nb\"c\u0000d😀\ud83d\ude80é""#)])
    #expect(report.counts == .init(accepted: 1))
    #expect(
      try workspace.value("SELECT page_title FROM web_events") == .text("a\nb\"c\u{0}d😀🚀é"))
  }

  @Test func nothingIsCommittedAboveTheLimitOfRejects() throws {
    var options = Workspace.options()
    options.maxRejected = 0.05
    let workspace = try Workspace()
    let lines = (0..<18).map { RawEvent.event("s", at: $0) } + ["null"]
    let error = #expect(throws: MaintenanceError.self) { try workspace.load(lines, options) }
    #expect(error?.kind == .failed)
    #expect(error?.message.contains("1 of 19") == true)
    #expect(try workspace.catalog.metadataLocation(of: workspace.identifier) == nil)
    #expect(try workspace.value("SELECT count(*) FROM wequery.rejects") == .integer(1))

    let enough = lines + [RawEvent.event("s", at: 100)]
    #expect(try workspace.load(enough, options).counts == .init(accepted: 19, rejected: 1))
  }

  @Test func accessSecretsAreMaskedInWhatIsKept() throws {
    let escaped = RawEvent.plain("tok-secret", #"tok-se\"cret"#).dropLast(5)
    let number = RawEvent.plain("\"tok-secret\"", "8812345, \"x\":\"kept\"").dropLast(5)
    let quoted = #"{"properties":"{\"token\":\"tok-inner\",\"k\":1}","space_token" : "tok-other""#
    let encoded = "\"" + RawEvent.base64(String(RawEvent.plain.dropLast(3))) + "\""
    let broken = "\"" + RawEvent.base64(RawEvent.plain) + "!\""
    let (workspace, report) = try outcome([String(escaped), String(number), quoted, encoded, broken])
    #expect(report.rejected == 5)
    for row in try workspace.run("SELECT raw_text FROM wequery.rejects") {
      guard case .bytes(let bytes) = row[0] else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      for secret in ["tok-", "cret", "8812345", String(RawEvent.base64("tok-secret").prefix(8))] {
        #expect(!text.contains(secret), "\(text)")
      }
    }
    #expect(
      try workspace.value("SELECT count(*) FROM wequery.rejects WHERE raw_text LIKE '%kept%'") == .integer(1))
  }
}

extension Workspace {
  /// The table that loads go to by default.
  var identifier: TableIdentifier { TableIdentifier(namespace: "analytics", name: "web_events") }
}
