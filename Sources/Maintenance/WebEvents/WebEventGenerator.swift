internal import Columnar
internal import Glibc

/// Makes web events that look like a virtual-tour site's traffic, the same ones for the same seed.
///
/// Days differ in volume (weekends are quieter, the site grows), visitors and spaces follow Zipf's law,
/// sessions have a geometric length, about one session in twenty is a program's, and some fields are
/// missing as often as they are in life.
package struct WebEventGenerator: Sendable {
  /// How many events over all days.
  package let rowCount: Int
  /// How many days, the last of which is `lastDay`.
  package let dayCount: Int
  /// The last day, in days since 1970-01-01.
  package let lastDay: Int32
  /// Events of the last day end here, in microseconds since 1970-01-01 UTC.
  package let now: Int64
  private let seed: UInt64
  private let visitorCount: Int
  private let perDay: [Int]

  /// Makes a generator.
  ///
  /// - Parameters:
  ///   - rowCount: Events over all days.
  ///   - dayCount: Days, at least 1.
  ///   - now: The clock; its UTC day is the last one, and no event lies behind it.
  ///   - seed: Equal seeds give equal events.
  package init(rowCount: Int, dayCount: Int, now: Int64, seed: UInt64 = 1) {
    precondition(rowCount >= 0 && dayCount >= 1)
    (self.rowCount, self.dayCount, self.now, self.seed) = (rowCount, dayCount, now, seed)
    lastDay = Int32(CivilDate.floorDivide(now, 86_400_000_000))
    visitorCount = max(50, rowCount / 12)
    let first = Int(lastDay) - dayCount + 1
    let weights = (0..<dayCount).map { index -> Double in
      let weekday = (first + index + 3) % 7  // 1970-01-01 was a Thursday; 0 is Monday.
      var random = SplitMix64(seed: seed &+ 7919 &* UInt64(index))
      return (1 + 0.002 * Double(index)) * (weekday >= 5 ? 0.82 : 1)
        * Double.random(in: 0.93...1.07, using: &random)
    }
    let total = weights.reduce(0, +)
    var counts = weights.map { Int(Double(rowCount) * $0 / total) }
    counts[dayCount - 1] += rowCount - counts.reduce(0, +)
    perDay = counts
  }

  /// Returns how many events a day has.
  package func rowCount(ofDay index: Int) -> Int { perDay[index] }

  /// Returns the events of a day, 0 being the first, in the order in which they arrive.
  package func events(ofDay index: Int) -> [WebEvent] {
    var random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
    let day = Int64(Int(lastDay) - dayCount + 1 + index)
    let begin = day * 86_400_000_000
    let end = min(begin + 86_400_000_000, max(begin + 1_000_000, now))
    var events: [WebEvent] = []
    events.reserveCapacity(perDay[index])
    var session = 0
    while events.count < perDay[index] {
      let room = perDay[index] - events.count
      appendSession(session, of: day, from: begin, to: end, atMost: room, to: &events, using: &random)
      session += 1
    }
    events.sort { ($0.processedTimestamp, $0.eventID) < ($1.processedTimestamp, $1.eventID) }
    return events
  }

  private func appendSession(
    _ number: Int, of day: Int64, from begin: Int64, to end: Int64, atMost room: Int,
    to events: inout [WebEvent], using random: inout SplitMix64
  ) {
    let isProgram = Double.random(in: 0..<1, using: &random) < 0.05
    var length = 1
    let goesOn = isProgram ? 0.9 : 0.83
    while length < room && length < 400 && Double.random(in: 0..<1, using: &random) < goesOn { length += 1 }
    let visitor = Visitor(
      number: isProgram
        ? visitorCount + Int.random(in: 0..<200, using: &random)
        : zipf(visitorCount, using: &random), isProgram: isProgram)
    let hour = TrafficProfile.hour(of: Double.random(in: 0..<1, using: &random))
    var time = begin + Int64((hour + Double.random(in: 0..<1, using: &random)) * 3_600_000_000)
    if time >= end { time = begin + Int64(Double.random(in: 0..<1, using: &random) * Double(end - begin)) }
    let space = Space(number: zipf(400, using: &random))
    let hasSpace = Double.random(in: 0..<1, using: &random) < 0.8
    let sessionID =
      "s-" + hexadecimal(visitor.hash &+ UInt64(number) &* 0x9E37_79B9, digits: 8)
      + hexadecimal(UInt64(bitPattern: day), digits: 4)
    let lacksSession = Double.random(in: 0..<1, using: &random) < 0.01
    let lacksVisitor = Double.random(in: 0..<1, using: &random) < 0.02
    let firstIndex = events.count
    for sequence in 1...length {
      if sequence > 1 {
        let mean = isProgram ? 1.5 : 40.0
        time += Int64(-mean * 1_000_000 * (1 - Double.random(in: 0..<1, using: &random)).logarithm) + 1000
      }
      if time >= end { time = end - Int64(length - sequence + 1) * 1000 }
      var event = WebEvent()
      fill(&event, visitor: visitor, space: hasSpace ? space : nil, sequence: sequence, using: &random)
      event.eventTimestamp = time / 1000 * 1000
      event.secondsUTCTS = event.eventTimestamp / 1000
      event.sessionID = lacksSession ? nil : sessionID
      event.anonymousID = lacksVisitor ? nil : visitor.anonymousID
      event.userID = lacksVisitor ? nil : visitor.userID
      event.eventID = "e-" + hexadecimal(random.next(), digits: 16)
      let delay = Int64(-2_000_000 * (1 - Double.random(in: 0..<1, using: &random)).logarithm)
      let isLate = Double.random(in: 0..<1, using: &random) < 0.005
      event.processedTimestamp = min(now, event.eventTimestamp + delay + (isLate ? 7_200_000_000 : 0))
      event.createdAt = event.processedTimestamp
      event.updatedAt = event.processedTimestamp
      if !lacksSession { event.sessionEventSequence = Int32(sequence) }
      events.append(event)
    }
    for index in firstIndex..<events.count {
      let isLast = index + 1 == events.count
      events[index].timeOnPageSeconds =
        isLast ? 30 : max(0, (events[index + 1].eventTimestamp - events[index].eventTimestamp) / 1_000_000)
    }
  }

  private func fill(
    _ event: inout WebEvent, visitor: Visitor, space: Space?, sequence: Int, using random: inout SplitMix64
  ) {
    let kind = Double.random(in: 0..<1, using: &random)
    event.eventType =
      sequence == 1 || kind < 0.35 ? "page" : kind < 0.97 ? "track" : kind < 0.99 ? "identify" : "screen"
    let page = zipf(120, using: &random)
    let inViewer = space != nil && !visitor.isProgram
    event.pagePath = inViewer ? "/viewer/\(space?.id ?? "")" : page == 0 ? "/" : "/pages/\(page)"
    event.urlSearch = page % 3 == 0 ? "utm_source=mail&page=\(page)" : ""
    event.urlHash = page % 17 == 0 ? "plan" : nil
    event.pageURL =
      "https://tours.example" + (event.pagePath ?? "/")
      + (event.urlSearch.map { $0.isEmpty ? "" : "?" + $0 } ?? "")
    event.pageTitle = inViewer ? "Tour of \(space?.name ?? "")" : "Page \(page)"
    event.appID = visitor.number % 10 > 6 ? "web-viewer-prod" : "web-viewer"
    event.appName = "web-viewer"
    if let space {
      (event.spaceID, event.spaceName, event.spaceType) = (space.id, space.name, space.type)
      event.spaceToken = "tok-" + hexadecimal(space.hash, digits: 12)
      (event.community, event.building) = (space.community, space.building)
      event.floorplan = space.floorplan
    }
    if event.eventType == "track" {
      let names = TrafficProfile.eventNames
      event.eventName = names[zipf(names.count, using: &random)]
      if event.eventName == "Room View Position", space != nil {
        let room = Int.random(in: 0..<TrafficProfile.rooms.count, using: &random)
        event.roomID = "room-\(room)"
        event.roomName = TrafficProfile.rooms[room]
        event.coordinates = WebEvent.Coordinates(
          pitch: Double(Int.random(in: -900...900, using: &random)) / 10,
          yaw: Double(Int.random(in: -1800...1800, using: &random)) / 10,
          fieldOfView: [70.0, 90, 100, 110][Int.random(in: 0..<4, using: &random)])
      }
    }
    event.userAgent = visitor.userAgent
    event.osName = visitor.osName
    (event.locale, event.timezone) = (visitor.locale, visitor.timezone)
    event.referrer =
      sequence == 1 ? TrafficProfile.referrers[visitor.number % TrafficProfile.referrers.count] : ""
    (event.screenWidth, event.screenHeight) = visitor.screen
    event.propertiesJSON = properties(of: event, page: page, using: &random)
  }

  private func properties(of event: WebEvent, page: Int, using random: inout SplitMix64) -> String? {
    if Double.random(in: 0..<1, using: &random) < 0.04 { return nil }
    var text =
      "{\"scroll\":\(Int.random(in: 0...100, using: &random)),\"variant\":\"\(page % 2 == 0 ? "A" : "B")\""
    if let id = event.spaceID { text += ",\"spaceId\":\"\(id)\",\"spaceType\":\"\(event.spaceType)\"" }
    if let room = event.roomName { text += ",\"roomName\":\"\(room)\"" }
    return text + "}"
  }
}

extension Double {
  /// The natural logarithm, of what is too small for it the logarithm of the smallest number.
  fileprivate var logarithm: Double { log(Swift.max(self, .leastNormalMagnitude)) }
}

/// Returns a number below `count`, small ones more often (Zipf's law with exponent 1, by inversion).
private func zipf(_ count: Int, using random: inout SplitMix64) -> Int {
  let draw = Double.random(in: 0..<1, using: &random)
  let value = exp(draw * log(Double(count) + 1)) - 1
  return min(count - 1, max(0, Int(value)))
}
