internal import Columnar

/// One line of an Apache access log in the combined format.
package struct AccessLogEntry: Sendable, Equatable {
  package var client = ""
  package var identd: String?
  package var user: String?
  /// Microseconds since 1970-01-01 UTC.
  package var timestamp: Int64 = 0
  package var method: String?
  package var path: String?
  package var httpVersion: String?
  package var status: Int32?
  package var byteCount: Int64?
  package var referrer: String?
  package var userAgent: String?
  /// Whether something of the line had to be guessed, such as a missing closing quote.
  package var isRepaired = false
}

/// Reads lines of the NCSA combined log format:
/// `client identd user [day/Mon/year:h:m:s zone] "request" status bytes "referrer" "user agent"`.
package struct CombinedLogParser {
  /// Why a line is no log entry.
  package struct Rejection: Error, Equatable {
    package let reason: String
  }

  private let bytes: [UInt8]
  private var position = 0
  private var isRepaired = false

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Parses one line, without its newline.
  ///
  /// - Parameter line: The bytes of the line.
  /// - Returns: The entry.
  /// - Throws: ``Rejection`` with the reason, if it is not in the format.
  package static func parse(_ line: Span<UInt8>) throws(Rejection) -> AccessLogEntry {
    var parser = CombinedLogParser(line.copied())
    return try parser.entry()
  }

  private mutating func entry() throws(Rejection) -> AccessLogEntry {
    var entry = AccessLogEntry()
    guard let client = word() else { throw Rejection(reason: "no client address") }
    entry.client = client
    entry.identd = word().flatMap(CombinedLogParser.unlessDash)
    entry.user = word().flatMap(CombinedLogParser.unlessDash)
    entry.timestamp = try timestamp()
    guard let request = quoted() else { throw Rejection(reason: "no quoted request") }
    let parts = request.split(separator: " ", omittingEmptySubsequences: false)
    entry.method = parts.first.map(String.init).flatMap(CombinedLogParser.unlessDash)
    if parts.count >= 3 {
      entry.path = parts[1..<(parts.count - 1)].joined(separator: " ")
      entry.httpVersion = String(parts[parts.count - 1])
    } else if parts.count == 2 {
      entry.path = String(parts[1])
    }
    guard let status = word(), let code = Int32(status), (0...999).contains(code) else {
      throw Rejection(reason: "no status code")
    }
    entry.status = code
    guard let size = word(), size == "-" || Int64(size) != nil else {
      throw Rejection(reason: "no byte count")
    }
    entry.byteCount = Int64(size)
    entry.referrer = quoted().flatMap(CombinedLogParser.unlessDash)
    entry.userAgent = quoted().flatMap(CombinedLogParser.unlessDash)
    entry.isRepaired = isRepaired
    return entry
  }

  private static func unlessDash(_ text: String) -> String? { text == "-" ? nil : text }

  private mutating func skipSpaces() {
    while position < bytes.count && bytes[position] == 0x20 { position += 1 }
  }

  private mutating func word() -> String? {
    skipSpaces()
    let start = position
    while position < bytes.count && bytes[position] != 0x20 { position += 1 }
    return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Reads a quoted field with backslash escapes; one that does not end runs to the end of the line.
  private mutating func quoted() -> String? {
    skipSpaces()
    guard position < bytes.count, bytes[position] == 0x22 else { return nil }
    position += 1
    var text: [UInt8] = []
    while position < bytes.count && bytes[position] != 0x22 {
      if bytes[position] == 0x5C && position + 1 < bytes.count
        && (bytes[position + 1] == 0x22 || bytes[position + 1] == 0x5C)
      {
        position += 1
      }
      text.append(bytes[position])
      position += 1
    }
    if position == bytes.count { isRepaired = true } else { position += 1 }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads `[17/May/2015:10:05:03 +0000]`.
  private mutating func timestamp() throws(Rejection) -> Int64 {
    skipSpaces()
    let rejection = Rejection(reason: "no time in brackets")
    guard position < bytes.count, bytes[position] == 0x5B,
      let end = bytes[position...].firstIndex(of: 0x5D)
    else { throw rejection }
    let text = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    position = end + 1
    let parts = text.split { $0 == "/" || $0 == ":" || $0 == " " }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 7, let day = Int(parts[0]), let month = months.firstIndex(of: String(parts[1])),
      let year = Int(parts[2]), let hour = Int(parts[3]), let minute = Int(parts[4]),
      let second = Int(parts[5]),
      let zone = Int(parts[6]), (1...31).contains(day), (1...9999).contains(year), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second), (-1500...1500).contains(zone)
    else { throw rejection }
    let days = Int64(CivilDate(year: year, month: month + 1, day: day).days)
    let offset = Int64(zone / 100 * 60 + zone % 100) * 60
    let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second) - offset
    return seconds * 1_000_000
  }
}
