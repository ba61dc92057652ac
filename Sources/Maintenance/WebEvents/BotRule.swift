/// Tells programs from people by their user agent; versions stay as they are, so that a column can be
/// explained by the version that made it.
public enum BotRule: String, Sendable, CaseIterable {
  /// Five tokens, or no user agent.
  case v1
  /// Also feed readers, link previewers, HTTP libraries, headless browsers and archivers.
  case v2

  /// Returns whether a user agent is a program's; missing and empty ones are.
  public func isBot(_ userAgent: String?) -> Bool {
    guard let userAgent, !userAgent.isEmpty else { return true }
    var lowered = Array(userAgent.utf8)
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
