import Columnar
import Maintenance
import Testing

@Suite("Bot rules") struct BotRuleTests {
  @Test(arguments: [
    nil, "", "Googlebot/2.1", "some CRAWLER", "Spider", "web-scraper", "Automated test", "ROBOT",
  ])
  func marksProgramsByEitherVersion(agent: String?) {
    #expect(BotRule.v1.isBot(agent))
    #expect(BotRule.v2.isBot(agent))
  }

  @Test(arguments: [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) Version/17.2 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; rv:121.0) Gecko/20100101 Firefox/121.0", "Opera/9.80 (X11; Linux)",
    "Mozilla/5.0 (Linux; Android 14; CUBOT) Chrome/121.0",
  ])
  func leavesPeopleAlone(agent: String) {
    let isKnownName = agent.contains("CUBOT")
    // A telephone of that name is told from no program by the tokens alone: both versions take it for one.
    #expect(BotRule.v1.isBot(agent) == isKnownName)
    #expect(BotRule.v2.isBot(agent) == isKnownName)
  }

  @Test(arguments: [
    "UniversalFeedParser/4.2", "Tiny Tiny RSS/1.11", "facebookexternalhit/1.1", "curl/7.64.1", "Wget/1.13",
    "python-requests/2.31", "Java/1.7.0_51", "HeadlessChrome/121", "ia_archiver (+http://x)",
  ])
  func onlyTheSecondVersionKnowsPlainPrograms(agent: String) {
    #expect(!BotRule.v1.isBot(agent))
    #expect(BotRule.v2.isBot(agent))
  }

  /// Case is that of ASCII alone: other letters whose lower case is an ASCII one do not make a token.
  @Test func matchingIsOnASCIILowerCase() {
    #expect(BotRule.v1.isBot("bOt"))
    #expect(!BotRule.v1.isBot("s\u{212A}ider"))
  }

  /// Marks what one session has sent by rule v2, with `count` events `gap` milliseconds apart.
  private func marks(_ count: Int, gap: Int, limit: String? = nil) throws -> [[ScalarValue]] {
    let workspace = try Workspace()
    var options = Workspace.options()
    options.botRule = .v2
    try workspace.load([RawEvent.event("other", at: 0)], options)
    if let limit {
      try workspace.run(
        "ALTER TABLE web_events SET TBLPROPERTIES ('wequery.rules.session-rate-limit' = '\(limit)')")
    }
    let lines = (0..<count).map { number in
      RawEvent.event("s", at: 0, "e\(number)").replacing(
        "\(RawEvent.start)", with: "\(RawEvent.start + Int64(number * gap))")
    }
    // In two loads, so that rows already stored change too.
    try workspace.load(Array(lines.prefix(count / 2)), Workspace.options())
    try workspace.load(Array(lines.suffix(count - count / 2)), Workspace.options())
    return try workspace.run("SELECT DISTINCT is_bot FROM web_events WHERE session_id = 's'")
  }

  @Test func aStreamOfASecondEachIsAPersons() throws {
    #expect(try marks(100, gap: 900) == [[.boolean(false)]])
  }

  @Test func burstsBelowTheLimitOfAMinuteAreAPersons() throws {
    #expect(try marks(300, gap: 10) == [[.boolean(false)]])
  }

  @Test func aSessionAboveTheLimitIsAProgramsWholly() throws {
    #expect(try marks(301, gap: 10) == [[.boolean(true)]])
  }

  @Test func theLimitIsATableProperty() throws {
    #expect(try marks(61, gap: 900, limit: "60") == [[.boolean(true)]])
    #expect(try marks(61, gap: 1100, limit: "60") == [[.boolean(false)]])
  }
}
