/// What the generator draws from.
enum TrafficProfile {
  static let eventNames = [
    "Room View Position", "Toggle Fullscreen", "Toggle Floor Plan", "Open Gallery", "Share Link",
    "Add Favorite", "Submit Form",
  ]
  static let rooms = [
    "LIVING ROOM", "KITCHEN", "BEDROOM 1", "BEDROOM 2", "BATHROOM", "BALCONY", "OFFICE", "PATIO", "LOBBY",
  ]
  static let referrers = [
    "", "https://www.google.com/", "", "https://www.bing.com/", "https://tours.example/", "",
    "https://news.example/list", "https://t.example/x",
  ]
  static let spaceTypes = ["unit", "amenity", "common_area", "tour", "unit", "unit"]
  static let floorplans = ["Studio", "1BR-1BA", "2BR-1BA", "2BR-2BA", "3BR-2BA"]
  static let places: [(locale: String, timezone: String)] = [
    ("en-US", "America/New_York"), ("en-US", "America/Los_Angeles"), ("en-US", "America/Chicago"),
    ("en-GB", "Europe/London"), ("de-DE", "Europe/Berlin"), ("es-ES", "Europe/Madrid"),
    ("es-AR", "America/Buenos_Aires"), ("ja-JP", "Asia/Tokyo"), ("en-AU", "Pacific/Auckland"),
  ]
  static let systems: [(system: String, name: String, width: Int32, height: Int32)] = [
    ("Windows NT 10.0; Win64; x64", "Windows", 1920, 1080),
    ("Macintosh; Intel Mac OS X 10_15_7", "macOS", 1440, 900),
    ("X11; Linux x86_64", "Linux", 1366, 768), ("Linux; Android 14; Pixel 8", "Android", 412, 915),
    ("iPhone; CPU iPhone OS 17_2 like Mac OS X", "iOS", 390, 844),
    ("iPad; CPU OS 17_2 like Mac OS X", "iPadOS", 820, 1180),
  ]
  static let programs = [
    "Googlebot/2.1 (+http://www.google.com/bot.html)", "bingbot/2.0", "ExampleCrawler/1.0",
    "python-requests/2.31", "curl/8.4.0", "facebookexternalhit/1.1", "SiteSpider/3.2", "",
  ]

  /// Relative traffic by hour of the day.
  private static let hours: [Double] = [
    2.2, 1.6, 1.2, 1, 1, 1.3, 2, 3, 4, 4.8, 5.3, 5.6, 5.8, 5.7, 5.6, 5.5, 5.6, 5.9, 6.3, 6.8, 7, 6.4, 5, 3.4,
  ]
  private static let total = hours.reduce(0, +)

  /// Returns the hour at a share of the day's traffic.
  static func hour(of share: Double) -> Double {
    var left = share * total
    for (hour, weight) in hours.enumerated() {
      if left < weight { return Double(hour) }
      left -= weight
    }
    return 23
  }
}

/// A visitor: everything about one follows from the number.
struct Visitor {
  let number: Int
  let isProgram: Bool
  var hash: UInt64 {
    var random = SplitMix64(seed: UInt64(number) &+ 0x51AB)
    return random.next()
  }
  private var system: (system: String, name: String, width: Int32, height: Int32) {
    TrafficProfile.systems[Int(hash % UInt64(TrafficProfile.systems.count))]
  }
  private var place: (locale: String, timezone: String) {
    TrafficProfile.places[Int((hash >> 8) % UInt64(TrafficProfile.places.count))]
  }
  var anonymousID: String { "a-\(number)-\(hash % 1_000_000)" }
  var userID: String? { number % 5 < 2 && !isProgram ? "u-\(number)" : nil }
  var userAgent: String? {
    if isProgram {
      let agent = TrafficProfile.programs[number % TrafficProfile.programs.count]
      return agent.isEmpty ? nil : agent
    }
    return
      "Mozilla/5.0 (\(system.system)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(100 + hash % 30).0 Safari/537.36"
  }
  var osName: String? { isProgram ? nil : system.name }
  var locale: String? { isProgram ? nil : place.locale }
  var timezone: String? { isProgram ? nil : place.timezone }
  var screen: (Int32?, Int32?) { isProgram ? (nil, nil) : (system.width, system.height) }
}

/// A space that can be toured: everything about one follows from the number.
struct Space {
  let number: Int
  var hash: UInt64 {
    var random = SplitMix64(seed: UInt64(number) &+ 0xBEE5)
    return random.next()
  }
  var id: String { "space-\(number)" }
  var name: String { "Residence \(number + 100)" }
  var type: String { TrafficProfile.spaceTypes[number % TrafficProfile.spaceTypes.count] }
  var community: String { "Community \(number % 24)" }
  var building: String { "Building \(number % 60)" }
  var floorplan: String? {
    type == "unit" ? TrafficProfile.floorplans[number % TrafficProfile.floorplans.count] : nil
  }
}

/// A fast generator of uniform bits with a small state (Steele, Lea, Flood: SplitMix, 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts at `seed`.
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }
}
