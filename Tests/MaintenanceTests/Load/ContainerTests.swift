import Columnar
import Maintenance
import Testing

/// The containers and shapes that raw events come in.
@Suite("Load: containers") struct ContainerTests {
  private static let columns = """
    SELECT event_type, page_path, url_search, space_id, space_token, anonymous_id, session_id, screen_width, os_name,
      is_virtual_tour_page, has_space_context, app_id, event_hour FROM web_events
    """

  private static let expected: [ScalarValue] = [
    .text("page"), .text("/viewer/1"), .text("a=b"), .text("sp1"), .text("tok-secret"), .text("a1"),
    .text("s1"),
    .integer(1280), .text("macOS"), .boolean(true), .boolean(true), .text("web-viewer"), .integer(0),
  ]

  /// The same event in each container is the same row.
  @Test(arguments: [
    RawEvent.plain, "\"" + RawEvent.base64(RawEvent.plain) + "\"", RawEvent.stream([(RawEvent.plain, "49")]),
    "\u{FEFF}" + RawEvent.plain, " " + RawEvent.plain + " \r",
  ])
  func everyContainerGivesTheSameRow(line: String) throws {
    let workspace = try Workspace()
    #expect(try workspace.load([line]).counts == .init(accepted: 1))
    #expect(try workspace.run(Self.columns) == [Self.expected])
  }

  @Test func stagingAndArchiveFilesAreFoundByTheirContent() throws {
    let workspace = try Workspace()
    var options = Workspace.options(.auto)
    options.creates = true
    let staging = try workspace.write(
      Array((RawEvent.plain + "\n").utf8),
      to: "streaming-staging/web-events/2026-01-01_common_area/lambda_batch_1.jsonl")
    #expect(try workspace.load(files: [staging], options).accepted == 1)
    let archive = try workspace.write(
      Array((RawEvent.stream([(RawEvent.event("s9", at: 3), "50")]) + "\n").utf8),
      to: "archived-web-events/2026/01/01/00/events")
    #expect(try workspace.load(files: [archive], options).accepted == 1)
    #expect(
      try workspace.run("SELECT space_type FROM web_events ORDER BY event_timestamp")
        == [[.text("unit")], [.text("unknown")]])
  }

  @Test func streamDocumentHasManyEventsAndTheirPositions() throws {
    let workspace = try Workspace()
    let sequence = String(repeating: "4", count: 56)
    let line = RawEvent.stream([
      (RawEvent.event("s1", at: 0), sequence), (RawEvent.event("s1", at: 9), "2"), ("{broken", "3"),
    ])
    #expect(try workspace.load([line]).counts == .init(accepted: 2, rejected: 1))
    #expect(
      try workspace.run(
        "SELECT kinesis_sequence_number, kinesis_partition_key, event_id FROM web_events ORDER BY event_timestamp"
      )
        == [
          [.text(sequence), .text("p1"), .text("s1_\(sequence)_1767225600000")],
          [.text("2"), .text("p1"), .text("s1_2_1767225609000")],
        ])
  }

  @Test func nestedShapeFollowsThePrecedence() throws {
    let workspace = try Workspace()
    #expect(try workspace.load([RawEvent.nested]).counts == .init(accepted: 1))
    #expect(
      try workspace.run(
        """
        SELECT event_type, event_name, anonymous_id, app_id, user_id, page_path, screen_width, screen_height, device_type,
          space_id, space_name, room_id, room_name, community, building, floorplan, document_id
        FROM web_events
        """) == [
          [
            .text("track"), .text("Room View Position"), .text("meta-a"), .text("meta-app"), .text("u1"),
            .text("/viewer/9"), .integer(700), .integer(900), .text("mobile"), .text("from-properties"),
            .text("page name"), .text("r1"), .text("KITCHEN"), .text("C"), .text("B"), .text("Studio"),
            .text("65a1"),
          ]
        ])
    #expect(
      try workspace.run(
        "SELECT coordinates.pitch, coordinates.yaw, coordinates.hfov, created_at, updated_at FROM web_events")
        == [
          [
            .double(1), .double(-2.5), .null, .integer(1_767_225_606_500_000),
            .integer(1_767_225_607_000_000),
          ]
        ])
  }

  @Test func eventIDIsTheSameForTheSameContent() throws {
    let workspace = try Workspace()
    let spaced = RawEvent.plain.replacing("\":", with: "\" : ").replacing(",\"", with: " ,\n\"")
      .replacing("\n", with: "")
    #expect(try workspace.load([RawEvent.plain, spaced]).counts == .init(accepted: 1, skipped: 1))
  }

  @Test func sameFileAgainAddsNothing() throws {
    let workspace = try Workspace()
    let lines = (0..<50).map { RawEvent.event("s\($0 % 7)", at: $0) }
    #expect(try workspace.load(lines).counts == .init(accepted: 50))
    let again = try workspace.load(lines, name: "another name.ndjson")
    #expect(again.skippedFiles == 1)
    #expect(again.read == 0)
    let shuffled = try workspace.load(lines.reversed() + [RawEvent.event("s1", at: 1000)], name: "third")
    #expect(shuffled.counts == .init(accepted: 1, skipped: 50))
    #expect(try workspace.value("SELECT count(*) FROM web_events") == .integer(51))
  }
}
