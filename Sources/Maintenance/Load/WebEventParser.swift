internal import Columnar
internal import FileFormats

/// Takes what becomes of raw records.
package protocol RawEventSink {
  /// Takes an event, which is good for the call only.
  mutating func accept(
    _ event: borrowing WebEvent, _ key: EventKey, _ repairs: Repairs, warnings: [String])
  /// Takes a record that is no event: why, and its text as far as it may be kept.
  mutating func reject(_ reason: String, _ text: Span<UInt8>)
}

/// Reads raw web events in the shapes they were sent in: legacy and nested, plain, base64, or many to a
/// stream document.
///
/// A parser keeps the memory of the last event and the order of members it has met; it is for one thread.
package struct WebEventParser {
  /// When the events were loaded, microseconds since 1970-01-01 UTC.
  let loadedAt: Int64
  /// Whether records that are joined by a backslash and an `n` instead of a newline are taken apart.
  var splitsJoinedRecords = true
  /// Whether events without a session id or an anonymous id are refused.
  var dropsUnidentified = false

  private var event = WebEvent()
  private var keys = EventKeyMaker()
  private var key = EventKey(high: 0, low: 0)
  private var repairs: Repairs = []
  private var warnings: [String] = []
  private var scratch: [UInt8] = []
  private var pickers = RawEventPickers()

  package init(loadedAt: Int64) { self.loadedAt = loadedAt }

  /// Parses a line that is not empty.
  ///
  /// - Parameters:
  ///   - line: The bytes of the line, without its newline.
  ///   - sink: Takes what became of each record in it, at least one.
  package mutating func parse<Sink: RawEventSink>(_ line: Span<UInt8>, into sink: inout Sink) {
    parse(line, isPart: false, into: &sink)
  }

  private mutating func parse<Sink: RawEventSink>(
    _ line: Span<UInt8>, isPart: Bool, into sink: inout Sink
  ) {
    let hasMark = line.count >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF
    var scanner = JSONScanner(at: hasMark ? 3 : 0)
    let slot: JSONSlot
    do throws(FileFormatError) {
      if scanner.peek(line) == UInt8(ascii: "{") {
        let start = scanner.position
        try pickers.document.pick(line, &scanner)
        slot = JSONSlot(.object, start, scanner.position)
      } else {
        slot = try scanner.value(line)
      }
      try scanner.finish(line)
    } catch {
      let parts = isPart || !splitsJoinedRecords ? [] : Self.joinedParts(of: line)
      if parts.isEmpty { return sink.reject("not JSON: \(error.message)", line) }
      for part in parts { parse(line.extracting(part), isPart: true, into: &sink) }
      return
    }
    let repairs: Repairs = isPart ? .joinedRecords : []
    switch slot.kind {
    case .string, .escapedString: decode(line, slot, nil, repairs, into: &sink)
    case .object:
      let records = pickers.document.slots[RawEventPickers.Document.records.rawValue]
      if records.kind == .array {
        parseStream(line, records, repairs, into: &sink)
      } else {
        parseEvent(line, slot, nil, repairs, into: &sink)
      }
    default: sink.reject("not an event: \(slot.kind.nameForPeople)", line)
    }
  }

  /// Returns where the records lie in a line in which they are joined by a backslash and an `n`; none if there
  /// is but one.
  private static func joinedParts(of line: Span<UInt8>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = 0
    var index = 0
    while index &+ 3 < line.count {
      if line[index] == 0x7D && line[index &+ 1] == 0x5C && line[index &+ 2] == 0x6E
        && line[index &+ 3] == 0x7B
      {
        parts.append(start..<index &+ 1)
        start = index &+ 3
        index = start
      } else {
        index &+= 1
      }
    }
    return parts.isEmpty ? [] : parts + [start..<line.count]
  }

  /// What the stream says of a record.
  private struct StreamPosition {
    var sequenceNumber: String?
    var partitionKey: String?
    /// Microseconds since 1970-01-01 UTC.
    var arrival: Int64?
  }

  private mutating func parseStream<Sink: RawEventSink>(
    _ line: Span<UInt8>, _ records: JSONSlot, _ repairs: Repairs, into sink: inout Sink
  ) {
    var scanner = JSONScanner(at: records.start)
    do throws(FileFormatError) {
      guard try scanner.beginArray(line) else {
        return sink.reject("a stream document without records", line)
      }
      repeat {
        _ = scanner.peek(line)
        let start = scanner.position
        let record = try scanner.value(line)
        let text = line.extracting(start..<scanner.position)
        guard record.kind == .object, let kinesis = try pickers.kinesis(line, record),
          kinesis[0].isString
        else {
          sink.reject("a stream record without data", text)
          continue
        }
        var position = StreamPosition()
        if kinesis[1].isPlain { position.sequenceNumber = JSONScanner.string(line, kinesis[1]) }
        if kinesis[2].isPlain { position.partitionKey = JSONScanner.string(line, kinesis[2]) }
        if let seconds = JSONScanner.double(line, kinesis[3]), seconds > 0, seconds < 1e11 {
          position.arrival = Int64(seconds * 1_000_000)
        }
        decode(line, kinesis[0], position, repairs, into: &sink)
      } while try scanner.continueArray(line)
    } catch {
      // The line was read before, so this does not happen; if it did, it must not be passed over.
      sink.reject("not JSON: \(error.message)", line)
    }
  }

  private mutating func decode<Sink: RawEventSink>(
    _ line: Span<UInt8>, _ slot: JSONSlot, _ stream: StreamPosition?, _ repairs: Repairs,
    into sink: inout Sink
  ) {
    scratch.removeAll(keepingCapacity: true)
    JSONScanner.append(line, slot, to: &scratch)
    guard let bytes = Base64.decode(scratch.span) else {
      // What can be decoded of it may hold an access secret: the beginning is enough to know it by.
      let kept = Array(scratch.prefix(32)) + Array("… (\(scratch.count) bytes)".utf8)
      return sink.reject("bad base64", kept.span)
    }
    let text = bytes.span
    var scanner = JSONScanner()
    let value: JSONSlot
    do throws(FileFormatError) {
      if scanner.peek(text) == UInt8(ascii: "{") {
        let start = scanner.position
        try pickers.document.pick(text, &scanner)
        value = JSONSlot(.object, start, scanner.position)
      } else {
        value = try scanner.value(text)
      }
      try scanner.finish(text)
    } catch {
      return sink.reject("not JSON inside base64: \(error.message)", text)
    }
    guard value.kind == .object else {
      return sink.reject("not an event: \(value.kind.nameForPeople)", text)
    }
    parseEvent(text, value, stream, repairs, into: &sink)
  }

  /// Makes the event of a document, whose members were picked.
  private mutating func parseEvent<Sink: RawEventSink>(
    _ text: Span<UInt8>, _ slot: JSONSlot, _ stream: StreamPosition?, _ repairs: Repairs,
    into sink: inout Sink
  ) {
    event.reset()
    self.repairs = repairs
    warnings.removeAll(keepingCapacity: true)
    let reason: String?
    do throws(FileFormatError) {
      reason = try fill(text, slot, stream)
    } catch {
      reason = "not JSON: \(error.message)"
    }
    if let reason { return sink.reject(reason, text.extracting(slot.range)) }
    sink.accept(event, key, self.repairs, warnings: warnings)
  }

  /// Fills the event; returns why there is none.
  private mutating func fill(
    _ text: Span<UInt8>, _ slot: JSONSlot, _ stream: StreamPosition?
  ) throws(FileFormatError) -> String? {
    var scanner = JSONScanner(at: slot.start)
    guard try scanner.beginObject(text) else { return "not an event: an empty object" }
    let document = pickers.document.slots
    let data = document[RawEventPickers.Document.eventData.rawValue]
    let raw = data.kind == .object ? try pickers.event(text, data) : document
    func member(_ member: RawEventPickers.Document) -> JSONSlot { document[member.rawValue] }
    func field(_ field: RawEventPickers.Document) -> JSONSlot { raw[field.rawValue] }

    let given = field(.secondsUtcTS).kind == .missing ? member(.secondsUtcTS) : field(.secondsUtcTS)
    var times = [member(.eventTimestamp), member(.createdAt)]
    if times[0].kind == .missing { times[0] = field(.eventTimestamp) }
    if let reason = try takeTime(text, given, times, stream) { return reason }

    let propertiesSlot = field(.properties)
    let hasProperties = propertiesSlot.kind == .object
    if !hasProperties, propertiesSlot.kind != .missing, propertiesSlot.kind != .null {
      repairs.insert(.propertiesNotAnObject)
    }
    set(.eventType, text, field(.type))
    set(.eventName, text, field(.event))
    set(.userID, text, field(.userId))
    set(.sessionID, text, field(.sessionId))
    set(.appName, text, field(.app))
    set(.anonymousID, text, field(.anonymousId))
    set(.appID, text, field(.appId))
    let metadata = member(.metadata)
    if metadata.kind == .object, !event.has(.anonymousID) || !event.has(.appID) {
      let found = try pickers.metadata(text, metadata)
      if !event.has(.anonymousID) { set(.anonymousID, text, found[0]) }
      if !event.has(.appID) { set(.appID, text, found[1]) }
    }
    if dropsUnidentified {
      if !event.has(.sessionID) { return "no session id" }
      if !event.has(.anonymousID) { return "no anonymous id" }
    }
    let page = field(.page).kind == .object ? try pickers.page(text, field(.page)) : nil
    let properties = hasProperties ? try pickers.properties(text, propertiesSlot) : nil
    try takePage(text, page, properties)
    try takeSpace(text, page, properties)
    set(.userAgent, text, field(.userAgent))
    if field(.os).kind == .object { set(.osName, text, try pickers.system(text, field(.os))[0]) }
    set(.locale, text, field(.locale))
    set(.timezone, text, field(.timezone))
    set(.referrer, text, field(.referrer))
    if hasProperties {
      event.set(.propertiesJSON) { JSONText.appendCompact(text, propertiesSlot, to: &$0) }
    }
    let id = member(.id)
    if id.kind == .object {
      set(.documentID, text, try pickers.documentID(text, id)[0])
    } else {
      set(.documentID, text, id)
    }
    event.createdAt = try date(text, member(.createdAt))
    event.updatedAt = try date(text, member(.updatedAt))
    if let stream {
      event[.kinesisSequenceNumber] = stream.sequenceNumber
      event[.kinesisPartitionKey] = stream.partitionKey
    }
    event.processedTimestamp = loadedAt
    key = keys.key(of: event)
    event.setID(key)
    return nil
  }

  /// Sets a text to what a value says: strings as they are, numbers and booleans as they are written.
  private mutating func set(_ name: WebEvent.Text, _ text: Span<UInt8>, _ slot: JSONSlot) {
    guard slot.isPlain else { return }
    event.set(name) { JSONScanner.append(text, slot, to: &$0) }
  }

  /// Finds the time of the event; returns why there is none.
  private mutating func takeTime(
    _ text: Span<UInt8>, _ given: JSONSlot, _ others: [JSONSlot], _ stream: StreamPosition?
  ) throws(FileFormatError) -> String? {
    var millis: Int64?
    switch given.kind {
    case .missing, .null: break
    case .string, .escapedString:
      let written = JSONScanner.string(text, given)
      guard let value = Int64(written) else { return "secondsUtcTS is \"\(written)\", not a number" }
      millis = value
      repairs.insert(.timeFromText)
    default:
      if let value = JSONScanner.integer(text, given) {
        millis = value
      } else {
        guard let number = JSONScanner.double(text, given), abs(number) < 9e15 else {
          return "secondsUtcTS is \(JSONScanner.string(text, given).prefix(40)), not a number"
        }
        millis = Int64(number)
      }
    }
    if var found = millis, found != 0 {
      if found.magnitude < 100_000_000_000 {
        found *= 1000
        repairs.insert(.timeInSeconds)
        warnings.append("secondsUtcTS \(found / 1000) read as seconds")
      }
      guard found.magnitude < 253_402_300_800_000 else {
        return "secondsUtcTS \(found) lies outside the years 1 to 9999"
      }
      guard found >= -62_135_596_800_000 else {
        return "secondsUtcTS \(found) lies outside the years 1 to 9999"
      }
      (event.secondsUTCTS, event.eventTimestamp) = (found, found * 1000)
      return nil
    }
    if let time = try date(text, others[0]) {
      event.eventTimestamp = time
      repairs.insert(.timeFromEventTimestamp)
    } else if let time = try date(text, others[1]) {
      event.eventTimestamp = time
      repairs.insert(.timeFromCreatedAt)
    } else if let time = stream?.arrival {
      event.eventTimestamp = time
      repairs.insert(.timeFromArrival)
    } else {
      return "no time: neither secondsUtcTS nor eventTimestamp, createdAt or an arrival time"
    }
    return nil
  }

  /// Takes the fields of the page: all of them from the page object where there is one.
  private mutating func takePage(
    _ text: Span<UInt8>, _ page: [JSONSlot]?, _ properties: [JSONSlot]?
  ) throws(FileFormatError) {
    func size(_ field: RawEventPickers.Properties) -> JSONSlot {
      if let slot = page?[field.rawValue], slot.kind != .missing, slot.kind != .null { return slot }
      return properties?[field.rawValue] ?? JSONSlot()
    }
    event.screenWidth = self.size(text, size(.width))
    event.screenHeight = self.size(text, size(.height))
    guard let fields = page ?? properties else { return }
    set(.pageURL, text, fields[RawEventPickers.Properties.url.rawValue])
    set(.pagePath, text, fields[RawEventPickers.Properties.path.rawValue])
    set(.pageTitle, text, fields[RawEventPickers.Properties.title.rawValue])
    set(.urlHash, text, fields[RawEventPickers.Properties.hash.rawValue])
    var search = fields[RawEventPickers.Properties.search.rawValue]
    if search.isString, search.start < search.end, text[search.start] == UInt8(ascii: "?") {
      search.start += 1
    }
    set(.urlSearch, text, search)
  }

  /// Takes the fields of the space: each from the properties, else from the page object.
  private mutating func takeSpace(
    _ text: Span<UInt8>, _ page: [JSONSlot]?, _ properties: [JSONSlot]?
  ) throws(FileFormatError) {
    func either(_ field: RawEventPickers.Properties) -> JSONSlot {
      if let slot = properties?[field.rawValue], slot.isPlain { return slot }
      return page?[field.rawValue] ?? JSONSlot()
    }
    set(.spaceID, text, either(.spaceId))
    set(.spaceName, text, either(.spaceName))
    set(.spaceType, text, either(.spaceType))
    set(.spaceToken, text, either(.spaceToken))
    if let range = event.range(of: .spaceType), !Self.isKnownSpaceType(event.allBytes[range]) {
      warnings.append("new space type \"\(event.spaceType)\"")
    }
    guard let properties else { return }
    func property(_ field: RawEventPickers.Properties) -> JSONSlot { properties[field.rawValue] }
    if !event.has(.spaceToken) { set(.spaceToken, text, property(.token)) }
    set(.roomID, text, property(.roomId))
    set(.roomName, text, property(.roomName))
    set(.community, text, property(.community))
    set(.building, text, property(.building))
    set(.floorplan, text, property(.floorplan))
    if property(.coordinates).kind == .object {
      let point = try pickers.coordinates(text, property(.coordinates))
      event.coordinates = WebEvent.Coordinates(
        pitch: JSONScanner.double(text, point[0]), yaw: JSONScanner.double(text, point[1]),
        fieldOfView: JSONScanner.double(text, point[2]))
    }
  }

  private static let spaceTypes = ["unit", "amenity", "common_area", "tour", "unknown"].map { Array($0.utf8) }

  private static func isKnownSpaceType(_ bytes: ArraySlice<UInt8>) -> Bool {
    spaceTypes.contains { $0.elementsEqual(bytes) }
  }

  /// A screen size in pixels; text of digits is mended, anything else is null.
  private mutating func size(_ text: Span<UInt8>, _ slot: JSONSlot) -> Int32? {
    switch slot.kind {
    case .missing, .null: return nil
    case .string, .escapedString:
      let written = JSONScanner.string(text, slot)
      if let number = Int32(written), number >= 0, written.first != "+" {
        repairs.insert(.sizeFromText)
        return number
      }
    default:
      if let number = JSONScanner.integer(text, slot) {
        if number >= 0 && number <= Int64(Int32.max) { return Int32(number) }
      } else if let number = JSONScanner.double(text, slot), number >= 0, number <= Double(Int32.max) {
        return Int32(number)
      }
    }
    repairs.insert(.sizeUnusable)
    return nil
  }

  /// Microseconds since 1970-01-01 UTC of `{"$date": …}`, a number of milliseconds or ISO 8601 text.
  private mutating func date(
    _ text: Span<UInt8>, _ slot: JSONSlot, depth: Int = 0
  ) throws(FileFormatError) -> Int64? {
    switch slot.kind {
    case .object:
      guard depth < 3 else { return nil }
      let found = try pickers.date(text, slot)
      return try date(text, found[0].kind == .missing ? found[1] : found[0], depth: depth + 1)
    case .integer: return JSONScanner.integer(text, slot).flatMap(Self.micros)
    case .string, .escapedString:
      let written = JSONScanner.string(text, slot)
      if let millis = Int64(written) { return Self.micros(millis) }
      return Timestamp.utcMicros(written)
    default: return nil
    }
  }

  private static func micros(_ millis: Int64) -> Int64? {
    millis.magnitude < 253_402_300_800_000 && millis != 0 ? millis * 1000 : nil
  }
}

extension JSONSlot {
  /// Whether it is text.
  var isString: Bool { kind == .string || kind == .escapedString }

  /// Whether it is text, a number or a boolean.
  var isPlain: Bool {
    switch kind {
    case .string, .escapedString, .integer, .number, .true, .false: true
    case .missing, .null, .array, .object: false
    }
  }
}

extension JSONSlot.Kind {
  /// What kind of value it is, for messages.
  fileprivate var nameForPeople: String {
    switch self {
    case .missing, .null: "null"
    case .true, .false: "a boolean"
    case .integer, .number: "a number"
    case .string, .escapedString: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
