package import Columnar

/// The columns of `analytics.web_events`, in table order.
///
/// One list, so that the schema of the table, the loader and the generator cannot drift apart.
package struct WebEventColumn: Sendable {
  package let name: String
  package let type: LogicalType
  package let isRequired: Bool
  package let comment: String
  /// Takes the column's value out of an event.
  let value: @Sendable (borrowing WebEvent, BotRule) -> ScalarValue

  private init(
    _ name: String, _ type: LogicalType, required: Bool = false, _ comment: String,
    _ value: @escaping @Sendable (borrowing WebEvent, BotRule) -> ScalarValue
  ) {
    (self.name, self.type, isRequired) = (name, type, required)
    (self.comment, self.value) = (comment, value)
  }

  /// All 49 columns.
  package static let all: [WebEventColumn] = identity + page + space + client + derived

  private static func text(_ value: String?) -> ScalarValue { value.map { .bytes(Array($0.utf8)) } ?? .null }
  private static func number<Number: BinaryInteger>(_ value: Number?) -> ScalarValue {
    value.map { .integer(Int64($0)) } ?? .null
  }
  private static func double(_ value: Double?) -> ScalarValue { value.map { .double($0) } ?? .null }

  private static let identity: [WebEventColumn] = [
    .init("event_id", .varchar, required: true, "deduplication key") { event, _ in text(event.eventID) },
    .init("event_timestamp", .timestampTZ, required: true, "when it happened") { event, _ in
      .integer(event.eventTimestamp)
    },
    .init("event_date", .date, required: true, "UTC day of event_timestamp; partition") { event, _ in
      .integer(Int64(event.eventDate))
    },
    .init("event_hour", .integer, required: true, "UTC hour of event_timestamp, 0 to 23") { event, _ in
      .integer(Int64(event.eventHour))
    },
    .init("event_type", .varchar, "page, track, identify, screen or unknown") { event, _ in
      text(event.eventType)
    },
    .init("event_name", .varchar, "what a track event tracks") { event, _ in text(event.eventName) },
    .init("anonymous_id", .varchar, "the visitor, by cookie") { event, _ in text(event.anonymousID) },
    .init("user_id", .varchar, "the visitor, logged in") { event, _ in text(event.userID) },
    .init("session_id", .varchar, "the visit") { event, _ in text(event.sessionID) },
    .init("session_event_sequence", .integer, "rank by time within the session, over days") { event, _ in
      number(event.sessionEventSequence)
    },
    .init("is_first_event_in_session", .boolean, "session_event_sequence = 1") { event, _ in
      event.sessionEventSequence.map { .boolean($0 == 1) } ?? .null
    },
    .init("time_on_page_seconds", .bigint, "to the session's next event; 30 for the last") { event, _ in
      number(event.timeOnPageSeconds)
    },
    .init("app_id", .varchar, "the program that sent it") { event, _ in text(event.appID) },
    .init("app_name", .varchar, "the program's name") { event, _ in text(event.appName) },
  ]

  private static let page: [WebEventColumn] = [
    .init("page_url", .varchar, "the whole address") { event, _ in text(event.pageURL) },
    .init("page_path", .varchar, "the path of page_url") { event, _ in text(event.pagePath) },
    .init("page_title", .varchar, "the page's title") { event, _ in text(event.pageTitle) },
    .init("url_search", .varchar, "the query of page_url, without ?") { event, _ in text(event.urlSearch) },
    .init("url_hash", .varchar, "the fragment of page_url") { event, _ in text(event.urlHash) },
  ]

  private static let space: [WebEventColumn] = [
    .init("space_id", .varchar, "the space shown") { event, _ in text(event.spaceID) },
    .init("space_name", .varchar, "its name") { event, _ in text(event.spaceName) },
    .init("space_type", .varchar, "unit, amenity, common_area, tour or unknown") { event, _ in
      text(event.spaceType)
    },
    .init("space_token", .varchar, "access secret") { event, _ in text(event.spaceToken) },
    .init("room_id", .varchar, "the room shown") { event, _ in text(event.roomID) },
    .init("room_name", .varchar, "its name, upper case as a rule") { event, _ in text(event.roomName) },
    .init("community", .varchar, "the community it belongs to") { event, _ in text(event.community) },
    .init("building", .varchar, "the building") { event, _ in text(event.building) },
    .init("floorplan", .varchar, "the floor plan's name") { event, _ in text(event.floorplan) },
    .init(
      "coordinates",
      .struct([.init("pitch", .double), .init("yaw", .double), .init("hfov", .double)]),
      "where a person looks, in degrees"
    ) { event, _ in
      event.coordinates.map { .struct([double($0.pitch), double($0.yaw), double($0.fieldOfView)]) } ?? .null
    },
  ]

  private static let client: [WebEventColumn] = [
    .init("user_agent", .varchar, "the browser's own words") { event, _ in text(event.userAgent) },
    .init("os_name", .varchar, "the operating system") { event, _ in text(event.osName) },
    .init("locale", .varchar, "language and region, as en-US") { event, _ in text(event.locale) },
    .init("timezone", .varchar, "IANA name") { event, _ in text(event.timezone) },
    .init("referrer", .varchar, "where the visitor came from; empty when unknown") { event, _ in
      text(event.referrer)
    },
    .init("screen_width", .integer, "in pixels") { event, _ in number(event.screenWidth) },
    .init("screen_height", .integer, "in pixels") { event, _ in number(event.screenHeight) },
  ]

  private static let derived: [WebEventColumn] = [
    .init("device_type", .varchar, "mobile, tablet, desktop or unknown, by screen_width") { event, _ in
      text(event.deviceType)
    },
    .init("is_virtual_tour_page", .boolean, "page_path starts with /viewer") { event, _ in
      .boolean(event.isVirtualTourPage)
    },
    .init("has_space_context", .boolean, "space_id is there") { event, _ in .boolean(event.hasSpaceContext) },
    .init("data_quality_score", .double, "0 to 1, in hundredths") { event, _ in
      .double(QualityScore.score(event.presence))
    },
    .init("is_bot", .boolean, "by the rule named in wequery.rules.version") { event, rule in
      .boolean(rule.isBot(event.userAgent))
    },
    .init("processed_timestamp", .timestampTZ, "when it was loaded") { event, _ in
      .integer(event.processedTimestamp)
    },
    .init("seconds_utc_ts", .bigint, "the raw time, milliseconds") { event, _ in number(event.secondsUTCTS) },
    .init("kinesis_sequence_number", .varchar, "the stream's number") { event, _ in
      text(event.kinesisSequenceNumber)
    },
    .init("kinesis_partition_key", .varchar, "the stream's key") { event, _ in
      text(event.kinesisPartitionKey)
    },
    .init("properties_json", .varchar, "the raw properties as JSON") { event, _ in
      text(event.propertiesJSON)
    },
    .init("document_id", .varchar, "the document's id") { event, _ in text(event.documentID) },
    .init("created_at", .timestampTZ, "when the document was made") { event, _ in number(event.createdAt) },
    .init("updated_at", .timestampTZ, "when the document was changed") { event, _ in
      number(event.updatedAt)
    },
  ]
}

/// Collects events and gives them out as batches in the order of the table's columns.
package struct WebEventBatchBuilder {
  private var builders = WebEventColumn.all.map { VectorBuilder($0.type) }
  private let rule: BotRule
  /// Events since the last batch.
  package private(set) var count = 0

  /// Makes an empty builder that flags bots by `rule`.
  package init(rule: BotRule) { self.rule = rule }

  /// Adds an event.
  package mutating func append(_ event: borrowing WebEvent) {
    let columns = WebEventColumn.all
    for index in columns.indices { builders[index].append(columns[index].value(event, rule)) }
    count += 1
  }

  /// Returns the events collected so far and begins anew.
  package mutating func take() -> Batch {
    let batch = Batch(columns: builders.map { $0.finish() }, rowCount: count)
    builders = WebEventColumn.all.map { VectorBuilder($0.type) }
    count = 0
    return batch
  }
}
