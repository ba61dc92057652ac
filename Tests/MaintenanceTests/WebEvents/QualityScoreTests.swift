import Columnar
import Maintenance
import Testing

@Suite("Quality score") struct QualityScoreTests {
  /// The score in hundredths of every combination, made by another program: bit 0 of the place is a session id,
  /// 1 a visitor, 2 a user agent, 3 a viewer page without space, 4 a room, 5 coordinates, 6 a name.
  private static let table = [
    20, 50, 50, 80, 40, 70, 70, 100, 10, 40, 40, 70, 30, 60, 60, 90,
    30, 60, 60, 90, 50, 80, 80, 100, 20, 50, 50, 80, 40, 70, 70, 100,
    25, 55, 55, 85, 45, 75, 75, 100, 15, 45, 45, 75, 35, 65, 65, 95,
    35, 65, 65, 95, 55, 85, 85, 100, 25, 55, 55, 85, 45, 75, 75, 100,
    25, 55, 55, 85, 45, 75, 75, 100, 15, 45, 45, 75, 35, 65, 65, 95,
    35, 65, 65, 95, 55, 85, 85, 100, 25, 55, 55, 85, 45, 75, 75, 100,
    30, 60, 60, 90, 50, 80, 80, 100, 20, 50, 50, 80, 40, 70, 70, 100,
    40, 70, 70, 100, 60, 90, 90, 100, 30, 60, 60, 90, 50, 80, 80, 100,
  ]

  private static func presence(_ bits: Int) -> QualityScore.Presence {
    QualityScore.Presence(
      hasSession: bits & 1 != 0, hasVisitor: bits & 2 != 0, hasUserAgent: bits & 4 != 0,
      isViewerPageWithoutSpace: bits & 8 != 0, hasRoom: bits & 16 != 0, hasCoordinates: bits & 32 != 0,
      hasName: bits & 64 != 0)
  }

  @Test(arguments: 0..<128) func everyCombinationFollowsTheTable(bits: Int) {
    let presence = Self.presence(bits)
    #expect(QualityScore.hundredths(presence) == Self.table[bits])
    #expect(QualityScore.score(presence) == Double(Self.table[bits]) / 100)
  }

  /// What is there of an event, as raw JSON, and its score, exactly.
  @Test(arguments: [
    (#"{"anonymousId":"a"}"#, 0.5), (#"{"anonymousId":"a","userAgent":"x"}"#, 0.7),
    (#"{"anonymousId":"a","userAgent":"x","event":"e"}"#, 0.75),
    (#"{"anonymousId":"a","userAgent":"x","properties":{"roomId":"r","roomName":"R"}}"#, 0.8),
    (#"{"anonymousId":"a","sessionId":"s"}"#, 0.8),
    (#"{"anonymousId":"a","sessionId":"s","userAgent":""}"#, 0.8),
    (#"{"userId":"u","sessionId":"s","userAgent":"x","properties":{"path":"/viewer/1"}}"#, 0.9),
    (#"{"userAgent":"x"}"#, 0.4), (#"{"type":"page"}"#, 0.2), (#"{"properties":{"path":"/viewer"}}"#, 0.1),
    (#"{"anonymousId":"a","sessionId":"s","userAgent":"x"}"#, 1.0),
    (
      #"{"anonymousId":"a","sessionId":"s","userAgent":"x","event":"e","properties":{"roomId":"r","roomName":"R"}}"#,
      1
    ),
    (#"{"userAgent":"x","properties":{"coordinates":{}}}"#, 0.45),
    (#"{"userAgent":"x","properties":{"roomId":"r"}}"#, 0.4),
  ])
  func boundaryCasesOfLoadedEvents(text: String, score: Double) throws {
    let workspace = try Workspace()
    try workspace.load([text.dropLast() + #","secondsUtcTS":1767225600000}"#])
    #expect(try workspace.value("SELECT data_quality_score FROM web_events") == .double(score))
  }
}
