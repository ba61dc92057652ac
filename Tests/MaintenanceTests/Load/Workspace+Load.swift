import Columnar
import FileFormats
import Maintenance
import TableFormat

extension Workspace {
  /// What a test sets of a load; refused records do not end it unless the test says so.
  static func options(_ format: InputFormat = .webEvents) -> Loader.Options {
    var options = Loader.Options()
    (options.format, options.creates, options.maxRejected) = (format, true, 1)
    return options
  }

  /// Writes a file below the workspace; returns its path.
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let place = path + "/" + name
    let files = LocalFileSystem()
    try files.createDirectory(FilePath.parent(of: place))
    try? files.remove(place)
    try files.writeNew(place, bytes.span)
    return place
  }

  /// Loads files.
  @discardableResult func load(
    files: [String], into table: String = "web_events", _ options: Loader.Options = Workspace.options()
  ) throws -> LoadReport {
    let state = try WarehouseState(besideCatalog: path + "/catalog.db")
    let loader = Loader(session: session, catalog: catalog, state: state, options: options)
    return try loader.load(files, into: TableIdentifier(namespace: "analytics", name: table))
  }

  /// Loads lines as one file.
  @discardableResult func load(
    _ lines: [String], into table: String = "web_events", name: String = "events.ndjson",
    _ options: Loader.Options = Workspace.options()
  ) throws -> LoadReport {
    let file = try write(Array(lines.map { $0 + "\n" }.joined().utf8), to: name)
    return try load(files: [file], into: table, options)
  }

  /// The one value of a statement.
  func value(_ sql: String) throws -> ScalarValue? { try run(sql).first?.first }
}

extension LoadReport {
  /// The counts as a test writes them down.
  struct Counts: Equatable {
    var accepted = 0
    var repaired = 0
    var rejected = 0
    var skipped = 0
  }

  var counts: Counts { Counts(accepted: accepted, repaired: repaired, rejected: rejected, skipped: skipped) }

  var addsUp: Bool { read == accepted + repaired + rejected + skipped }
}

/// Raw events for tests.
enum RawEvent {
  /// 2026-01-01 00:00:00 UTC in milliseconds.
  static let start: Int64 = 1_767_225_600_000

  /// A complete event in the legacy shape.
  static let plain =
    #"{"type":"page","properties":{"url":"https://t.example/viewer/1","path":"/viewer/1","title":"T","search":"?a=b","hash":"h","spaceId":"sp1","spaceName":"One","spaceType":"unit","spaceToken":"tok-secret","width":1280,"height":800},"anonymousId":"a1","secondsUtcTS":1767225600000,"os":{"name":"macOS"},"referrer":"https://r.example","sessionId":"s1","timezone":"UTC","userAgent":"Mozilla/5.0","locale":"en-US","appId":"web-viewer","app":"viewer"}"#

  /// The complete event with one part of its text changed.
  static func plain(_ part: String, _ other: String) -> String {
    precondition(plain.contains(part))
    return plain.replacing(part, with: other)
  }

  /// An event of a session, seconds after the start.
  static func event(_ session: String, at seconds: Int, _ name: String = "e") -> String {
    #"{"type":"track","event":"\#(name)","anonymousId":"a-\#(session)","sessionId":"\#(session)","secondsUtcTS":\#(start + Int64(seconds) * 1000),"userAgent":"Mozilla/5.0"}"#
  }

  /// The complete event in the nested shape.
  static let nested =
    #"{"_id":{"$oid":"65a1"},"eventTimestamp":{"$date":"2026-01-01T00:00:05Z"},"createdAt":{"$date":"2026-01-01T00:00:06.500Z"},"updatedAt":{"$date":1767225607000},"metadata":{"anonymousId":"meta-a","appId":"meta-app"},"eventData":{"type":"track","event":"Room View Position","userId":"u1","secondsUtcTS":1767225605000,"sessionId":"s1","userAgent":"Mozilla/5.0","properties":{"roomId":"r1","roomName":"KITCHEN","community":"C","building":"B","floorplan":"Studio","coordinates":{"pitch":1,"yaw":-2.5},"spaceId":"from-properties","path":"/from-properties","width":1},"page":{"path":"/viewer/9","spaceId":"from-page","spaceName":"page name","width":700,"height":900}}}"#

  /// Base64 of a text (RFC 4648, section 4).
  static func base64(_ text: String) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let bytes = Array(text.utf8)
    var result = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
      let group = part[0] << 16 | part[1] << 8 | part[2]
      for place in 0..<4 {
        result.append(
          start + place > bytes.count ? "=" : letters[group >> (18 - place * 6) & 63])
      }
    }
    return result
  }

  /// A stream document of events, with their sequence numbers.
  static func stream(
    _ events: [(text: String, sequence: String)], arrival: Double = 1_767_225_610.25
  ) -> String {
    let records = events.map {
      #"{"eventID":"shard:\#($0.sequence)","kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"p1","sequenceNumber":"\#($0.sequence)","data":"\#(base64($0.text))","approximateArrivalTimestamp":\#(arrival)}}"#
    }
    return #"{"Records":[\#(records.joined(separator: ","))]}"#
  }
}
