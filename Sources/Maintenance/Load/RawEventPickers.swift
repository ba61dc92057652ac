internal import FileFormats

/// The members of raw events that are looked at, one picker for each kind of object.
struct RawEventPickers {
  /// Members of a document, which may be an event itself, and of an event.
  enum Document: Int, CaseIterable {
    case records, eventData, metadata, id, createdAt, updatedAt, eventTimestamp, secondsUtcTS
    case type, event, anonymousId, userId, sessionId, appId, app, properties, page, userAgent, os, locale
    case timezone, referrer

    var key: String {
      switch self {
      case .records: "Records"
      case .id: "_id"
      default: "\(self)"
      }
    }
  }

  /// Members of a page and of properties.
  enum Properties: Int, CaseIterable {
    case url, path, title, search, hash, width, height, spaceId, spaceName, spaceType, spaceToken
    case token, roomId, roomName, community, building, floorplan, coordinates
  }

  var document = JSONFieldPicker(keys: Document.allCases.map(\.key))
  private var eventPicker = JSONFieldPicker(keys: Document.allCases.map(\.key))
  private var pagePicker = JSONFieldPicker(keys: Properties.allCases.map { "\($0)" })
  private var propertiesPicker = JSONFieldPicker(keys: Properties.allCases.map { "\($0)" })
  private var metadataPicker = JSONFieldPicker(keys: ["anonymousId", "appId"])
  private var systemPicker = JSONFieldPicker(keys: ["name"])
  private var idPicker = JSONFieldPicker(keys: ["$oid"])
  private var datePicker = JSONFieldPicker(keys: ["$date", "$numberLong"])
  private var coordinatesPicker = JSONFieldPicker(keys: ["pitch", "yaw", "hfov"])
  private var recordPicker = JSONFieldPicker(keys: ["kinesis"])
  private var kinesisPicker = JSONFieldPicker(
    keys: ["data", "sequenceNumber", "partitionKey", "approximateArrivalTimestamp"])

  private static func pick(
    _ picker: inout JSONFieldPicker, _ text: Span<UInt8>, _ slot: JSONSlot
  ) throws(FileFormatError) -> [JSONSlot] {
    var scanner = JSONScanner(at: slot.start)
    try picker.pick(text, &scanner)
    return picker.slots
  }

  mutating func event(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&eventPicker, text, slot)
  }

  mutating func page(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&pagePicker, text, slot)
  }

  mutating func properties(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&propertiesPicker, text, slot)
  }

  /// Returns the anonymous id and the app's id.
  mutating func metadata(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&metadataPicker, text, slot)
  }

  /// Returns the name of an operating system.
  mutating func system(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&systemPicker, text, slot)
  }

  mutating func documentID(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&idPicker, text, slot)
  }

  /// Returns the two spellings of a date within an object.
  mutating func date(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&datePicker, text, slot)
  }

  /// Returns pitch, yaw and field of view.
  mutating func coordinates(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot] {
    try Self.pick(&coordinatesPicker, text, slot)
  }

  /// Returns data, sequence number, partition key and arrival of a stream record; `nil` if it has none.
  mutating func kinesis(_ text: Span<UInt8>, _ slot: JSONSlot) throws(FileFormatError) -> [JSONSlot]? {
    let record = try Self.pick(&recordPicker, text, slot)
    return record[0].kind == .object ? try Self.pick(&kinesisPicker, text, record[0]) : nil
  }
}
