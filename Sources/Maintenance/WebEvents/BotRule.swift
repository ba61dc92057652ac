internal import Columnar
internal import FileFormats

/// Tells programs from people by their user agent; versions stay as they are, so that a column can be
/// explained by the version that made it.
public enum BotRule: String, Sendable, CaseIterable {
  /// Five tokens, or no user agent.
  case v1
  /// Also feed readers, link previewers, HTTP libraries, headless browsers and archivers, and all of a session
  /// that sends more events a minute than ``SessionRate`` allows.
  case v2

  /// Returns whether a user agent is a program's; missing and empty ones are.
  public func isBot(_ userAgent: String?) -> Bool {
    let bytes = Array((userAgent ?? "").utf8)
    return isBot(bytes.span)
  }

  /// Returns whether a user agent is a program's, given as UTF-8; empty ones are.
  public func isBot(_ userAgent: Span<UInt8>) -> Bool {
    if userAgent.isEmpty { return true }
    var lowered: [UInt8] = []
    lowered.append(bytes: userAgent)
    for index in lowered.indices where lowered[index] >= 0x41 && lowered[index] <= 0x5A {
      lowered[index] |= 0x20
    }
    return tokens.contains { BotRule.contains(lowered, $0) }
  }

  private var tokens: [[UInt8]] { self == .v1 ? BotRule.firstTokens : BotRule.allTokens }

  private static let firstTokens = ["bot", "crawler", "spider", "scraper", "automated"].map { Array($0.utf8) }

  private static let allTokens = firstTokens + programTokens.map { Array($0.utf8) }

  /// Parts of the names of programs that call themselves something else than a bot.
  private static let programTokens = [
    // Feed readers.
    "universalfeedparser", "tiny tiny rss", "feedly", "feedfetcher", "feedburner", "newsblur", "netvibes",
    "rss", "simplepie", "magpierss", "liferea", "akregator", "bloglines", "newsgator", "feedreader",
    "feeddemon",
    "netnewswire", "superfeedr", "inoreader", "theoldreader", "blogtrottr", "yahoo pipes", "apple-pubsub",
    // Link previewers.
    "facebookexternalhit", "facebot", "whatsapp", "skypeuripreview", "linkedin", "embedly", "slack-img",
    "pinterest/0", "vkshare", "bitlybot", "flipboard", "google-structured-data", "iframely",
    // HTTP libraries and command-line tools.
    "curl/", "wget", "python", "java/", "libwww", "lwp", "okhttp", "go-http-client", "apache-httpclient",
    "httpclient", "guzzle", "axios", "node-fetch", "ruby", "perl", "php/", "winhttp", "httpie", "aiohttp",
    "scrapy", "mechanize", "jakarta", "typhoeus", "restsharp", "postman",
    // Headless browsers and tests.
    "headless", "phantomjs", "puppeteer", "playwright", "selenium", "cypress", "lighthouse", "slimerjs",
    "pingdom", "uptime", "statuscake", "site24x7", "newrelic", "datadog", "nagios", "monitis",
    // Archivers and search engines without the word.
    "archive.org", "heritrix", "ia_archiver", "httrack", "slurp", "yandex", "baidu", "sogou", "mediapartners",
    "webcopier", "nutch", "wordpress/", "validator", "checker", "fetch", "panscient", "proximic",
  ]

  /// Returns whether `part` stands somewhere in `text`.
  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard text.count >= part.count else { return false }
    var start = 0
    let last = text.count - part.count
    while start <= last {
      if text[start] == part[0] {
        var index = 1
        while index < part.count && text[start + index] == part[index] { index += 1 }
        if index == part.count { return true }
      }
      start += 1
    }
    return false
  }
}

/// The part of rule v2 that looks at whole sessions.
///
/// A session is a program's when its events, divided by the minutes from its first to its last, are more than
/// the limit. A session shorter than a minute counts as one of a minute, so that a burst of clicks is none: people
/// who turn a panorama send several events a second, but not for long.
struct SessionRate {
  /// The table's setting; a whole number of events a minute.
  static let property = "wequery.rules.session-rate-limit"
  /// Five events a second, all the time.
  static let defaultLimit = 300

  /// Events a minute.
  let limit: Int

  /// Returns whether a session is a program's.
  ///
  /// - Parameters:
  ///   - count: Its events.
  ///   - micros: From its first event to its last.
  /// - Returns: Whether it has more events a minute than the limit.
  func isBot(count: Int, micros: Int64) -> Bool {
    // By 128 bits, since times may lie anywhere; count / (micros / 60 s) > limit without a division.
    Int128(count) * 60_000_000 > Int128(limit) * Int128(max(micros, 60_000_000))
  }
}

/// Remembers what a rule says of user agents, of which there are few.
struct BotMarks {
  let rule: BotRule
  private var known: [UInt128: Bool] = [:]

  init(_ rule: BotRule) { self.rule = rule }

  /// Returns whether a user agent is a program's.
  mutating func isBot(_ userAgent: Span<UInt8>) -> Bool {
    let hash = Murmur3.hash128(userAgent)
    let key = UInt128(hash.first) &<< 64 | UInt128(hash.second)
    if let mark = known[key] { return mark }
    let mark = rule.isBot(userAgent)
    // What everybody sends in a header must not take all memory.
    if known.count >= 100_000 { known.removeAll(keepingCapacity: true) }
    known[key] = mark
    return mark
  }
}
