internal import Columnar

/// One web event, as the home table stores it: what was sent, and what follows from it.
///
/// Texts lie one behind the other in one array, so that a reader of many events fills the same value again
/// and again without taking memory; `nil` is null. Times are microseconds since 1970-01-01 UTC.
package struct WebEvent: Sendable {
  /// The columns that hold text as it was sent.
  enum Text: Int, CaseIterable {
    case eventID, eventType, eventName, anonymousID, userID, sessionID, appID, appName
    case pageURL, pagePath, pageTitle, urlSearch, urlHash
    case spaceID, spaceName, spaceType, spaceToken, roomID, roomName, community, building, floorplan
    case userAgent, osName, locale, timezone, referrer
    case kinesisSequenceNumber, kinesisPartitionKey, propertiesJSON, documentID
  }

  var eventTimestamp: Int64 = 0
  var sessionEventSequence: Int32?
  var timeOnPageSeconds: Int64?
  var coordinates: Coordinates?
  var screenWidth: Int32?
  var screenHeight: Int32?
  var processedTimestamp: Int64 = 0
  var secondsUTCTS: Int64?
  var createdAt: Int64?
  var updatedAt: Int64?

  private var bytes: [UInt8] = []
  /// Where each text begins, -1 for null, and how long it is.
  private var starts = [Int32](repeating: -1, count: Text.allCases.count)
  private var counts = [Int32](repeating: 0, count: Text.allCases.count)

  /// Where a person looks in a panorama, in degrees; any part may be missing.
  struct Coordinates: Sendable, Equatable {
    var pitch: Double?
    var yaw: Double?
    var fieldOfView: Double?
  }

  /// Forgets everything but the memory.
  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    for index in starts.indices { starts[index] = -1 }
    (eventTimestamp, sessionEventSequence, timeOnPageSeconds, coordinates) = (0, nil, nil, nil)
    (screenWidth, screenHeight, processedTimestamp, secondsUTCTS) = (nil, nil, 0, nil)
    (createdAt, updatedAt) = (nil, nil)
  }

  /// Sets a text to the bytes that a body appends.
  mutating func set<Failure: Error>(
    _ text: Text, _ append: (inout [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let start = bytes.count
    try append(&bytes)
    (starts[text.rawValue], counts[text.rawValue]) = (Int32(start), Int32(bytes.count - start))
  }

  /// Whether a text is there.
  func has(_ text: Text) -> Bool { starts[text.rawValue] >= 0 }

  /// Where a text lies in ``allBytes``; `nil` for null.
  func range(of text: Text) -> Range<Int>? {
    let start = Int(starts[text.rawValue])
    return start < 0 ? nil : start..<start + Int(counts[text.rawValue])
  }

  /// The bytes of all texts.
  var allBytes: [UInt8] { bytes }

  /// A text; `nil` is null.
  subscript(text: Text) -> String? {
    get { range(of: text).map { String(decoding: bytes[$0], as: UTF8.self) } }
    set {
      starts[text.rawValue] = -1
      guard let newValue else { return }
      set(text) { $0.append(contentsOf: newValue.utf8) }
    }
  }

  /// The UTC day of the event, in days since 1970-01-01.
  var eventDate: Int32 {
    Int32(truncatingIfNeeded: CivilDate.floorDivide(eventTimestamp, Timestamp.microsPerDay))
  }

  /// The UTC hour of the event, 0 to 23.
  var eventHour: Int32 {
    Int32(truncatingIfNeeded: CivilDate.floorModulo(eventTimestamp, Timestamp.microsPerDay) / 3_600_000_000)
  }

  /// The kind of screen, told by its width alone.
  var deviceType: [UInt8] {
    guard let width = screenWidth else { return Self.devices[3] }
    return width < 768 ? Self.devices[0] : width < 1024 ? Self.devices[1] : Self.devices[2]
  }

  private static let devices = ["mobile", "tablet", "desktop", "unknown"].map { Array($0.utf8) }

  /// Whether the page belongs to a virtual tour.
  var isVirtualTourPage: Bool {
    guard let range = range(of: .pagePath) else { return false }
    return bytes[range].starts(with: Self.tourPath)
  }

  private static let tourPath = Array("/viewer".utf8)

  /// Whether the event happened in a known space.
  var hasSpaceContext: Bool { has(.spaceID) }

  /// The event's time in milliseconds, as it was sent or else as it was found.
  var millis: Int64 { secondsUTCTS ?? CivilDate.floorDivide(eventTimestamp, 1000) }
}
