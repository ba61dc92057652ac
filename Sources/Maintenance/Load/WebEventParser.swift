internal import Columnar
internal import FileFormats

/// What became of one raw record.
package enum ParsedRecord: Sendable {
  /// An event, with what had to be mended and what is odd about it.
  case event(WebEvent, repairs: [Repair], warnings: [String])
  /// No event; the reason is for `wequery.rejects`.
  case rejected(String)

  /// Something mended; the names are counted in the load's report.
  package enum Repair: String, Sendable, CaseIterable {
    case timeFromEventTimestamp = "time taken from eventTimestamp"
    case timeFromCreatedAt = "time taken from createdAt"
    case timeFromArrival = "time taken from the arrival"
    case timeFromText = "time given as text"
    case timeInSeconds = "time given in seconds"
    case propertiesNotAnObject = "properties that are no object"
    case sizeFromText = "screen size given as text"
    case sizeUnusable = "screen size that is no number"
    case joinedRecords = "records joined by a literal \\n"
    case missingQuote = "missing closing quote"
  }
}

/// Reads raw web events in the shapes they were sent in: legacy and nested, plain, base64, or many to a
/// stream document.
package struct WebEventParser: Sendable {
  /// When the events were loaded, microseconds since 1970-01-01 UTC.
  private let loadedAt: Int64

  package init(loadedAt: Int64) { self.loadedAt = loadedAt }

  /// Parses a line that is not empty.
  ///
  /// - Parameter line: The bytes of the line, without its newline.
  /// - Returns: What became of each record in it, at least one.
  package func parse(_ line: [UInt8]) -> [ParsedRecord] {
    let value: JSONValue
    do throws(FileFormatError) {
      value = try JSONParser.parse(line)
    } catch {
      let parts = WebEventParser.splitJoined(line)
      if parts.count > 1 {
        return parts.flatMap { part in parse(part).map { $0.adding(.joinedRecords) } }
      }
      return [.rejected("not JSON: \(error.message)\(error.offset.map { " at byte \($0)" } ?? "")")]
    }
    switch value {
    case .string(let text): return [decodeBase64(text, stream: nil)]
    case .object(let object):
      if let records = object["Records"]?.arrayValue { return records.map(parseStreamRecord) }
      return [event(from: object, stream: nil)]
    default: return [.rejected("not an event: \(value.kindName)")]
    }
  }

  /// Splits text in which records are joined by a backslash and an `n` instead of a newline.
  static func splitJoined(_ line: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var start = 0
    var index = 0
    while index + 3 < line.count {
      if line[index] == 0x7D && line[index + 1] == 0x5C && line[index + 2] == 0x6E && line[index + 3] == 0x7B
      {
        parts.append(Array(line[start...index]))
        start = index + 3
        index = start
      } else {
        index += 1
      }
    }
    parts.append(Array(line[start...]))
    return parts
  }

  /// What the stream says of a record.
  private struct StreamPosition {
    var sequenceNumber: String?
    var partitionKey: String?
    /// Microseconds since 1970-01-01 UTC.
    var arrival: Int64?
  }

  private func parseStreamRecord(_ record: JSONValue) -> ParsedRecord {
    guard let kinesis = record["kinesis"], let data = kinesis["data"]?.stringValue else {
      return .rejected("a stream record without data")
    }
    let position = StreamPosition(
      sequenceNumber: kinesis["sequenceNumber"].flatMap(WebEventParser.text),
      partitionKey: kinesis["partitionKey"].flatMap(WebEventParser.text),
      arrival: kinesis["approximateArrivalTimestamp"]?.doubleValue.flatMap {
        $0 > 0 && $0 < 1e11 ? Int64($0 * 1_000_000) : nil
      })
    return decodeBase64(data, stream: position)
  }

  private func decodeBase64(_ text: String, stream: StreamPosition?) -> ParsedRecord {
    guard let bytes = Base64.decode(text) else { return .rejected("bad base64") }
    do throws(FileFormatError) {
      let value = try JSONParser.parse(bytes)
      guard let object = value.objectValue else { return .rejected("not an event: \(value.kindName)") }
      return event(from: object, stream: stream)
    } catch {
      return .rejected("not JSON inside base64: \(error.message)")
    }
  }

  private func event(from document: JSONObject, stream: StreamPosition?) -> ParsedRecord {
    guard !document.isEmpty else { return .rejected("not an event: an empty object") }
    let raw = document["eventData"]?.objectValue ?? document
    let metadata = document["metadata"]?.objectValue
    var event = WebEvent()
    var repairs: [ParsedRecord.Repair] = []
    var warnings: [String] = []
    if let reason = takeTime(of: raw, document, stream, into: &event, &repairs, &warnings) {
      return .rejected(reason)
    }
    let properties = raw["properties"]?.objectValue
    if let given = raw["properties"], properties == nil, !given.isNull {
      repairs.append(.propertiesNotAnObject)
    }
    event.eventType = WebEventParser.text(raw["type"]) ?? "unknown"
    event.eventName = WebEventParser.text(raw["event"])
    event.anonymousID =
      WebEventParser.text(raw["anonymousId"]) ?? WebEventParser.text(metadata?["anonymousId"])
    event.userID = WebEventParser.text(raw["userId"])
    event.sessionID = WebEventParser.text(raw["sessionId"])
    event.appID = WebEventParser.text(raw["appId"]) ?? WebEventParser.text(metadata?["appId"])
    event.appName = WebEventParser.text(raw["app"])
    takePage(
      raw["page"]?.objectValue ?? properties, raw["page"]?.objectValue, properties, into: &event, &repairs)
    takeSpace(properties, raw["page"]?.objectValue, into: &event, &warnings)
    event.userAgent = WebEventParser.text(raw["userAgent"])
    event.osName = WebEventParser.text(raw["os"]?["name"])
    event.locale = WebEventParser.text(raw["locale"])
    event.timezone = WebEventParser.text(raw["timezone"])
    event.referrer = WebEventParser.text(raw["referrer"]) ?? ""
    event.propertiesJSON = properties.map { JSONWriter.string(.object($0)) }
    event.documentID = WebEventParser.text(document["_id"]?["$oid"]) ?? WebEventParser.text(document["_id"])
    event.createdAt = WebEventParser.date(document["createdAt"])
    event.updatedAt = WebEventParser.date(document["updatedAt"])
    event.kinesisSequenceNumber = stream?.sequenceNumber
    event.kinesisPartitionKey = stream?.partitionKey
    event.processedTimestamp = loadedAt
    event.eventID = EventKey.eventID(of: event)
    return .event(event, repairs: repairs, warnings: warnings)
  }

  /// Finds the time of the event; returns why there is none.
  private func takeTime(
    of raw: JSONObject, _ document: JSONObject, _ stream: StreamPosition?, into event: inout WebEvent,
    _ repairs: inout [ParsedRecord.Repair], _ warnings: inout [String]
  ) -> String? {
    let given = raw["secondsUtcTS"] ?? document["secondsUtcTS"]
    var millis: Int64?
    switch given {
    case .none, .null: break
    case .integer(let value): millis = value
    case .string(let text):
      guard let value = Int64(text), !text.isEmpty else { return "secondsUtcTS is \"\(text)\", not a number" }
      millis = value
      repairs.append(.timeFromText)
    case .some(let value):
      guard let number = value.doubleValue, abs(number) < 9e15 else {
        return "secondsUtcTS is \(JSONWriter.string(value)), not a number"
      }
      millis = Int64(number)
    }
    if var found = millis, found != 0 {
      if abs(found) < 100_000_000_000 {
        found *= 1000
        repairs.append(.timeInSeconds)
        warnings.append("secondsUtcTS \(found / 1000) read as seconds")
      }
      guard abs(found) < 253_402_300_800_000 else {
        return "secondsUtcTS \(found) lies outside the years 1 to 9999"
      }
      (event.secondsUTCTS, event.eventTimestamp) = (found, found * 1000)
      return nil
    }
    if let time = WebEventParser.date(document["eventTimestamp"] ?? raw["eventTimestamp"]) {
      event.eventTimestamp = time
      repairs.append(.timeFromEventTimestamp)
    } else if let time = WebEventParser.date(document["createdAt"]) {
      event.eventTimestamp = time
      repairs.append(.timeFromCreatedAt)
    } else if let time = stream?.arrival {
      event.eventTimestamp = time
      repairs.append(.timeFromArrival)
    } else {
      return "no time: neither secondsUtcTS nor eventTimestamp, createdAt or an arrival time"
    }
    return nil
  }

  private func takePage(
    _ fields: JSONObject?, _ page: JSONObject?, _ properties: JSONObject?, into event: inout WebEvent,
    _ repairs: inout [ParsedRecord.Repair]
  ) {
    event.pageURL = WebEventParser.text(fields?["url"])
    event.pagePath = WebEventParser.text(fields?["path"])
    event.pageTitle = WebEventParser.text(fields?["title"])
    event.urlSearch = WebEventParser.text(fields?["search"]).map {
      $0.hasPrefix("?") ? String($0.dropFirst()) : $0
    }
    event.urlHash = WebEventParser.text(fields?["hash"])
    event.screenWidth = WebEventParser.size(page?["width"] ?? properties?["width"], &repairs)
    event.screenHeight = WebEventParser.size(page?["height"] ?? properties?["height"], &repairs)
  }

  private func takeSpace(
    _ properties: JSONObject?, _ page: JSONObject?, into event: inout WebEvent, _ warnings: inout [String]
  ) {
    func either(_ key: String) -> String? {
      WebEventParser.text(properties?[key]) ?? WebEventParser.text(page?[key])
    }
    event.spaceID = either("spaceId")
    event.spaceName = either("spaceName")
    event.spaceType = either("spaceType") ?? "unknown"
    if !WebEventParser.spaceTypes.contains(event.spaceType) {
      warnings.append("new space type \"\(event.spaceType)\"")
    }
    event.spaceToken = either("spaceToken") ?? WebEventParser.text(properties?["token"])
    event.roomID = WebEventParser.text(properties?["roomId"])
    event.roomName = WebEventParser.text(properties?["roomName"])
    event.community = WebEventParser.text(properties?["community"])
    event.building = WebEventParser.text(properties?["building"])
    event.floorplan = WebEventParser.text(properties?["floorplan"])
    if let point = properties?["coordinates"]?.objectValue {
      event.coordinates = WebEvent.Coordinates(
        pitch: point["pitch"]?.doubleValue, yaw: point["yaw"]?.doubleValue,
        fieldOfView: point["hfov"]?.doubleValue)
    }
  }

  private static let spaceTypes: Set<String> = ["unit", "amenity", "common_area", "tour", "unknown"]

  /// Text as it is, numbers and booleans as they are written; null for null, objects and arrays.
  private static func text(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text): text
    case .integer, .number, .bool: value.map { JSONWriter.string($0) }
    default: nil
    }
  }

  /// A screen size in pixels; text of digits is mended, anything else is null.
  private static func size(_ value: JSONValue?, _ repairs: inout [ParsedRecord.Repair]) -> Int32? {
    switch value {
    case .none, .null: return nil
    case .integer(let number) where number >= 0 && number <= Int64(Int32.max): return Int32(number)
    case .string(let text):
      if let number = Int32(text), number >= 0, text.first != "+" {
        repairs.append(.sizeFromText)
        return number
      }
    case .some(let value):
      if let number = value.doubleValue, number >= 0, number <= Double(Int32.max) { return Int32(number) }
    }
    repairs.append(.sizeUnusable)
    return nil
  }

  /// Microseconds since 1970-01-01 UTC of `{"$date": …}`, a number of milliseconds or ISO 8601 text.
  private static func date(_ value: JSONValue?) -> Int64? {
    switch value {
    case .object(let object): return date(object["$date"] ?? object["$numberLong"])
    case .integer(let millis): return abs(millis) < 253_402_300_800_000 && millis != 0 ? millis * 1000 : nil
    case .string(let text):
      if let millis = Int64(text) { return date(.integer(millis)) }
      return Timestamp.utcMicros(text)
    default: return nil
    }
  }
}

extension ParsedRecord {
  /// Returns the record with one more repair.
  func adding(_ repair: Repair) -> ParsedRecord {
    guard case .event(let event, let repairs, let warnings) = self else { return self }
    return .event(event, repairs: repairs + [repair], warnings: warnings)
  }
}
