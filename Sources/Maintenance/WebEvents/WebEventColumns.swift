package import Columnar

/// The columns of `analytics.web_events`, in table order.
///
/// One list, so that the schema of the table, the loader and the generator cannot drift apart.
package struct WebEventColumn: Sendable {
  package let name: String
  package let type: LogicalType
  package let isRequired: Bool
  package let comment: String
  /// Where the column's value comes from.
  let source: Source

  /// Where a column's value comes from.
  enum Source: Sendable {
    /// A text of the event; what stands for a missing one.
    case text(WebEvent.Text, default: [UInt8]? = nil)
    /// Something that follows from the event.
    case value(@Sendable (borrowing WebEvent) -> ScalarValue)
    case deviceType
    /// What the bot rule says of the user agent.
    case isBot
  }

  private init(
    _ name: String, _ type: LogicalType, required: Bool = false, _ comment: String, _ source: Source
  ) {
    (self.name, self.type, isRequired) = (name, type, required)
    (self.comment, self.source) = (comment, source)
  }

  private init(
    _ name: String, _ type: LogicalType, required: Bool = false, _ comment: String,
    _ value: @escaping @Sendable (borrowing WebEvent) -> ScalarValue
  ) {
    self.init(name, type, required: required, comment, .value(value))
  }

  /// All 49 columns.
  package static let all: [WebEventColumn] = identity + page + space + client + derived

  private static func number<Number: BinaryInteger>(_ value: Number?) -> ScalarValue {
    value.map { .integer(Int64($0)) } ?? .null
  }
  private static func double(_ value: Double?) -> ScalarValue { value.map { .double($0) } ?? .null }

  private static let identity: [WebEventColumn] = [
    .init("event_id", .varchar, required: true, "deduplication key", .text(.eventID)),
    .init("event_timestamp", .timestampTZ, required: true, "when it happened") {
      .integer($0.eventTimestamp)
    },
    .init("event_date", .date, required: true, "UTC day of event_timestamp; partition") {
      .integer(Int64($0.eventDate))
    },
    .init("event_hour", .integer, required: true, "UTC hour of event_timestamp, 0 to 23") {
      .integer(Int64($0.eventHour))
    },
    .init(
      "event_type", .varchar, "page, track, identify, screen or unknown",
      .text(.eventType, default: Array("unknown".utf8))),
    .init("event_name", .varchar, "what a track event tracks", .text(.eventName)),
    .init("anonymous_id", .varchar, "the visitor, by cookie", .text(.anonymousID)),
    .init("user_id", .varchar, "the visitor, logged in", .text(.userID)),
    .init("session_id", .varchar, "the visit", .text(.sessionID)),
    .init("session_event_sequence", .integer, "rank by time within the session, over days") {
      number($0.sessionEventSequence)
    },
    .init("is_first_event_in_session", .boolean, "session_event_sequence = 1") {
      $0.sessionEventSequence.map { .boolean($0 == 1) } ?? .null
    },
    .init("time_on_page_seconds", .bigint, "to the session's next event; 30 for the last") {
      number($0.timeOnPageSeconds)
    },
    .init("app_id", .varchar, "the program that sent it", .text(.appID)),
    .init("app_name", .varchar, "the program's name", .text(.appName)),
  ]

  private static let page: [WebEventColumn] = [
    .init("page_url", .varchar, "the whole address", .text(.pageURL)),
    .init("page_path", .varchar, "the path of page_url", .text(.pagePath)),
    .init("page_title", .varchar, "the page's title", .text(.pageTitle)),
    .init("url_search", .varchar, "the query of page_url, without ?", .text(.urlSearch)),
    .init("url_hash", .varchar, "the fragment of page_url", .text(.urlHash)),
  ]

  private static let space: [WebEventColumn] = [
    .init("space_id", .varchar, "the space shown", .text(.spaceID)),
    .init("space_name", .varchar, "its name", .text(.spaceName)),
    .init(
      "space_type", .varchar, "unit, amenity, common_area, tour or unknown",
      .text(.spaceType, default: Array("unknown".utf8))),
    .init("space_token", .varchar, "access secret", .text(.spaceToken)),
    .init("room_id", .varchar, "the room shown", .text(.roomID)),
    .init("room_name", .varchar, "its name, upper case as a rule", .text(.roomName)),
    .init("community", .varchar, "the community it belongs to", .text(.community)),
    .init("building", .varchar, "the building", .text(.building)),
    .init("floorplan", .varchar, "the floor plan's name", .text(.floorplan)),
    .init(
      "coordinates",
      .struct([.init("pitch", .double), .init("yaw", .double), .init("hfov", .double)]),
      "where a person looks, in degrees"
    ) {
      $0.coordinates.map { .struct([double($0.pitch), double($0.yaw), double($0.fieldOfView)]) } ?? .null
    },
  ]

  private static let client: [WebEventColumn] = [
    .init("user_agent", .varchar, "the browser's own words", .text(.userAgent)),
    .init("os_name", .varchar, "the operating system", .text(.osName)),
    .init("locale", .varchar, "language and region, as en-US", .text(.locale)),
    .init("timezone", .varchar, "IANA name", .text(.timezone)),
    .init(
      "referrer", .varchar, "where the visitor came from; empty when unknown", .text(.referrer, default: [])),
    .init("screen_width", .integer, "in pixels") { number($0.screenWidth) },
    .init("screen_height", .integer, "in pixels") { number($0.screenHeight) },
  ]

  private static let derived: [WebEventColumn] = [
    .init("device_type", .varchar, "mobile, tablet, desktop or unknown, by screen_width", .deviceType),
    .init("is_virtual_tour_page", .boolean, "page_path starts with /viewer") {
      .boolean($0.isVirtualTourPage)
    },
    .init("has_space_context", .boolean, "space_id is there") { .boolean($0.hasSpaceContext) },
    .init("data_quality_score", .double, "0 to 1, in hundredths") {
      .double(QualityScore.score($0.presence))
    },
    .init("is_bot", .boolean, "by the rule named in wequery.rules.version", .isBot),
    .init("processed_timestamp", .timestampTZ, "when it was loaded") { .integer($0.processedTimestamp) },
    .init("seconds_utc_ts", .bigint, "the raw time, milliseconds") { number($0.secondsUTCTS) },
    .init("kinesis_sequence_number", .varchar, "the stream's number", .text(.kinesisSequenceNumber)),
    .init("kinesis_partition_key", .varchar, "the stream's key", .text(.kinesisPartitionKey)),
    .init("properties_json", .varchar, "the raw properties as JSON", .text(.propertiesJSON)),
    .init("document_id", .varchar, "the document's id", .text(.documentID)),
    .init("created_at", .timestampTZ, "when the document was made") { number($0.createdAt) },
    .init("updated_at", .timestampTZ, "when the document was changed") { number($0.updatedAt) },
  ]
}
