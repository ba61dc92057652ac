/// One web event, as the home table stores it: what was sent, and what follows from it.
///
/// Fields stand in the order of the table's columns; `nil` is null. Times are microseconds since
/// 1970-01-01 UTC.
package struct WebEvent: Sendable {
  var eventID = ""
  var eventTimestamp: Int64 = 0
  var eventType = "unknown"
  var eventName: String?
  var anonymousID: String?
  var userID: String?
  var sessionID: String?
  var sessionEventSequence: Int32?
  var timeOnPageSeconds: Int64?
  var appID: String?
  var appName: String?
  var pageURL: String?
  var pagePath: String?
  var pageTitle: String?
  var urlSearch: String?
  var urlHash: String?
  var spaceID: String?
  var spaceName: String?
  var spaceType = "unknown"
  var spaceToken: String?
  var roomID: String?
  var roomName: String?
  var community: String?
  var building: String?
  var floorplan: String?
  var coordinates: Coordinates?
  var userAgent: String?
  var osName: String?
  var locale: String?
  var timezone: String?
  var referrer = ""
  var screenWidth: Int32?
  var screenHeight: Int32?
  var processedTimestamp: Int64 = 0
  var secondsUTCTS: Int64?
  var kinesisSequenceNumber: String?
  var kinesisPartitionKey: String?
  var propertiesJSON: String?
  var documentID: String?
  var createdAt: Int64?
  var updatedAt: Int64?

  /// Where a person looks in a panorama, in degrees; any part may be missing.
  struct Coordinates: Sendable, Equatable {
    var pitch: Double?
    var yaw: Double?
    var fieldOfView: Double?
  }

  /// The UTC day of the event, in days since 1970-01-01.
  var eventDate: Int32 { Int32(floorDivide(eventTimestamp, 86_400_000_000)) }

  /// The UTC hour of the event, 0 to 23.
  var eventHour: Int32 {
    Int32(floorDivide(eventTimestamp, 3_600_000_000) - floorDivide(eventTimestamp, 86_400_000_000) * 24)
  }

  /// The kind of screen, told by its width alone.
  var deviceType: String {
    guard let width = screenWidth else { return "unknown" }
    return width < 768 ? "mobile" : width < 1024 ? "tablet" : "desktop"
  }

  /// Whether the page belongs to a virtual tour.
  var isVirtualTourPage: Bool { pagePath.map { $0.utf8.starts(with: "/viewer".utf8) } ?? false }

  /// Whether the event happened in a known space.
  var hasSpaceContext: Bool { spaceID != nil }
}

/// Divides, rounding towards minus infinity.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}
