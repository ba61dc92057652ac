import Columnar
import FileFormats
import Glibc
import Maintenance
import Testing

/// Public data sets that lie beside the project, found by `WEQUERY_SHARED_DATA` or at `../shared/data`.
enum ReferenceData {
  static let folder: String = {
    if let named = unsafe getenv("WEQUERY_SHARED_DATA") { return unsafe String(cString: named) }
    var project = #filePath
    for _ in 0..<4 { project = FilePath.parent(of: project) }
    return project + "/../shared/data"
  }()
  static let accessLog = folder + "/apache_semicomplete/access.log"
  static let edits = folder + "/wikiticker/wikiticker-2015-09-12-sampled.json.gz"

  static func has(_ path: String) -> Bool { (try? LocalFileSystem().status(path)) != nil }
}

@Suite(
  "Load: reference answers of an access log",
  .enabled(if: ReferenceData.has(ReferenceData.accessLog), "shared data are not there"))
struct AccessLogReferenceTests {
  private func loaded(_ rule: BotRule = .v1) throws -> Workspace {
    let workspace = try Workspace()
    var options = Workspace.options(.auto)
    options.botRule = rule
    let report = try workspace.load(files: [ReferenceData.accessLog], into: "log", options)
    #expect(report.read == 10_000)
    #expect(report.counts == .init(accepted: 9_999, repaired: 1))
    #expect(report.repairs == ["missing closing quote": 1])
    return workspace
  }

  @Test func totals() throws {
    let workspace = try loaded()
    #expect(
      try workspace.run(
        """
        SELECT count(*), count(*) FILTER (WHERE is_bot), count(*) - count(user_agent), count(DISTINCT client), sum(bytes),
          count(*) FILTER (WHERE status >= 400), count(*) FILTER (WHERE status >= 500) FROM log
        """)
        == [[10_000, 1_481, 190, 1_753, 2_747_282_740, 220, 3].map { .integer($0) }])
    #expect(
      try workspace.run(
        """
        SELECT count(DISTINCT path), count(DISTINCT user_agent), count(DISTINCT referrer), count(*) - count(referrer),
          count(*) - count(bytes), count(*) FILTER (WHERE path LIKE '%\\%%' ESCAPE '\\'), max(length(path)), count(identd),
          count("user") FROM log
        """)
        == [[1_498, 558, 627, 4_073, 669, 153, 595, 0, 0].map { .integer($0) }])
    #expect(
      try workspace.run(
        "SELECT CAST(min(event_timestamp) AS VARCHAR), CAST(max(event_timestamp) AS VARCHAR) FROM log")
        == [[.text("2015-05-17 10:05:00+00"), .text("2015-05-20 21:05:59+00")]])
  }

  @Test func days() throws {
    let rows = try loaded().run(
      """
      SELECT CAST(event_date AS VARCHAR), count(*), count(*) FILTER (WHERE is_bot), count(*) - count(user_agent),
        count(DISTINCT client), sum(bytes), count(*) FILTER (WHERE status >= 400), count(*) FILTER (WHERE status >= 500)
      FROM log GROUP BY event_date ORDER BY event_date
      """)
    let expected: [(String, [Int64])] = [
      ("2015-05-17", [1_632, 386, 60, 341, 414_259_902, 30, 0]),
      ("2015-05-18", [2_893, 560, 76, 627, 788_636_158, 66, 2]),
      ("2015-05-19", [2_896, 253, 32, 561, 665_827_339, 66, 0]),
      ("2015-05-20", [2_579, 282, 22, 505, 878_559_341, 58, 1]),
    ]
    #expect(rows == expected.map { [.text($0.0)] + $0.1.map { .integer($0) } })
  }

  @Test func methodsAndStatuses() throws {
    let workspace = try loaded()
    #expect(
      try workspace.run("SELECT method, count(*) FROM log GROUP BY 1 ORDER BY 2 DESC")
        == [
          [.text("GET"), .integer(9_952)], [.text("HEAD"), .integer(42)], [.text("POST"), .integer(5)],
          [.text("OPTIONS"), .integer(1)],
        ])
    #expect(
      try workspace.run("SELECT status, count(*) FROM log GROUP BY 1 ORDER BY 2 DESC, 1").map {
        $0.map { $0 }
      }
        == [
          [200, 9_126], [304, 445], [404, 213], [301, 164], [206, 45], [500, 3], [403, 2], [416, 2],
        ].map {
          [.integer($0[0]), .integer($0[1])]
        })
    #expect(
      try workspace.run("SELECT path, count(*) FROM log GROUP BY 1 ORDER BY 2 DESC LIMIT 5")
        == [
          ("/favicon.ico", 807), ("/style2.css", 546), ("/reset.css", 538), ("/images/jordan-80.png", 533),
          ("/images/web/2009/banner.png", 516),
        ].map { [.text($0.0), .integer($0.1)] })
  }

  @Test func sessions() throws {
    let workspace = try loaded()
    #expect(
      try workspace.run(
        """
        SELECT count(*), count(*) FILTER (WHERE events = 1), max(events) FROM
          (SELECT session_id, count(*) AS events FROM log GROUP BY session_id) AS sessions
        """)
        == [[.integer(3_224), .integer(1_775), .integer(108)]])
    #expect(
      try workspace.value("SELECT count(*) FROM (SELECT DISTINCT client, user_agent FROM log) AS visitors")
        == .integer(1_862))
  }

  @Test func exactDuplicatesStayAndTheFileLoadsOnce() throws {
    let workspace = try loaded()
    #expect(
      try workspace.value(
        """
        SELECT count(*) FROM (SELECT DISTINCT client, event_timestamp, method, path, protocol, status, bytes, referrer,
          user_agent FROM log) AS lines
        """) == .integer(9_981))
    #expect(
      try workspace.load(files: [ReferenceData.accessLog], into: "log", Workspace.options(.auto)).skippedFiles
        == 1)
    #expect(try workspace.value("SELECT count(*) FROM log") == .integer(10_000))
  }

  @Test func secondRuleMarksThePlainPrograms() throws {
    let workspace = try loaded(.v2)
    for (part, count) in [("UniversalFeedParser", 364), ("Tiny Tiny RSS", 198), ("facebookexternalhit", 14)] {
      #expect(
        try workspace.run(
          "SELECT count(*), count(*) FILTER (WHERE is_bot) FROM log WHERE user_agent LIKE '%\(part)%'")
          == [[.integer(Int64(count)), .integer(Int64(count))]])
    }
    guard case .integer(let bots) = try workspace.value("SELECT count(*) FROM log WHERE is_bot") else {
      return
    }
    #expect(bots >= 1_481 + 364 + 198 + 14)
  }
}

@Suite(
  "Load: reference answers of page edits",
  .enabled(if: ReferenceData.has(ReferenceData.edits), "shared data are not there"))
struct PageEditReferenceTests {
  @Test func everyAnswer() throws {
    let workspace = try Workspace()
    let report = try workspace.load(files: [ReferenceData.edits], into: "edits", Workspace.options(.auto))
    #expect(report.counts == .init(accepted: 39_244))
    #expect(
      try workspace.run(
        """
        SELECT count(*), count(DISTINCT "user"), count(DISTINCT page), count(DISTINCT channel),
          count(*) FILTER (WHERE isRobot), sum(added), sum(deleted), sum(delta), count(*) - count(cityName),
          count(*) - count(metroCode) FROM edits
        """)
        == [
          [39_244, 10_531, 35_143, 51, 15_420, 9_385_573, 394_298, 8_991_275, 37_091, 38_817].map {
            .integer($0)
          }
        ])
    #expect(
      try workspace.run(
        """
        SELECT CAST(min("time") AS VARCHAR), CAST(max("time") AS VARCHAR),
          count(*) FILTER (WHERE "time" >= TIMESTAMPTZ '2015-09-12 00:00:00+00' AND "time" < TIMESTAMPTZ '2015-09-13 00:00:00+00')
        FROM edits
        """)
        == [[.text("2015-09-08 00:47:08.77+00"), .text("2015-09-20 00:47:33.004+00"), .integer(39_232)]])
    #expect(
      try workspace.run(
        """
        SELECT channel, count(*), count(*) FILTER (WHERE isRobot) FROM edits GROUP BY channel ORDER BY 2 DESC LIMIT 5
        """)
        == [
          ("#en.wikipedia", 11_549, 1_082), ("#vi.wikipedia", 9_747, 9_658), ("#de.wikipedia", 2_523, 511),
          ("#fr.wikipedia", 2_099, 237), ("#ru.wikipedia", 1_386, 140),
        ].map { [.text($0.0), .integer($0.1), .integer($0.2)] })
    #expect(
      try workspace.run(
        """
        SELECT count(*) FILTER (WHERE named AND isRobot), count(*) FILTER (WHERE NOT named AND isRobot),
          count(*) FILTER (WHERE named AND NOT isRobot)
        FROM (SELECT isRobot, lower("user") LIKE '%bot%' AS named FROM edits) AS marked
        """)
        == [[11_704, 3_716, 304].map { .integer($0) }])
  }

  /// One large partition and twelve of one row.
  @Test func oneFileADay() throws {
    let workspace = try Workspace()
    let report = try workspace.load(files: [ReferenceData.edits], into: "edits", Workspace.options(.auto))
    #expect(report.dataFiles == 13)
  }
}
